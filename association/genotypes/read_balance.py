"""Whether the reads of a call agree with it: of heterozygous calls those of either allele, of others those of theirs.

Few calls are heterozygous, so theirs are looked at one by one, by their places among all calls of a block.

Axes: v variants, n samples, c calls to look at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from association.genotypes.calls import ALTERNATES, HETEROZYGOUS, NO_CALL
from association.genotypes.stored_calls import StoredCalls, reads_in_all


def sum_shares(
    calls: StoredCalls, at: NDArray[np.intp], included: NDArray[np.bool_], poor: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Count heterozygous calls that are not poor so far, and sum up their shares of alternate reads (v each).

    Parameters
    ----------
    calls
        With reads.
    at
        Places of heterozygous calls.
    included, poor
        Samples to look at (n), and calls that are poor so far (v, n).
    """
    variants, samples = calls.genotypes.shape
    trusted = at[(poor.reshape(-1)[at] == 0) & included[at % samples]]
    reference, alternate = calls.reads_at(trusted)
    total = reads_in_all(reference, alternate)
    usable = (total > 0) & ~np.isnan(alternate)
    variant = trusted[usable] // samples
    share_sum = np.bincount(variant, alternate[usable] / total[usable], variants)
    return np.bincount(variant, minlength=variants).astype(np.int32), share_sum.astype(np.float64)


def mark_unbalanced(
    calls: StoredCalls, at: NDArray[np.intp], least: float, poor: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Mark heterozygous calls with too few reads of either allele, or unknown ones; count them by variant (v)."""
    reference, alternate = calls.reads_at(at)
    return _mark(at, np.minimum(reference, alternate), reference + alternate, least, poor)


def mark_impure(calls: StoredCalls, least: float, poor: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Mark homozygous and haploid calls with too few or unknown reads of their allele; count them by variant (v)."""
    codes = calls.genotypes.reshape(-1)
    at = np.flatnonzero((codes != HETEROZYGOUS) & (codes != NO_CALL))
    reference, alternate = calls.reads_at(at)
    own = np.where(ALTERNATES[codes[at]] > 0, alternate, reference)
    return _mark(at, own, reads_in_all(reference, alternate), least, poor)


def _mark(
    at: NDArray[np.intp],
    own: NDArray[np.float64],
    total: NDArray[np.float64],
    least: float,
    poor: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Mark the calls whose share of reads is too small, or unknown; no reads at all have no share."""
    share = np.divide(own, total, out=np.full(len(own), np.nan), where=total > 0)
    failing = at[~(share >= least)]
    poor.reshape(-1)[failing] = 1
    return np.bincount(failing // poor.shape[1], minlength=len(poor))
