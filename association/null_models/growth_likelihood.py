"""The likelihood of repeated scores whose level and trend differ between samples.

A sample's visits have design Z_i = [1, t_i] and

    y_i = Z_i (B_i b + u_i) + e_i,   u_i ~ N(0, s2 L L'),   e_i ~ N(0, s2 I),

where B_i b is the mean level and trend: level columns times their effects, trend columns times theirs. With
A_i = Z_i'Z_i, m_i = Z_i'y_i and Q_i = I + L'A_i L, everything that the likelihood needs is 2 x 2 per sample:

    W_i = Z_i'(S_i/s2)^-1 Z_i = A_i - A_i L Q_i^-1 L'A_i,   log det(S_i/s2) = log det Q_i.

b and s2 are profiled out. The entries of L are unconstrained: a variance of zero is an ordinary point at which the
likelihood is smooth, not an edge.

Axes: n samples, p level columns, q trend columns.

References
----------
Laird NM, Ware JH (1982) Random-effects models for longitudinal data. Biometrics 38:963-974. doi:10.2307/2529876
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from association.null_models.null_model import Floats, Integers
from association.problems import InputError

# A maximum is found when the quadratic model of the optimiser promises no more than this share of the likelihood.
CONVERGED = 1e-11
# The optimiser's own test, on the gradient, is never met first: it stops where rounding stops it.
FLAT = 1e-9
# Each restart forgets a curvature learnt far from the maximum; two were enough on every cohort tried.
MOST_RESTARTS = 10


@dataclass(frozen=True)
class VisitSums:
    """What the likelihood needs of the visits.

    Attributes
    ----------
    gram
        Entries (0,0), (0,1) and (1,1) of A: sums of 1, t and t^2 (3, n).
    moments
        m, sums of y and t y (2, n).
    square
        Sum of y^2 over all visits.
    visits
        Number of visits.
    """

    gram: Floats
    moments: Floats
    square: float
    visits: int


@dataclass(frozen=True)
class GrowthLikelihood:
    """The profile likelihood at one L.

    Attributes
    ----------
    factor
        Entries (0,0), (1,0) and (1,1) of L (3).
    log_likelihood
        At the best b and s2.
    gradient
        By the entries of L (3).
    effects
        Best b: of level columns, then of trend columns (p + q).
    information
        Information of b times s2 (p + q, p + q).
    residual_variance
        Best s2.
    """

    factor: Floats
    log_likelihood: float
    gradient: Floats
    effects: Floats
    information: Floats
    residual_variance: float

    @property
    def covariance(self) -> Floats:
        """Covariance of a sample's own level and trend (2, 2)."""
        lower = _lower(self.factor)
        return np.asarray(self.residual_variance * lower @ lower.T, dtype=np.float64)


def sum_visits(sample: Integers, times: Floats, scores: Floats, samples: int) -> VisitSums:
    """Sum visits within samples.

    Parameters
    ----------
    sample
        Position of each visit's sample, 0 .. samples - 1.
    times, scores
        Time and score of each visit.
    samples
        Number of samples n; one without visits sums to zero.
    """

    def within(values: Floats) -> Floats:
        return np.bincount(sample, weights=values, minlength=samples).astype(np.float64)

    gram = np.stack([within(np.ones(times.size)), within(times), within(times**2)])
    moments = np.stack([within(scores), within(times * scores)])
    return VisitSums(gram, moments, float(scores @ scores), sample.size)


def growth_likelihood(sums: VisitSums, level: Floats, trend: Floats, factor: Floats) -> GrowthLikelihood:
    """Evaluate the profile likelihood.

    Parameters
    ----------
    sums
        Sums of the visits.
    level, trend
        Columns of the mean level (n, p) and of the mean trend (n, q), of full rank.
    factor
        Entries (0,0), (1,0) and (1,1) of L (3).
    """
    lower = _lower(factor)
    weights, scores, explained, determinant = _shrink(sums, lower)
    information = _information(weights, level, trend)
    right = np.concatenate([level.T @ scores[0], trend.T @ scores[1]])
    effects = np.linalg.solve(information, right)
    variance = (sums.square - explained - float(effects @ right)) / sums.visits
    one, other = level @ effects[: level.shape[1]], trend @ effects[level.shape[1] :]
    left = scores - np.stack([weights[0] * one + weights[1] * other, weights[1] * one + weights[2] * other])
    total = weights.sum(axis=1)
    slope = (left @ left.T / variance - np.array([[total[0], total[1]], [total[1], total[2]]])) @ lower
    fit = -sums.visits / 2 * (math.log(2 * math.pi * variance) + 1) if variance > 0 else math.inf
    gradient = np.array([slope[0, 0], slope[1, 0], slope[1, 1]])
    return GrowthLikelihood(factor, fit - determinant / 2, gradient, effects, information, variance)


