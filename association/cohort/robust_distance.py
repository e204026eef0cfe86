"""How far points lie from the main cluster among them, whatever else is there.

The cluster is grown from the densest quarter: mean and covariance of the points in it, then all those points are
in it whose

    squared distance = (x - mean)' covariance^-1 (x - mean)

is below the upper `tail` quantile of chi-square with as many degrees of freedom as there are axes, and so on until it
stays the same. It is the main cluster if it holds at least a quarter of the points, and normal in shape.

References
----------
Rousseeuw, Van Driessen. A fast algorithm for the minimum covariance determinant estimator. Technometrics 1999.
doi:10.1080/00401706.1999.10485670 (the steps; growing from the densest part is ours)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import chi2

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A point of a normal cluster of 10,000 falls outside.
TAIL = 1e-4
START_SHARE = 0.25
# Points from which the densest part is sought, evenly spaced.
MOST_STARTS = 500
MOST_ROUNDS = 100
# Points per axis below which no covariance is taken.
FEWEST_PER_AXIS = 5


@dataclass(frozen=True)
class MainCluster:
    """The main cluster among points.

    Attributes
    ----------
    squared_distance
        Of each point; NaN where a coordinate is missing (n).
    member
        Whether it is in the cluster (n).
    limit
        Squared distance up to which a point is.
    converged
        Whether the cluster came to stay the same.
    """

    squared_distance: Floats
    member: Mask
    limit: float
    converged: bool


def main_cluster(points: Floats, *, tail: float = TAIL) -> MainCluster | None:
    """Find the main cluster; None where there are too few points, or no axis along which they differ.

    Parameters
    ----------
    points
        Coordinates (n, k); a row with a missing one is in no cluster.
    tail
        Share of a normal cluster that is left outside.
    """
    known = np.isfinite(points).all(axis=1)
    axes = points.shape[1]
    if axes == 0 or known.sum() < FEWEST_PER_AXIS * (axes + 1):
        return None
    spread = points[known].std(axis=0)
    if not np.all(spread > 0):
        return None
    scaled = (points[known] - np.median(points[known], axis=0)) / spread
    limit = float(chi2.isf(tail, axes))
    inside, converged = _densest(scaled), False
    squared = np.zeros(len(scaled))
    for _ in range(MOST_ROUNDS):
        squared = _squared_distance(scaled, inside)
        grown = squared <= limit
        if grown.sum() < FEWEST_PER_AXIS * axes:
            break
        converged = bool(np.array_equal(grown, inside))
        if converged:
            break
        inside = grown
    distance, member = np.full(len(points), np.nan), np.zeros(len(points), dtype=bool)
    distance[known], member[known] = squared, squared <= limit
    return MainCluster(distance, member, limit, converged)


def _densest(points: Floats) -> Mask:
    """Give the quarter of the points that lies closest around one of them."""
    number = len(points)
    size = max(int(np.ceil(START_SHARE * number)), FEWEST_PER_AXIS * points.shape[1])
    starts = np.unique(np.linspace(0, number - 1, min(number, MOST_STARTS)).astype(np.intp))
    radius = [np.partition(np.sum((points - points[start]) ** 2, axis=1), size - 1)[size - 1] for start in starts]
    best = int(np.argmin(radius))
    return np.asarray(np.sum((points - points[starts[best]]) ** 2, axis=1) <= radius[best])


def _squared_distance(points: Floats, inside: Mask) -> Floats:
    centre = points[inside].mean(axis=0)
    covariance = np.atleast_2d(np.cov(points[inside], rowvar=False))
    # Coordinates are in standard deviations of all points: a cluster flatter than this has no width to measure.
    factor = cho_factor(covariance + 1e-12 * np.eye(len(centre)))
    away = points - centre
    return np.asarray(np.einsum("ij,ji->i", away, cho_solve(factor, away.T)))
