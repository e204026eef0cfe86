"""Counting on permutations against counting one by one, and against every arrangement."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import beta

from association.calibration import monte_carlo
from association.calibration.evidence import evidence_of
from association.calibration.extremes import Conditions, Looks, Scales, set_conditions
from association.calibration.monte_carlo import Effort, GeneCount, count_exceedances, monte_carlo_p, reaching
from association.calibration.permutation_stream import PermutationStream
from association.gene_plan import GenePlan
from association.gene_tests.acat import acat_v_weights
from association.gene_tests.columns import Burden

SAMPLES = 30
STRATA = np.arange(SAMPLES) % 3 // 2
NO_END = 10**9


def rows_with(*groups):
    rows = np.zeros((SAMPLES, len(groups)))
    for column, carriers in enumerate(groups):
        rows[carriers, column] = 1
    return rows


@pytest.fixture
def start(compress):
    """Give a function that makes a gene's count of a burden and of SKAT, ready to go."""

    def make(rows, evidence, efforts):
        counts = rows.sum(axis=0)
        plan = GenePlan(compress(rows), counts, acat_v_weights(counts / (2 * SAMPLES)))
        weights = np.ones(counts.size)
        readings = [plan.burden(Burden("sum", weights)), plan.skat(weights)]
        statistics = plan.statistics(evidence.family)
        observed, noise = statistics.observe(evidence), statistics.largest(evidence)
        looks, nothing = Looks.of(readings), np.zeros(2)
        scales = Scales(nothing, nothing, nothing > 0)
        return GeneCount(statistics, set_conditions(looks, scales, observed, noise), efforts)

    return make


def stream_of(evidence):
    return PermutationStream(evidence.values, STRATA, 1)


def one_by_one(rows, evidence, effort, permutations):
    """Count (exceedances, permutations) of burden and SKAT by the rule, a permutation at a time (plain traits)."""
    scores = np.einsum("nm,nb->mb", rows, stream_of(evidence).block(0, permutations)[0])
    observed = rows.T @ evidence.values[0]
    burdens = abs(scores.sum(axis=0)) >= abs(observed.sum()) * (1 - 1e-9)
    found = []
    for exceeding in (burdens, (scores**2).sum(axis=0) >= (observed**2).sum() * (1 - 1e-9)):
        total = 0
        for number, one in enumerate(exceeding, 1):
            total += int(one)
            resolved = number == effort.screen and total >= 10
            if total == effort.enough or resolved or number == effort.escalated:
                break
        found.append((total, number))
    return found


EFFORTS = [Effort(2_000, 6_000, 20), Effort(2_000, 6_000, 300), Effort(60, 6_000, 300), Effort(500, 500, 10**6)]


@pytest.mark.parametrize("at_once", [1, 7, 1024])
@pytest.mark.parametrize("effort", EFFORTS)
def test_a_test_stops_at_the_very_permutation_that_the_rule_names(monkeypatch, make_model, start, effort, at_once):
    monkeypatch.setattr(monte_carlo, "MOST_PERMUTATIONS_AT_ONCE", at_once)
    evidence = evidence_of(make_model(np.random.default_rng(3), "linear", SAMPLES), STRATA)
    for rows in (rows_with([1, 2, 3]), rows_with([4, 9], [10]), rows_with(np.argsort(evidence.values[0])[-3:])):
        gene = start(rows, evidence, [effort, effort])
        count_exceedances([gene], stream_of(evidence))
        found = list(zip(gene.exceedances.tolist(), gene.permutations.tolist(), strict=True))
        assert found == one_by_one(rows, evidence, effort, effort.escalated)


@pytest.mark.parametrize(("at_screen", "goes_on"), [(9, True), (10, False)])
def test_fewer_than_ten_exceedances_at_the_screen_are_too_few(make_model, start, at_screen, goes_on):
    evidence = evidence_of(make_model(np.random.default_rng(3), "linear", SAMPLES), STRATA)
    rows = rows_with([1, 2, 3])
    screen = one_by_one(rows, evidence, Effort(3_000, 3_000, at_screen), 3_000)[0][1]
    gene = start(rows, evidence, [Effort(screen, 3_000, 10**6)] * 2)
    count_exceedances([gene], stream_of(evidence))
    assert gene.permutations[0] == (3_000 if goes_on else screen)


def test_a_count_does_not_depend_on_the_other_genes(make_model, start):
    evidence = evidence_of(make_model(np.random.default_rng(3), "cox", SAMPLES), STRATA)
    rows = [rows_with([number, number + 5, number + 11], [number + 2]) for number in range(8)]

    def counts(genes):
        count_exceedances(genes, stream_of(evidence))
        return [(gene.exceedances.tolist(), gene.permutations.tolist()) for gene in genes]

    efforts = [EFFORTS[:2], EFFORTS[2:]] * 4
    alone = [counts([start(one, evidence, own)])[0] for one, own in zip(rows, efforts, strict=True)]
    assert counts([start(one, evidence, own) for one, own in zip(rows, efforts, strict=True)]) == alone


