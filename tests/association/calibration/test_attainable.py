"""The smallest attainable p-value against enumeration."""

from itertools import permutations

import numpy as np
import pytest

from association.calibration.attainable import log10_min_attainable_p


@pytest.mark.parametrize(
    ("classes", "strata", "sizes"),
    [
        ([0], [0], [7]),
        ([0, 0], [0, 0], [7]),
        ([0, 1], [0, 0], [7]),
        ([0, 0, 1], [0, 1, 1], [3, 4]),
        ([0, 1, 2, 2], [0, 0, 1, 1], [3, 4]),
    ],
)
def test_equals_one_over_the_number_of_distinct_arrangements(classes, strata, sizes):
    total = 1
    for stratum, size in enumerate(sizes):
        own = [label for label, where in zip(classes, strata, strict=True) if where == stratum]
        total *= len(set(permutations(own + ["none"] * (size - len(own)))))
    found = log10_min_attainable_p(np.array(classes), np.array(strata), np.array(sizes))
    assert 10**found == pytest.approx(1 / total, rel=1e-12)


def test_everyone_alike_can_attain_nothing_below_one():
    assert log10_min_attainable_p(np.zeros(5, int), np.zeros(5, int), np.array([5])) == pytest.approx(0, abs=1e-12)
    assert log10_min_attainable_p(np.array([], int), np.array([], int), np.array([5])) == 0


def test_a_wholly_carried_stratum_has_a_single_arrangement_exactly():
    for size in range(1, 60):
        found = log10_min_attainable_p(np.zeros(size, int), np.zeros(size, int), np.array([size, 41, 17]))
        assert found == 0


def test_one_carrier_of_three_hundred_attains_one_in_three_hundred():
    found = log10_min_attainable_p(np.array([0]), np.array([0]), np.array([300]))
    assert 10**found == pytest.approx(1 / 300, rel=1e-12)