def least_squares(sums: VisitSums, level: Floats, trend: Floats) -> Floats:
    """Give the effects (p + q) by least squares, as if no sample had a level or trend of its own."""
    information = _information(sums.gram, level, trend)
    right = np.concatenate([level.T @ sums.moments[0], trend.T @ sums.moments[1]])
    return np.asarray(np.linalg.solve(information, right), dtype=np.float64)


def maximise_growth_likelihood(sums: VisitSums, level: Floats, trend: Floats) -> tuple[GrowthLikelihood, int]:
    """Find the L of the greatest likelihood, and the number of iterations it took.

    Parameters
    ----------
    sums, level, trend
        As in `growth_likelihood`, with times scaled to a spread near 1.

    Raises
    ------
    InputError
        If the likelihood has no maximum, or none is found.
    """

    def descend(factor: Floats) -> tuple[float, Floats]:
        point = growth_likelihood(sums, level, trend, factor)
        return -point.log_likelihood, -point.gradient

    factor, iterations = np.array([1.0, 0.0, 1.0]), 0
    for _ in range(MOST_RESTARTS):
        found = minimize(descend, factor, method="BFGS", jac=True, options={"gtol": FLAT})
        factor, iterations = found.x, iterations + int(found.nit)
        promised = float(found.jac @ found.hess_inv @ found.jac) / 2
        if np.isfinite(found.fun) and promised <= CONVERGED * abs(found.fun):
            return growth_likelihood(sums, level, trend, factor), iterations
    message = (
        "the random intercept and slope model does not converge: scores may lie on straight lines, or samples may "
        "have too few visits to tell noise from trend; look at the visits, or use a survival trait"
    )
    raise InputError.single("null model", "visits", message)


def _lower(factor: Floats) -> Floats:
    return np.array([[factor[0], 0.0], [factor[1], factor[2]]])


def _shrink(sums: VisitSums, lower: Floats) -> tuple[Floats, Floats, float, float]:
    """Give W (3, n), Z'(S/s2)^-1 y (2, n), the sum of squares that own levels and trends explain, and log det(S/s2).

    All matrices are 2 x 2 and symmetric, or triangular, so they are written out.
    """
    count, first, second = sums.gram
    (a, _), (b, c) = lower
    # The columns of A L, and I + L'A L.
    up = np.stack([count * a + first * b, first * a + second * b])
    down = np.stack([first * c, second * c])
    inner = np.stack([1 + a * up[0] + b * up[1], a * down[0] + b * down[1], 1 + c * down[1]])
    determinant = inner[0] * inner[2] - inner[1] ** 2
    inverse = np.stack([inner[2], -inner[1], inner[0]]) / determinant
    turned = np.stack([a * sums.moments[0] + b * sums.moments[1], c * sums.moments[1]])
    shrunk = _times(inverse, turned)
    by_row = [_times(inverse, np.stack([up[row], down[row]])) for row in (0, 1)]
    weights = np.stack(
        [
            count - up[0] * by_row[0][0] - down[0] * by_row[0][1],
            first - up[0] * by_row[1][0] - down[0] * by_row[1][1],
            second - up[1] * by_row[1][0] - down[1] * by_row[1][1],
        ]
    )
    scores = sums.moments - up * shrunk[0] - down * shrunk[1]
    return weights, scores, float((turned * shrunk).sum()), float(np.log(determinant).sum())


def _times(symmetric: Floats, vector: Floats) -> Floats:
    """Multiply symmetric matrices (3, n) and vectors (2, n)."""
    return np.stack(
        [symmetric[0] * vector[0] + symmetric[1] * vector[1], symmetric[1] * vector[0] + symmetric[2] * vector[1]]
    )


def _information(weights: Floats, level: Floats, trend: Floats) -> Floats:
    """Give sum_i B_i'W_i B_i, block by block, of entries (0,0), (0,1) and (1,1) of W (3, n)."""
    across = level.T @ (weights[1, :, None] * trend)
    levels = level.T @ (weights[0, :, None] * level)
    trends = trend.T @ (weights[2, :, None] * trend)
    return np.block([[levels, across], [across.T, trends]])
