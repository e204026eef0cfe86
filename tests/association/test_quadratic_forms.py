"""Tails against closed forms in 60 digits, against exact reference values, and under invariances."""

import re
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import chi2

from association.quadratic_forms import upper_tail, upper_tail_log10

REFERENCE = Path(__file__).parents[1] / "reference"
DEPTHS = [0.9, 0.7, 0.5, 0.3, 0.05, 1e-4, 1e-8, 1e-30, 1e-100, 1e-300]
# The contour was measured to 5e-12; log10 p = -300 itself is only stored to 1e-13 of p.
TOLERANCE = 1e-11


@pytest.fixture(autouse=True)
def sixty_digits():
    with mp.workdps(60):
        yield


def relative_error(log10_tail, exact):
    return abs(float(mp.power(10, mp.mpf(float(log10_tail)) - mp.log10(exact)) - 1))


def chi_square_tail(value, degrees):
    return mp.gammainc(mp.mpf(degrees) / 2, mp.mpf(value) / 2, regularized=True)


def doubled_tail(value, eigenvalues):
    """Each eigenvalue twice: a sum of exponentials, whose tail is a mixture of exponentials."""
    rates = [mp.mpf(float(x)) for x in eigenvalues]
    return mp.fsum(mp.exp(-mp.mpf(value) / (2 * a)) * mp.fprod(a / (a - b) for b in rates if b != a) for a in rates)


def noncentral_tail(value, degrees, shift):
    """A Poisson mixture of central chi-squares."""
    half = mp.mpf(float(shift)) / 2
    terms = (
        mp.exp(-half) * half**k / mp.factorial(k) * chi_square_tail(value, degrees + 2 * k)
        for k in range(int(shift) + 400)
    )
    return mp.fsum(terms)


def ruben_tail(value, eigenvalues, shifts, terms):
    """Ruben's mixture of central chi-squares at the smallest eigenvalue."""
    lam = [mp.mpf(float(x)) for x in eigenvalues]
    delta = [mp.mpf(float(x)) for x in shifts]
    base = min(lam)
    gamma = [1 - base / x for x in lam]
    g = [
        mp.fsum(y**k + k * d * base / x * y ** (k - 1) for x, y, d in zip(lam, gamma, delta, strict=True)) / 2
        for k in range(1, terms)
    ]
    mix = [mp.exp(-mp.fsum(delta) / 2) * mp.fprod(mp.sqrt(base / x) for x in lam)]
    for k in range(1, terms):
        mix.append(mp.fsum(g[k - r - 1] * mix[r] for r in range(k)) / k)
    return mp.fsum(c * chi_square_tail(mp.mpf(value) / base, len(lam) + 2 * k) for k, c in enumerate(mix))


def quantile(tail, depth):
    """Find a q of about this depth; the exact tail is then taken at the q that was found."""
    excess = lambda log_q: float(mp.log10(tail(mp.exp(log_q)))) - np.log10(depth)  # noqa: E731
    return float(np.exp(brentq(excess, -8, 11, rtol=1e-3)))


@pytest.mark.parametrize("degrees", [1, 2, 3, 5, 20, 100, 200])
@pytest.mark.parametrize("depth", DEPTHS)
def test_equal_eigenvalues_give_a_chi_square(degrees, depth):
    value = quantile(lambda q: chi_square_tail(q, degrees), depth)
    got = upper_tail_log10(np.array([3.7 * value]), np.full((1, degrees), 3.7))
    assert relative_error(got[0], chi_square_tail(mp.mpf(3.7 * value) / mp.mpf(3.7), degrees)) < TOLERANCE


