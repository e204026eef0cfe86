"""P-values of carriers whose strata are not told keep their level wherever they are: scores are permuted there."""

import numpy as np
import pytest

from association.calibration.residual_cumulants import ResidualCumulants, residual_rules
from association.calibration.saddlepoint import saddlepoint_log10_p
from association.meta.untold_strata import PlacedCarriers, harder_placements

SIZES = (100, 300)
STRATA = np.repeat([0, 1], SIZES)
CARRIERS, DRAWS = 14, 1_000


@pytest.fixture(scope="module")
def residuals():
    """Of a stratum in which nearly everybody dies, and one of rare events; about zero in both."""
    rng = np.random.default_rng(4)
    expected = rng.exponential(1, STRATA.size) * np.where(STRATA == 0, 1, 0.1)
    events = np.where(STRATA == 0, 1, rng.random(STRATA.size) < 0.1)
    values = events - expected
    return values - (np.bincount(STRATA, values) / SIZES)[STRATA]


@pytest.fixture(scope="module")
def cumulants(residuals):
    return ResidualCumulants.of_rules(residual_rules(residuals, STRATA, at_least=5))


def carriers(strata, *, dealt=True):
    return PlacedCarriers(np.ones(CARRIERS), np.sort(strata), range(2), dealt)


def log10_p(cumulants, cohort, score, *, everywhere):
    placements = [cohort.strata, *(harder_placements(cumulants, [cohort], score) if everywhere else [])]
    return max(saddlepoint_log10_p(cumulants, score, cohort.burden, one).log10_two_sided for one in placements)


def p_values(residuals, cumulants, in_first, *, everywhere):
    """Give the p-values of permuted scores of carriers so many of whom are in the first stratum."""
    rng = np.random.default_rng(in_first)
    dealt = carriers(np.repeat([0, 1], [4, 10]))
    pools, counts = [residuals[one == STRATA] for one in range(2)], (in_first, CARRIERS - in_first)
    scores = [
        sum(rng.choice(pool, k, replace=False).sum() for pool, k in zip(pools, counts, strict=True))
        for _ in range(DRAWS)
    ]
    return 10 ** np.array([log10_p(cumulants, dealt, float(score), everywhere=everywhere) for score in scores])


@pytest.mark.parametrize("in_first", [4, 12])
def test_the_level_is_kept_wherever_carriers_are(residuals, cumulants, in_first):
    found = p_values(residuals, cumulants, in_first, everywhere=True)
    assert (found <= 0.05).mean() < 1.2 * 0.05
    assert (found <= 0.01).mean() < 1.2 * 0.01


def test_dealt_out_by_size_alone_it_would_not_be(residuals, cumulants):
    assert (p_values(residuals, cumulants, 12, everywhere=False) <= 0.01).mean() > 3 * 0.01


def test_where_strata_are_told_no_other_placement_is_looked_at(cumulants):
    assert not list(harder_placements(cumulants, [carriers(np.zeros(CARRIERS, int), dealt=False)], 3.0))


def test_carriers_are_put_where_residuals_vary_most_but_no_more_than_half_of_a_stratum_at_first(cumulants):
    for placed in harder_placements(cumulants, [carriers(np.ones(CARRIERS, int))], 5.0):
        assert np.bincount(placed, minlength=2).tolist() == [CARRIERS, 0]
    many = PlacedCarriers(np.ones(180), np.sort(np.arange(180) % 2), range(2), True)
    for placed in harder_placements(cumulants, [many], 5.0):
        assert np.bincount(placed, minlength=2).tolist() == [50, 130]


def test_strata_that_vary_alike_cost_nothing(residuals):
    rng = np.random.default_rng(1)
    strata = rng.integers(0, 4, residuals.size)
    copies = np.tile(residuals, 4)
    alike = ResidualCumulants.of_rules(residual_rules(copies, np.repeat(range(4), residuals.size), at_least=5))
    cohort = PlacedCarriers(np.ones(CARRIERS), np.sort(strata[:CARRIERS]), range(4), True)
    told = log10_p(alike, cohort, 6.0, everywhere=False)
    assert log10_p(alike, cohort, 6.0, everywhere=True) == pytest.approx(told, rel=5e-3)
