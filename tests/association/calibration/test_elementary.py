"""Logarithm and Cauchy transform against NumPy and mpmath."""

import mpmath
import numpy as np
import pytest

from association.calibration.elementary import cauchy_transform, natural_log


def test_logarithms_are_right_to_the_last_bits():
    rng = np.random.default_rng(1)
    x = np.concatenate((np.exp(rng.uniform(-690, 690, 20_000)), 1 + rng.uniform(-1e-3, 1e-3, 20_000), [1e-300, 1.0]))
    found = np.array([natural_log(one) for one in x])
    np.testing.assert_allclose(found, np.log(x), rtol=1e-15, atol=0)


def cotangent(ratio: float) -> float:
    with mpmath.workdps(130):
        return float(mpmath.cot(mpmath.pi * mpmath.erfc(mpmath.sqrt(mpmath.mpf(ratio) / 2))))


@pytest.mark.parametrize("ratio", [2e-4, 0.01, 0.1, 1.0, 3.84, 12.0, 24.999_999, 25.0, 60.0, 300.0])
def test_the_transform_is_the_cotangent_of_the_p_value(ratio):
    assert cauchy_transform(ratio) == pytest.approx(cotangent(ratio), rel=1e-11)


def test_the_transform_rises_over_every_seam_of_its_table():
    seams = (np.arange(1, 81) / 16) ** 2
    around = np.sort(np.concatenate((seams * (1 - 1e-9), seams, seams * (1 + 1e-9))))
    assert (np.diff([cauchy_transform(one) for one in around]) > 0).all()


def test_the_transform_of_nothing_and_of_everything_is_bounded():
    largest_p, least_p = 0.99, 1e-100
    assert cauchy_transform(0.0) == pytest.approx(1 / np.tan(np.pi * largest_p), rel=1e-11)
    assert cauchy_transform(1e6) == pytest.approx(1 / (np.pi * least_p), rel=1e-11)