@pytest.mark.parametrize(
    "eigenvalues",
    [
        [1, 0.5],
        [5, 1, 0.2],
        [3, 2.9, 1e-3, 1e-6],
        list(np.geomspace(1, 1e-4, 12)),
        list(np.linspace(1, 2, 15)),
    ],
    ids=["two", "three", "near_equal_and_tiny", "geometric", "linear"],
)
@pytest.mark.parametrize("depth", DEPTHS)
def test_doubled_eigenvalues_give_a_mixture_of_exponentials(eigenvalues, depth):
    value = quantile(lambda q: doubled_tail(q, eigenvalues), depth)
    got = upper_tail_log10(np.array([value]), np.repeat(eigenvalues, 2)[None, :])
    assert relative_error(got[0], doubled_tail(value, eigenvalues)) < TOLERANCE


@pytest.mark.parametrize(("degrees", "shift"), [(1, 0.3), (1, 30.0), (2, 5.0), (7, 2.0), (40, 60.0)])
@pytest.mark.parametrize("deviations", [-1.0, 0.0, 3.0, 20.0, 60.0])
def test_equal_noncentral_terms_give_a_noncentral_chi_square(degrees, shift, deviations):
    value = max(degrees + shift + deviations * np.sqrt(2 * degrees + 4 * shift), 0.1)
    shifts = np.full((1, degrees), shift / degrees)
    got = upper_tail_log10(np.array([value]), np.ones((1, degrees)), shifts)
    assert relative_error(got[0], noncentral_tail(value, degrees, shift)) < TOLERANCE


@pytest.mark.parametrize(("degrees", "shift"), [(2, 0.5), (30, 40.0)])
def test_noncentral_tails_are_exact_down_to_1e_minus_300(degrees, shift):
    value = quantile(lambda q: noncentral_tail(q, degrees, shift), 1e-300)
    got = upper_tail_log10(np.array([value]), np.ones((1, degrees)), np.full((1, degrees), shift / degrees))
    assert relative_error(got[0], noncentral_tail(value, degrees, shift)) < TOLERANCE


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 50, 200])
def test_tails_are_exact_everywhere_around_the_mean(degrees):
    """Where the contour's vertex changes sides and its curvature passes through zero."""
    values = degrees * np.linspace(0.2, 3, 400)
    got = upper_tail_log10(values, np.ones((400, degrees)))
    # scipy's own tail is good to 1e-12 here.
    np.testing.assert_allclose(10**got, chi2.sf(values, degrees), rtol=TOLERANCE)


@pytest.mark.parametrize(("value", "terms"), [(4.0, 100), (20.0, 150), (80.0, 250)])
def test_unequal_noncentral_terms_agree_with_rubens_series(value, terms):
    eigenvalues, shifts = [1.0, 0.7, 0.6, 0.4], [0.5, 2.0, 0.0, 3.0]
    got = upper_tail_log10(np.array([value]), np.array([eigenvalues]), np.array([shifts]))
    assert relative_error(got[0], ruben_tail(value, eigenvalues, shifts, terms)) < TOLERANCE


@pytest.mark.parametrize("trait", ["linear", "linear_strong", "logistic"])
def test_reproduces_the_exact_skat_tails_where_r_is_off(trait):
    printed = (REFERENCE / "skat_own.expected_R.txt").read_text().split(f"== {trait} \n")[1]
    statistic = float(re.search(r"^Q (\S+)", printed).group(1))
    eigenvalues = np.array(re.search(r"lambda (.+)", printed).group(1).split(), dtype=float)
    exact = (REFERENCE / "skat_own.expected_exact.txt").read_text()
    expected = float(re.search(rf"^{trait} SKAT exact log10p (\S+)", exact, re.MULTILINE).group(1))
    # Q and the eigenvalues were printed to 15 digits: 1e-14 of an exponent near 100.
    assert upper_tail_log10(np.array([statistic]), eigenvalues[None, :])[0] == pytest.approx(expected, abs=1e-11)


@given(
    eigenvalues=st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=12),
    multiple=st.floats(0.05, 200),
    scale=st.floats(1e-6, 1e6),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=100, deadline=None)
