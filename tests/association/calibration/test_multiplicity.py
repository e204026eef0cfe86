"""Tarone's count against its definition, and the error rate that it keeps."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from association.calibration.multiplicity import tarone

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
