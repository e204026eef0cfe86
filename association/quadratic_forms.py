"""The upper tail of a weighted sum of chi-squares, exactly and at any depth.

With Q = sum_j lambda_j chi2_1(delta_j) and its cumulant generating function

    K(s) = -1/2 sum_j log(1 - 2 lambda_j s) + sum_j delta_j lambda_j s / (1 - 2 lambda_j s),

    P(Q > q) = 1/(2 pi i) int exp(phi(s)) ds,   phi(s) = K(s) - s q - log s,

along any path that crosses the real axis in (0, 1/(2 max lambda)). The path here is a hyperbola whose vertex
is the saddle point of phi and whose curvature there is that of steepest descent, so the trapezoidal rule
converges geometrically and nothing cancels: a tail of 1e-1000 is as precise as one of 0.1. Crossing left of
the pole at 0, with log(-s) in phi, gives the lower tail instead. Rank one has a closed form.

Axes: g genes (one spectrum each), m eigenvalues, padded with zeros.

References
----------
Weideman JAC, Trefethen LN (2007) Parabolic and hyperbolic contours for computing the Bromwich integral.
Math. Comp. 76:1341-1356. doi:10.1090/S0025-5718-07-01945-X
Lugannani R, Rice S (1980) Saddle point approximation for the distribution of the sum of independent random
variables. Adv. Appl. Probab. 12:475-490. doi:10.2307/1426607
"""

from __future__ import annotations

import cmath
import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import log_ndtr

Floats = NDArray[np.float64]

# Below this share of the largest eigenvalue a term is its mean, to 1e-10 in p, and an eigenvalue of a
# covariance is noise.
NEGLIGIBLE = 1e-10
# P(Q < q) <= P(chi2_1 < q) < sqrt(q) at max lambda = 1: below this q the upper tail rounds to 1.
SURELY_EXCEEDED = 1e-40
# The hyperbola's asymptotes leave the real axis at this angle: inside the half plane where exp(-s q) decays.
ANGLE = math.pi / 3
# A Gaussian summed at this many standard deviations a step errs by 2 exp(-2 pi^2 / 0.35^2) < 1e-69.
GAUSSIAN_STEP = 0.35
# Far from Gaussian the steps are in the hyperbola's own parameter; 0.1 was measured to leave 5e-12.
LARGEST_STEP = 0.1
# Terms below this share of the first are lost in the sum's rounding.
LAST_TERM = 1e-19
# 72 terms are enough on every spectrum measured; a path that needs this many has failed.
MOST_TERMS = 400
# Bisection alone, the worst that Newton falls back to, reaches the last bit in fewer.
MOST_STEPS = 200
# Any vertex gives the same integral; only the number of terms depends on it.
VERTEX_TOLERANCE = 1e-6


def upper_tail_log10(statistic: Floats, eigenvalues: Floats, noncentrality: Floats | None = None) -> Floats:
    """Give log10 P(Q > q) of each gene's quadratic form.

    Parameters
    ----------
    statistic
        Observed values q (g); at or below zero the tail is 1.
    eigenvalues
        Non-negative weights lambda (g, m), padded with zeros, in any order.
    noncentrality
        Noncentralities delta (g, m) of the terms; absent means central.

    Returns
    -------
    Floats
        log10 of the upper tail (g). It is nan where there is nothing to test: a missing input, a spectrum of
        zeros under a positive statistic, or an eigenvalue that is negative beyond rounding.

    Raises
    ------
    ValueError
        If the shapes do not agree.

    Notes
    -----
    Negligible terms are replaced by their means. R's `CompQuadForm::davies` and `farebrother` stop near 1e-16
    because they compute the tail as a difference from 1.
    """
    weights = np.asarray(eigenvalues, dtype=np.float64)
    values = np.asarray(statistic, dtype=np.float64)
    shifts = np.zeros_like(weights) if noncentrality is None else np.asarray(noncentrality, dtype=np.float64)
    if weights.ndim != 2 or values.shape != weights.shape[:1] or shifts.shape != weights.shape:
        raise ValueError(
            f"expected statistic (g) and eigenvalues (g, m), with noncentrality of the same shape: found "
            f"{values.shape}, {weights.shape} and {shifts.shape}"
        )
    if weights.shape[1] == 0:
        return np.where(values <= 0, 0.0, np.nan)
    scaled, kept, testable = _scale(values, weights, shifts)
    log_tail = np.full(values.shape, np.nan)
    present = np.isfinite(weights).all(axis=1) & np.isfinite(shifts).all(axis=1)
    exceeded = testable & (scaled < SURELY_EXCEEDED)
    log_tail[(present & (values <= 0)) | exceeded] = 0.0
    rank = (kept > 0).sum(axis=1)
    single = testable & ~exceeded & (rank == 1)
    log_tail[single] = _rank_one(scaled[single], shifts[single, kept[single].argmax(axis=1)])
    rows = np.flatnonzero(testable & ~exceeded & (rank > 1))
    log_tail[rows] = _log_tails(scaled[rows], kept[rows], shifts[rows])
    return log_tail / math.log(10)


def upper_tail(statistic: Floats, eigenvalues: Floats, noncentrality: Floats | None = None) -> Floats:
    """Give P(Q > q) itself: zero below 1e-308, where `upper_tail_log10` goes on.

    Parameters
    ----------
    statistic, eigenvalues, noncentrality
        As in `upper_tail_log10`.

    Raises
    ------
    ValueError
        If the shapes do not agree.
    """
    return np.asarray(10.0 ** upper_tail_log10(statistic, eigenvalues, noncentrality), dtype=np.float64)


