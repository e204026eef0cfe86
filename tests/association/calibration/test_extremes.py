"""Thresholds against the definition: a permutation counts if its farthest reading is as far as the data's."""

import numpy as np
import pytest
from scipy.stats import norm

from association.calibration.extremes import RHO, Looks, Reading, over_rho, scales_of, set_conditions, simple
from association.calibration.monte_carlo import reaching

PERMUTATIONS = 4_000


@pytest.fixture
def rows():
    """Rows of chi-square sums, the last a Cauchy sum."""
    squares = np.random.default_rng(2).normal(size=(5, PERMUTATIONS)) ** 2
    return np.stack((squares[:3].sum(axis=0), 2.0 * squares[0], 1 / np.tan(np.pi * norm.sf(np.sqrt(squares[3])))))


def conditions_for(readings, observed, rows, noise=None):
    noise = np.zeros(len(observed)) if noise is None else noise
    looks = Looks.of(readings)
    scales = scales_of(looks, rows.mean(axis=1), np.atleast_2d(np.cov(rows)), noise)
    return set_conditions(looks, scales, np.asarray(observed), noise)


def chi_square_deviations(values):
    """Wilson and Hilferty's standard deviations, with the sample's own moments."""
    spread = values.var(ddof=1) / (9 * values.mean() ** 2)
    return lambda x: (np.cbrt(x / values.mean()) - 1 + spread) / np.sqrt(spread)


@pytest.mark.parametrize("observed", [(1.0, 0.2, 0.5), (9.0, 9.0, 2.0), (4.0, 12.0, 3.0)])
def test_skat_o_counts_the_permutations_whose_farthest_mixture_is_as_far(rows, observed):
    own = np.array(observed)
    mixtures = [(1 - rho) * rows[0] + rho * rows[1] for rho in RHO]
    scales = [chi_square_deviations(mixture) for mixture in mixtures]
    farthest = max(scale((1 - rho) * own[0] + rho * own[1]) for scale, rho in zip(scales, RHO, strict=True))
    reached = np.max([scale(mixture) for scale, mixture in zip(scales, mixtures, strict=True)], axis=0) >= farthest
    assert reaching(rows, conditions_for([over_rho(0, 1)], observed, rows))[0] == reached.sum()


@pytest.mark.parametrize("observed", [(1.0, 0.2, 0.5), (4.0, 12.0, 3.0), (2.0, 1.0, 900.0)])
def test_a_handicap_and_a_cauchy_sum_are_compared_on_the_same_scale(rows, observed):
    readings = (Reading(0, 0, handicap=0.4), Reading(2, 2, cauchy_weight=1.0))
    scale = chi_square_deviations(rows[0])

    def farthest(values):
        return np.maximum(scale(values[0]) - 0.4, norm.isf(0.5 - np.arctan(values[2]) / np.pi))

    reached = farthest(rows) >= farthest(np.array(observed))
    assert reaching(rows, conditions_for([readings], observed, rows))[0] == reached.sum()


def test_a_test_of_one_row_counts_what_reaches_the_data(rows):
    found = reaching(rows, conditions_for([simple(0), simple(1)], (3.0, 2.0, 0.0), rows))
    assert found.tolist() == [(rows[0] >= 3).sum(), (rows[1] >= 2).sum()]


def test_a_row_that_never_varies_takes_no_part(rows):
    constant = np.stack((rows[0], np.full(PERMUTATIONS, 0.7) * (1 + 1e-15 * np.sign(rows[0] - 2))))
    found = reaching(constant, conditions_for([(Reading(0, 0), Reading(1, 1))], (3.0, 0.7), constant))
    assert found[0] == (rows[0] >= 3).sum()


def test_a_row_of_rounding_alone_takes_no_part(rows):
    rounding = np.stack((rows[0], 1e-31 * rows[1]))
    readings, noise = (Reading(0, 0), Reading(1, 1)), np.array([10.0, 10.0])
    found = reaching(rounding, conditions_for([readings], (3.0, 1e-30), rounding, noise))
    assert found[0] == (rows[0] >= 3).sum()


def test_where_nothing_varies_every_permutation_counts():
    rows = np.full((2, 50), 1.3)
    assert reaching(rows, conditions_for([over_rho(0, 1)], (1.3, 1.3), rows))[0] == 50


def test_rounding_counts_as_a_tie_and_a_smaller_value_does_not():
    rows = np.array([[3.0 * (1 - 1e-10), 3.0 * (1 - 1e-8), 3.0, 3.0 * (1 + 1e-10)]])
    assert reaching(rows, conditions_for([simple(0)], (3.0,), rows))[0] == 3
    cancelled = np.array([[1e-14, 1.0]])
    assert reaching(cancelled, conditions_for([simple(0)], (3e-14,), cancelled, np.array([5.0])))[0] == 2
