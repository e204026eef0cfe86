"""The upper tail of a weighted sum of chi-squares, exactly and at any depth.

    Q = sum_j lambda_j chi2_{k_j}(delta_j)

Its tails are contour integrals (`association.contour`); rank one has a closed form. With positive eigenvalues and one
degree of freedom each, Q is what SKAT compares. Eigenvalues of both signs stand for ratios: A / B > c where
A - c B > 0.

Axes: g genes (one spectrum each), m eigenvalues, padded with zeros.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from association.contour import log_tails

Floats = NDArray[np.float64]

# Below this share of the largest eigenvalue a term is its mean, to 1e-10 in p, and an eigenvalue of a
# covariance is noise.
NEGLIGIBLE = 1e-10
# P(Q < q) <= P(chi2_1 < q) < sqrt(q) at max lambda = 1: below this q the upper tail rounds to 1.
# A tail changes by less than this times its logarithm over so small a distance: zero stands for it.
NO_DISTANCE = 1e-60
SURELY_EXCEEDED = 1e-40


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
    log_tail[rows] = log_tails(scaled[rows], kept[rows], np.ones_like(kept[rows]), shifts[rows])
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


def upper_tail_log10_indefinite(statistic: Floats, eigenvalues: Floats, degrees: Floats | None = None) -> Floats:
    """Give log10 P(Q > q) of each gene's central quadratic form whose eigenvalues may have both signs.

    Parameters
    ----------
    statistic
        Observed values q (g), of any sign.
    eigenvalues
        Weights lambda (g, m), padded with zeros, in any order.
    degrees
        Degrees of freedom k (g, m) of each term, not negative; absent means 1. A large one costs no more than 1.

    Returns
    -------
    Floats
        log10 of the upper tail (g): minus infinity where Q cannot exceed q, nan where an input is missing, the
        spectrum is zero or the integral does not settle.

    Raises
    ------
    ValueError
        If the shapes do not agree.

    Notes
    -----
    No term is dropped: beside large eigenvalues of one sign, small ones of the other may decide the tail.
    """
    weights = np.asarray(eigenvalues, dtype=np.float64)
    values = np.asarray(statistic, dtype=np.float64)
    counts = np.ones_like(weights) if degrees is None else np.asarray(degrees, dtype=np.float64)
    if weights.ndim != 2 or values.shape != weights.shape[:1] or counts.shape != weights.shape:
        raise ValueError(
            f"expected statistic (g) and eigenvalues (g, m), with degrees of the same shape: found "
            f"{values.shape}, {weights.shape} and {counts.shape}"
        )
    weights = np.where(counts == 0, 0.0, weights)
    largest = np.abs(weights).max(axis=1, initial=0.0)
    sound = (largest > 0) & np.isfinite(largest) & np.isfinite(values) & (counts >= 0).all(axis=1)
    log_tail = np.full(values.shape, np.nan)
    never = sound & (weights.max(axis=1, initial=0.0) <= 0) & (values >= 0)
    always = sound & (weights.min(axis=1, initial=0.0) >= 0) & (values <= SURELY_EXCEEDED * largest)
    log_tail[never], log_tail[always] = -np.inf, 0.0
    rows = np.flatnonzero(sound & ~never & ~always)
    scale = largest[rows]
    kept = weights[rows] / scale[:, None]
    scaled = values[rows] / scale
    scaled = np.where(np.abs(scaled) < NO_DISTANCE, 0.0, scaled)
    log_tail[rows] = log_tails(scaled, kept, counts[rows], np.zeros_like(kept))
    return log_tail / math.log(10)


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
