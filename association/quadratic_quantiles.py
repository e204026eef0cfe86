"""The value that a weighted sum of chi-squares exceeds with a given probability, at any depth.

With Q = sum_j lambda_j chi2_1 and t = -log p, the quantile q, P(Q > q) = p, lies between

    lambda_max z^2,   P(chi2_1 > z^2) = p,   and   sum_j lambda_j + 2 sqrt(t sum_j lambda_j^2) + 2 lambda_max t,

and log(-log P(Q > q)) is nearly linear in log q, so a few secant steps inside that bracket find it.

Axes: g genes (one spectrum each), m eigenvalues, padded with zeros.

References
----------
Laurent B, Massart P (2000) Adaptive estimation of a quadratic functional by model selection. Ann. Stat. 28:1302-1338,
lemma 1. doi:10.1214/aos/1015957395
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri_exp

from association.quadratic_forms import upper_tail_log10

Floats = NDArray[np.float64]

# In log log P; the step that follows is still taken, and leaves the rounding of the tail itself.
CLOSE = 1e-9
# A tail near 1 has a logarithm that is only known to this much.
ROUNDING = 1e-15
# Halving the bracket alone, the worst that secant steps fall back to, ends in fewer.
MOST_STEPS = 100


def upper_quantile(log10_p: Floats, eigenvalues: Floats) -> Floats:
    """Give the q of each gene at which log10 P(Q > q) is as given.

    Parameters
    ----------
    log10_p
        log10 of the upper tail (g), at most 0.
    eigenvalues
        Non-negative weights lambda (g, m), padded with zeros, in any order.

    Returns
    -------
    Floats
        Quantiles (g): 0 where the tail is 1, nan where the spectrum is zero, an input is missing or no root is found.

    Raises
    ------
    ValueError
        If the shapes do not agree.
    """
    informative = eigenvalues.max(axis=1, initial=0.0) > 0
    quantile = np.where(informative & (log10_p == 0), 0.0, np.nan)
    rows = np.flatnonzero(informative & (log10_p < 0) & np.isfinite(log10_p))
    if rows.size:
        quantile[rows] = np.exp(_solve(log10_p[rows], eigenvalues[rows]))
    return quantile


def _bracket(log_p: Floats, eigenvalues: Floats) -> tuple[Floats, Floats]:
    """Give the logs of the smallest and the largest value that each quantile can have."""
    largest, squares = eigenvalues.max(axis=1), (eigenvalues**2).sum(axis=1)
    normal = ndtri_exp(log_p - math.log(2))
    high = eigenvalues.sum(axis=1) + 2 * np.sqrt(-log_p * squares) - 2 * largest * log_p
    return np.log(largest * normal**2), np.log(high)


def _solve(log10_p: Floats, eigenvalues: Floats) -> Floats:
    """Solve log(log P / log p) = 0 in log q by secant steps kept inside the bracket."""
    low, high = _bracket(log10_p * math.log(10), eigenvalues)
    before, excess_before = low.copy(), _excess(low, log10_p, eigenvalues)
    here, excess = high.copy(), _excess(high, log10_p, eigenvalues)
    close = CLOSE - ROUNDING / log10_p
    exact = np.abs(excess_before) <= close
    here[exact] = low[exact]
    rows = np.flatnonzero(~exact)
    for _ in range(MOST_STEPS):
        if rows.size == 0:
            break
        settled = np.abs(excess[rows]) <= close[rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (excess[rows] - excess_before[rows]) / (here[rows] - before[rows])
            following = here[rows] - excess[rows] / slope
        inside = (low[rows] < following) & (following < high[rows])
        fallback = np.where(settled, here[rows], (low[rows] + high[rows]) / 2)
        before[rows], excess_before[rows] = here[rows], excess[rows]
        here[rows] = np.where(inside, following, fallback)
        rows = rows[~settled]
        excess[rows] = _excess(here[rows], log10_p[rows], eigenvalues[rows])
        low[rows] = np.where(excess[rows] <= 0, here[rows], low[rows])
        high[rows] = np.where(excess[rows] >= 0, here[rows], high[rows])
    here[rows] = np.nan
    return here


def _excess(log_value: Floats, log10_p: Floats, eigenvalues: Floats) -> Floats:
    """Give log(log P(Q > q) / log p): it rises with q, through zero at the quantile."""
    tail = upper_tail_log10(np.exp(log_value), eigenvalues)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(tail / log10_p), dtype=np.float64)
