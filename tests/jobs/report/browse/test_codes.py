"""What the table of all genes stores is what the page's other tables show."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.report import numbers
from jobs.report.browse.codes import (
    HIDDEN,
    MISSING,
    STEPS,
    ZERO,
    Dictionary,
    count_codes,
    estimates,
    p_codes,
    packed,
    rounded,
    unpacked,
)


def shown(code):
    """Write the p-value of a code; the digits are those of its definition."""
    return numbers.p_value((99 - code % STEPS) / 10 * 10.0 ** -(code // STEPS))


def read(text):
    """Read a number; one that rounds to the next power of ten is written there with a zero less."""
    return float(text.replace(",", "").replace("\u2212", "-"))


@given(st.floats(min_value=1e-300, max_value=1.0))
def test_a_p_value_shows_the_two_digits_that_the_static_tables_show(p):
    assert shown(p_codes(pd.Series([p]))[0]) == numbers.p_value(p)


@pytest.mark.parametrize("p", [1.0, 0.995, 0.0995, 0.125, 0.0145, 0.001, 0.00099951, 9.96e-7, 5e-324])
def test_a_p_value_at_a_change_of_power_is_right(p):
    [code] = p_codes(pd.Series([p]))
    digits, power = 99 - code % STEPS, code // STEPS
    assert float(f"{digits / 10}e-{power}") == float(f"{max(p, 1e-308):.1e}")


def test_codes_rise_as_p_falls():
    p = 10.0 ** -np.linspace(0, 300, 5_000)
    assert (np.diff(p_codes(pd.Series(p))) >= 0).all()


def test_nothing_zero_and_withheld_are_told_apart():
    assert p_codes(pd.Series([np.nan, 0.0])) == [MISSING, ZERO]
    assert count_codes(pd.Series([np.nan, 0.0, 7.0, numbers.FEW])) == [MISSING, 0, 7, HIDDEN]


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_an_estimate_is_rounded_as_the_static_tables_show_it(value):
    [found] = estimates(pd.Series([value]))
    assert read(numbers.estimate(found)) == read(numbers.estimate(value))


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_an_expected_count_is_rounded_as_the_static_tables_show_it(value):
    [found] = rounded(pd.Series([value]))
    assert read(numbers.number(found, 2)) == read(numbers.number(value, 2))


def test_what_is_no_number_has_no_estimate():
    assert estimates(pd.Series([np.nan, math.inf])) == [None, None]


def test_packed_columns_come_back():
    columns = {
        "few": [0.5, None, -1, 0.5] * 30,
        "many": list(range(120)),
        "signs": list(np.repeat(np.arange(3_000), 5).tolist()),
        "none": [],
    }
    assert unpacked(packed(columns)) == columns


def test_a_dictionary_names_each_value_once():
    texts = Dictionary()
    assert texts.codes(["a", "b", None, "", "a"]) == [0, 1, MISSING, MISSING, 0]
    assert texts.codes(["b", "c"]) == [1, 2]
    assert texts.values == ["a", "b", "c"]