def _scale(values: Floats, weights: Floats, shifts: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Scale each spectrum to a largest eigenvalue of 1 and replace its negligible terms by their means."""
    largest = weights.max(axis=1)
    sound = (largest > 0) & np.isfinite(largest) & np.isfinite(values) & (values > 0)
    sound &= (weights.min(axis=1) >= -NEGLIGIBLE * largest) & np.isfinite(shifts).all(axis=1)
    scale = np.where(sound, largest, 1.0)
    kept = weights / scale[:, None]
    negligible = kept * np.sqrt(1 + 2 * np.abs(shifts)) <= NEGLIGIBLE
    mean = np.where(negligible, kept * (1 + shifts), 0.0).sum(axis=1)
    return values / scale - mean, np.where(negligible, 0.0, kept), sound


def _rank_one(values: Floats, shifts: Floats) -> Floats:
    """Give log P(chi2_1(delta) > q): the two tails of a normal variable."""
    root, mean = np.sqrt(values), np.sqrt(shifts)
    return np.asarray(np.logaddexp(log_ndtr(mean - root), log_ndtr(-mean - root)), dtype=np.float64)


@njit(cache=True)
def _log_tails(values: Floats, weights: Floats, shifts: Floats) -> Floats:
    """Give log P(Q > q) row by row; every row has a positive value and at least two positive weights."""
    tails = np.empty(values.size)
    for row in range(values.size):
        used = weights[row] > 0
        eigenvalues, deltas = weights[row][used], shifts[row][used]
        upper = values[row] >= np.sum(eigenvalues * (1 + deltas))
        if upper:
            vertex = _saddle(0.0, 0.5, values[row], eigenvalues, deltas)
        else:
            vertex = _lower_vertex(values[row], eigenvalues, deltas)
        tail = _contour(values[row], eigenvalues, deltas, vertex)
        tails[row] = tail if upper else math.log1p(-math.exp(tail))
    return tails


@njit(cache=True)
def _derivatives(s: float, value: float, weights: Floats, shifts: Floats) -> tuple[float, float, float]:
    """Give phi', phi'' and phi''' at real s."""
    first, second, third = -value - 1 / s, 1 / (s * s), -2 / (s * s * s)
    for weight, shift in zip(weights, shifts):  # noqa: B905
        ratio = weight / (1 - 2 * weight * s)
        tilt = shift / (1 - 2 * weight * s)
        first += ratio * (1 + tilt)
        second += 2 * ratio * ratio * (1 + 2 * tilt)
        third += 8 * ratio * ratio * ratio * (1 + 3 * tilt)
    return first, second, third


@njit(cache=True)
def _lower_vertex(value: float, weights: Floats, shifts: Floats) -> float:
    """Find the saddle point left of the pole at 0."""
    low = -1.0
    while _derivatives(low, value, weights, shifts)[0] > 0:
        low *= 4
    vertex: float = _saddle(low, 0.0, value, weights, shifts)
    return vertex


@njit(cache=True)
def _saddle(low: float, high: float, value: float, weights: Floats, shifts: Floats) -> float:
    """Solve phi' = 0, which rises from low to high, by Newton steps kept inside the bracket."""
    start, end = low, high
    s: float = (low + high) / 2
    following = s
    for _ in range(MOST_STEPS):
        first, second, _third = _derivatives(s, value, weights, shifts)
        if first > 0:
            high = s
        else:
            low = s
        following = s - first / second
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - s) <= VERTEX_TOLERANCE * min(s - start, end - s):
            break
        s = following
    return following


@njit(cache=True)
def _exponent(s: complex, value: float, weights: Floats, shifts: Floats, side: float) -> complex:
    """Give phi at s: side is 1 right of the pole, -1 left of it."""
    phi = -s * value - cmath.log(side * s)
    for weight, shift in zip(weights, shifts):  # noqa: B905
        factor = 1 - 2 * weight * s
        phi -= 0.5 * cmath.log(factor)
        if shift > 0:
            phi += shift * weight * s / factor
    return phi


@njit(cache=True)
def _contour(value: float, weights: Floats, shifts: Floats, vertex: float) -> float:
    """Integrate exp(phi) along the hyperbola through the vertex, and give the log of the tail."""
    _first, second, third = _derivatives(vertex, value, weights, shifts)
    sigma = 1 / math.sqrt(second)
    curvature = max(third / (6 * second), 0.1 / sigma)
    along, across = math.cos(ANGLE), math.sin(ANGLE)
    size = along / (2 * curvature * across * across)
    step = min(GAUSSIAN_STEP * sigma / (size * across), LARGEST_STEP)
    side = 1.0 if vertex > 0 else -1.0
    top = _exponent(complex(vertex, 0.0), value, weights, shifts, side)
    total = 0.5 * size * across
    for k in range(1, MOST_TERMS):
        cosh, sinh = math.cosh(k * step), math.sinh(k * step)
        s = complex(vertex + size * along * (cosh - 1), size * across * sinh)
        slope = complex(size * along * sinh, size * across * cosh)
        term = cmath.exp(_exponent(s, value, weights, shifts, side) - top) * slope
        total += term.imag
        if abs(term) <= LAST_TERM * size:
            tail: float = top.real + math.log(total * step / math.pi)
            return tail
    return math.nan
