"""Saddlepoint tails against exact laws by other routes: the hypergeometric, dynamic programming, enumeration."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from association.calibration.residual_cumulants import ResidualCumulants, gauss_quadrature
from association.calibration.saddlepoint import saddlepoint_log10_p
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from benchmarks.saddlepoint import permuted_scores

# Cells of the exact law's residuals; the sum of 20 of them is off by 0.002, a hundredth of a percent of its spread.
CELL = 1e-3


def null_cohort(seed, samples, months):
    """Entry 3 to 12 months, exponential deaths, censoring, three strata: residuals and strata."""
    rng = np.random.default_rng(seed)
    age = rng.normal(size=2 * samples)
    death = rng.exponential(months * np.exp(-0.3 * age))
    entry = rng.uniform(3, 12, death.size)
    enrolled = np.flatnonzero(death > entry)[:samples]
    entry, death, age = entry[enrolled], death[enrolled], age[enrolled]
    censored = entry + rng.uniform(6, 40, samples)
    strata = rng.integers(0, 3, samples)
    event = (death <= censored).astype(float)
    fit = fit_cox(entry, np.minimum(death, censored), event, Design(("age",), age[:, None]), strata=strata)
    return fit.model.residuals, strata


def exact_law(residuals, strata, counts):
    """Give the values and probabilities of the sum of so many residuals per stratum, by dynamic programming."""
    law, lowest = np.ones(1), 0
    for stratum, count in enumerate(counts):
        cells = np.round(residuals[strata == stratum] / CELL).astype(int)
        lowest += count * cells.min()
        cells -= cells.min()
        ways = np.zeros((count + 1, np.sort(cells)[-count:].sum() + 1))
        ways[0, 0] = 1
        for cell in cells:
            ways[1:, cell:] += ways[:-1, : ways.shape[1] - cell]
        law = np.convolve(law, ways[count] / math.comb(cells.size, count))
    return (lowest + np.arange(law.size)) * CELL, law


@pytest.mark.parametrize("carriers", [10, 14, 20])
def test_tails_agree_with_the_exact_law_of_300_patients(carriers):
    residuals, strata = null_cohort(2, 300, 60)
    counts = [carriers // 3 + (stratum < carriers % 3) for stratum in range(3)]
    values, law = exact_law(residuals, strata, counts)
    upper, lower = np.cumsum(law[::-1])[::-1], np.cumsum(law)
    cumulants, theirs = ResidualCumulants.of(residuals, strata), np.repeat(range(3), counts)
    for level, tolerance in ((0.4, 0.005), (1e-2, 0.01), (1e-3, 0.01), (1e-4, 0.01), (1e-6, 0.03), (1e-8, 0.06)):
        highest = np.searchsorted(-upper, -level)
        tails = saddlepoint_log10_p(cumulants, values[highest] - CELL / 2, np.ones(carriers), theirs)
        assert 10**tails.log10_upper == pytest.approx(upper[highest], rel=tolerance)
        lowest = np.searchsorted(lower, level)
        tails = saddlepoint_log10_p(cumulants, values[lowest] + CELL / 2, np.ones(carriers), theirs)
        assert 10**tails.log10_lower == pytest.approx(lower[lowest], rel=tolerance)


@pytest.mark.parametrize(
    ("samples", "events", "carriers"),
    [(300, 90, 20), (300, 90, 200), (3000, 60, 20), (100_000, 2000, 200), (100_000, 2000, 10_000)],
)
def test_ties_count_whole_and_finite_populations_are_exact(samples, events, carriers):
    residuals = np.where(np.arange(samples) < events, 1.0, 0.0) - events / samples
    strata = np.zeros(samples, int)
    cumulants, law = ResidualCumulants.of(residuals, strata), hypergeom(samples, events, carriers)
    for level in (0.3, 1e-2, 1e-4, 1e-8, 1e-16):
        for observed in (int(law.isf(level)), int(law.ppf(level))):
            if not 0 < law.sf(observed - 1) <= 1 or not law.pmf(observed):
                continue
            score = observed - carriers * events / samples
            tails = saddlepoint_log10_p(cumulants, score, np.ones(carriers), strata[:carriers])
            assert 10**tails.log10_upper == pytest.approx(law.sf(observed - 1), rel=3e-3)
            assert 10**tails.log10_lower == pytest.approx(law.cdf(observed), rel=3e-3)


def test_clustered_scores_of_a_rare_event_agree_with_permutations():
    residuals, strata = null_cohort(1, 30_000, 1_150)
    cumulants = ResidualCumulants.of(residuals, strata)
    for carriers in (20, 50):
        counts = np.full(3, carriers // 3) + (np.arange(3) < carriers % 3)
        scores = np.sort(permuted_scores(residuals, strata, counts, 1_000_000, seed=carriers))
        theirs = np.repeat(np.arange(3), counts)
        for extreme in (500, 5000):
            # Four standard errors of the permutations' count, and the 2% of the method.
            tolerance = 0.02 + 4 / math.sqrt(extreme)
            tails = saddlepoint_log10_p(cumulants, scores[-extreme], np.ones(carriers), theirs)
            assert 10**tails.log10_upper == pytest.approx(extreme / scores.size, rel=tolerance)
            tails = saddlepoint_log10_p(cumulants, scores[extreme - 1], np.ones(carriers), theirs)
            assert 10**tails.log10_lower == pytest.approx(extreme / scores.size, rel=tolerance)


def test_unequal_burdens_of_either_sign_agree_with_permutations():
    residuals, strata = null_cohort(3, 300, 60)
    rng = np.random.default_rng(1)
    burden = np.repeat([3.0, 1.7, 1.2, -0.8], [8, 5, 4, 3])
    theirs = rng.integers(0, 3, burden.size)
    scores = np.zeros(200_000)
    for stratum in range(3):
        own = residuals[strata == stratum]
        dealt = np.argsort(rng.random((scores.size, own.size)), axis=1)[:, : (theirs == stratum).sum()]
        scores += own[dealt] @ burden[theirs == stratum]
    scores.sort()
    cumulants = ResidualCumulants.of(residuals, strata)
    for extreme in (300, 3000, 30_000):
        tolerance = 0.02 + 4 / math.sqrt(extreme)
        tails = saddlepoint_log10_p(cumulants, scores[-extreme], burden, theirs)
        assert 10**tails.log10_upper == pytest.approx(extreme / scores.size, rel=tolerance)
        tails = saddlepoint_log10_p(cumulants, scores[extreme - 1], burden, theirs)
        assert 10**tails.log10_lower == pytest.approx(extreme / scores.size, rel=tolerance)


@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3), score=st.floats(-4, 4))
@settings(max_examples=40, deadline=None)
def test_tails_swap_with_the_sign_and_ignore_units_and_order(seed, scale, score):
    rng = np.random.default_rng(seed)
    residuals, strata = rng.exponential(size=400) - 1, np.arange(400) % 2
    burden, theirs = rng.integers(1, 3, 16).astype(float), np.arange(16) % 2
    tails = saddlepoint_log10_p(ResidualCumulants.of(residuals, strata), score * 5, burden, theirs)
    order = rng.permutation(16)
    scaled = ResidualCumulants.of(residuals * scale, strata)
    for other in (
        saddlepoint_log10_p(scaled, score * 5 * scale, burden[order], theirs[order]),
        saddlepoint_log10_p(scaled, score * 5, burden[order] / scale, theirs[order]),
    ):
        assert other.log10_upper == pytest.approx(tails.log10_upper, rel=1e-3, abs=1e-4)
    mirrored = saddlepoint_log10_p(ResidualCumulants.of(-residuals, strata), -score * 5, burden, theirs)
    assert mirrored.log10_upper == pytest.approx(tails.log10_lower, rel=1e-3, abs=1e-4)
    assert tails.log10_two_sided <= 0


def test_tails_are_continuous_at_the_mean():
    residuals, strata = null_cohort(2, 300, 60)
    residuals -= np.array([residuals[strata == stratum].mean() for stratum in range(3)])[strata]
    cumulants, theirs = ResidualCumulants.of(residuals, strata), np.arange(20) % 3
    scores = np.linspace(-1e-3, 1e-3, 9)
    upper = [10 ** saddlepoint_log10_p(cumulants, score, np.ones(20), theirs).log10_upper for score in scores]
    assert np.all(np.diff(upper) < 0)
    # The two sides are integrals of their own, each to the repeats' 4e-5.
    np.testing.assert_allclose(np.diff(upper), np.median(np.diff(upper)), rtol=0.01, atol=5e-5)


def test_no_permutation_reaches_beyond_the_attainable_scores():
    residuals, strata = np.array([0.1, -0.5, 0.7, 1.9, -2.2, 0.4, 1.0, -1.1]), np.repeat([0, 1], 4)
    burden, theirs = np.array([2.0, -1.0, 1.0]), np.array([0, 0, 1])
    firsts = [2 * one[0] - one[1] for one in permutations(residuals[:4], 2)]
    scores = np.add.outer(firsts, residuals[4:]).ravel()
    cumulants = ResidualCumulants.of(residuals, strata)
    beyond = saddlepoint_log10_p(cumulants, scores.max() + 1e-6, burden, theirs)
    assert (beyond.log10_upper, beyond.log10_lower) == (-math.inf, 0.0)
    below = saddlepoint_log10_p(cumulants, scores.min() - 1e-6, burden, theirs)
    assert (below.log10_upper, below.log10_lower) == (0.0, -math.inf)
    at_most = saddlepoint_log10_p(cumulants, scores.max(), burden, theirs)
    assert at_most.log10_upper >= -math.log10(scores.size) - 1e-12
    assert at_most.log10_lower == 0.0


def test_a_burden_that_everyone_in_a_stratum_carries_changes_nothing():
    residuals, strata = null_cohort(2, 300, 60)
    cumulants = ResidualCumulants.of(residuals, strata)
    everyone = np.flatnonzero(strata == 0)
    alone = saddlepoint_log10_p(cumulants, residuals[everyone].sum(), np.ones(everyone.size), strata[everyone])
    assert (alone.log10_upper, alone.log10_lower) == (0.0, 0.0)
    theirs = np.repeat([1, 2], 8)
    few = saddlepoint_log10_p(cumulants, 5.0, np.ones(16), theirs)
    score = 5.0 + 2 * residuals[everyone].sum()
    burden, both = np.concatenate([np.ones(16), np.full(everyone.size, 2.0)]), np.append(theirs, strata[everyone])
    assert saddlepoint_log10_p(cumulants, score, burden, both).log10_upper == pytest.approx(few.log10_upper)


def test_nodes_have_the_moments_of_the_residuals():
    values = np.sort(np.random.default_rng(1).exponential(size=1000))
    nodes, weights = gauss_quadrature(values, np.ones(1000), 8)
    for order in range(16):
        assert weights @ nodes**order == pytest.approx((values**order).sum(), rel=1e-10)
    few, counts = gauss_quadrature(np.array([-1.0, 0.0, 4.0]), np.array([2.0, 5.0, 1.0]), 8)
    np.testing.assert_allclose(few, [-1, 0, 4], atol=1e-12)
    np.testing.assert_allclose(counts, [2, 5, 1], rtol=1e-12)
