"""The exact law of a burden against every choice of its carriers, and where nobody could list them."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

from association.calibration.evidence import UNEQUAL, evidence_of
from association.calibration.exact_burden import CELLS, ExactBurden

SAMPLES = 24
STRATA = np.repeat([0, 1], [15, 9])
KINDS = ("linear", "cox", "logistic")
CHOSEN = [[3, 7, 20], [1, 2, 8, 11], [2, 5, 9, 17, 23]]


def ratio(kind, first, second, size):
    if kind == "linear":
        return first**2 / size
    plain = xlogy(first, first / second)
    if kind == "cox":
        return 2 * (plain - first + second)
    return 2 * (plain + xlogy(size - first, (size - first) / (size - second)))


def choices(carriers, strata):
    """All choices of as many samples per stratum."""
    own = [combinations(np.flatnonzero(strata == s), int((strata[carriers] == s).sum())) for s in np.unique(strata)]
    return np.array([sum(parts, ()) for parts in product(*own)])


@pytest.fixture(params=[(kind, step) for kind in KINDS for step in (None, 0.25)], ids=str)
def trait(request, make_model):
    kind, step = request.param
    model = make_model(np.random.default_rng(11), kind, SAMPLES, step=step)
    return kind, evidence_of(model, STRATA)


@pytest.mark.parametrize("carriers", CHOSEN)
def test_p_is_the_share_of_all_choices(trait, carriers):
    kind, evidence = trait
    law = ExactBurden(evidence, STRATA).law(np.array(carriers))
    every = choices(np.array(carriers), STRATA)
    ratios = ratio(kind, law.first[every].sum(axis=1), law.second[every].sum(axis=1), len(carriers))
    for one in np.random.default_rng(1).choice(len(every), 60, replace=False):
        # Sums that cancel to nearly nothing are told apart by rounding alone.
        if ratios[one] > 1e-6:
            assert 10 ** law.log10_p(every[one]) == pytest.approx(
                (ratios >= ratios[one] * (1 - 1e-9)).mean(), rel=1e-12
            )


@pytest.mark.parametrize("carriers", CHOSEN)
def test_p_differs_from_the_unrounded_one_by_rounding_only(trait, carriers):
    kind, evidence = trait
    size = len(carriers)
    law = ExactBurden(evidence, STRATA).law(np.array(carriers))
    every = choices(np.array(carriers), STRATA)
    first, second = (
        evidence.values[0][every].sum(axis=1),
        evidence.values[-2 if kind != "linear" else 0][every].sum(1),
    )
    spread = evidence.values[0] - evidence.values[0].min() if kind == "linear" else evidence.values[1]
    # Half a cell for each carrier, and as much again for the means that are taken off.
    shift = spread[every].sum(axis=1).max() / (CELLS - 1) * size * np.array([[-1], [1]])
    ends = ratio(kind, first + shift, 0, size) if kind == "linear" else ratio(kind, first, second + shift, size)
    centre = first if kind == "linear" else second - first
    least = np.where(abs(centre) <= shift.max(), 0, ends.min(axis=0))
    for one in np.random.default_rng(2).choice(len(every), 60, replace=False):
        lower, upper = (least >= ends[:, one].max()).mean(), (ends.max(axis=0) >= least[one]).mean()
        assert lower <= 10 ** law.log10_p(every[one]) * (1 + 1e-12)
        assert 10 ** law.log10_p(every[one]) <= upper * (1 + 1e-12)


def test_p_is_never_above_1_and_reaches_it(trait):
    _, evidence = trait
    carriers = np.array([1, 2, 17])
    law = ExactBurden(evidence, STRATA).law(carriers)
    found = np.array([law.log10_p(one) for one in choices(carriers, STRATA)])
    assert found.max() <= 0
    assert 10 ** found.max() > 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_shuffling_by_numpy_agrees(make_model, kind):
    rng = np.random.default_rng(8)
    strata = np.arange(80) % 2
    evidence = evidence_of(make_model(rng, kind, 80), strata)
    carriers = np.argsort(evidence.values[0] + rng.normal(size=80))[-7:]
    drawn = np.array(
        [np.r_[tuple(rng.permutation(np.flatnonzero(strata == s)) for s in (0, 1))] for _ in range(20_000)]
    )
    taken = np.bincount(strata[carriers])
    every = np.concatenate((drawn[:, : taken[0]], drawn[:, 40 : 40 + taken[1]]), axis=1)

    def statistic(samples):
        return ratio(kind, evidence.values[0][samples].sum(-1), evidence.values[-2:][0][samples].sum(-1), 7)

    share = (statistic(every) >= statistic(carriers) * (1 - 1e-9)).mean()
    expected = 10 ** ExactBurden(evidence, strata).law(carriers).log10_p(carriers)
    # Five standard errors, and the seed is fixed.
    assert share == pytest.approx(expected, abs=5 * np.sqrt(expected / 20_000))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alike", [10, 13])
def test_the_most_extreme_choice_has_one_in_their_number_times_its_ties(make_model, kind, alike):
    rng = np.random.default_rng(9)
    model = make_model(rng, kind, 300)
    far = slice(0, alike)
    if kind == "linear":
        model.residuals[far] = 40.0
    else:
        model.events[far], model.expected_events[far] = 1.0, 0.02
        model.expected_events[alike:] = 0.3 + 0.4 * rng.random(300 - alike)
    strata = np.zeros(300, int)
    log10_p = ExactBurden(evidence_of(model, strata), strata).law(np.arange(10)).log10_p(np.arange(10))
    log_ways = [gammaln(n + 1) - gammaln(11) - gammaln(n - 9) for n in (300, alike)]
    assert log10_p == pytest.approx((log_ways[1] - log_ways[0]) / np.log(10), rel=1e-12)


def test_strata_multiply_the_number_of_choices(make_model):
    model = make_model(np.random.default_rng(9), "cox", 100)
    strata = np.arange(100) % 2
    model.events[:6], model.expected_events[:6] = 1.0, 0.01
    model.expected_events[6:] = 0.5
    log10_p = ExactBurden(evidence_of(model, strata), strata).law(np.arange(6)).log10_p(np.arange(6))
    assert log10_p == pytest.approx(-2 * np.log10(50 * 49 * 48 / 6), rel=1e-12)


def test_counts_other_than_none_and_one_are_refused(make_model):
    model, strata = make_model(np.random.default_rng(1), "poisson", 30), np.zeros(30, int)
    assert ExactBurden(evidence_of(model, strata), strata).feasible(np.arange(3))
    model.events[4] = 2.0
    assert not ExactBurden(evidence_of(model, strata), strata).feasible(np.arange(3))


@pytest.mark.parametrize("kind", ["slope", "risks"])
def test_samples_of_unequal_information_are_refused(make_model, kind):
    strata = np.zeros(30, int)
    model = make_model(np.random.default_rng(1), kind, 30)
    assert not ExactBurden(evidence_of(model, strata), strata).feasible(np.arange(3))


def test_more_choices_than_double_precision_counts_are_refused(make_model):
    model, strata = make_model(np.random.default_rng(1), "linear", 1_100), np.zeros(1_100, int)
    exact = ExactBurden(evidence_of(model, strata), strata)
    assert exact.feasible(np.arange(300))
    assert not exact.feasible(np.arange(450))


def test_where_information_is_one_number_in_each_stratum_the_law_is_that_of_the_score(make_model):
    """As of a quantitative trait whose cohorts differ in their residual variance."""
    rng = np.random.default_rng(12)
    model = make_model(rng, "linear", SAMPLES)
    variance = np.array([1.0, 9.0])[STRATA]
    unequal = replace(model, residuals=model.residuals / variance, information=1 / variance)
    evidence = evidence_of(unequal, STRATA)
    exact, carriers = ExactBurden(evidence, STRATA), np.array([3, 7, 11, 20])
    assert evidence.family == UNEQUAL
    assert exact.feasible(carriers)
    law, every = exact.law(carriers), choices(carriers, STRATA)
    sizes = np.abs(evidence.values[0][every].sum(axis=1))
    ranks = (sizes[:, None] <= sizes * (1 + 1e-12)).mean(axis=1)
    found = np.array([10 ** law.log10_p(one) for one in every])
    # Cells move a score by their own width, and so past its nearest neighbours.
    np.testing.assert_allclose(found, ranks, atol=3e-3)
    single = replace(unequal, information=np.where(np.arange(SAMPLES) == 0, 2.0, unequal.information))
    assert not ExactBurden(evidence_of(single, STRATA), STRATA).feasible(carriers)