def test_tail_ignores_units_padding_and_order_of_eigenvalues(eigenvalues, multiple, scale, seed):
    spectrum = np.array(eigenvalues)
    value = multiple * spectrum.sum()
    shuffled = np.random.default_rng(seed).permutation(np.append(spectrum, [0.0, 0.0])) * scale
    plain = upper_tail_log10(np.array([value]), spectrum[None, :])
    # An exponent of up to 1e4 is rounded to 1e-12 by the change of units alone.
    np.testing.assert_allclose(
        upper_tail_log10(np.array([value * scale]), shuffled[None, :]), plain, rtol=1e-12, atol=1e-12
    )


@given(first=st.floats(0.01, 1000), second=st.floats(0.01, 1000))
@settings(max_examples=100, deadline=None)
def test_tail_falls_as_the_statistic_grows(first, second):
    low, high = sorted([first, second])
    tails = upper_tail_log10(np.array([low, high]), np.tile([3.0, 1.0, 0.1], (2, 1)))
    assert tails[0] >= tails[1] - 1e-12  # two equal statistics may differ by rounding


def test_batch_gives_each_gene_its_own_tail():
    rng = np.random.default_rng(5)
    eigenvalues = rng.gamma(0.5, size=(50, 8))
    statistic = eigenvalues.sum(axis=1) * rng.uniform(0.1, 9, 50)
    alone = [upper_tail_log10(q[None], row[None])[0] for q, row in zip(statistic, eigenvalues, strict=True)]
    np.testing.assert_array_equal(upper_tail_log10(statistic, eigenvalues), alone)


def test_reaches_far_beyond_double_precision():
    log10_tail = upper_tail_log10(np.array([5350.0]), np.ones((1, 4)))[0]
    assert log10_tail < -1150
    assert relative_error(log10_tail, chi_square_tail(5350, 4)) < TOLERANCE
    assert upper_tail(np.array([5350.0]), np.ones((1, 4)))[0] == 0


def test_statistic_at_or_below_zero_is_surely_exceeded():
    np.testing.assert_array_equal(upper_tail_log10(np.array([0.0, -1.0]), np.ones((2, 3))), [0, 0])


def test_tiny_statistic_is_surely_exceeded():
    tails = upper_tail(np.array([1e-300, 1e-45, 1e-30]), np.tile([1.0, 0.5], (3, 1)))
    np.testing.assert_allclose(tails, 1, rtol=1e-15)


def test_eigenvalues_of_rounding_size_count_for_nothing():
    noisy = np.array([[2.0, 1.0, 1e-14, -1e-14], [2.0, 1e-13, 0.0, -1e-15]])
    clean = np.array([[2.0, 1.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0]])
    statistic = np.array([30.0, 30.0])
    # 1e-13 of the mean moves an exponent of 30 by as much.
    np.testing.assert_allclose(upper_tail_log10(statistic, noisy), upper_tail_log10(statistic, clean), rtol=1e-12)


@pytest.mark.parametrize("eigenvalue", [1e-12, 1e-24])
def test_small_eigenvalue_with_a_large_shift_still_moves_the_tail(eigenvalue):
    shifts = np.array([[0.0, 5 / eigenvalue]])
    tail = upper_tail_log10(np.array([9.0]), np.array([[1.0, eigenvalue]]), shifts)
    # The second term is 5, with a standard deviation of at most 4e-6.
    assert 10 ** tail[0] == pytest.approx(float(chi_square_tail(4, 1)), rel=1e-8)


def test_gene_without_variance_is_nan_and_not_significant():
    spectra = np.array([[0, 0], [0, 0], [1, 1], [1, -0.5], [1, np.nan]])
    tails = upper_tail_log10(np.array([1.0, 0.0, np.nan, 1.0, 0.0]), spectra)
    np.testing.assert_array_equal(tails, [np.nan, 0, np.nan, np.nan, np.nan])
    assert np.isnan(upper_tail_log10(np.array([1.0]), np.empty((1, 0))))[0]


def test_refuses_shapes_that_do_not_agree():
    with pytest.raises(ValueError, match="expected statistic"):
        upper_tail_log10(np.ones(3), np.ones((2, 3)))
