"""The calls of records, read from text into arrays: one kernel, a call at a time.

A call's fields stand in the order of its record's FORMAT, apart by colons; the last of them may be left off. GT, GQ,
DP and AD are read, others are stepped over. What can't be read marks its record, whose faults are then told from its
text. What contradicts the record is set to missing and counted: an allele number beyond the record's alleles, one
allele where everyone has two copies, allele depths that are fewer or more than the alleles, a negative number.

A half-call (`0/.`) has one allele that is known. On X and Y outside the pseudoautosomal regions some callers write a
man's one allele so, and it is read as that allele; elsewhere it is one allele where there should be two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from association.genotypes.calls import HAPLOID_REFERENCE, NO_CALL, Calls
from hail_pipelines.vcf.call_numbers import MISSING, UNREADABLE, read_number

MENDED = ("one_allele", "unknown_allele", "odd_depths", "negative")
# What is to be known of a row while its calls are read.
PAIRED, SPLIT, COUNTED = 1, 2, 4
_ONE_ALLELE, _UNKNOWN_ALLELE, _ODD_DEPTHS, _NEGATIVE = range(4)
_GT, _GQ, _DP, _AD, _FIELDS = range(5)
_TAB, _COLON, _COMMA, _DOT, _SLASH, _BAR, _ZERO, _NINE = b"\t:,./|09"
_ABSENT, _DOTTED, _NO_ALLELE = -1, -2, -3
_LARGEST_ALLELE = 1 << 20


@dataclass(frozen=True)
class CallRows:
    """What the calls of some rows (r) are read by; a row is one alternate allele of a record.

    Attributes
    ----------
    begins, ends
        Where the calls of each row's record begin and end (r).
    fields
        The places of GT, GQ, DP and AD in its FORMAT, -1 for one that it lacks, and how many fields it has (r, 5).
    allele
        The number of the row's allele in its record (r).
    alleles
        How many alleles the record has, the reference among them (r).
    flags
        A sum (r) of `PAIRED`, everyone has two copies of the place; `SPLIT`, the record is split or trimmed, so that
        AD is summed over the other alleles; `COUNTED`, what is mended counts.
    """

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    fields: NDArray[np.int64]
    allele: NDArray[np.int64]
    alleles: NDArray[np.int64]
    flags: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.begins)

    def take(self, rows: slice) -> CallRows:
        """Give some of the rows."""
        return CallRows(
            self.begins[rows],
            self.ends[rows],
            self.fields[rows],
            self.allele[rows],
            self.alleles[rows],
            self.flags[rows],
        )


def read_calls(
    text: NDArray[np.uint8], rows: CallRows, samples: int, present: Sequence[bool], floats: NDArray[np.bool_]
) -> tuple[Calls, NDArray[np.int64], NDArray[np.bool_]]:
    """Read the calls of some rows.

    Parameters
    ----------
    text
        The bytes.
    rows
        What to read.
    samples
        How many samples there are (n).
    present
        Whether the VCFs have GQ, DP and AD.
    floats
        Whether GQ, DP and AD may hold numbers that are not whole.

    Returns
    -------
    The calls (r, n), the counts of what was mended by `MENDED`, and whether each row could be read (r).
    """
    genotypes = np.empty((len(rows), samples), np.uint8)
    shapes = [(len(rows) if one else 0, samples) for one in (*present, present[2])]
    numbers = [np.empty(shape, np.float32) for shape in shapes]
    mended, readable = np.zeros(len(MENDED), np.int64), np.empty(len(rows), np.bool_)
    _read_rows(
        text,
        rows.begins,
        rows.ends,
        rows.fields,
        rows.allele,
        rows.alleles,
        rows.flags,
        floats,
        genotypes,
        *numbers,
        mended,
        readable,
    )
    found = [array if one else None for one, array in zip((*present, present[2]), numbers, strict=True)]
    return Calls(genotypes, *found), mended, readable


@njit(cache=True, nogil=True)
def _read_rows(
    text: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    fields: NDArray[np.int64],
    allele: NDArray[np.int64],
    alleles: NDArray[np.int64],
    flags: NDArray[np.uint8],
    floats: NDArray[np.bool_],
    genotypes: NDArray[np.uint8],
    quality: NDArray[np.float32],
    depth: NDArray[np.float32],
    reference_reads: NDArray[np.float32],
    alternate_reads: NDArray[np.float32],
    mended: NDArray[np.int64],
    readable: NDArray[np.bool_],
) -> None:
    """Read one row after the other; each must have as many calls as there are samples."""
    samples = genotypes.shape[1]
    has_quality, has_depth, has_reads = quality.shape[0] > 0, depth.shape[0] > 0, reference_reads.shape[0] > 0
    counts = np.zeros(4, np.int64)
    for row in range(len(begins)):
        at, end = begins[row], ends[row]
        names = fields[row]
        paired, split = (flags[row] & PAIRED) != 0, (flags[row] & SPLIT) != 0
        counts[:] = 0
        sample = 0
        sound = True
        while sound:
            code, gq, dp = NO_CALL, np.nan, np.nan
            other, own = np.nan, np.nan
            field = 0
            while sound:
                if field == names[_GT]:
                    at, first, second = _read_genotype(text, at)
                    sound = first != _NO_ALLELE
                    code = _code(first, second, allele[row], alleles[row], paired, counts)
                elif field == names[_AD] and has_reads:
                    at, other, own, sound = _read_depths(
                        text, at, floats[2], allele[row], alleles[row], split, counts
                    )
                elif field == names[_GQ] and has_quality:
                    at, gq, state = read_number(text, at, floats[0])
                    sound = state != UNREADABLE
                elif field == names[_DP] and has_depth:
                    at, dp, state = read_number(text, at, floats[1])
                    sound = state != UNREADABLE
                else:
                    while at < end and text[at] != _COLON and text[at] != _TAB:
                        at += 1
                if at >= end or text[at] != _COLON:
                    break
                at += 1
                field += 1
                sound = sound and field < names[_FIELDS]
            sound = sound and sample < samples and (at == end or text[at] == _TAB)
            if not sound:
                break
            if gq < 0 or dp < 0:
                counts[_NEGATIVE] += 1
            genotypes[row, sample] = code
            if has_quality:
                quality[row, sample] = gq if gq >= 0 else np.nan
            if has_depth:
                depth[row, sample] = dp if dp >= 0 else np.nan
            if has_reads:
                reference_reads[row, sample] = other
                alternate_reads[row, sample] = own
            sample += 1
            if at == end:
                break
            at += 1
        readable[row] = sound and sample == samples
        if flags[row] & COUNTED:
            mended += counts


@njit(cache=True, nogil=True)
def _read_genotype(text: NDArray[np.uint8], at: int) -> tuple[int, int, int]:
    """Read one or two alleles: `_DOTTED` for a dot, `_ABSENT` for no second one, `_NO_ALLELE` for what is none."""
    at, first = _read_allele(text, at)
    if text[at] != _SLASH and text[at] != _BAR:
        return at, first, _ABSENT
    at, second = _read_allele(text, at + 1)
    return at, first if second != _NO_ALLELE else _NO_ALLELE, second


@njit(cache=True, nogil=True)
def _read_allele(text: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Read an allele's number or a dot."""
    if text[at] == _DOT:
        return at + 1, _DOTTED
    begin, allele = at, 0
    while _ZERO <= text[at] <= _NINE:
        allele = min(allele * 10 + text[at] - _ZERO, _LARGEST_ALLELE)
        at += 1
    return at, allele if at > begin else _NO_ALLELE


