"""The kernel of calls: what it reads, mends and counts on literals, and what it refuses, against the patterns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from association.genotypes.calls import Calls
from hail_pipelines.vcf.call_columns import COUNTED, MENDED, PAIRED, SPLIT, CallRows, read_calls
from hail_pipelines.vcf.call_text import call_problems, repeated_fields
from hail_pipelines.vcf.file_shares import PADDING
from hail_pipelines.vcf.line_columns import CALLS, find_records
from hail_pipelines.vcf.record_columns import find_formats

NAN = np.nan


def read(
    names: str,
    calls: Sequence[str],
    *,
    allele: int = 1,
    alleles: int = 2,
    flags: int = PAIRED | COUNTED,
    floats: bool = False,
    samples: int | None = None,
) -> tuple[Calls, dict[str, int], bool]:
    text = "\t".join([*["."] * 8, names, *calls]) + "\n"
    records = find_records(text.encode() + bytes(PADDING))
    row = [np.array([value]) for value in (allele, alleles)]
    rows = CallRows(*records.span(CALLS), find_formats(records), *row, np.array([flags], np.uint8))
    number = len(calls) if samples is None else samples
    found, mended, readable = read_calls(records.text, rows, number, [True] * 3, np.array([floats] * 3))
    counts = {name: count for name, count in zip(MENDED, mended.tolist(), strict=True) if count}
    return found, counts, bool(readable[0])


def genotypes(calls: Sequence[str], **options: int) -> tuple[list[int], dict[str, int]]:
    found, counts, readable = read("GT", calls, **options)
    assert readable
    return found.genotypes[0].tolist(), counts


def test_genotypes_have_their_codes_whatever_their_phase():
    assert genotypes(["0/0", "0|1", "1/0", "1|1", "./.", ".", ".|."]) == ([0, 1, 1, 2, 5, 5, 5], {})
    assert genotypes(["0/2", "12|12", "1/2"], allele=2, alleles=13) == ([1, 0, 1], {})
    assert genotypes(["0/12", "12|12"], allele=12, alleles=13) == ([1, 2], {})


def test_one_allele_is_kept_where_it_can_be_and_else_missing_and_counted():
    calls = ["0", "1", "0/.", "./1", ".|0"]
    assert genotypes(calls, flags=COUNTED) == ([3, 4, 3, 4, 3], {})
    assert genotypes(calls) == ([5] * 5, {"one_allele": 5})
    assert genotypes(calls, flags=PAIRED) == ([5] * 5, {})


def test_an_allele_that_the_record_does_not_have_is_missing_and_counted():
    assert genotypes(["0/1", "1/2", "2/2", "2|1", "9999999999/0"]) == ([1, 5, 5, 5, 5], {"unknown_allele": 4})
    assert genotypes(["1", "2", "2/."], flags=COUNTED) == ([4, 5, 5], {"unknown_allele": 2})
    assert genotypes(["2"]) == ([5], {"one_allele": 1, "unknown_allele": 1})
    assert genotypes(["0/1", "1/2", "2/2"], alleles=3) == ([1, 1, 0], {})


@pytest.mark.parametrize(
    ("depths", "plain", "split", "odd"),
    [
        ("7,3", (7, 3), (7, 3), 0),
        (".", (NAN, NAN), (NAN, NAN), 0),
        (".,3", (NAN, 3), (0, 3), 0),
        ("7,.", (7, NAN), (NAN, NAN), 0),
        ("7", (NAN, NAN), (NAN, NAN), 1),
        ("7,3,1", (NAN, NAN), (NAN, NAN), 1),
        ("-1,3", (NAN, NAN), (NAN, NAN), 1),
        (".,-3", (NAN, NAN), (NAN, NAN), 1),
    ],
)
def test_depths_are_two_numbers_or_odd(depths, plain, split, odd):
    for flags, expected in ((COUNTED, plain), (COUNTED | SPLIT, split)):
        found, counts, readable = read("AD", [depths], flags=flags)
        assert readable
        np.testing.assert_array_equal([found.reference_reads[0, 0], found.alternate_reads[0, 0]], expected)
        assert counts.get("odd_depths", 0) == odd


def test_depths_of_a_split_record_are_summed_over_the_other_alleles():
    found, _, _ = read("AD", ["1,2,4,8", "1,.,4,."], allele=2, alleles=4, flags=COUNTED | SPLIT)
    assert found.reference_reads.tolist() == [[11, 1]]
    assert found.alternate_reads.tolist() == [[4, 4]]


def test_negative_numbers_are_missing_and_counted_once_a_call():
    found, counts, _ = read("DP:GQ", ["-1:-2", "3:-1", "0:0", ".:."])
    np.testing.assert_array_equal(found.depth, [[NAN, 3, 0, NAN]])
    np.testing.assert_array_equal(found.quality, [[NAN, NAN, 0, NAN]])
    assert counts == {"negative": 2}


def test_fields_stand_in_any_order_and_the_last_may_be_left_off():
    found, _, readable = read("XX:AD:DP:PL:GT", ["a:3,4:7:1,2,3:0/1", ":.:.::1/1", "b:1,1:2", "c", ""])
    assert readable
    assert found.genotypes.tolist() == [[1, 2, 5, 5, 5]]
    np.testing.assert_array_equal(found.depth, [[7, NAN, 2, NAN, NAN]])
    np.testing.assert_array_equal(found.alternate_reads, [[4, NAN, 1, NAN, NAN]])


@pytest.mark.parametrize("calls", [["0/0"], ["0/0", "0/1", "1/1"], ["0/0", "0/1", ""], ["0/0:1", "0/1"]])
def test_a_record_needs_one_call_for_each_sample(calls):
    assert not read("GT", calls, samples=2)[2]


@settings(deadline=None)
@given(st.floats(width=32) | st.floats() | st.decimals(allow_nan=False, allow_infinity=False), st.sampled_from("eEf"))
def test_decimal_numbers_are_read_as_python_reads_them(number, style):
    text = format(number, style) if style != "f" and number == number else str(number)
    found, _, readable = read("AD:GQ", [f"{text},1:{text}"], floats=True)
    assert readable
    with np.errstate(over="ignore"):
        expected = np.float32(float(text)) if float(text) >= 0 else NAN
    # A number of more than 15 digits may be off by the last bit of a double, far below that of a float.
    np.testing.assert_allclose(found.quality[0, 0], expected, rtol=2.0**-23)


TOKENS = st.sampled_from(
    [
        *".0129",
        "/",
        "|",
        ":",
        ",",
        "-",
        "+",
        "e",
        "E",
        "\t",
        "nan",
        "inf",
        "Infinity",
        "x",
        " ",
        "0/1",
        "1234567890",
        "./.",
    ]
)


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.sampled_from(["GT", "GQ", "DP", "AD", "PL", "X"]), min_size=1, max_size=4),
    st.lists(TOKENS, max_size=9).map("".join),
    st.booleans(),
)
@example(["GT"], "0/1/1", False)
@example(["GT", "DP"], "0/1:12345678901", False)
@example(["GQ"], "1.e5", True)
@example(["GQ"], "infinit", True)
@example(["GT", "AD"], "0/1:52,.5", True)
@example(["GT", "AD"], "0/1:52,3.,-.5e1,7\t0/1:3.,.", True)
@example(["AD"], "1,1.e5", True)
@example(["GT", "DP"], "0/0:\u0665", False)
@example(["GT"], "\u0660/\u0660", False)
def test_what_the_kernel_refuses_is_what_the_patterns_find(names, calls, floats):
    types = dict.fromkeys(["GQ", "DP", "AD"], "Float" if floats else "Integer")
    columns = [*[b"."] * 8, ":".join(names).encode(), calls.encode()]
    faults = [*repeated_fields(columns), *call_problems(columns, types)]
    _, _, readable = read(":".join(names), calls.split("\t"), floats=floats)
    assert readable == (not faults)
