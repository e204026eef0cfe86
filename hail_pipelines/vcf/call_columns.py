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
from numpy.typing import NDArray

from association.genotypes.calls import HAPLOID_REFERENCE, NO_CALL, Calls
from association.kernels import njit
from hail_pipelines.vcf.call_numbers import (
    KNOWN,
    MISSING,
    UNREADABLE,
    byte_at,
    digit_at,
    ends_at,
    is_digit,
    read_number,
)

MENDED = ("one_allele", "unknown_allele", "odd_depths", "negative")
# What is to be known of a row while its calls are read.
PAIRED, SPLIT, COUNTED = 1, 2, 4
# What is mended in a call, as a sum.
_ONE_ALLELE, _UNKNOWN_ALLELE, _ODD_DEPTHS, _NEGATIVE = 1, 2, 4, 8
_ODD = UNREADABLE + 1
_TAB, _COLON, _COMMA, _DOT, _SLASH, _BAR = b"\t:,./|"
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
    address, samples = text.ctypes.data, genotypes.shape[1]
    has_quality, has_depth, has_reads = len(quality) > 0, len(depth) > 0, len(reference_reads) > 0
    float_quality, float_depth, float_reads = floats[0], floats[1], floats[2]
    for row in range(len(begins)):
        gt, names = fields[row, 0], fields[row, 4]
        gq = fields[row, 1] if has_quality else -1
        dp = fields[row, 2] if has_depth else -1
        ad = fields[row, 3] if has_reads else -1
        own, of, paired, split = allele[row], alleles[row], flags[row] & PAIRED != 0, flags[row] & SPLIT != 0
        counted = flags[row] & COUNTED != 0
        at, end, sample, sound = begins[row], ends[row], 0, True
        while sound and sample < samples:
            code, faults = NO_CALL, 0
            quality_of, depth_of, reads_of, reads_of_own = np.nan, np.nan, np.nan, np.nan
            field = 0
            while True:
                if field == gt:
                    at, first, second = _read_genotype(address, at)
                    sound = first != _NO_ALLELE
                    code, found = _code(first, second, own, of, paired)
                    faults |= found
                elif field == ad:
                    at, reads_of, reads_of_own, state = _read_depths(address, at, float_reads, own, of, split)
                    sound = state != UNREADABLE
                    faults |= _ODD_DEPTHS * (state == _ODD)
                elif field == gq:
                    at, quality_of, state = read_number(address, at, float_quality)
                    sound = state != UNREADABLE
                elif field == dp:
                    at, depth_of, state = read_number(address, at, float_depth)
                    sound = state != UNREADABLE
                else:
                    while at < end and byte_at(address, at) != _COLON and byte_at(address, at) != _TAB:
                        at += 1
                field += 1
                sound = sound and field <= names
                if not sound or at >= end or byte_at(address, at) != _COLON:
                    break
                at += 1
            faults |= _NEGATIVE * (quality_of < 0 or depth_of < 0)
            genotypes[row, sample] = code
            if has_quality:
                quality[row, sample] = quality_of if quality_of >= 0 else np.nan
            if has_depth:
                depth[row, sample] = depth_of if depth_of >= 0 else np.nan
            if has_reads:
                reference_reads[row, sample] = reads_of
                alternate_reads[row, sample] = reads_of_own
            if faults != 0 and counted:
                for kind in range(len(mended)):
                    mended[kind] += faults >> kind & 1
            sample += 1
            is_last = sample == samples
            sound = sound and (at == end if is_last else at < end and byte_at(address, at) == _TAB)
            at += 1
        readable[row] = sound


@njit(cache=True, nogil=True, forceinline=True)
def _read_genotype(address: int, at: int) -> tuple[int, int, int]:
    """Read one or two alleles: `_DOTTED` for a dot, `_ABSENT` for no second one, `_NO_ALLELE` for what is none."""
    first, second = digit_at(address, at), digit_at(address, at + 2)
    between = byte_at(address, at + 1)
    if is_digit(first) & is_digit(second) & ((between == _SLASH) | (between == _BAR)) & ends_at(address, at + 3):
        return at + 3, first, second
    at, first = _read_allele(address, at)
    if byte_at(address, at) != _SLASH and byte_at(address, at) != _BAR:
        return at, first, _ABSENT
    at, second = _read_allele(address, at + 1)
    return at, first if second != _NO_ALLELE else _NO_ALLELE, second


@njit(cache=True, nogil=True)
def _read_allele(address: int, at: int) -> tuple[int, int]:
    """Read an allele's number or a dot."""
    if byte_at(address, at) == _DOT:
        return at + 1, _DOTTED
    begin, allele = at, 0
    while is_digit(digit_at(address, at)):
        allele = min(allele * 10 + digit_at(address, at), _LARGEST_ALLELE)
        at += 1
    return at, allele if at > begin else _NO_ALLELE


@njit(cache=True, nogil=True, forceinline=True)
def _code(first: int, second: int, allele: int, alleles: int, paired: bool) -> tuple[int, int]:
    """Give the code of a call for one alternate allele, and the faults of the call."""
    if (first >= 0) & (second >= 0) & (first < alleles) & (second < alleles):
        return int(first == allele) + int(second == allele), 0
    if first < 0 and second < 0:
        return NO_CALL, 0
    faults = _UNKNOWN_ALLELE * (first >= alleles or second >= alleles)
    if first >= 0 and second >= 0:
        return NO_CALL, faults
    faults |= _ONE_ALLELE * paired
    return NO_CALL if faults else HAPLOID_REFERENCE + int(max(first, second) == allele), faults


@njit(cache=True, nogil=True, forceinline=True)
def _read_depths(
    address: int, at: int, is_float: bool, allele: int, alleles: int, split: bool
) -> tuple[int, float, float, int]:
    """Read allele depths; give those of the other alleles together, the allele's own, and what they are."""
    number, total = 0, 0.0
    reference, own = np.nan, np.nan
    negative = False
    while True:
        at, value, state = read_number(address, at, is_float)
        if state == UNREADABLE:
            return at, np.nan, np.nan, UNREADABLE
        if state == KNOWN:
            total += value
            negative = negative or value < 0
            reference = value if number == 0 else reference
            own = value if number == allele else own
        number += 1
        if byte_at(address, at) != _COMMA:
            break
        at += 1
    if number == 1 and state == MISSING:
        return at, np.nan, np.nan, MISSING
    if number != alleles or negative:
        return at, np.nan, np.nan, _ODD
    return at, total - own if split else reference, own, KNOWN
