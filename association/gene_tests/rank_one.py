"""Eigenvalues of a diagonal matrix to which a rank-one matrix is added.

The eigenvalues of diag(d) + z z' lie between the d, one in each gap and one beyond the largest, and solve

    1 + sum_j z_j^2 / (d_j - x) = 0.

So all mixtures of SKAT-O, and SKAT given the burden, follow from one decomposition of a gene's covariance, at
m^2 steps each instead of m^3.

Axes: m diagonal elements.

References
----------
Bunch JR, Nielsen CP, Sorensen DC (1978) Rank-one modification of the symmetric eigenproblem. Numer. Math. 31:31-48.
doi:10.1007/BF01396012
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit

Floats = NDArray[np.float64]

# A share of the largest element that is lost in its rounding.
ROUNDING = 1e-16
# The interpolation by two poles needs 4 to 7 steps; halving the bracket, the worst it falls back to, ends in fewer.
MOST_STEPS = 200


@njit(cache=True, nogil=True, error_model="numpy")
def add_rank_one(diagonal: Floats, squares: Floats) -> tuple[Floats, Floats]:
    """Give the eigenvalues, and how far each eigenvector leans to z.

    Parameters
    ----------
    diagonal
        d (m), ascending.
    squares
        z^2 (m).

    Returns
    -------
    tuple
        Eigenvalues (m), ascending but for those that are elements of d; and (e'z)^2 of each unit eigenvector e (m).
    """
    size = diagonal.size
    values, leaning = diagonal.copy(), np.zeros(size)
    scale = np.abs(diagonal).max() + squares.sum() if size else 0.0
    # Elements that do not change, and all but one of equals, are eigenvalues as they are.
    poles, weights, owner = np.empty(size), np.empty(size), np.empty(size, np.int64)
    kept = 0
    for j in range(size):
        if squares[j] <= ROUNDING * ROUNDING * scale:
            continue
        if kept and diagonal[j] - poles[kept - 1] <= ROUNDING * scale:
            weights[kept - 1] += squares[j]
            continue
        poles[kept], weights[kept], owner[kept] = diagonal[j], squares[j], j
        kept += 1
    poles, weights = poles[:kept], weights[:kept]
    total = weights.sum()
    for place in range(kept):
        gap = poles[place + 1] - poles[place] if place + 1 < kept else total
        origin, offset = _root(poles, weights, place, gap)
        values[owner[place]] = poles[origin] + offset
        # By the equation e'z = 1 / |(d - x)^-1 z|.
        length = 0.0
        for j in range(kept):
            distance = (poles[j] - poles[origin]) - offset
            length += weights[j] / (distance * distance)
        leaning[owner[place]] = 1 / length
    return values, leaning


@njit(cache=True, nogil=True, error_model="numpy")
def _root(poles: Floats, weights: Floats, place: int, gap: float) -> tuple[int, float]:
    """Solve the equation between a pole and the next: give the nearer pole, and the distance from it."""
    last = place + 1 == poles.size
    middle = _sums(poles, weights, place, place, gap / 2)
    origin = place if last or 1 + middle[0] + middle[1] >= 0 else place + 1
    low, high = (0.0, gap / 2) if origin == place else (-gap / 2, 0.0)
    if last:
        low, high = (0.0, gap / 2) if 1 + middle[0] + middle[1] >= 0 else (gap / 2, gap)
    x = (low + high) / 2
    left, right = poles[place] - poles[origin], poles[place] + gap - poles[origin]
    for _ in range(MOST_STEPS):
        below, above, slope_below, slope_above = _sums(poles, weights, place, origin, x)
        value = 1 + below + above
        if value > 0:
            high = x
        else:
            low = x
        if value == 0 or not low < (low + high) / 2 < high:
            break
        # Each sum as a constant and its nearest pole, with value and slope as here: a quadratic equation.
        behind, ahead = left - x, right - x
        constant = value - slope_below * behind - (0.0 if last else slope_above * ahead)
        near, far = slope_below * behind**2, (0.0 if last else slope_above * ahead**2)
        width = right - left
        linear = constant * width + near + far
        root = np.sqrt(max(linear * linear - 4 * constant * near * width, 0.0))
        step = 2 * near * width / (linear + root) if linear > 0 else (linear - root) / (2 * constant)
        following = left + step
        if last:
            following = left + near / constant
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - x) <= 4 * ROUNDING * abs(following):
            x = following
            break
        x = following
    return origin, x


@njit(cache=True, nogil=True, error_model="numpy")
def _sums(poles: Floats, weights: Floats, place: int, origin: int, x: float) -> tuple[float, float, float, float]:
    """Sum over the poles up to `place` and over those beyond: values and slopes."""
    below, above, slope_below, slope_above = 0.0, 0.0, 0.0, 0.0
    for j in range(poles.size):
        ratio = 1 / ((poles[j] - poles[origin]) - x)
        if j <= place:
            below += weights[j] * ratio
            slope_below += weights[j] * ratio * ratio
        else:
            above += weights[j] * ratio
            slope_above += weights[j] * ratio * ratio
    return below, above, slope_below, slope_above
