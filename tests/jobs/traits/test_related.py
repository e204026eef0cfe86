"""Relatives in a trait: who stays, who is left out with which reason, and when both stay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jobs.traits.genotyped import EXCLUDED, RELATED, Genotyped

SURVIVAL = {"name": "survival", "type": "survival", "origin": "onset"}
HEIGHT = {"name": "height", "type": "quantitative", "column": "height"}
KIN = {"sibling": 0.25, "half-sibling": 0.125, "cousin": 0.0625, "twin": 0.5}


@pytest.fixture
def event_of(cohort):
    """Give the ids of those who died and those who did not, in order."""
    died = cohort["death_date"].notna()
    return sorted(cohort.loc[died, "sample"]), sorted(cohort.loc[~died, "sample"])


@pytest.fixture
def genotyped(cohort):
    """Give a function that makes genotyped samples with pairs of relatives, call rates and exclusions."""

    def make(*pairs, call_rate=(), excluded=()):
        ids = cohort["sample"].tolist()
        rates, reason = pd.Series(0.99, index=ids), pd.Series(None, index=ids, dtype=object)
        for sample, rate in dict(call_rate).items():
            rates[sample] = rate
        reason[list(excluded)] = EXCLUDED
        relatives = pd.DataFrame(
            [(*sorted(pair[:2]), pair[2]) for pair in pairs], columns=["sample_1", "sample_2", "kinship"]
        )
        components = pd.DataFrame({"pc1": np.random.default_rng(1).normal(size=len(ids))}, index=ids)
        return Genotyped(reason, rates, relatives, components, 0)

    return make


@pytest.fixture
def left_out(cohort, prepare):
    """Give a function that prepares a trait and returns the reasons of those who are out, by sample."""

    def run(trait, genotyped, **sections):
        (prepared,) = prepare(cohort, trait, genotyped=genotyped, **sections)
        out = prepared.excluded.set_index("sample")["reason"].to_dict()
        assert set(prepared.samples["sample"]) | set(out) == set(cohort["sample"])
        assert not set(prepared.samples["sample"]) & set(out)
        return out

    return run


def test_nobody_is_left_out_where_nobody_is_related(left_out, genotyped):
    assert left_out(SURVIVAL, genotyped()) == left_out(HEIGHT, genotyped()) == {}


@pytest.mark.parametrize("better", ["with event", "without"])
def test_of_relatives_the_one_with_the_event_stays_however_well_called(left_out, genotyped, event_of, better):
    dead, alive = event_of[0][5], event_of[1][5]
    well = dead if better == "with event" else alive
    known = genotyped((dead, alive, KIN["sibling"]), call_rate={well: 0.999})
    assert left_out(SURVIVAL, known) == {alive: RELATED}


@pytest.mark.parametrize("both", [0, 1])
@pytest.mark.parametrize("worse", [0, 1])
def test_of_relatives_alike_the_better_called_stays(left_out, genotyped, event_of, both, worse):
    pair = event_of[both][3:5]
    known = genotyped((*pair, KIN["sibling"]), call_rate={pair[worse]: 0.97})
    assert left_out(SURVIVAL, known) == {pair[worse]: RELATED}


def test_a_trait_without_events_goes_by_call_rates_alone(left_out, genotyped, event_of):
    dead, alive = event_of[0][5], event_of[1][5]
    known = genotyped((dead, alive, KIN["sibling"]), call_rate={dead: 0.97})
    assert left_out(HEIGHT, known) == {dead: RELATED}


def test_of_a_family_as_many_stay_as_can(left_out, genotyped, event_of):
    parent, *children = event_of[1][:4]
    pairs = [(parent, child, KIN["sibling"]) for child in children]
    assert left_out(HEIGHT, genotyped(*pairs, call_rate={parent: 1.0})) == {parent: RELATED}


@pytest.mark.parametrize(
    ("setting", "taken"),
    [
        ("duplicates", {"twin"}),
        ("first_degree", {"twin", "sibling"}),
        ("second_degree", {"twin", "sibling", "half-sibling"}),
        ("third_degree", {"twin", "sibling", "half-sibling", "cousin"}),
        (None, set()),
    ],
)
@pytest.mark.parametrize("trait", [SURVIVAL, HEIGHT])
def test_the_setting_says_how_close_relatives_may_not_be(left_out, genotyped, event_of, trait, setting, taken):
    alive = event_of[1]
    pairs = {kind: alive[2 * number : 2 * number + 2] for number, kind in enumerate(KIN)}
    known = genotyped(
        *((*pair, KIN[kind]) for kind, pair in pairs.items()), call_rate={pair[1]: 0.97 for pair in pairs.values()}
    )
    expected = {pairs[kind][1]: RELATED for kind in taken}
    assert left_out(trait, known, qc={"relatedness": {"unrelated_above": setting}}) == expected


@pytest.mark.parametrize(("kinship", "related"), [(0.0884, True), (0.08839, False)])
def test_the_second_degree_begins_at_its_limit(left_out, genotyped, event_of, kinship, related):
    assert bool(left_out(HEIGHT, genotyped((*event_of[1][:2], kinship)))) == related


def test_both_stay_in_a_trait_that_has_their_kinship_and_one_in_the_trait_beside_it(
    cohort, prepare, genotyped, event_of, tmp_path
):
    pairs = [event_of[1][number : number + 2] for number in range(0, 40, 2)]
    relatives = pd.DataFrame([(*pair, KIN["sibling"]) for pair in pairs], columns=["sample_1", "sample_2", "kinship"])
    relatives.to_csv(tmp_path / "pairs.tsv", sep="\t", index=False)
    known = genotyped(*((*pair, KIN["sibling"]) for pair in pairs))
    mixed = HEIGHT | {"name": "mixed", "kinship": "pairs.tsv"}
    with_kinship, without = prepare(cohort, mixed, HEIGHT, genotyped=known)
    assert with_kinship.excluded.empty
    assert without.excluded["reason"].tolist() == [RELATED] * 20


def test_a_relative_who_is_out_for_another_reason_takes_nobody_with_it(cohort, left_out, genotyped, event_of):
    dead, alive = event_of[0][5], event_of[1][5]
    pair = (dead, alive, KIN["sibling"])
    assert left_out(SURVIVAL, genotyped(pair, excluded=[dead])) == {dead: EXCLUDED}
    cohort.loc[cohort["sample"] == dead, "height"] = None
    (reason,) = left_out(HEIGHT, genotyped(pair, call_rate={dead: 1.0})).items()
    assert reason[0] == dead
    assert reason[1] != RELATED


def test_a_relative_without_a_covariate_takes_nobody_with_it(cohort, left_out, genotyped, event_of):
    dead, alive = event_of[0][5], event_of[1][5]
    cohort.loc[cohort["sample"] == dead, "site"] = None
    out = left_out(SURVIVAL, genotyped((dead, alive, KIN["sibling"])), covariates=["age", "site"])
    assert list(out) == [dead]


def test_relatives_who_are_no_participants_are_passed_over(left_out, genotyped, event_of):
    known = genotyped(("control", event_of[1][0], KIN["sibling"]), ("control", "other", KIN["twin"]))
    assert left_out(SURVIVAL, known) == {}
