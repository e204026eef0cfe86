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
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from association.genotypes.calls import (
    HAPLOID_ALTERNATE,
    HAPLOID_REFERENCE,
    HETEROZYGOUS,
    HOMOZYGOUS_ALTERNATE,
    NO_CALL,
    Calls,
)
from association.genotypes.copies import FITTED

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


def judge_calls(calls: Calls, places: NDArray[np.uint8], people: People, limits: CallLimits) -> JudgedCalls:
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
    reads = calls.reference_reads is not None and calls.alternate_reads is not None
    applied = (
        limits.quality if calls.quality is not None else None,
        limits.depth if calls.depth is not None else None,
        limits.het_balance if reads else None,
        limits.hom_balance if reads else None,
    )
    variants, samples = calls.genotypes.shape
    judged = JudgedCalls(
        np.empty((variants, samples), np.uint8),
        np.zeros((variants, 5), np.int32),
        np.zeros(variants, np.int32),
        np.zeros(variants, np.int32),
        np.zeros(variants, np.float64),
    )
    _judge(
        calls.genotypes,
        numbers(calls.quality),
        numbers(calls.depth),
        numbers(calls.reference_reads if reads else None),
        numbers(calls.alternate_reads if reads else None),
        places,
        people.included,
        people.single,
        people.copies,
        np.array([np.nan if limit is None else limit for limit in applied], np.float64),
        judged.genotypes,
        judged.failed,
        judged.present,
        judged.shares,
        judged.share_sum,
    )
    return judged


