"""The alleles of a record: which are spelled out in bases, and each of them as a variant of its own.

Most records have one alternate allele and need no change: these are told from the others by a kernel. The others are
taken one by one. Bases in lower case are the same bases, so alleles are compared and written in upper case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit

# Each row of a record lists all its alleles, so that what a record takes grows with the square of their number.
MOST_ALTERNATES = 4096
_BASES = re.compile(r"[ACGTNacgtn]+")
_IS_BASE = np.isin(np.arange(256), np.frombuffer(b"ACGTN", np.uint8))


class Variant(NamedTuple):
    """One alternate allele in minimal representation.

    Attributes
    ----------
    position
        Its position, from 1.
    ref, alt
        Its alleles in upper case.
    number
        The alternate allele's number in its record, from 1.
    """

    position: int
    ref: str
    alt: str
    number: int


def is_sequence(allele: str) -> bool:
    """Say whether an allele is spelled out in bases, unlike `*`, `<DEL>`, a breakend or an ambiguity code."""
    return _BASES.fullmatch(allele) is not None


def split_alleles(position: int, alleles: Sequence[str]) -> Iterator[Variant]:
    """List a record's sequence alleles that differ from its reference; one whose reference is no sequence has none.

    Parameters
    ----------
    position
        The record's position.
    alleles
        Its reference and its alternate alleles.
    """
    ref = alleles[0].upper()
    if not is_sequence(ref):
        return
    for number, allele in enumerate(alleles[1:], 1):
        alt = allele.upper()
        if is_sequence(alt) and alt != ref:
            yield Variant(*_trimmed(position, ref, alt), number)


def allele_counts(alleles: Sequence[str]) -> dict[str, int]:
    """Count what is odd in a record's alleles, by the names of `LoadCounts`."""
    ref, alternates = alleles[0].upper(), alleles[1:]
    stars = alternates.count("*")
    return {
        "multi_allelic": len(alternates) > 1,
        "no_alternate": not alternates,
        "odd_references": not is_sequence(ref),
        "star_alleles": stars,
        "symbolic_alleles": sum(not is_sequence(allele) for allele in alternates) - stars,
        "same_alleles": sum(allele.upper() == ref for allele in alternates) if is_sequence(ref) else 0,
    }


def plain_records(
    text: NDArray[np.uint8],
    refs: tuple[NDArray[np.int64], NDArray[np.int64]],
    alts: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> NDArray[np.bool_]:
    """Say of each record whether it is one variant in minimal representation and upper case as it stands.

    Parameters
    ----------
    text
        The bytes.
    refs, alts
        Where the records' REF and ALT begin and end.
    """
    plain = np.empty(len(refs[0]), np.bool_)
    _find_plain(text, *refs, *alts, plain)
    return plain


def _trimmed(position: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Trim the bases that two alleles share, at the right and then at the left, down to one."""
    right = 0
    while right < min(len(ref), len(alt)) - 1 and ref[-1 - right] == alt[-1 - right]:
        right += 1
    ref, alt = ref[: len(ref) - right], alt[: len(alt) - right]
    left = 0
    while left < min(len(ref), len(alt)) - 1 and ref[left] == alt[left]:
        left += 1
    return position + left, ref[left:], alt[left:]


@njit(cache=True, nogil=True)
def _find_plain(
    text: NDArray[np.uint8],
    ref_begins: NDArray[np.int64],
    ref_ends: NDArray[np.int64],
    alt_begins: NDArray[np.int64],
    alt_ends: NDArray[np.int64],
    plain: NDArray[np.bool_],
) -> None:
    for record in range(len(plain)):
        ref, ref_end, alt, alt_end = ref_begins[record], ref_ends[record], alt_begins[record], alt_ends[record]
        found = ref_end > ref and alt_end > alt and _are_bases(text, ref, ref_end) and _are_bases(text, alt, alt_end)
        if found and (ref_end - ref == 1 or alt_end - alt == 1):
            found = ref_end - ref != alt_end - alt or text[ref] != text[alt]
        elif found:
            found = text[ref] != text[alt] and text[ref_end - 1] != text[alt_end - 1]
        plain[record] = found


@njit(cache=True, nogil=True)
def _are_bases(text: NDArray[np.uint8], begin: int, end: int) -> bool:
    """Say whether a stretch of text is spelled in bases of upper case."""
    at = begin
    while at < end and _IS_BASE[text[at]]:
        at += 1
    return at == end
