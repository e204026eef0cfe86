"""Calls that are too uncertain to use become missing.

A call is kept if its genotype quality and depth reach their thresholds and if the reads agree with it: neither allele
of a heterozygous call may hold too few of them, nor the allele of a homozygous one. A call whose quality or depth is
itself missing fails: nothing vouches for it. A VCF without a field can't be judged by it.

Variants and samples stay as they are. Leaving poor calls out instead would make them vanish from every count, neither
carrier nor missing, which is a silent homozygous reference.

Axes: v variants, n samples to look at, N samples of the calls, p places.
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
    columns
        Their columns among those of the calls (n).
    single
        Who has, or may have, one copy, by place (p, n); half the depth is enough.
    copies
        As `association.genotypes.copies.copies_by_place` gives them (p, n).
    """

    columns: NDArray[np.intp]
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
        Calls that were there and failed each rule, and any (v, 5), as `QUALITY` and so on number them; whether they
        fit their copies or not.
    present
        Calls that were there (v).
    shares, share_sum
        Heterozygous calls of sufficient quality and depth whose reads are known, and the sum of their shares of
        alternate reads, whether or not those pass (v).
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
        Calls (v, N).
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
    variants, samples = len(calls.genotypes), len(people.columns)
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
        people.columns,
        people.single,
        people.copies,
        np.array([np.nan if limit is None else limit for limit in applied], np.float64),
        reads,
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
    columns: NDArray[np.intp],
    single: NDArray[np.bool_],
    copies: NDArray[np.uint8],
    limits: NDArray[np.float64],
    has_reads: bool,
    judged: NDArray[np.uint8],
    failed: NDArray[np.int32],
    present: NDArray[np.int32],
    shares: NDArray[np.int32],
    share_sum: NDArray[np.float64],
) -> None:
    """Judge every call; a limit that is nan is not asked. A comparison with an unknown number fails."""
    by_quality, by_depth = not np.isnan(limits[QUALITY]), not np.isnan(limits[DEPTH])
    by_het, by_hom = not np.isnan(limits[HET_BALANCE]), not np.isnan(limits[HOM_BALANCE])
    for row in range(genotypes.shape[0]):
        place = places[row]
        for number in range(len(columns)):
            column = columns[number]
            code = genotypes[row, column]
            if code == NO_CALL:
                judged[row, number] = NO_CALL
                continue
            present[row] += 1
            poor, uncertain = False, False
            if by_quality and not quality[row, column] >= limits[QUALITY]:
                failed[row, QUALITY] += 1
                uncertain = True
            if by_depth:
                halved = single[place, number] or code in (HAPLOID_REFERENCE, HAPLOID_ALTERNATE)
                if not depth[row, column] >= (limits[DEPTH] / 2 if halved else limits[DEPTH]):
                    failed[row, DEPTH] += 1
                    uncertain = True
            if has_reads and code == HETEROZYGOUS:
                reference, alternate = reference_reads[row, column], alternate_reads[row, column]
                total = reads_of(reference, alternate)
                if by_het:
                    smaller = alternate if alternate < reference else reference
                    known = not (np.isnan(reference) or np.isnan(alternate))
                    if not (known and smaller / total >= limits[HET_BALANCE]):
                        failed[row, HET_BALANCE] += 1
                        poor = True
                if not uncertain and total > 0 and not np.isnan(alternate):
                    shares[row] += 1
                    share_sum[row] += alternate / total
            elif by_hom and code != HETEROZYGOUS:
                reference, alternate = reference_reads[row, column], alternate_reads[row, column]
                own = alternate if code in (HOMOZYGOUS_ALTERNATE, HAPLOID_ALTERNATE) else reference
                if not own / reads_of(reference, alternate) >= limits[HOM_BALANCE]:
                    failed[row, HOM_BALANCE] += 1
                    poor = True
            if poor or uncertain:
                failed[row, ANY_RULE] += 1
                judged[row, number] = NO_CALL
            else:
                judged[row, number] = FITTED[copies[place, number], code]
