"""How batches differ, against SciPy's Fisher test and sums of whole numbers without rounding."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.stats import fisher_exact as of_scipy

from association.genotypes.batch_difference import batch_difference, fisher_exact


def exact(own_missing, missing, own, samples):
    """Sum the ways that are no more than the observed ones."""
    fewest, most = max(0, own + missing - samples), min(own, missing)
    ways = {x: comb(own, x) * comb(samples - own, missing - x) for x in range(fewest, most + 1)}
    observed = ways[own_missing]
    with mp.workdps(50):
        return float(mpf(sum(one for one in ways.values() if one <= observed)) / mpf(comb(samples, missing)))


@st.composite
def tables(draw, largest):
    own, others = draw(st.integers(1, largest)), draw(st.integers(0, largest))
    own_missing, others_missing = draw(st.integers(0, own)), draw(st.integers(0, others))
    return own_missing, own_missing + others_missing, own, own + others


@settings(max_examples=300, deadline=None)
@given(tables(150))
def test_p_is_that_of_exact_sums_and_of_scipy(table):
    found = fisher_exact(*table)
    assert found == pytest.approx(exact(*table), rel=1e-11)
    own_missing, missing, own, samples = table
    others = [missing - own_missing, samples - own - missing + own_missing]
    assert found == pytest.approx(of_scipy([[own_missing, own - own_missing], others]).pvalue, rel=1e-8)


@pytest.mark.parametrize(
    "table",
    [(300, 300, 300, 900), (0, 500, 500, 1000), (470, 480, 500, 1500), (30, 40, 40, 4000), (520, 520, 520, 1040),
     (0, 515, 517, 1032), (2, 600, 600, 1800)],
)  # fmt: skip
def test_far_tails_keep_their_precision(table):
    assert fisher_exact(*table) == pytest.approx(exact(*table), rel=1e-11, abs=0)


def test_p_below_double_precision_is_zero():
    assert fisher_exact(2_000, 2_000, 2_000, 4_000) == 0


def difference(missing, sizes):
    spread, p = batch_difference(np.array([missing], np.int64), np.array([sizes], np.int64))
    return spread[0], p[0]


def test_the_batch_that_differs_most_is_tested_against_the_others_and_counted_thrice():
    spread, p = difference([1, 2, 15], [50, 60, 40])
    assert spread == (1 - 1 / 50) - (1 - 15 / 40)
    p_values = [
        of_scipy([[own, size - own], [18 - own, 150 - size - 18 + own]]).pvalue
        for own, size in [(1, 50), (2, 60), (15, 40)]
    ]
    assert p == pytest.approx(3 * min(p_values), rel=1e-9)


def test_small_batches_and_small_differences_are_not_compared():
    assert np.isnan(difference([0, 10], [29, 100])).all()
    assert np.isnan(difference([5], [50])).all()
    spread, p = difference([0, 2, 29], [128, 128, 29])
    assert (spread, np.isnan(p)) == (2 / 128, True)
    expected = 2 * of_scipy([[0, 128], [4, 124]]).pvalue
    assert difference([0, 4, 29], [128, 128, 29]) == (4 / 128, pytest.approx(expected))


def test_p_is_at_most_one():
    assert difference([10, 11, 11], [31, 33, 30])[1] == 1
