"""What gene pages are drawn from, for others: groups of enough people, and nobody by himself."""

import numpy as np
import pandas as pd
import pytest

from association.gene_profile.profile_columns import schema_of
from jobs.report.numbers import FEW
from jobs.report.withheld.profiles import withhold_profiles
from jobs.report.withheld.told_masks import told_masks
from jobs.report.withheld.variants import withhold_left_out, withhold_variants

LEAST = 5
MASK = {"gene": "A", "trait": "survival", "mask": "plof", "max_af": 0.01}
WHOSE = {"gene": "A", "trait": "survival"}


def told(carriers, events=np.nan):
    rows = pd.DataFrame([{**MASK, "carriers": float(carriers), "observed_events": float(events)}])
    return told_masks(rows)


def profile(carriers, events, **tables):
    row = {**MASK, "kind": "times", "test": "burden", "carriers": carriers, "others": 300 - carriers, "variants": 3}
    row |= {"events_carriers": events, "events_others": 90, "median_carriers": 13.7, "median_others": 31.2}
    frames = {"groups": pd.DataFrame([row], columns=schema_of("groups").names)}
    number = [field.name for field in schema_of("groups") if str(field.type) in ("int32", "double")]
    frames["groups"][number] = frames["groups"][number].astype(float)
    return frames | {name: pd.DataFrame(rows, columns=schema_of(name).names) for name, rows in tables.items()}


def curve(at_risk):
    steps = zip(range(1, 100, 4), at_risk, strict=False)
    return [
        {
            **WHOSE,
            "group": "carriers",
            "time": time + 0.37,
            "at_risk": risk,
            "events": 1,
            "survival": 0.9 - time / 200,
        }
        for time, risk in steps
    ]


def test_nobody_has_a_row_by_himself():
    rows = [{**WHOSE, "line": line, "value": 1.0, "residual": 0.1} for line in range(12)]
    kept = withhold_profiles(profile(12, 6, values=rows, influence=rows), told(12, 6), LEAST)
    assert kept["values"].empty
    assert kept["influence"].empty


def test_a_group_of_few_is_few_and_has_no_curve():
    tables = profile(3, 2, curves=curve([3, 2]), at_risk=[{**WHOSE, "group": "others", "time": 0, "at_risk": 90}])
    kept = withhold_profiles(tables, told(FEW), LEAST)
    row = kept["groups"].iloc[0]
    assert row["carriers"] == FEW
    hidden = ["others", "variants", "events_carriers", "events_others", "median_carriers", "median_others"]
    assert row[hidden].isna().all()
    assert kept["curves"].empty
    assert kept["at_risk"].empty


@pytest.mark.parametrize(("events", "marked"), [(3, FEW), (10, np.nan)])
def test_a_group_whose_events_are_withheld_has_no_curve(events, marked):
    kept = withhold_profiles(profile(12, events, curves=curve([12, 11])), told(12), LEAST)
    np.testing.assert_equal(kept["groups"]["events_carriers"].tolist(), [marked])
    assert kept["groups"]["carriers"].tolist() == [12]
    assert kept["curves"].empty


def test_curves_are_told_in_steps_of_five_events_while_enough_are_at_risk():
    tables = profile(30, 15, curves=curve([*range(30, 10, -1), 4, 3]))
    kept = withhold_profiles(tables, told(30, 15), LEAST)["curves"]
    assert len(kept) == 4
    assert (kept["time"] % 3 == 0).all()
    # Each is after five events more, of which the first is let go; the last four are not told.
    ratio = [(0.9 - (1 + 4 * 5 * step) / 200) / (0.9 - 1 / 200) for step in range(4)]
    assert kept["survival"].tolist() == [round(one, 2) for one in ratio]
    assert kept[["at_risk", "events", "lower", "upper"]].isna().all(axis=None)


def test_a_curve_of_fewer_than_five_events_is_not_told():
    kept = withhold_profiles(profile(12, 6, curves=curve([12, 9, 7, 5, 4, 2])), told(12, 6), LEAST)["curves"]
    assert kept.empty


def test_numbers_at_risk_are_those_of_carriers_and_of_few_they_are_few():
    rows = [
        {**WHOSE, "group": "carriers", "time": 12 * step, "at_risk": risk} for step, risk in enumerate((12, 4, 0))
    ]
    rows += [row | {"group": "others", "at_risk": 80 - row["at_risk"]} for row in rows]
    kept = withhold_profiles(profile(12, 6, at_risk=rows), told(12, 6), LEAST)["at_risk"]
    assert set(kept["group"]) == {"carriers"}
    assert kept["at_risk"].tolist() == [12, FEW, 0]


def test_courses_are_quartiles_of_enough_carriers():
    rows = [{**WHOSE, "line": line, "time": time, "value": 40.0 - line} for line in range(11) for time in (0.2, 6.4)]
    rows = [row for row in rows if row["time"] < 1 or row["line"] < 9]
    kept = withhold_profiles(profile(12, 6, course=rows), told(12, 6), LEAST)["course"]
    assert list(kept) == ["gene", "trait", "time", "lower", "middle", "upper"]
    assert kept["time"].tolist() == [0]
    assert kept[["lower", "middle", "upper"]].to_numpy().tolist() == [[32, 35, 38]]


