"""Whoever reckons with what a report for others tells does not find out which groups are of one person, or of two."""

import itertools

import numpy as np
import pandas as pd
import pytest

from association.gene_sets.set_results import SET_SCHEMA
from association.known_genes import SCHEMA as KNOWN_SCHEMA
from jobs.report.audience import Audience
from jobs.report.findings import find
from jobs.report.numbers import FEW
from jobs.report.withheld import withhold
from jobs.report.withheld.carriers import withhold_carriers
from jobs.report.withheld.endpoints import near_another
from jobs.report.withheld.known_genes import withhold_known
from jobs.report.withheld.profiles import withhold_profiles
from jobs.report.withheld.results import withhold_results
from jobs.report.withheld.told_masks import told_masks

LEAST = 5
MASKS = ("plof", "missense")
TESTS = ("burden", "skat", "acat_v")
ENOUGH = 3
RESULT_COLUMNS = [
    "gene",
    "trait",
    "mask",
    "max_af",
    "test",
    "weights",
    "coding",
    "carriers",
    "observed_events",
    "p_value",
]


def made(carriers):
    """Say how a scan makes the p-values of so few, and with which cautions."""
    enumerated = {"method": "enumeration", "flags": "few_carriers" + (";one_stratum" if carriers == 1 else "")}
    return enumerated if carriers < ENOUGH else {"method": "permutation", "flags": "single_variant"}


@pytest.fixture
def scanned(result_row):
    """Make rows of genes whose masks have 1 to 12 carriers; of one carrier all tests have the same p-value."""
    rows = []
    for number, (one, two) in enumerate(itertools.product((1, 2, 3, 4, 8, 12), repeat=2)):
        gene, draw = f"G{number}", np.random.default_rng(number)
        for mask, carriers in (*zip(MASKS, (one, two), strict=True), ("all", one + two)):
            p = draw.uniform(0.01, 0.99, len(TESTS)) if carriers > 1 else np.full(len(TESTS), (1 + number) / 132)
            tests = [] if mask == "all" else list(zip(TESTS, p, strict=True))
            for test, p_value in [*tests, ("omnibus", p.min())]:
                least = 1 / 132 if carriers < ENOUGH else 1e-6
                changed = {"p_value": p_value, "p_lower": p_value, "p_upper": p_value, "min_attainable_p": least}
                changed |= {"carriers": carriers, "primary": mask == "all", **made(carriers)}
                rows.append(result_row(gene, mask, test, **changed))
    return rows


def signatures(rows, truth, columns):
    """Give all that is told of each hidden group but its p-value, with how many carry it in truth."""
    truth = truth.loc[rows.index]
    hidden = rows[(rows["carriers"] == FEW) & ~rows["primary"] & (truth["mask"] != "all")]
    told = hidden[columns].astype(object).where(hidden[columns].notna(), None)
    return pd.DataFrame({"told": told.apply(tuple, axis=1), "carriers": truth.loc[hidden.index, "carriers"]})


def test_hidden_rows_of_one_to_four_carriers_look_alike(scanned, report_inputs):
    inputs = report_inputs(scanned)
    shown = withhold(report_inputs(scanned, audience=Audience.CONSORTIUM)).results
    places = ["gene", "trait", "contig", "start", "mask", "samples", "neg_log10_p", "p_value", "q_value", "p_family"]
    columns = [name for name in shown if name not in places]
    found = signatures(shown[shown["gene"] != "G0"], inputs.results, columns)
    assert set(found["carriers"]) == {1, 2, 3, 4}
    assert found.groupby("told")["carriers"].nunique().eq(4).all()


def test_equal_p_values_of_tests_tell_no_single_carrier(scanned, report_inputs):
    shown = withhold(report_inputs(scanned, audience=Audience.CONSORTIUM)).results
    hidden = shown[(shown["carriers"] == FEW) & shown["p_value"].notna()]
    assert len(hidden)
    assert hidden["test"].eq("omnibus").all()
    assert hidden.groupby(["gene", "mask"]).size().eq(1).all()


def test_a_gene_of_one_or_two_carriers_has_no_p_values_that_differ_between_its_masks(scanned, report_inputs):
    shown = withhold(report_inputs(scanned, audience=Audience.CONSORTIUM)).results
    own = shown[shown["gene"] == "G0"]
    assert own["p_value"].isna().all()
    assert own["carriers"].eq(FEW).all()
    assert own["reason"].nunique() == own["flags"].nunique() == 1


def test_genes_of_fewer_than_three_carriers_stay_out_of_the_family(scanned, report_inputs):
    site = report_inputs(scanned, audience=Audience.SITE)
    others = withhold(report_inputs(scanned, audience=Audience.CONSORTIUM))
    one, two = (find(inputs, inputs.traits[0]) for inputs in (site, others))
    assert one.genes_few == two.genes_few == 1
    assert set(one.genes["gene"]) == set(two.genes["gene"])
    assert "G0" not in set(two.drivers["gene"])
    assert one.genes_testable == two.genes_testable


