"""Tails of forms with eigenvalues of both signs, against closed forms in high precision."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.quadratic_forms import upper_tail_log10, upper_tail_log10_indefinite

# Measured at 1.2e-11 over 7,000 spectra and ratios.
TOLERANCE = 5e-11
DEGREES = [(1, 1), (1, 2), (2, 1), (3, 7), (1, 300), (20, 1), (200, 300), (10, 10_000), (30, 100_000), (1000, 1000)]


def relative_error(log10_tail, exact):
    return abs(float(mp.power(10, mp.mpf(float(log10_tail)) - mp.log10(exact)) - 1))


def ratio_tail(ratio, first, second):
    """P(ratio chi2_first > chi2_second): a beta distribution."""
    share = mp.mpf(float(ratio)) / (1 + mp.mpf(float(ratio)))
    return mp.betainc(mp.mpf(second) / 2, mp.mpf(first) / 2, 0, share, regularized=True)


def doubled_tail(value, eigenvalues):
    """Each eigenvalue twice: a sum of exponentials of both signs."""
    rates = [mp.mpf(float(x)) for x in eigenvalues]
    value = mp.mpf(float(value))
    beyond = [a for a in rates if (a > 0) == (value >= 0)]
    tail = mp.fsum(mp.exp(-value / (2 * a)) * mp.fprod(a / (a - b) for b in rates if b != a) for a in beyond)
    return tail if value >= 0 else 1 - tail


@pytest.mark.parametrize(("first", "second"), DEGREES)
@pytest.mark.parametrize("multiple", [1e-12, 1e-6, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.03, 2.0, 1e4])
def test_a_ratio_of_chi_squares_is_an_f_distribution(first, second, multiple):
    ratio = multiple * second / first
    got = upper_tail_log10_indefinite(np.zeros(1), np.array([[3 * ratio, -3.0]]), np.array([[first, second]]))
    with mp.workdps(60):
        exact = ratio_tail(3 * ratio / 3.0, first, second)
        # An exponent of 1e5 is only stored to 1e-11.
        assert relative_error(got[0], exact) < TOLERANCE * max(1, -float(mp.log10(exact)) / 1e4)


@given(
    sizes=st.lists(st.floats(-4, 0), min_size=2, max_size=12, unique_by=lambda x: round(x, 2)),
    negative=st.integers(0, 2**12 - 1),
    place=st.one_of(
        st.floats(-30, 30).filter(lambda x: abs(x) > 1e-50), st.floats(-7, -1).map(lambda x: 10**x), st.just(0.0)
    ),
)
@settings(max_examples=150, deadline=None)
def test_doubled_eigenvalues_give_a_mixture_of_exponentials(sizes, negative, place):
    signs = np.array([-1 if negative >> j & 1 else 1 for j in range(len(sizes))])
    eigenvalues = signs * 10 ** np.array(sizes)
    value = place * np.abs(eigenvalues).max()
    if (eigenvalues.max() < 0 and value >= 0) or (eigenvalues.min() > 0 and value <= 0):
        return
    got = upper_tail_log10_indefinite(np.array([value]), np.repeat(eigenvalues, 2)[None, :])
    with mp.workdps(200):
        assert relative_error(got[0], doubled_tail(value, eigenvalues)) < TOLERANCE


@given(
    eigenvalues=st.lists(st.floats(0.01, 10), min_size=1, max_size=6),
    negative=st.lists(st.floats(-10, -0.01), min_size=1, max_size=6),
    value=st.floats(-20, 20),
)
@settings(max_examples=80, deadline=None)
def test_both_tails_of_a_form_add_up_to_1(eigenvalues, negative, value):
    row, q = np.array([eigenvalues + negative]), np.array([value])
    total = 10 ** upper_tail_log10_indefinite(q, row) + 10 ** upper_tail_log10_indefinite(-q, -row)
    assert total[0] == pytest.approx(1, rel=1e-11)


@pytest.mark.parametrize("value", [1e-97, -1e-97, 1e-300])
def test_a_value_next_to_zero_has_the_tail_of_zero(value):
    row = np.array([[2.0, 1.0, -0.5]])
    at_zero = upper_tail_log10_indefinite(np.array([0.0]), row)
    assert upper_tail_log10_indefinite(np.array([value]), row)[0] == at_zero[0]
    assert np.isfinite(at_zero[0])


@pytest.mark.parametrize("multiple", [0.3, 1.0, 4.0, 100.0])
def test_without_negative_eigenvalues_it_is_the_definite_tail(multiple):
    rows = np.array([[2.0, 1.0, 0.3, 0.0], [2.0, 0.0, 0.0, 0.0]])
    value = multiple * rows.sum(axis=1)
    np.testing.assert_allclose(
        upper_tail_log10_indefinite(value, rows), upper_tail_log10(value, rows), rtol=1e-12, atol=1e-12
    )


def test_degrees_stand_for_repeated_eigenvalues():
    listed = np.array([[2.0, 2.0, 2.0, -1.0, -1.0, 0.5]])
    counted, degrees = np.array([[2.0, -1.0, 0.5, 7.0]]), np.array([[3.0, 2.0, 1.0, 0.0]])
    for q in (-30.0, -1.0, 0.0, 5.0, 90.0):
        assert upper_tail_log10_indefinite(np.array([q]), counted, degrees)[0] == pytest.approx(
            upper_tail_log10_indefinite(np.array([q]), listed)[0], rel=1e-12, abs=1e-12
        )


def test_what_cannot_or_must_happen_and_what_cannot_be_known():
    rows = np.array([[-1.0, -2.0], [1.0, 2.0], [0.0, 0.0], [1.0, np.nan], [1.0, -1.0]])
    got = upper_tail_log10_indefinite(np.array([0.0, 0.0, 1.0, 1.0, np.nan]), rows)
    np.testing.assert_array_equal(got, [-np.inf, 0, np.nan, np.nan, np.nan])


def test_refuses_shapes_that_do_not_agree():
    with pytest.raises(ValueError, match="expected statistic"):
        upper_tail_log10_indefinite(np.ones(3), np.ones((2, 3)))
