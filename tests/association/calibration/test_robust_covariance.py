"""Tests on the rescaled covariance reproduce the p-values it was made from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from association.calibration.robust_covariance import robust_statistics
from association.gene_tests.burden import burden_test
from association.gene_tests.skat import skat_log10_p, skat_statistic
from association.score import ScoreStatistics


def gene(seed, variants=4, size=3.0):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(variants, 2 * variants))
    covariance = root @ root.T / (2 * variants)
    return ScoreStatistics(size * np.sqrt(np.diag(covariance)) * rng.choice([-1, 1], variants), covariance)


def test_each_variant_reproduces_its_p_value_where_the_burden_needs_no_factor():
    statistics = gene(1)
    log10_p = np.array([-1.0, -4.5, -320.0, -0.2])
    robust = robust_statistics(statistics, np.ones(4), variant_log10_p=log10_p, burden_log10_p=np.nan)
    for variant in range(4):
        alone = burden_test(robust, np.eye(4)[variant])
        assert alone.log10_p == pytest.approx(log10_p[variant], rel=1e-9)
    np.testing.assert_array_equal(robust.score, statistics.score)


def test_burden_reproduces_its_p_value_and_variants_stay_below_theirs():
    covariance = np.array([[1.0, 0.2], [0.2, 2.0]])
    statistics, weights = ScoreStatistics(np.array([3.0, 5.0]), covariance), np.array([1.0, 0.5])
    own = np.log10(chi2.sf([4.0, 9.0], 1))
    robust = robust_statistics(statistics, weights, variant_log10_p=own, burden_log10_p=-2.0)
    assert burden_test(robust, weights).log10_p == pytest.approx(-2.0, rel=1e-9)
    for variant in range(2):
        assert burden_test(robust, np.eye(2)[variant]).log10_p > own[variant]


def test_a_burden_more_extreme_than_its_variants_shrinks_nothing():
    statistics, weights = gene(2), np.ones(4)
    nothing = np.full(4, np.nan)
    robust = robust_statistics(statistics, weights, variant_log10_p=nothing, burden_log10_p=-300.0)
    np.testing.assert_array_equal(robust.covariance, statistics.covariance)


def test_statistics_within_two_standard_deviations_keep_their_variance():
    statistics = gene(3, size=1.9)
    robust = robust_statistics(statistics, np.eye(4)[0], variant_log10_p=np.full(4, -9.0), burden_log10_p=-9.0)
    np.testing.assert_array_equal(robust.covariance, statistics.covariance)


def test_skat_of_one_variant_has_its_saddlepoint_p_value():
    statistics = ScoreStatistics(np.array([4.0]), np.array([[1.0]]))
    robust = robust_statistics(statistics, np.ones(1), variant_log10_p=np.array([-2.5]), burden_log10_p=-2.5)
    assert skat_log10_p([skat_statistic(robust, np.array([7.0]))]) == pytest.approx(-2.5, rel=1e-9)


@given(seed=st.integers(0, 10**6), units=st.floats(1e-3, 1e3))
@settings(max_examples=40, deadline=None)
def test_correlations_stay_and_units_do_not_matter(seed, units):
    statistics = gene(seed)
    rng = np.random.default_rng(seed)
    own, burden = -rng.exponential(2, 4), -float(rng.exponential(2))
    robust = robust_statistics(statistics, np.ones(4), variant_log10_p=own, burden_log10_p=burden)
    np.testing.assert_allclose(correlations(robust), correlations(statistics), atol=1e-12)
    scaled = ScoreStatistics(statistics.score * units, statistics.covariance * units**2)
    again = robust_statistics(scaled, np.ones(4), variant_log10_p=own, burden_log10_p=burden)
    np.testing.assert_allclose(again.covariance, robust.covariance * units**2, rtol=1e-10)


def correlations(statistics):
    size = np.sqrt(np.diag(statistics.covariance))
    return statistics.covariance / np.outer(size, size)
