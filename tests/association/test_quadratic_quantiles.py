"""Quantiles against the tail they invert and against scipy's chi-square."""

import numpy as np
import pytest
from scipy.stats import chi2

from association.quadratic_forms import upper_tail_log10
from association.quadratic_quantiles import upper_quantile

DEPTHS = [-1e-8, -0.01, -0.3, -2.0, -45.0, -300.0, -1000.0]


@pytest.mark.parametrize("log10_p", DEPTHS)
@pytest.mark.parametrize("size", [1, 2, 10, 100])
def test_quantile_inverts_the_tail(log10_p, size):
    eigenvalues = np.random.default_rng(3).gamma(0.7, size=(50, size))
    wanted = np.full(50, log10_p)
    # A tail near 1 is known to its rounding, 1e-16.
    got = upper_tail_log10(upper_quantile(wanted, eigenvalues), eigenvalues)
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("degrees", [1, 2, 7, 60])
@pytest.mark.parametrize("p_value", [0.99, 0.5, 1e-3, 1e-200])
def test_equal_eigenvalues_give_a_chi_squares_quantile(degrees, p_value):
    got = upper_quantile(np.log10([p_value]), np.full((1, degrees), 2.5))
    assert got[0] == pytest.approx(2.5 * chi2.isf(p_value, degrees), rel=1e-10)


def test_a_tail_of_1_is_exceeded_from_zero_and_an_empty_spectrum_is_nan():
    spectra = np.array([[1.0, 2.0], [0.0, 0.0], [1.0, 1.0]])
    np.testing.assert_array_equal(upper_quantile(np.array([0.0, -1.0, np.nan]), spectra), [0, np.nan, np.nan])
