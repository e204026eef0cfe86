"""The rules on alleles, on literals; and the kernel that tells plain records against those rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hail_pipelines.vcf.alleles import allele_counts, is_sequence, plain_records, split_alleles


def test_an_allele_is_a_sequence_only_if_all_of_it_is_bases():
    alleles = ["A", "acgtN", "*", "<DEL>", "<*>", "R", "A.", ".A", "A[chr2:5[", "", ".", "C,A"]
    assert [is_sequence(allele) for allele in alleles] == [True] * 2 + [False] * 10


@pytest.mark.parametrize(
    ("alleles", "expected"),
    [
        (["A", "C"], [(100, "A", "C", 1)]),
        (["a", "c"], [(100, "A", "C", 1)]),
        (["CAA", "CA", "*", "CAAT"], [(100, "CA", "C", 1), (102, "A", "AT", 3)]),
        (["AG", "ac", "ag"], [(101, "G", "C", 1)]),
        (["TTT", "T", "TTTT"], [(100, "TTT", "T", 1), (100, "T", "TT", 2)]),
        (["ACGT", "ATGT"], [(101, "C", "T", 1)]),
        (["A", "A"], []),
        (["A", "<DEL>"], []),
        (["", "C"], []),
        (["R", "C"], []),
        (["A"], []),
    ],
)
def test_records_are_split_and_trimmed_and_written_in_upper_case(alleles, expected):
    assert list(split_alleles(100, alleles)) == expected


def test_what_is_odd_in_alleles_is_counted():
    counts = allele_counts(["A", "a", "*", "<DEL>", "R", "G"])
    assert {name: int(count) for name, count in counts.items()} == {
        "multi_allelic": 1, "no_alternate": 0, "odd_references": 0, "star_alleles": 1, "symbolic_alleles": 2,
        "same_alleles": 1,
    }  # fmt: skip
    assert allele_counts(["R"]) | {"no_alternate": True, "odd_references": True} == allele_counts(["R"])


def is_plain(ref: str, alt: str) -> bool:
    text = np.frombuffer(f"{ref}\t{alt}\n".encode(), np.uint8)
    edges = [np.array([place]) for place in (0, len(ref), len(ref) + 1, len(ref) + 1 + len(alt))]
    return bool(plain_records(text, (edges[0], edges[1]), (edges[2], edges[3]))[0])


def test_only_a_record_that_needs_no_change_is_plain():
    plain = [("A", "C"), ("CA", "C"), ("C", "CA"), ("ACG", "TC"), ("N", "A")]
    other = [
        ("a", "C"),
        ("A", "c"),
        ("AG", "AC"),
        ("GA", "CA"),
        ("A", "A"),
        ("A", "*"),
        ("A", "C,G"),
        ("A", "."),
        ("", "C"),
    ]
    assert [is_plain(*alleles) for alleles in plain] == [True] * len(plain)
    assert [is_plain(*alleles) for alleles in other] == [False] * len(other)


@given(st.text("ACGTa*", min_size=1, max_size=4), st.text("ACGTa,.", min_size=1, max_size=4))
def test_a_record_is_plain_just_if_splitting_leaves_it_as_it_is(ref, alt):
    alleles = [ref, *alt.split(",")] if alt != "." else [ref]
    assert is_plain(ref, alt) == (list(split_alleles(7, alleles)) == [(7, *alleles, 1)])