def site(carriers, **changes):
    row = {
        "gene": "A",
        "variant": f"chr1-{carriers}-A-C",
        "carriers": carriers,
        "allele_count": carriers,
        "missing": 0,
    }
    return row | {"allele_number": 600, "frequency": carriers / 600, "call_rate": 1.0, **changes}


def test_variants_of_few_and_those_that_all_but_few_carriers_have_are_not_named():
    tables = profile(20, 8, sites=[site(4), site(5), site(17), site(20)])
    assert withhold_profiles(tables, told(20, 8), LEAST)["sites"]["carriers"].tolist() == [5, 20]


def test_people_without_a_call_are_not_counted_where_they_are_few():
    tables = profile(20, 8, sites=[site(5, missing=2, allele_number=596, call_rate=0.993)])
    row = withhold_profiles(tables, told(20, 8), LEAST)["sites"].iloc[0]
    assert row["missing"] == FEW
    assert row[["allele_number", "frequency", "call_rate"]].isna().all()


def test_single_variants_are_those_that_enough_carry():
    rows = pd.DataFrame(
        [
            {
                "variant": name,
                **WHOSE,
                "carriers": carriers,
                "observed_events": events,
                "minor_allele_count": carriers,
            }
            for name, carriers, events in (("few", 3, 1.0), ("two", 2, 1.0), ("many", 9, 0.0), ("silent", 10, 2.0))
        ]
    ).assign(effect=0.5, p_value=0.0123)
    kept = withhold_variants(rows, told(19, 8), LEAST)
    assert kept["variant"].tolist() == ["many", "silent"]
    np.testing.assert_equal(kept["effect"].tolist(), [0.5, np.nan])
    assert kept["p_value"].tolist() == [0.0123, 0.012]


def test_without_a_variant_of_few_is_no_row():
    rows = pd.DataFrame([{**MASK, "left_out": f"v{rest}", "carriers": rest} for rest in (20, 19, 15, 3, 0)])
    own = {"v20": 6, "v19": 7, "v15": 7, "v3": 17, "v0": 20}
    named = pd.DataFrame([{**WHOSE, "variant": name, "carriers": count} for name, count in own.items()])
    assert withhold_left_out(rows, told(20, 8), named, LEAST)["carriers"].tolist() == [20, 0]
    # Two carriers of v15 have another variant too; now none has.
    named.loc[named["variant"] == "v15", "carriers"] = 5
    assert withhold_left_out(rows, told(20, 8), named, LEAST)["carriers"].tolist() == [20, 15, 0]


def test_a_variant_that_is_not_named_is_left_out_of_no_test_by_name():
    # Its one carrier has another variant of the mask, so that without it as many carry.
    rows = pd.DataFrame([{**MASK, "left_out": "chr14-3313998-T-G", "carriers": 20}])
    named = pd.DataFrame([{**WHOSE, "variant": "another", "carriers": 6}])
    assert withhold_left_out(rows, told(20, 8), named, LEAST).empty


def variants(*counts):
    rows = [
        {"variant": f"v{place}", **WHOSE, "carriers": count, "minor_allele_count": count, "observed_events": 0.0}
        for place, count in enumerate(counts)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("counts", "named"), [((5, 5, 2), 0), ((5, 6, 4, 4), 2), ((6, 6), 2)])
def test_of_variants_that_leave_few_of_a_mask_none_is_named(counts, named):
    masks = {f"v{place}": "plof" for place in range(len(counts))}
    kept = withhold_variants(variants(*counts), told(sum(counts)), LEAST, masks)
    assert len(kept) == named


def test_of_sites_that_leave_few_of_one_of_their_masks_none_is_named():
    sites = [site(6, masks="plof;damaging"), site(7, masks="damaging"), site(3, masks="plof"), site(4, masks="other")]
    kept = withhold_profiles(profile(40, 8, sites=sites), told(40, 8), LEAST)["sites"]
    assert kept["carriers"].tolist() == [7]


def test_carriers_at_risk_of_two_endpoints_are_told_of_the_first():
    whole = profile(40, 8)
    groups = pd.concat([whole["groups"].assign(trait=trait) for trait in ("death", "composite")], ignore_index=True)
    own = {"gene": "A", "group": "carriers", "time": 12.0}
    at_risk = pd.DataFrame([{**own, "trait": "death", "at_risk": 21}, {**own, "trait": "composite", "at_risk": 19}])
    both = pd.concat([told(40, 8).assign(trait=trait) for trait in ("death", "composite")])
    kept = withhold_profiles({"groups": groups, "at_risk": at_risk}, both, LEAST, ["composite", "death"])
    assert kept["at_risk"]["trait"].tolist() == ["composite"]


@pytest.mark.parametrize("events", [3, 5])
def test_whether_proportional_hazards_were_tested_does_not_tell_few_events(events):
    # Of 6 carriers 3 have the event, too few to test, or 5, and one has not.
    whole = profile(6, events)
    tested = {"p_proportional": 0.3, "reason": None} if events >= LEAST else {"reason": "fewer than 5"}
    groups = withhold_profiles({"groups": whole["groups"].assign(**tested)}, told(6), LEAST)["groups"]
    assert groups["carriers"].tolist() == [6]
    assert groups[["events_carriers", "p_proportional", "reason"]].isna().all(axis=None)
