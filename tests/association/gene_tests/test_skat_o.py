"""SKAT-O against high-precision references, the plane's exact law, simulation, and its bounds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import logsumexp

from association.gene_tests.burden import burden_test
from association.gene_tests.skat import skat_log10_p, skat_statistic
from association.gene_tests.skat_o import RHO, skat_o_log10_p
from association.quadratic_forms import upper_tail_log10
from association.quadratic_quantiles import upper_quantile
from association.score import ScoreStatistics

REFERENCE = Path(__file__).parents[2] / "reference"


def reference_statistics(trait):
    table = pd.read_csv(REFERENCE / f"skat_own_UV_{trait}.csv")
    return ScoreStatistics(table["U"].to_numpy(), table.drop(columns="U").to_numpy())


def log10_p(score, covariance):
    return skat_o_log10_p([ScoreStatistics(score, covariance)], [np.ones(score.size)])[0]


def random_gene(size, spread, depth, seed):
    """A score at a random direction; the eigenvalues span `spread` powers of ten."""
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.normal(size=(size, size)))[0]
    eigenvalues = 10 ** -rng.uniform(0, spread, size)
    covariance = (directions * eigenvalues) @ directions.T
    score = directions @ (np.sqrt(eigenvalues) * rng.normal(size=size)) * depth
    return score, (covariance + covariance.T) / 2


def mixture_tails(score, covariance):
    """log10 p of each mixture, from the spectrum of the covariance times the mixing matrix."""
    size = score.size
    mixing = [(1 - rho) * np.eye(size) + rho * np.ones((size, size)) for rho in RHO]
    spectra = np.array([np.linalg.eigvals(covariance @ one).real.clip(0) for one in mixing])
    return upper_tail_log10(np.array([score @ one @ score for one in mixing]), spectra), spectra


@pytest.mark.parametrize(
    ("trait", "p_value"),
    [("linear", 5.7190254792e-05), ("linear_strong", 3.77344651126e-45), ("logistic", 0.0375443014463)],
)
def test_p_equals_the_exact_value_to_its_printed_digits(trait, p_value):
    statistics = reference_statistics(trait)
    assert 10 ** skat_o_log10_p([statistics], [np.ones(10)])[0] == pytest.approx(p_value, rel=3e-12)


def test_p_is_near_rs_where_r_is_right():
    p_value = 10 ** skat_o_log10_p([reference_statistics("linear")], [np.ones(10)])[0]
    assert p_value == pytest.approx(5.67697241966592e-05, rel=1e-2)


def along_directions(covariance, count):
    """Give every mixture (mixtures, directions) at radius 1 in so many directions of half a turn."""
    angles = np.pi * (np.arange(count) + 0.5) / count
    unit = np.linalg.cholesky(covariance) @ np.stack([np.cos(angles), np.sin(angles)])
    return (1 - RHO[:, None]) * (unit**2).sum(axis=0) + RHO[:, None] * unit.sum(axis=0) ** 2


def plane_log_p(score, covariance):
    """Along a direction, U = r L (cos, sin), every mixture is r^2 times its value at r = 1, and r^2 is chi2_2."""
    observed = (1 - RHO) * (score @ score) + RHO * score.sum() ** 2

    def log_tail(radius):
        return float(logsumexp(-radius / 2) - np.log(radius.size))

    # Of one mixture the mean over directions is of a smooth periodic function, so 20,000 are as good as any number.
    along = along_directions(covariance, 20_000)
    least = min(log_tail(q / one) for q, one in zip(observed, along, strict=True))
    quantiles = [
        np.exp(brentq(lambda x, one=one: log_tail(np.exp(x) / one) - least, -9, 9, xtol=1e-13, rtol=1e-13))
        for one in along
    ]
    # The least radius has kinks where mixtures take over from each other.
    return log_tail((np.array(quantiles)[:, None] / along_directions(covariance, 400_000)).min(axis=0))


@pytest.mark.parametrize("depth", [0.5, 2.0, 4.0, 12.0, 40.0])
@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.3, 0.95])
def test_two_variants_agree_with_the_exact_law_in_the_plane(depth, correlation):
    covariance, score = np.array([[1.0, correlation], [correlation, 1.3]]), depth * np.array([1.0, 0.4])
    assert log10_p(score, covariance) * np.log(10) == pytest.approx(plane_log_p(score, covariance), abs=1e-8)


@pytest.mark.parametrize("depth", [1.0, 5.0])
def test_a_law_that_is_almost_a_step_is_resolved(depth):
    """Given the burden of two variants that are nearly the same, little is left to chance."""
    covariance = np.array([[1.0, 0.9999], [0.9999, 1.0]])
    score = depth * (np.sqrt(0.9999 + 1) * np.ones(2) + 0.9 * np.sqrt(1e-4) * np.array([-1, 1])) / np.sqrt(2)
    assert log10_p(score, covariance) * np.log(10) == pytest.approx(plane_log_p(score, covariance), abs=1e-8)


@given(
    size=st.integers(2, 12),
    spread=st.floats(0, 12),
    depth=st.floats(0.01, 40),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_p_lies_between_the_least_of_the_mixtures_and_their_sum(size, spread, depth, seed):
    score, covariance = random_gene(size, spread, depth, seed)
    least = mixture_tails(score, covariance)[0].min()
    # Eigenvalues of the non-symmetric product are the looser ones, to 1e-8 of p at a z of 40.
    slack = 1e-8 * max(1.0, -least)
    assert least - slack <= log10_p(score, covariance) <= min(least + np.log10(RHO.size), 0) + slack


@given(scale=st.floats(1e-6, 1e6), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_p_ignores_units_signs_of_the_trait_and_order_of_variants(scale, seed):
    score, covariance = random_gene(5, 2, 3.0, seed)
    order = np.random.default_rng(seed).permutation(5)
    changed = log10_p(-scale * score[order], scale**2 * covariance[np.ix_(order, order)])
    assert changed == pytest.approx(log10_p(score, covariance), abs=1e-9)


@pytest.mark.parametrize("multiple", [0.1, 3.0, 30.0])
def test_rank_one_gives_the_same_p_by_skat_o_burden_and_skat(multiple):
    loadings = np.array([1.0, 0.5, 2.0])
    statistics, weights = (
        ScoreStatistics(multiple * loadings, np.outer(loadings, loadings)),
        np.array([1.0, 3.0, 0.2]),
    )
    p = skat_o_log10_p([statistics], [weights])[0]
    assert p == pytest.approx(burden_test(statistics, weights).log10_p, rel=1e-9)
    assert p == pytest.approx(skat_log10_p([skat_statistic(statistics, weights)])[0], rel=1e-9)


def test_a_nearly_rank_one_gene_is_close_to_one_of_rank_one():
    loadings = np.array([1.0, 0.5, 2.0])
    exact = log10_p(3 * loadings, np.outer(loadings, loadings))
    for noise in (1e-6, 1e-8, 1e-11):
        assert log10_p(3 * loadings, np.outer(loadings, loadings) + noise * np.eye(3)) == pytest.approx(
            exact, abs=20 * noise**0.5
        )


def test_a_burden_without_variance_leaves_skat():
    statistics = ScoreStatistics(np.array([2.0, -2.0]), np.array([[1.0, -1.0], [-1.0, 1.0]]))
    p = skat_o_log10_p([statistics], [np.ones(2)])[0]
    assert p == pytest.approx(skat_log10_p([skat_statistic(statistics, np.ones(2))])[0], rel=1e-12)


def test_nothing_testable_is_nan_and_a_score_of_zero_is_1():
    assert np.isnan(log10_p(np.zeros(2), np.zeros((2, 2))))
    assert np.isnan(log10_p(np.empty(0), np.empty((0, 0))))
    assert log10_p(np.zeros(2), np.eye(2)) == 0
    assert skat_o_log10_p([], []).size == 0


@pytest.mark.slow
@pytest.mark.parametrize("trait", ["linear", "logistic"])
@pytest.mark.parametrize("depth", [0.6, 1.0])
def test_p_equals_the_share_of_null_draws_with_a_smaller_least_p(trait, depth):
    """A draw's least p is below the observed one where some mixture is beyond its quantile at that p."""
    statistics = reference_statistics(trait)
    score, covariance = depth * statistics.score, statistics.covariance
    tails, spectra = mixture_tails(score, covariance)
    quantiles = upper_quantile(np.full(RHO.size, tails.min()), spectra)
    rng, root, beyond = np.random.default_rng(11), np.linalg.cholesky(covariance), 0
    for _ in range(20):
        draws = rng.normal(size=(500_000, score.size)) @ root.T
        squares, burden = (draws**2).sum(axis=1)[:, None], (draws.sum(axis=1) ** 2)[:, None]
        beyond += int(((1 - RHO) * squares + RHO * burden > quantiles).any(axis=1).sum())
    expected = 1e7 * 10 ** log10_p(score, covariance)
    assert beyond == pytest.approx(expected, abs=4 * expected**0.5)
