"""Permutation tails of a burden without permuting, for scans where every gene can't have its millions.

Permuted within strata, the score of a burden is U = sum over carriers of b_i M_pi(i): each stratum deals its
residuals M, without replacement, to its carriers with burdens b. With exp(G(t)) its moment generating function
(`stratified_draw`: a saddlepoint for the finite population, exact where few are drawn of many) and c > 0 the saddle
point of G(t) - t u - log t,

    P(U >= u) = 1/pi int_0^inf Re[exp(G(s) - s u) / s] dy,   s = c + iy,

by the trapezoidal rule. For P(U <= u) U and u change sign.

The integral takes the place of Lugannani and Rice's formula, which holds where U is smooth. Residuals of a rare event
are d - E with d = 0 or 1, so that U runs in clusters one event apart: with 2% events and 20 carriers the formula is
off up to fourfold, while the integral takes in every multiple of 2 pi. Nor does it fail near the mean.

Axes: S strata, q nodes, k carriers, D classes of carriers with the same stratum and burden.

References
----------
Daniels HE (1987) Tail probability approximations. Int. Stat. Rev. 55:37-48. doi:10.2307/1403269
Dey R, Schmidt EM, Abecasis GR, Lee S (2017) A fast and accurate algorithm to test for binary phenotypes. AJHG
101:37-49. doi:10.1016/j.ajhg.2017.05.014
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from association.calibration.residual_cumulants import Floats, Integers, ResidualCumulants
from association.calibration.stratified_draw import (
    FAST,
    group_carriers,
    highest_score,
    log_arrangements,
    log_transform,
    log_transform_at_zero,
    score_derivatives,
    set_tilt,
)

# Sums that are equal in exact arithmetic differ by rounding: this share of their terms, all taken at their largest.
TIE_TOLERANCE = 1e-12
# A vertex this close serves as well as the saddle point; only the number of terms depends on it.
VERTEX_TOLERANCE = 1e-2
MOST_STEPS = 100
# The steepest tilt looked at, over a class's range of residuals: it leaves exp(-100) of all but the extreme ones.
STEEPEST = 100.0
# The sum repeats itself every 2 pi / step: at 8 standard deviations the repeats weigh 4e-5 at most.
PERIOD = 8.0
# Terms below exp(-12) = 6e-6 of the first are lost.
LOST = 12.0
# exp(-5^2 / 2) = 4e-6: a blur of 5 / y ends the integral at y. Ties count whole if u is then moved by 4 blurs.
BLUR, MOVED = 5.0, 4.0
# No log of a probability.
UNKNOWN = 1.0


@dataclass(frozen=True)
class TwoTails:
    """Both tails of a permutation distribution; the observed value belongs to each.

    Attributes
    ----------
    log10_upper
        log10 P(U >= u); minus infinity where no permutation reaches u.
    log10_lower
        log10 P(U <= u), likewise.
    """

    log10_upper: float
    log10_lower: float

    @property
    def log10_two_sided(self) -> float:
        """Twice the smaller tail, at most 1; NaN where either tail is."""
        # Python's min() would drop a NaN.
        return float(np.minimum(0.0, math.log10(2) + np.minimum(self.log10_upper, self.log10_lower)))


def saddlepoint_log10_p(cumulants: ResidualCumulants, score: float, burden: Floats, strata: Integers) -> TwoTails:
    """Give the permutation tails of a burden's score.

    Parameters
    ----------
    cumulants
        The trait's residuals.
    score
        U, the sum of burden times residual, of the residuals that `cumulants` was made of.
    burden
        Burden of each carrier (k); the samples left out have none.
    strata
        Stratum of each carrier (k).

    Returns
    -------
    TwoTails
        NaN where the integral fails.

    Notes
    -----
    Meant for 10 carriers and more: the sum of fewer residuals is not smooth enough for the nodes, which makes its
    tails too large, several times at 5 carriers. Two tails of a U without ties add up to 1. Where U has ties
    (residuals of few distinct values) the tail is that of a value a hair less extreme, so that ties count whole.
    """
    tails = _two_tails(
        score,
        np.asarray(burden, dtype=np.float64),
        np.asarray(strata, dtype=np.int64),
        cumulants.nodes,
        cumulants.masses,
        cumulants.frequency_steps,
        cumulants.trusted,
        cumulants.decay,
        cumulants.running_sums,
        cumulants.offsets,
    )
    return TwoTails(tails[0] / math.log(10), tails[1] / math.log(10))


@FAST
def _two_tails(
    score: float,
    burden: Floats,
    strata: Integers,
    nodes: Floats,
    masses: Floats,
    steps: Floats,
    trusted: Integers,
    decay: Floats,
    running_sums: Floats,
    offsets: Integers,
) -> tuple[float, float]:
    """Give the logs of the upper and the lower tail."""
    sizes, totals = offsets[1:] - offsets[:-1] - 1, running_sums[offsets[1:] - 1]
    own, values, counts, fixed = group_carriers(burden, strata, sizes, totals)
    highest = highest_score(own, values, counts, running_sums, offsets)
    lowest = -highest_score(own, -values, counts, running_sums, offsets)
    margin = TIE_TOLERANCE * (highest - lowest + abs(fixed) + np.abs(burden).sum() * np.abs(nodes).max())
    fewest = -log_arrangements(own, counts, sizes)
    last, blur = _last_frequency(own, values, counts, steps, trusted, decay)
    mean = (counts * values * totals[own] / sizes[own]).sum()
    tails = np.full(2, UNKNOWN)
    for side, sign, low, high in ((0, 1.0, lowest, highest), (1, -1.0, -highest, -lowest)):
        u = sign * (score - fixed)
        if u > high + margin:
            tails[side] = -np.inf
        elif u <= low + margin:
            tails[side] = 0.0
        elif blur > 0 or u >= sign * mean:
            tail = _upper_tail(u, own, sign * values, counts, nodes, masses, totals / sizes, last, blur)
            tails[side] = min(max(tail, fewest), 0.0)
    for side in range(2):
        if tails[side] == UNKNOWN:  # without ties the tails add up to 1, and the larger one has no digits to lose
            tails[side] = fewest if tails[1 - side] == 0 else math.log1p(-math.exp(tails[1 - side]))
    return tails[0], tails[1]


@FAST
def _last_frequency(
    own: Integers, burden: Floats, count: Floats, steps: Floats, trusted: Integers, decay: Floats
) -> tuple[float, float]:
    """Say from which frequency on nothing is left of the characteristic function, or which blur makes it so."""
    limit = np.inf
    for k in range(own.size):
        limit = min(limit, (trusted[own[k]] - 1) * steps[own[k]] / abs(burden[k]))
    low, high = 0.0, limit
    while high - low > 0.02 * high:
        middle = (low + high) / 2
        fallen = 0.0
        for k in range(own.size):
            fallen += count[k] * decay[own[k], int(middle * abs(burden[k]) / steps[own[k]])]
        low, high = (low, middle) if fallen > LOST else (middle, high)
    blur = BLUR / limit if high == limit else 0.0
    return high, blur


@FAST
def _upper_tail(
    u: float,
    own: Integers,
    burden: Floats,
    count: Floats,
    nodes: Floats,
    masses: Floats,
    means: Floats,
    last: float,
    blur: float,
) -> float:
    """Give log P(U >= u) by the trapezoidal rule through the vertex."""
    u -= MOVED * blur
    tilt, turn = np.empty((own.size, nodes.shape[1])), np.empty((own.size, nodes.shape[1]))
    shares = np.empty((own.size, nodes.shape[1]), np.complex128)
    c, u, curvature = _vertex(u, own, burden, count, nodes, masses, means, blur)
    base = set_tilt(c, own, burden, count, nodes, masses, tilt, turn)
    along = tilt.astype(np.complex128)
    top = log_transform(along, own, count, masses, np.inf, shares).real
    step = 2 * math.pi / (PERIOD * math.sqrt(curvature + 1 / c**2))
    turned = np.exp(1j * step * turn)
    total, quiet, k = 0.5, 0, 0
    while quiet < 5 or k * step < last:
        k += 1
        along *= turned
        value = log_transform(along, own, count, masses, top, shares)
        y = k * step
        exponent = value - top + 1j * y * (base - u) + blur**2 * (1j * c * y - y * y / 2)
        term = np.exp(exponent) / complex(1.0, y / c)
        total += term.real
        quiet = quiet + 1 if abs(term) < math.exp(-LOST) else 0
        if blur > 0.0 and y > last:
            break
    log_mass = top - log_transform_at_zero(own, count, masses) + c * (base - u) + (blur * c) ** 2 / 2
    tail: float = log_mass + np.log(total * step / (math.pi * c))
    return tail


@FAST
def _vertex(
    u: float, own: Integers, burden: Floats, count: Floats, nodes: Floats, masses: Floats, means: Floats, blur: float
) -> tuple[float, float, float]:
    """Solve G'(c) - u - 1/c = 0, which rises, for c > 0; where the nodes do not reach u, lower it to what they do.

    Gives c, u and G''(c).
    """
    tilt, turn = np.empty((own.size, nodes.shape[1])), np.empty((own.size, nodes.shape[1]))
    shares = np.empty((own.size, nodes.shape[1]), np.complex128)
    reach = 0.0
    mean, variance = 0.0, blur**2
    for k in range(own.size):
        x = nodes[own[k]][masses[own[k]] > 0]
        reach = max(reach, abs(burden[k]) * (x.max() - x.min()))
        mean += count[k] * burden[k] * means[own[k]]
        spread = (masses[own[k]] * (nodes[own[k]] - means[own[k]]) ** 2).sum() / masses[own[k]].sum()
        variance += count[k] * burden[k] ** 2 * spread
    low, high = 0.0, STEEPEST / reach
    c = min(((u - mean) + math.sqrt((u - mean) ** 2 + 4 * variance)) / (2 * variance), high)
    slope, curvature = 0.0, 0.0
    for _ in range(MOST_STEPS):
        set_tilt(c, own, burden, count, nodes, masses, tilt, turn)
        log_transform(tilt.astype(np.complex128), own, count, masses, np.inf, shares)
        slope, curvature = score_derivatives(shares.real, own, burden, count, nodes, masses, means)
        slope += blur**2 * c
        curvature += blur**2
        gap = slope - u - 1 / c
        if gap > 0:
            high = c
        else:
            low = c
        following = c - gap / (curvature + 1 / c**2)
        if not low < following < high:
            following = (low + high) / 2 if low > 0 else high / 10
        if abs(following - c) <= VERTEX_TOLERANCE * c:
            break
        c = following
    return c, min(u, slope), curvature
