import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hail_pipelines.annotation.values import numbers_of, plain_texts, texts_of


def numbers(values, of_type=None, **options):
    found = numbers_of(pa.array(values, of_type), **options)
    return [None if math.isnan(number) else number for number in found]


def test_numbers_are_read_however_programs_write_them():
    texts = {
        "0.5": 0.5,
        "1e-3": 0.001,
        "+.5": 0.5,
        "2.": 2.0,
        " 7 ": 7.0,
        "inf": math.inf,
        "0.2&0.7&.": 0.7,
        "0.1|0.3": 0.3,
        "0.1,0.2;0.4": 0.4,
        "deleterious(0.02)": 0.02,
        "probably_damaging(0.99)&benign(0.1)": 0.99,
        "deleterious_low_confidence(0)": 0.0,
        "-2.5": -2.5,
        "tolerated": None,
        "1_000": None,
        ".": None,
        "nan": None,
        "": None,
        None: None,
    }
    assert numbers(list(texts)) == list(texts.values())


def test_the_lowest_number_is_taken_where_low_is_damaging():
    assert numbers(["tolerated(0.3)&deleterious(0.01)", "."], lowest=True) == [0.01, None]
    assert numbers([[0.3, 0.1, math.nan, None], [], None], lowest=True) == [0.1, None, None]
    assert numbers([["0.3", "."], ["0.1", "0.2&0.4"]]) == [0.3, 0.4]
    assert numbers([3, None], pa.int32()) == [3.0, None]
    assert numbers([0.5, math.nan]) == [0.5, None]
    assert numbers([True, False, None]) == [1.0, 0.0, None]


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_numbers_are_read_to_the_last_bit(values):
    for write in (repr, "{:.17e}".format, lambda value: f"x({value!r})"):
        assert np.array_equal(numbers_of(pa.array([write(value) for value in values])), values)


def test_texts_are_kept_joined_and_decoded():
    texts = ["D&T", "ENSP1:p.Arg4%3D", "100%25%3B", None, "p.Gln23%2A", "a%7Cb"]
    assert texts_of(pa.array(texts)).to_pylist() == ["D&T", "ENSP1:p.Arg4=", "100%;", None, "p.Gln23%2A", "a|b"]
    lists = [["D", "T"], [], None, [None, "%2C", "T"], [None]]
    assert texts_of(pa.array(lists)).to_pylist() == ["D&T", None, None, ",&T", None]
    assert plain_texts(pa.array(["%2C"])).to_pylist() == ["%2C"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([3, None], ["3", None]),
        ([True, False], ["true", "false"]),
        ([0.25, 1e-5, 21.0, None], ["2.50000e-01", "1.00000e-05", "2.10000e+01", None]),
        ([[1, 2]], ["1&2"]),
    ],
)
def test_numbers_and_truths_have_texts(values, texts):
    assert texts_of(pa.array(values)).to_pylist() == texts
