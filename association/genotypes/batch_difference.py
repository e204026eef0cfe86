"""How far apart the call rates of batches are, and how likely chance alone makes them so.

The p-value is that of Fisher's exact test, two-sided, of the batch that differs most against all others, times the
number of batches (Bonferroni). With x of m missing calls in a batch of n out of N samples,

    w(x) = C(n, x) C(N - n, m - x),   w(x + 1) / w(x) = (m - x)(n - x) / ((x + 1)(N - n - m + x + 1)),

and p is the share of the weights that are no larger than the observed one.

Axes: v variants, b batches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from association.genotypes.hardy_weinberg import LARGE, NEGLIGIBLE, SMALL
from association.genotypes.variant_metrics import ratio
from association.kernels import njit

# Batches with fewer samples are compared with no other.
SMALLEST_BATCH = 30
# A difference of at most this is no matter, and is not tested.
SMALLEST_SPREAD = 0.02
# Weights that differ by less are the same number, computed along two ways.
TIE = 1 + 1e-7


def batch_difference(
    missing: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the largest difference of call rates and its p-value, nan where there is none (v each).

    Parameters
    ----------
    missing
        Missing calls (v, b).
    sizes
        Samples that should have a call (v, b).
    """
    compared = sizes >= SMALLEST_BATCH
    rates = 1 - ratio(missing, sizes)
    highest = np.max(rates, axis=1, where=compared, initial=0.0)
    lowest = np.min(rates, axis=1, where=compared, initial=1.0)
    spread = np.where(np.count_nonzero(compared, axis=1) > 1, highest - lowest, np.nan)
    p = np.full(len(missing), np.nan)
    tested = np.flatnonzero(spread > SMALLEST_SPREAD)
    p[tested] = _smallest_p(missing[tested], sizes[tested], compared[tested])
    return spread, p


@njit(cache=True, nogil=True, error_model="numpy")
def _smallest_p(
    missing: NDArray[np.int64], sizes: NDArray[np.int64], compared: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Test each batch against all others that are compared; the smallest p-value times their number (v)."""
    p = np.empty(len(missing))
    for row in range(missing.shape[0]):
        lost, samples, batches, smallest = 0, 0, 0, 1.0
        for batch in range(missing.shape[1]):
            if compared[row, batch]:
                lost += missing[row, batch]
                samples += sizes[row, batch]
                batches += 1
        for batch in range(missing.shape[1]):
            if compared[row, batch]:
                smallest = min(smallest, fisher_exact(missing[row, batch], lost, sizes[row, batch], samples))
        p[row] = min(1.0, batches * smallest)
    return p


@njit(cache=True, nogil=True, error_model="numpy")
def fisher_exact(own_missing: int, missing: int, own: int, samples: int) -> float:
    """Test whether calls are missing in one batch as in the others, two-sided.

    Parameters
    ----------
    own_missing, missing
        Missing calls in the batch, and in all.
    own, samples
        Samples of the batch, and in all.
    """
    fewest, most = max(0, own + missing - samples), min(own, missing)
    start = int((missing + 1.0) * (own + 1.0) / (samples + 2.0))
    start = min(max(start, fewest), most)
    side = 1 if own_missing > start else -1
    end, other_end = (most, fewest) if side > 0 else (fewest, most)
    # From the start to the observed number: its weight relative to that at the start.
    total, weight, scaled, x = 1.0, 1.0, 0, start
    while x != own_missing:
        weight *= _step(x, side, missing, own, samples)
        x += side
        if scaled == 0:
            total += weight
        if weight < SMALL:
            weight *= LARGE
            scaled += 1
    if scaled == 0 and weight * TIE >= 1:
        return 1.0
    tail, beyond = 1.0, 1.0
    while x != end and beyond > NEGLIGIBLE * tail:
        beyond *= _step(x, side, missing, own, samples)
        x += side
        tail += beyond
    if scaled == 0:
        total += weight * (tail - 1)
    # On the other side: pass over what is likelier, and add what is not.
    other, other_scaled, x = 1.0, 0, start
    while x != other_end:
        other *= _step(x, -side, missing, own, samples)
        x -= side
        if other_scaled == 0:
            total += other
        if other < SMALL:
            other *= LARGE
            other_scaled += 1
        if other_scaled > scaled or (other_scaled == scaled and other <= weight * TIE):
            ratio = other / weight
            for _ in range(other_scaled - scaled):
                ratio *= SMALL
            tail += ratio
            if ratio < NEGLIGIBLE * tail:
                break
    p = weight * tail / total
    for _ in range(scaled):
        p *= SMALL
    return min(1.0, p)


@njit(cache=True, nogil=True, error_model="numpy")
def _step(x: int, side: int, missing: int, own: int, samples: int) -> float:
    """Give the weight of the next number, up or down, relative to that of x."""
    if side > 0:
        return (missing - x) * float(own - x) / ((x + 1.0) * (samples - own - missing + x + 1.0))
    return x * float(samples - own - missing + x) / ((missing - x + 1.0) * (own - x + 1.0))
