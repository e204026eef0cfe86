"""Exact test of Hardy-Weinberg equilibrium, one-sided for an excess of heterozygous calls, with mid-p.

Given n diploid calls that hold a and b of the two alleles, a + b = 2n, h of them are heterozygous with a probability
proportional to

    w(h) = n! 2^h / (((a - h)/2)! h! ((b - h)/2)!),   w(h + 2) / w(h) = (a - h)(b - h) / ((h + 1)(h + 2)).

The p-value is the sum of w over more than the observed number, and half of w at that number, over the sum of all. A
want of heterozygous calls is no mark of poor ones in patients, whose rare recessive variants show it, as inbreeding
does.

Weights are multiplied up step by step from the likeliest number, and scaled where they would underflow: p-values keep
their precision down to the smallest of double precision.

Axes: v variants.

References
----------
Wigginton JE, Cutler DJ, Abecasis GR (2005) A note on exact tests of Hardy-Weinberg equilibrium. doi:10.1086/429864
Graffelman J, Moreno V (2013) The mid p-value in exact tests for Hardy-Weinberg equilibrium.
doi:10.1515/sagmb-2012-0039
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit

# Weights below the first are multiplied by the second, the number of times counted.
SMALL, LARGE = 2.0**-600, 2.0**600
# Weights fall faster and faster: those below this share of the sum add nothing to it.
NEGLIGIBLE = 1e-25


@njit(cache=True, nogil=True, error_model="numpy")
def excess_heterozygosity(
    reference: NDArray[np.int64], heterozygous: NDArray[np.int64], alternate: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give the p-value of as many heterozygous calls or more (v).

    Parameters
    ----------
    reference, heterozygous, alternate
        Diploid calls of each kind (v).
    """
    p = np.empty(len(reference))
    for row in range(len(reference)):
        p[row] = _excess(reference[row], heterozygous[row], alternate[row])
    return p


@njit(cache=True, nogil=True, error_model="numpy")
def _excess(reference: int, heterozygous: int, alternate: int) -> float:
    """Test one variant; where one number alone is possible half its weight is 0.5."""
    a = 2 * min(reference, alternate) + heterozygous
    b = 2 * max(reference, alternate) + heterozygous
    start = _likely(a, b)
    # The sum of all weights, each relative to the one at the start.
    total, weight, h = 1.0, 1.0, start
    while h >= 2 and weight > NEGLIGIBLE * total:
        weight *= h * (h - 1.0) / ((a - h + 2.0) * (b - h + 2.0))
        h -= 2
        total += weight
    weight, h = 1.0, start
    while h < a and weight > NEGLIGIBLE * total:
        weight *= (a - h) * float(b - h) / ((h + 1.0) * (h + 2.0))
        h += 2
        total += weight
    if heterozygous <= start:
        return 1 - float(_fewer(a, b, start, heterozygous)) / total
    return float(_more(a, b, start, heterozygous, total))


@njit(cache=True, nogil=True, error_model="numpy")
def _likely(a: int, b: int) -> int:
    """Give a number of heterozygous calls near the likeliest, of the parity that is possible."""
    h = int(a * float(b) / (a + b)) if a > 0 else 0
    return h + 1 if (h - a) % 2 else h


@njit(cache=True, nogil=True, error_model="numpy")
def _fewer(a: int, b: int, start: int, observed: int) -> float:
    """Sum the weights of fewer than observed, and half of that observed, which is at most the start."""
    weight, h = 1.0, start
    while h > observed and weight > 0:
        weight *= h * (h - 1.0) / ((a - h + 2.0) * (b - h + 2.0))
        h -= 2
    fewer = weight / 2
    while h >= 2 and weight > NEGLIGIBLE * fewer:
        weight *= h * (h - 1.0) / ((a - h + 2.0) * (b - h + 2.0))
        h -= 2
        fewer += weight
    return fewer


@njit(cache=True, nogil=True, error_model="numpy")
def _more(a: int, b: int, start: int, observed: int, total: float) -> float:
    """Give the share of the weights of more than observed, and half of that observed, which is above the start."""
    weight, h, scaled = 1.0, start, 0
    while h < observed:
        weight *= (a - h) * float(b - h) / ((h + 1.0) * (h + 2.0))
        h += 2
        if weight < SMALL:
            weight *= LARGE
            scaled += 1
    beyond, more = 1.0, 0.5
    while h < a and beyond > NEGLIGIBLE * more:
        beyond *= (a - h) * float(b - h) / ((h + 1.0) * (h + 2.0))
        h += 2
        more += beyond
    p = weight * more / total
    for _ in range(scaled):
        p *= SMALL
    return p