@njit(cache=True, nogil=True)
def _code(first: int, second: int, allele: int, alleles: int, paired: bool, counts: NDArray[np.int64]) -> int:
    """Give the code of a call for one alternate allele."""
    if first < 0 and second < 0:
        return NO_CALL
    if first >= alleles or second >= alleles:
        counts[_UNKNOWN_ALLELE] += 1
    if first >= 0 and second >= 0:
        return NO_CALL if first >= alleles or second >= alleles else int(first == allele) + int(second == allele)
    if paired:
        counts[_ONE_ALLELE] += 1
    one = max(first, second)
    return NO_CALL if paired or one >= alleles else HAPLOID_REFERENCE + int(one == allele)


@njit(cache=True, nogil=True)
def _read_depths(
    text: NDArray[np.uint8],
    at: int,
    is_float: bool,
    allele: int,
    alleles: int,
    split: bool,
    counts: NDArray[np.int64],
) -> tuple[int, float, float, bool]:
    """Read allele depths; give those of the other alleles together, and the allele's own."""
    number, total = 0, 0.0
    reference, own = np.nan, np.nan
    negative = False
    while True:
        at, value, state = read_number(text, at, is_float)
        if state == UNREADABLE:
            return at, np.nan, np.nan, False
        if state != MISSING:
            total += value
            negative = negative or value < 0
            if number == 0:
                reference = value
            if number == allele:
                own = value
        number += 1
        if text[at] != _COMMA:
            break
        at += 1
    if number == 1 and state == MISSING:
        return at, np.nan, np.nan, True
    if number != alleles or negative:
        counts[_ODD_DEPTHS] += 1
        return at, np.nan, np.nan, True
    return at, total - own if split else reference, own, True