def test_tables_beside_the_results_tell_hidden_rows_no_more_apart():
    counts = [1, 2, 3, 4, 20]
    rows = pd.DataFrame(
        [
            {
                "gene": f"G{count}",
                "mask": "plof",
                "test": test,
                "carriers": float(count),
                "primary": False,
                "p_any": p_value,
                "p_any_lower": p_value,
                "p_any_permutations": 100.0 * count,
                "p_any_method": made(count)["method"],
                "p_homogeneous_asymptotic": 0.1 * count,
                "p_value_survival": p_value,
                "min_attainable_p": 1 / count,
                "flags": made(count)["flags"],
            }
            for count in counts
            for test, p_value in (("burden", 0.3), ("skat", 0.3 if count == 1 else 0.2), ("omnibus", 0.3))
        ]
    )
    kept, _ = withhold_carriers(rows, ["gene"], LEAST)
    hidden = kept[kept["carriers"] == FEW].drop(columns="gene")
    assert len(hidden.drop_duplicates()) == len(hidden["test"].unique())
    assert hidden[hidden["test"] != "omnibus"]["p_any"].isna().all()
    assert kept[kept["carriers"] == 20]["p_any"].notna().all()


def test_known_genes_tell_no_p_values_of_single_tests_of_few_carriers():
    models = ("main", "excluded", "adjusted")
    rows = pd.DataFrame(
        [
            {field.name: None for field in KNOWN_SCHEMA} | {"gene": "A", "trait": "survival", "test": test}
            for test in TESTS
        ]
    )
    for model in models:
        numbers = {"samples": 300.0, "carriers": 1.0, "p_value": 0.3, "p_lower": 0.3, "p_upper": 0.3}
        rows = rows.assign(**{f"{name}_{model}": value for name, value in numbers.items()})
        rows[f"method_{model}"] = "enumeration"
    kept = withhold_known(rows, pd.DataFrame(columns=RESULT_COLUMNS), SET_SCHEMA.empty_table().to_pandas(), LEAST)
    for model in models:
        told = kept[[f"{name}_{model}" for name in ("p_value", "p_lower", "p_upper", "neg_log10_p", "method")]]
        assert told.isna().all(axis=None)
        assert kept[f"carriers_{model}"].eq(FEW).all()


def test_sums_of_carriers_and_others_at_risk_solve_nothing():
    times = (0.0, 12.0, 24.0)
    everybody = {0.0: 90, 12.0: 70, 24.0: 41}
    of_genes = {"A": (12, 8, 6), "B": (9, 4, 1), "C": (14, 9, 2)}
    at_risk = pd.DataFrame(
        [
            {"gene": gene, "trait": "survival", "group": group, "time": time, "at_risk": number}
            for gene, counts in of_genes.items()
            for time, count in zip(times, counts, strict=True)
            for group, number in (("carriers", count), ("others", everybody[time] - count))
        ]
    )
    mask = {"trait": "survival", "mask": "plof", "max_af": 0.01}
    groups = pd.DataFrame([{"gene": gene, **mask, "carriers": float(c[0])} for gene, c in of_genes.items()])
    numbers = ("others", "variants", "events_others", "expected_carriers", "median_carriers", "median_others")
    quantiles = ("others_low", "others_lower_quartile", "others_upper_quartile", "others_high")
    groups = groups.assign(**dict.fromkeys((*numbers, *quantiles), 1.0), events_carriers=0.0, kind="times")
    told = told_masks(groups.assign(observed_events=0.0))
    kept = withhold_profiles({"groups": groups, "at_risk": at_risk}, told, LEAST)["at_risk"]
    assert (kept["at_risk"] == FEW).sum() == 3
    for _, same in kept.groupby("time"):
        assert not same.groupby("gene")["group"].nunique().gt(1).any()


def test_events_of_an_endpoint_within_another_differ_by_no_few():
    mask = {"mask": "plof", "max_af": 0.01}
    rows = pd.DataFrame(
        [
            {"gene": gene, "trait": trait, **mask, "carriers": 30.0, "observed_events": events}
            for gene, counts in {"A": (15.0, 13.0, 9.0), "B": (20.0, 14.0, 14.0)}.items()
            for trait, events in zip(("composite", "death", "with_niv"), counts, strict=True)
        ]
    )
    order = ["composite", "death", "with_niv"]
    near = near_another(rows, pd.Series(True, index=rows.index), ["gene", *mask], order, LEAST)
    assert near.tolist() == [False, True, False, False, False, False]


def test_of_two_endpoints_the_results_tell_the_first_alone_where_few_have_one_of_them(result_row, report_inputs):
    inputs = report_inputs([result_row("A", "plof", "burden", carriers=30, observed_events=15, primary=True)])
    rows = pd.concat([inputs.results, inputs.results.assign(trait="death", observed_events=13)], ignore_index=True)
    families = {find(inputs, one).name: find(inputs, one).family for one in inputs.traits}
    kept = withhold_results(rows, families, rows["primary"].eq(True), LEAST, [rows["trait"].iloc[0], "death"])
    np.testing.assert_equal(kept["observed_events"].tolist(), [15, np.nan])
    assert kept["effect"].notna().tolist() == [True, False]
    assert kept["carriers"].tolist() == [30, 30]
