"""Tarone's count, adjusted p-values and inflation against their definitions, and the error rates they keep."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from association.calibration.multiplicity import benjamini_hochberg, genomic_inflation, tarone

PROBABILITIES = st.lists(st.floats(1e-12, 1), min_size=1, max_size=60)


@given(PROBABILITIES, st.floats(1e-4, 0.5))
def test_the_count_is_the_smallest_that_its_own_level_allows(attainable, alpha):
    def reaching(divisor):
        return sum(p <= alpha / divisor for p in attainable)

    expected = next(divisor for divisor in range(1, len(attainable) + 1) if reaching(divisor) <= divisor)
    found = tarone(np.array(attainable), alpha)
    assert found.counted == expected
    assert found.threshold == alpha / expected
    assert found.tests == len(attainable)


def test_tests_that_can_always_be_significant_are_bonferronis():
    assert tarone(np.full(200, 1e-9), 0.05).threshold == pytest.approx(0.05 / 200)


def test_tests_that_never_can_cost_nothing():
    informative = np.full(10, 1e-9)
    hopeless = np.full(10_000, 0.3)
    assert tarone(np.concatenate([informative, hopeless]), 0.05).threshold == pytest.approx(0.05 / 10)


def test_an_empty_family_has_no_threshold():
    assert math.isnan(tarone(np.array([]), 0.05).threshold)


def test_the_error_rate_is_kept_for_discrete_p_values():
    """Each test's p-value is uniform on the multiples of its own smallest value."""
    generator = np.random.default_rng(4)
    arrangements = generator.choice([3, 30, 300, 30_000], size=40)
    threshold = tarone(1 / arrangements, 0.2).threshold
    p = (generator.integers(arrangements, size=(20_000, 40)) + 1) / arrangements
    assert (p.min(axis=1) <= threshold).mean() <= 0.2 + 3 * math.sqrt(0.2 * 0.8 / 20_000)


@given(PROBABILITIES)
def test_adjusted_p_values_are_those_of_the_definition(p_values):
    p = np.array(p_values)
    ranked = np.sort(p) * p.size / np.arange(1, p.size + 1)
    expected = [min(1.0, *ranked[np.searchsorted(np.sort(p), one) :]) for one in p]
    np.testing.assert_allclose(benjamini_hochberg(p), expected, rtol=1e-12)


def test_a_missing_p_value_is_not_a_test():
    adjusted = benjamini_hochberg(np.array([0.01, np.nan, 0.04]))
    np.testing.assert_allclose(adjusted, [0.02, np.nan, 0.04])
    assert np.isnan(benjamini_hochberg(np.array([np.nan]))).all()
    assert benjamini_hochberg(np.array([])).size == 0


def test_uniform_p_values_are_not_inflated():
    inflation = genomic_inflation((np.arange(999) + 0.5) / 999)
    assert inflation.factor == pytest.approx(1, abs=1e-12)
    assert inflation.lower < 1 < inflation.upper


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.3])
def test_the_factor_is_that_of_the_chi_squares(factor):
    z = np.sqrt(factor) * norm.isf((np.arange(20_001) + 0.5) / 20_001)
    p_values = np.append(2 * norm.sf(np.abs(z)), np.nan)
    assert genomic_inflation(p_values).factor == pytest.approx(factor, rel=1e-3)


@pytest.mark.parametrize("tests", [1, 5, 101])
def test_the_interval_holds_exactly_95_percent_of_null_medians(tests):
    """The median of an odd number is at most x where more than half of the p-values are."""
    interval = genomic_inflation(np.full(tests, 0.5))
    centre = norm.isf(0.25) ** 2
    ends = [2 * norm.sf(math.sqrt(end * centre)) for end in (interval.upper, interval.lower)]
    beyond = [binom.sf(tests // 2, tests, end) for end in ends]
    assert beyond == pytest.approx([0.025, 0.975], rel=1e-9)


def test_an_even_number_of_tests_has_an_interval_that_is_slightly_wide():
    even, odd = genomic_inflation(np.full(100, 0.5)), genomic_inflation(np.full(99, 0.5))
    rng = np.random.default_rng(2)
    factors = [genomic_inflation(row).factor for row in rng.uniform(size=(4000, 100))]
    inside = np.mean([even.lower <= factor <= even.upper for factor in factors])
    assert 0.95 - 3 * math.sqrt(0.05 * 0.95 / 4000) <= inside < 0.98
    assert even.upper == pytest.approx(odd.upper, rel=0.02)


def test_expected_p_values_replace_the_uniform():
    rng = np.random.default_rng(6)
    expected = rng.uniform(size=40_000) ** 2
    assert genomic_inflation(rng.uniform(size=4001) ** 2, expected).factor == pytest.approx(1, abs=0.08)
    assert genomic_inflation(rng.uniform(size=4001) ** 2).factor > 2
    uniform = genomic_inflation(np.array([0.4, 0.5, 0.6]), (np.arange(100_001)) / 100_000)
    plain = genomic_inflation(np.array([0.4, 0.5, 0.6]))
    assert (uniform.factor, uniform.lower, uniform.upper) == pytest.approx(
        (plain.factor, plain.lower, plain.upper), rel=1e-3
    )


def test_an_empty_family_has_no_inflation():
    assert math.isnan(genomic_inflation(np.array([np.nan])).factor)
