"""The common scale against scipy's distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import cauchy, chi2, norm

from association.calibration.null_scale import CauchyScale, ChiSquareScale


@given(st.floats(1e-6, 1e6), st.floats(1e-3, 3), st.floats(-2, 30))
def test_statistic_and_deviations_of_a_chi_square_undo_each_other(mean, spread, deviations):
    scale = ChiSquareScale(mean, spread * mean**2)
    assert scale.deviations(np.array(scale.statistic(deviations))) == pytest.approx(deviations, abs=1e-9)


@given(st.floats(1e-6, 1e6), st.floats(-8, 36))
def test_statistic_and_deviations_of_a_cauchy_sum_undo_each_other(weight, deviations):
    # Near p = 1 the p-value itself has 16 digits, and deviations of -8 have but one of them left.
    tolerance = 1e-9 if deviations > -4 else 0.3
    scale = CauchyScale(weight)
    assert scale.deviations(np.array(scale.statistic(deviations))) == pytest.approx(deviations, abs=tolerance)


@pytest.mark.parametrize("freedom", [1, 3, 10])
@pytest.mark.parametrize("p", [0.1, 1e-2, 1e-4, 1e-8])
def test_a_chi_square_lies_as_far_out_as_its_tail_says(freedom, p):
    scale = ChiSquareScale(5.0 * freedom, 25.0 * 2 * freedom)
    # Cubed roots leave one degree of freedom 8% short at a p-value of 1e-8, and all others less.
    assert scale.deviations(np.array(5 * chi2.isf(p, freedom))) == pytest.approx(norm.isf(p), rel=0.09)


@pytest.mark.parametrize("p", [0.9, 0.1, 1e-3, 1e-12, 1e-200])
def test_a_cauchy_sum_lies_as_far_out_as_its_tail_says(p):
    scale = CauchyScale(2.5)
    assert scale.deviations(np.array(2.5 * cauchy.isf(p))) == pytest.approx(norm.isf(p), rel=1e-6)


@pytest.mark.parametrize("scale", [ChiSquareScale(2.0, 9.0), CauchyScale(3.0)])
def test_a_larger_statistic_is_never_nearer(scale):
    statistics = np.linspace(0, 100, 5_000)
    assert (np.diff(scale.deviations(statistics)) > 0).all()


def test_a_statistic_farther_than_double_precision_is_finite():
    assert np.isfinite(CauchyScale(1.0).statistic(60.0))
    assert np.isfinite(CauchyScale(1.0).statistic(-60.0))
