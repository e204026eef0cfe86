"""A diagonal matrix with a rank-one matrix added against LAPACK's decomposition of the sum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.gene_tests.rank_one import add_rank_one


def drawn(seed, size):
    """Diagonals and vectors over eight powers of ten, some elements equal, some zero."""
    rng = np.random.default_rng(seed)
    diagonal = np.sort(rng.exponential(size=size) * 10.0 ** rng.uniform(-8, 0, size))
    vector = rng.normal(size=size) * 10.0 ** rng.uniform(-8, 0, size)
    diagonal[: seed % 4] = 0.0
    vector[rng.random(size) < 0.2] = 0.0
    return np.sort(diagonal), vector


@given(seed=st.integers(0, 10**6), size=st.integers(1, 30), sign=st.sampled_from([1, -1]))
@settings(deadline=None, max_examples=200)
def test_eigenvalues_are_those_of_the_sum(seed, size, sign):
    diagonal, vector = drawn(seed, size)
    diagonal = np.sort(sign * diagonal)
    values, leaning = add_rank_one(diagonal, vector**2)
    expected = np.linalg.eigvalsh(np.diag(diagonal) + np.outer(vector, vector))
    np.testing.assert_allclose(np.sort(values), expected, atol=1e-14 * max(1, np.abs(expected).max()))
    assert leaning.sum() == pytest.approx((vector**2).sum(), rel=1e-12)


@given(seed=st.integers(0, 10**6), size=st.integers(1, 20))
@settings(deadline=None, max_examples=100)
def test_eigenvectors_lean_to_the_vector_as_they_do_in_the_sum(seed, size):
    rng = np.random.default_rng(seed)
    diagonal, vector = np.cumsum(rng.uniform(0.1, 1, size)), rng.normal(size=size)
    values, leaning = add_rank_one(diagonal, vector**2)
    expected, vectors = np.linalg.eigh(np.diag(diagonal) + np.outer(vector, vector))
    np.testing.assert_allclose(values, expected, rtol=1e-13)
    np.testing.assert_allclose(leaning, (vectors.T @ vector) ** 2, atol=1e-10 * (vector @ vector))


def test_a_vector_of_zeros_changes_nothing():
    values, leaning = add_rank_one(np.array([0.0, 0.0, 2.0]), np.zeros(3))
    assert values.tolist() == [0, 0, 2]
    assert leaning.tolist() == [0, 0, 0]


def test_equal_elements_keep_all_but_one_eigenvalue():
    values, _ = add_rank_one(np.full(4, 3.0), np.array([1.0, 2.0, 3.0, 4.0]))
    assert sorted(values.tolist()) == pytest.approx([3, 3, 3, 13])