def numbers(array: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Give kernels an array without rows for a field that is not there; they ask before they look."""
    return np.empty((0, 0), np.float32) if array is None else np.ascontiguousarray(array)


@njit(cache=True, nogil=True, error_model="numpy")
def reads_of(reference: float, alternate: float) -> float:
    """Add up the reads of two alleles; unknown ones count nothing."""
    return (0.0 if np.isnan(reference) else float(reference)) + (0.0 if np.isnan(alternate) else float(alternate))


@njit(cache=True, nogil=True, error_model="numpy")
def _judge(
    genotypes: NDArray[np.uint8],
    quality: NDArray[np.float32],
    depth: NDArray[np.float32],
    reference_reads: NDArray[np.float32],
    alternate_reads: NDArray[np.float32],
    places: NDArray[np.uint8],
    included: NDArray[np.bool_],
    single: NDArray[np.bool_],
    copies: NDArray[np.uint8],
    limits: NDArray[np.float64],
    judged: NDArray[np.uint8],
    failed: NDArray[np.int32],
    present: NDArray[np.int32],
    shares: NDArray[np.int32],
    share_sum: NDArray[np.float64],
) -> None:
    """Judge a variant at a time, rule by rule: one that is nan is not asked."""
    poor = np.empty(genotypes.shape[1], np.uint8)
    for row in range(genotypes.shape[0]):
        codes, place = genotypes[row], places[row]
        poor[:] = 0
        if not np.isnan(limits[QUALITY]):
            failed[row, QUALITY] = _mark_quality(codes, quality[row], limits[QUALITY], poor)
        if not np.isnan(limits[DEPTH]):
            failed[row, DEPTH] = _mark_depth(codes, depth[row], single[place], limits[DEPTH], poor)
        if len(reference_reads):
            reference, alternate = reference_reads[row], alternate_reads[row]
            shares[row], share_sum[row] = _sum_shares(codes, reference, alternate, included, poor)
            if not np.isnan(limits[HET_BALANCE]):
                failed[row, HET_BALANCE] = _mark_unbalanced(codes, reference, alternate, limits[HET_BALANCE], poor)
            if not np.isnan(limits[HOM_BALANCE]):
                failed[row, HOM_BALANCE] = _mark_impure(codes, reference, alternate, limits[HOM_BALANCE], poor)
        present[row], failed[row, ANY_RULE] = _fit(codes, poor, copies[place], judged[row])


@njit(cache=True, nogil=True, error_model="numpy")
def _mark_quality(
    codes: NDArray[np.uint8], quality: NDArray[np.float32], least: float, poor: NDArray[np.uint8]
) -> int:
    """Mark and count calls of too little quality; a comparison with an unknown number fails."""
    limit, gap, failed = np.float32(least), np.uint8(NO_CALL), np.int32(0)
    for sample in range(len(codes)):
        poor[sample] = 0 if (codes[sample] == gap) | (quality[sample] >= limit) else 1
    for sample in range(len(codes)):
        failed += poor[sample]
    return int(failed)


@njit(cache=True, nogil=True, error_model="numpy")
def _mark_depth(
    codes: NDArray[np.uint8],
    depth: NDArray[np.float32],
    single: NDArray[np.bool_],
    least: float,
    poor: NDArray[np.uint8],
) -> int:
    """Mark and count calls of too few reads."""
    full, half, failed = np.float32(least), np.float32(least / 2), np.int32(0)
    gap, haploid = np.uint8(NO_CALL), np.uint8(HAPLOID_REFERENCE)
    for sample in range(len(codes)):
        of_one = single[sample] | (codes[sample] >= haploid)
        enough = (depth[sample] >= full) | (of_one & (depth[sample] >= half))
        shallow = 0 if (codes[sample] == gap) | enough else 1
        poor[sample] |= shallow
        failed += shallow
    return int(failed)


@njit(cache=True, nogil=True, error_model="numpy")
def _sum_shares(
    codes: NDArray[np.uint8],
    reference: NDArray[np.float32],
    alternate: NDArray[np.float32],
    included: NDArray[np.bool_],
    poor: NDArray[np.uint8],
) -> tuple[int, float]:
    """Count heterozygous calls that are not poor so far, and sum up their shares of alternate reads."""
    known, share_sum = 0, 0.0
    for sample in range(len(codes)):
        if codes[sample] == HETEROZYGOUS and included[sample] and not poor[sample]:
            total = reads_of(reference[sample], alternate[sample])
            if total > 0 and not np.isnan(alternate[sample]):
                known += 1
                share_sum += alternate[sample] / total
    return known, share_sum


@njit(cache=True, nogil=True, error_model="numpy")
def _mark_unbalanced(
    codes: NDArray[np.uint8],
    reference: NDArray[np.float32],
    alternate: NDArray[np.float32],
    least: float,
    poor: NDArray[np.uint8],
) -> int:
    """Mark and count heterozygous calls with too few reads of either allele; no reads at all are too few."""
    failed = 0
    for sample in range(len(codes)):
        if codes[sample] == HETEROZYGOUS:
            total = float(reference[sample]) + float(alternate[sample])
            if not min(float(reference[sample]), float(alternate[sample])) / total >= least:
                poor[sample] = 1
                failed += 1
    return int(failed)


@njit(cache=True, nogil=True, error_model="numpy")
def _mark_impure(
    codes: NDArray[np.uint8],
    reference: NDArray[np.float32],
    alternate: NDArray[np.float32],
    least: float,
    poor: NDArray[np.uint8],
) -> int:
    """Mark and count homozygous and haploid calls with too few reads of their allele."""
    failed = 0
    for sample in range(len(codes)):
        code = codes[sample]
        if code not in (HETEROZYGOUS, NO_CALL):
            own = alternate[sample] if code in (HOMOZYGOUS_ALTERNATE, HAPLOID_ALTERNATE) else reference[sample]
            if not own / reads_of(reference[sample], alternate[sample]) >= least:
                poor[sample] = 1
                failed += 1
    return int(failed)


@njit(cache=True, nogil=True, error_model="numpy")
def _fit(
    codes: NDArray[np.uint8], poor: NDArray[np.uint8], copies: NDArray[np.uint8], judged: NDArray[np.uint8]
) -> tuple[int, int]:
    """Write down the calls that are not poor as the copies allow; count those that were there, and poor ones."""
    gap, present, failed = np.uint8(NO_CALL), np.int32(0), np.int32(0)
    for sample in range(len(codes)):
        judged[sample] = gap if poor[sample] else FITTED[copies[sample], codes[sample]]
    for sample in range(len(codes)):
        present += codes[sample] != gap
        failed += poor[sample]
    return int(present), int(failed)
