"""Burden and SKAT from R's own U and V, and against R's and high-precision p-values."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, chi2

from association.gene_tests.burden import burden_test
from association.gene_tests.skat import skat_log10_p, skat_statistic
from association.score import ScoreStatistics

REFERENCE = Path(__file__).parents[2] / "reference"


def weighted_statistics(trait):
    """R wrote U and V of the weighted dosages."""
    table = pd.read_csv(REFERENCE / f"skat_own_UV_{trait}.csv")
    return ScoreStatistics(table["U"].to_numpy(), table.drop(columns="U").to_numpy())


@pytest.mark.parametrize(
    ("trait", "p_value"),
    [
        ("linear", 0.00672259641682665),
        ("linear_strong", 3.84001170419145e-25),
        ("logistic", 0.0195430377845134),
    ],
)
def test_burden_p_equals_r(trait, p_value):
    test = burden_test(weighted_statistics(trait), np.ones(10))
    # R wrote U and V with 15 digits.
    assert 10**test.log10_p == pytest.approx(p_value, rel=1e-9)


@pytest.mark.parametrize(
    ("trait", "log10_p"),
    [("linear", -4.585799734516098), ("linear_strong", -43.98660174434214), ("logistic", -0.9885579090581996)],
)
def test_skat_p_equals_the_exact_value(trait, log10_p):
    statistic = skat_statistic(weighted_statistics(trait), np.ones(10))
    assert skat_log10_p([statistic])[0] == pytest.approx(log10_p, rel=1e-9)


def test_weights_act_on_dosage():
    table = pd.read_csv(REFERENCE / "skat_own.csv")
    weights = beta.pdf(table.filter(like="v").mean().to_numpy() / 2, 1, 25)
    weighted = weighted_statistics("linear")
    plain = ScoreStatistics(weighted.score / weights, weighted.covariance / np.outer(weights, weights))
    assert skat_statistic(plain, weights).statistic == pytest.approx(73364.1778651478, rel=1e-10)
    assert 10 ** burden_test(plain, weights).log10_p == pytest.approx(0.00672259641682665, rel=1e-9)


def test_one_variant_gives_the_same_chi_square_by_burden_and_skat():
    statistics = ScoreStatistics(np.array([2.5]), np.array([[1.7]]))
    expected = chi2.logsf(2.5**2 / 1.7, 1) / np.log(10)
    assert burden_test(statistics, np.array([3.0])).log10_p == pytest.approx(expected, rel=1e-12)
    assert skat_log10_p([skat_statistic(statistics, np.array([3.0]))])[0] == pytest.approx(expected, rel=1e-12)


def test_effect_is_the_score_over_the_information():
    test = burden_test(ScoreStatistics(np.array([3.0, 1.0]), np.eye(2)), np.array([1.0, 1.0]))
    assert test.effect == pytest.approx(2.0)
    assert test.standard_error == pytest.approx(2**-0.5)


def test_a_burden_beyond_double_precision_keeps_its_rank():
    log10_p = [burden_test(ScoreStatistics(np.array([u]), np.eye(1)), np.ones(1)).log10_p for u in (45.0, 46.0)]
    assert log10_p[1] < log10_p[0] < -400


def test_no_information_gives_no_p_value():
    nothing = ScoreStatistics(np.zeros(2), np.zeros((2, 2)))
    assert np.isnan(burden_test(nothing, np.ones(2)).log10_p)
    assert np.isnan(skat_log10_p([skat_statistic(nothing, np.ones(2))])[0])
    assert skat_log10_p([]).size == 0
