"""ACAT against R's ACAT, against mpmath far below double precision, and under invariances."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from association.gene_tests.acat import LARGEST_P, acat_log10_p, acat_v_weights


def combine(log10_p, weights=None):
    row = np.array([log10_p], dtype=float)
    return acat_log10_p(row, np.ones_like(row) if weights is None else np.array([weights], dtype=float))[0]


def exact_log10(log10_p, weights):
    """The definition itself, with enough digits for p-values of 1e-1000."""
    with mp.workdps(2100):
        p = [mp.mpf(10) ** mp.mpf(float(one)) for one in log10_p]
        statistic = mp.fsum(w * mp.cot(mp.pi * one) for w, one in zip(weights, p, strict=True)) / sum(weights)
        return float(mp.log10(mp.atan2(1, statistic) / mp.pi))


def test_p_equals_rs_acat():
    assert 10 ** combine(np.log10([0.02, 4e-4, 0.2, 0.1, 0.8])) == pytest.approx(0.00195340440577018, rel=1e-13)


@pytest.mark.parametrize(
    "log10_p",
    [
        [-0.3, -0.01, -0.2],
        [-0.001, -0.002],
        [-8.9, -9.1, -0.002],
        [-14.9, -15.1],
        [-300.0, -299.0, -0.001],
        [-1000.0, -5.0],
    ],
)
def test_p_equals_the_definition_in_high_precision(log10_p):
    weights = [1.0, 2.5, 0.3][: len(log10_p)]
    assert combine(log10_p, weights) == pytest.approx(exact_log10(log10_p, weights), rel=1e-13, abs=1e-15)


@given(
    log10_p=st.lists(st.floats(-400, np.log10(LARGEST_P)), min_size=1, max_size=8),
    scale=st.floats(1e-3, 1e3),
    seed=st.integers(0, 2**32 - 1),
)
def test_p_ignores_order_missing_tests_and_the_unit_of_weights(log10_p, scale, seed):
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.1, 3, len(log10_p))
    order = rng.permutation(len(log10_p))
    changed = combine([*np.array(log10_p)[order], np.nan, -50.0], [*(scale * weights[order]), 5.0, 0.0])
    # Cotangents of both signs may cancel down to their rounding.
    assert changed == pytest.approx(combine(log10_p, weights), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(st.floats(-1000, np.log10(LARGEST_P)))
def test_one_p_value_is_itself(log10_p):
    assert combine([log10_p]) == pytest.approx(log10_p, rel=1e-12, abs=1e-15)


def test_a_p_value_of_1_does_not_veto_the_others():
    assert combine([0.0, -8.0]) == pytest.approx(-8 + np.log10(2), abs=1e-4)
    assert combine([0.0, -8.0]) == combine([np.log10(0.9999), -8.0])


def test_a_gene_without_a_weighted_p_value_is_nan():
    log10_p = np.array([[np.nan, np.nan], [-3.0, np.nan], [-3.0, np.nan]])
    combined = acat_log10_p(log10_p, np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]]))
    np.testing.assert_allclose(combined, [np.nan, np.nan, -3])
    assert acat_log10_p(np.empty((0, 3)), np.empty((0, 3))).size == 0
    assert np.isnan(acat_log10_p(np.empty((1, 0)), np.empty((1, 0)))[0])


def test_refuses_shapes_that_do_not_agree():
    with pytest.raises(ValueError, match="expected log10_p"):
        acat_log10_p(np.ones((2, 3)), np.ones((2, 2)))


def test_variant_weights_are_the_squared_ratio_of_beta_densities():
    frequency = np.array([1e-5, 0.001, 0.01, 0.3])
    expected = (beta.pdf(frequency, 1, 25) / beta.pdf(frequency, 0.5, 0.5)) ** 2
    np.testing.assert_allclose(acat_v_weights(frequency), expected, rtol=1e-11)
