"""ACAT: one p-value from several of the same gene, whatever their dependence.

    T = sum_i w_i cot(pi p_i) / sum_i w_i,   p = P(Cauchy > T) = atan2(1, T) / pi.

cot(pi p) is 1 / (pi p) to rounding below 1e-8, so everything is done on logarithms: p-values far below 1e-300 combine
like any other. A p-value of 1, which discrete tests give, has a cotangent of minus infinity and would veto all
evidence; those above 0.999 count as 0.999, as in REGENIE.

Axes: g genes, t tests, m variants.

References
----------
Liu et al. ACAT: a fast and powerful p value combination method for rare-variant analysis in sequencing studies.
AJHG 2019. doi:10.1016/j.ajhg.2019.01.002
Mbatchou et al. Computationally efficient whole-genome regression for quantitative and binary traits.
Nat. Genet. 2021. doi:10.1038/s41588-021-00870-7
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]

# A p-value nearer to 1 counts as this one.
LARGEST_P = 0.999
# Below it cot(pi p) = 1 / (pi p) (1 - (pi p)^2 / 3 ...) and atan(x) = x (1 - x^2 / 3 ...) to rounding.
SMALL = 1e-9


def acat_log10_p(log10_p: Floats, weights: Floats) -> Floats:
    """Combine each gene's p-values.

    Parameters
    ----------
    log10_p
        log10 of the p-values (g, t); nan where a test has none, which leaves it out.
    weights
        Of the tests (g, t), not negative; only their ratios matter.

    Returns
    -------
    Floats
        log10 of the combined p-value (g); nan where no test with a weight has one.

    Raises
    ------
    ValueError
        If the shapes do not agree.
    """
    if log10_p.ndim != 2 or log10_p.shape != weights.shape:
        raise ValueError(f"expected log10_p and weights (g, t): found {log10_p.shape} and {weights.shape}")
    used = ~np.isnan(log10_p) & (weights > 0)
    sign, log_size = _cotangents(np.where(used, log10_p, 0.0) * math.log(10))
    with np.errstate(divide="ignore"):
        log_weights = np.log(np.where(used, weights, 0.0))
    log_statistic, direction = logsumexp(log_weights + log_size, axis=1, b=sign, return_sign=True)
    combined = np.full(len(log10_p), np.nan)
    tested = used.any(axis=1)
    log_statistic = log_statistic[tested] - logsumexp(log_weights[tested], axis=1)
    combined[tested] = _log_cauchy_tail(direction[tested], log_statistic) / math.log(10)
    return combined


def _cotangents(log_p: Floats) -> tuple[Floats, Floats]:
    """Give the sign and the log of the size of cot(pi p)."""
    cotangent = 1 / np.tan(np.pi * np.clip(np.exp(log_p), SMALL, LARGEST_P))
    log_size = np.where(log_p < math.log(SMALL), -log_p - math.log(math.pi), np.log(np.abs(cotangent)))
    return np.sign(cotangent), log_size


def _log_cauchy_tail(sign: Floats, log_size: Floats) -> Floats:
    """Give log P(Cauchy > T) of T = sign exp(log_size)."""
    far = (sign > 0) & (log_size > -math.log(SMALL))
    moderate = sign * np.exp(np.minimum(log_size, -math.log(SMALL)))
    return np.where(far, -log_size - math.log(math.pi), np.log(np.arctan2(1, moderate) / math.pi))


def acat_v_weights(minor_allele_frequency: Floats) -> Floats:
    """Weigh variants' p-values (m) for ACAT-V: (dbeta(maf, 1, 25) / dbeta(maf, 1/2, 1/2))^2.

    Parameters
    ----------
    minor_allele_frequency
        Of each variant in the cohort (m), above 0 and at most 0.5.
    """
    present, absent = minor_allele_frequency, 1 - minor_allele_frequency
    return np.asarray((25 * math.pi) ** 2 * present * absent**49, dtype=np.float64)