def test_an_unresolved_test_counts_on_as_if_there_had_been_no_screen(make_model, start):
    evidence = evidence_of(make_model(np.random.default_rng(3), "linear", SAMPLES), STRATA)
    rows = rows_with(np.argsort(evidence.values[0])[-4:])
    screened = start(rows, evidence, [Effort(100, 20_000, 500)] * 2)
    straight = start(rows, evidence, [Effort(20_000, 20_000, 500)] * 2)
    count_exceedances([screened, straight], stream_of(evidence))
    assert np.array_equal(screened.exceedances, straight.exceedances)
    assert screened.permutations.tolist() == straight.permutations.tolist() == [20_000, 20_000]


@pytest.mark.parametrize("carriers", [[4], [4, 11], [2, 11, 17]])
@pytest.mark.parametrize("step", [None, 1.0])
def test_burden_p_agrees_with_enumeration_of_up_to_three_carriers(make_model, start, carriers, step):
    evidence = evidence_of(make_model(np.random.default_rng(5), "linear", SAMPLES, step=step), STRATA)
    choices = [
        list(combinations(np.flatnonzero(stratum == STRATA), int((STRATA[carriers] == stratum).sum())))
        for stratum in np.unique(STRATA)
    ]
    sums = np.array([abs(evidence.values[0][list(sum(choice, ()))].sum()) for choice in product(*choices)])
    expected = (sums >= abs(evidence.values[0][carriers].sum()) * (1 - 1e-9)).mean()
    gene = start(rows_with(carriers), evidence, [Effort(100_000, 100_000, NO_END)] * 2)
    count_exceedances([gene], stream_of(evidence))
    # Five binomial standard errors: one chance in a million, and the seed is fixed.
    assert gene.exceedances[0] / 100_000 == pytest.approx(expected, abs=5 * np.sqrt(expected / 100_000))


def test_arrangements_as_extreme_as_the_data_all_count(make_model, start):
    model = make_model(np.random.default_rng(6), "linear", SAMPLES)
    model.residuals[:] = np.r_[np.repeat([2.0, -2.0], 3), np.repeat([1.0, -1.0], 6), np.zeros(12)]
    evidence = evidence_of(model, np.zeros(SAMPLES, int))
    rows = rows_with([0, 6, 18])
    gene = start(rows, evidence, [Effort(5_000, 5_000, NO_END)] * 2)
    stream = PermutationStream(evidence.values, np.zeros(SAMPLES, int), 1)
    count_exceedances([gene], stream)
    whole = np.rint(stream.block(0, 5_000)[0]).astype(int)[[0, 6, 18]]
    assert gene.exceedances.tolist() == [(abs(whole.sum(axis=0)) >= 3).sum(), (abs(whole.sum(axis=0)) >= 3).sum()]


def test_scores_that_cancel_but_for_rounding_are_ties(make_model, start):
    # Carriers 0.1 + 0.2 - 0.3: the observed score is rounding, and every arrangement is at least as extreme.
    model = make_model(np.random.default_rng(6), "linear", SAMPLES)
    model.residuals[:] = np.r_[0.1, 0.2, -0.3, np.tile([0.7, -0.7], 13), 0.0]
    evidence = evidence_of(model, np.zeros(SAMPLES, int))
    gene = start(rows_with([0, 1, 2]), evidence, [Effort(2_000, 2_000, NO_END)] * 2)
    count_exceedances([gene], PermutationStream(evidence.values, np.zeros(SAMPLES, int), 1))
    assert gene.exceedances[0] == 2_000


def test_p_value_and_interval_are_those_of_a_binomial_count():
    result = monte_carlo_p(12, 999)
    assert result.p_value == 13 / 1000
    assert result.lower == pytest.approx(beta.ppf(0.025, 12, 988), rel=1e-12)
    assert result.upper == pytest.approx(beta.ppf(0.975, 13, 987), rel=1e-12)


def test_p_value_is_never_zero_nor_above_one():
    none = monte_carlo_p(0, 1000)
    assert none.p_value == 1 / 1001
    assert none.lower == 0
    # Rule of three: with nothing in 1,000 the one-sided 97.5% bound is 3.69 in 1,000.
    assert none.upper == pytest.approx(1 - 0.025 ** (1 / 1000), rel=1e-12)
    assert monte_carlo_p(1000, 1000).p_value == 1
    assert monte_carlo_p(1000, 1000).upper == 1


@pytest.mark.parametrize("place", ["threshold", "rows"])
def test_what_is_not_a_number_is_never_evidence(place):
    rows = np.array([[0.0, 1.0, 2.0, 3.0]])
    threshold = np.nan if place == "threshold" else 2.5
    rows[0, :2] = np.nan if place == "rows" else 0.0
    one = np.zeros(1, int)
    conditions = Conditions(np.array([0, 1]), one, one, np.zeros(1), np.array([threshold]))
    assert reaching(rows, conditions).tolist() == [4 if place == "threshold" else 3]
