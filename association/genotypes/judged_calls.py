"""Calls that are too uncertain to use become missing.

A call is kept if its genotype quality and depth reach their thresholds and if the reads agree with it: neither allele
of a heterozygous call may hold too few of them, nor the allele of a homozygous one. A call whose quality or depth is
itself missing fails: nothing vouches for it. A VCF without a field can't be judged by it.

Variants and samples stay as they are. Leaving poor calls out instead would make them vanish from every count, neither
carrier nor missing, which is a silent homozygous reference.

Axes: v variants, n samples, p places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from association.genotypes.calls import HAPLOID_REFERENCE, HETEROZYGOUS, NO_CALL
from association.genotypes.copies import FITTED
from association.genotypes.read_balance import mark_impure, mark_unbalanced, sum_shares
from association.genotypes.stored_calls import Stored, StoredCalls, unknown
from association.kernels import njit

QUALITY, DEPTH, HET_BALANCE, HOM_BALANCE, ANY_RULE = range(5)


class CallLimits(NamedTuple):
    """What a call must reach; None switches a rule off.

    Attributes
    ----------
    quality
        Smallest genotype quality.
    depth
        Smallest depth in reads where there are two copies; half of it where there is one, or where the call has one.
    het_balance
        Smallest share of reads of either allele in a heterozygous call.
    hom_balance
        Smallest share of reads of its allele in a homozygous or haploid call.
    """

    quality: float | None = None
    depth: float | None = None
    het_balance: float | None = None
    hom_balance: float | None = None


@dataclass(frozen=True)
class People:
    """Whose calls are looked at, and what is known of their chromosomes.

    Attributes
    ----------
    included
        Whether a sample is looked at (n); every call of any other becomes missing.
    single
        Who has, or may have, one copy, by place (p, n); half the depth is enough.
    copies
        As `association.genotypes.copies.copies_by_place` gives them (p, n).
    """

    included: NDArray[np.bool_]
    single: NDArray[np.bool_]
    copies: NDArray[np.uint8]


@dataclass(frozen=True)
class JudgedCalls:
    """Calls after genotype quality control, and what it did.

    Attributes
    ----------
    genotypes
        Codes (v, n), of calls that fail as of those that do not fit a sample's copies `NO_CALL`.
    failed
        Calls of all samples that were there and failed each rule, and any (v, 5), as `QUALITY` and so on number them;
        whether they fit their copies or not.
    present
        Calls of all samples that were there (v).
    shares, share_sum
        Heterozygous calls, of the samples looked at, of sufficient quality and depth whose reads are known, and the
        sum of their shares of alternate reads, whether or not those pass (v).
    """

    genotypes: NDArray[np.uint8]
    failed: NDArray[np.int32]
    present: NDArray[np.int32]
    shares: NDArray[np.int32]
    share_sum: NDArray[np.float64]


def judge_calls(calls: StoredCalls, places: NDArray[np.uint8], people: People, limits: CallLimits) -> JudgedCalls:
    """Set calls that fail the limits, or do not fit a sample's copies, to missing.

    Parameters
    ----------
    calls
        Calls (v, n).
    places
        What each variant's place is to a man (v).
    people
        Whose calls.
    limits
        What a call must reach; what the calls have no field for is not asked.
    """
    poor, variants = np.zeros(calls.genotypes.shape, np.uint8), len(calls.genotypes)
    failed = np.zeros((variants, 5), np.int32)
    shares, share_sum = np.zeros(variants, np.int32), np.zeros(variants)
    if limits.quality is not None and calls.quality is not None:
        of_unknown, least = unknown(calls.quality), np.float32(limits.quality)
        _mark_quality(calls.genotypes, calls.quality, of_unknown, least, poor, failed[:, QUALITY])
    if limits.depth is not None and calls.depth is not None:
        enough = (np.float32(limits.depth), np.float32(limits.depth / 2))
        single = (places, people.single)
        _mark_depth(calls.genotypes, calls.depth, unknown(calls.depth), *single, *enough, poor, failed[:, DEPTH])
    if calls.reference_reads is not None and calls.alternate_reads is not None:
        at = np.flatnonzero(calls.genotypes.reshape(-1) == HETEROZYGOUS)
        shares, share_sum = sum_shares(calls, at, people.included, poor)
        if limits.het_balance is not None:
            failed[:, HET_BALANCE] = mark_unbalanced(calls, at, limits.het_balance, poor)
        if limits.hom_balance is not None:
            failed[:, HOM_BALANCE] = mark_impure(calls, limits.hom_balance, poor)
    judged, present = np.empty_like(calls.genotypes), np.zeros(variants, np.int32)
    _fit(calls.genotypes, poor, places, people.copies, judged, present, failed[:, ANY_RULE])
    return JudgedCalls(judged, failed, present, shares, share_sum)


@njit(cache=True, nogil=True)
def _mark_quality(
    genotypes: NDArray[np.uint8],
    quality: Stored,
    of_unknown: Any,
    least: np.float32,
    poor: NDArray[np.uint8],
    failed: NDArray[np.int32],
) -> None:
    """Mark and count calls of too little or unknown quality."""
    gap = np.uint8(NO_CALL)
    for row in range(genotypes.shape[0]):
        codes, values, marks = genotypes[row], quality[row], poor[row]
        for sample in range(len(codes)):
            enough = (values[sample] != of_unknown) & (np.float32(values[sample]) >= least)
            marks[sample] = 0 if (codes[sample] == gap) | enough else 1
        number = np.int32(0)
        for sample in range(len(codes)):
            number += marks[sample]
        failed[row] = number


@njit(cache=True, nogil=True)
def _mark_depth(
    genotypes: NDArray[np.uint8],
    depth: Stored,
    of_unknown: Any,
    places: NDArray[np.uint8],
    may_be_single: NDArray[np.bool_],
    full: np.float32,
    half: np.float32,
    poor: NDArray[np.uint8],
    failed: NDArray[np.int32],
) -> None:
    """Mark and count calls of too few or unknown reads."""
    gap, haploid = np.uint8(NO_CALL), np.uint8(HAPLOID_REFERENCE)
    for row in range(genotypes.shape[0]):
        codes, values, marks, single = genotypes[row], depth[row], poor[row], may_be_single[places[row]]
        number = np.int32(0)
        for sample in range(len(codes)):
            reads, of_one = np.float32(values[sample]), single[sample] | (codes[sample] >= haploid)
            enough = (values[sample] != of_unknown) & ((reads >= full) | (of_one & (reads >= half)))
            shallow = np.uint8(0) if (codes[sample] == gap) | enough else np.uint8(1)
            marks[sample] |= shallow
            number += shallow
        failed[row] = number


@njit(cache=True, nogil=True)
def _fit(
    genotypes: NDArray[np.uint8],
    poor: NDArray[np.uint8],
    places: NDArray[np.uint8],
    copies: NDArray[np.uint8],
    judged: NDArray[np.uint8],
    present: NDArray[np.int32],
    failed: NDArray[np.int32],
) -> None:
    """Write down the calls that are not poor as the copies allow; count those that were there, and poor ones."""
    gap = np.uint8(NO_CALL)
    for row in range(genotypes.shape[0]):
        codes, marks, fitted, own = genotypes[row], poor[row], judged[row], copies[places[row]]
        there, number = np.int32(0), np.int32(0)
        for sample in range(len(codes)):
            fitted[sample] = gap if marks[sample] else FITTED[own[sample], codes[sample]]
        for sample in range(len(codes)):
            there += codes[sample] != gap
            number += marks[sample]
        present[row], failed[row] = there, number
