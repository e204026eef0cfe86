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

from association.kernels import njit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

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
    tests = log10_p.shape[1]
    offsets = np.arange(len(log10_p) + 1) * tests
    combined: Floats = combine(log10_p.ravel(), weights.ravel(), offsets)
    return combined


@njit(cache=True, nogil=True)
def combine(log10_p: Floats, weights: Floats, offsets: Integers) -> Floats:
    """Combine the p-values of genes that have any number of tests.

    Parameters
    ----------
    log10_p, weights
        As for `acat_log10_p`, gene after gene.
    offsets
        Where each gene's tests begin and end (g + 1).

    Returns
    -------
    Floats
        As of `acat_log10_p`.
    """
    combined = np.full(offsets.size - 1, np.nan)
    terms, signs = np.empty(log10_p.size), np.empty(log10_p.size)
    for gene in range(combined.size):
        used, largest, total = 0, -np.inf, 0.0
        for test in range(offsets[gene], offsets[gene + 1]):
            if not np.isnan(log10_p[test]) and weights[test] > 0:
                signs[used], size = _cotangent(log10_p[test] * math.log(10.0))
                terms[used] = math.log(weights[test]) + size
                largest = max(largest, terms[used])
                total += weights[test]
                used += 1
        if used:
            mean = 0.0
            for test in range(used):
                mean += signs[test] * math.exp(terms[test] - largest)
            log_statistic = math.log(abs(mean)) + largest - math.log(total) if mean != 0.0 else -np.inf
            combined[gene] = _log_cauchy_tail(mean, log_statistic) / math.log(10.0)
    return combined


@njit(cache=True, nogil=True)
def _cotangent(log_p: float) -> tuple[float, float]:
    """Give the sign and the log of the size of cot(pi p)."""
    if log_p < math.log(SMALL):
        return 1.0, -log_p - math.log(math.pi)
    cotangent = 1.0 / math.tan(math.pi * min(math.exp(log_p), LARGEST_P))
    return math.copysign(1.0, cotangent), math.log(abs(cotangent))


@njit(cache=True, nogil=True)
def _log_cauchy_tail(sign: float, log_size: float) -> float:
    """Give log P(Cauchy > T) of a T of this sign and size."""
    if sign > 0 and log_size > -math.log(SMALL):
        return -log_size - math.log(math.pi)
    size = math.exp(min(log_size, -math.log(SMALL)))
    return math.log(math.atan2(1.0, math.copysign(size, sign)) / math.pi)


def acat_v_weights(minor_allele_frequency: Floats) -> Floats:
    """Weigh variants' p-values (m) for ACAT-V: (dbeta(maf, 1, 25) / dbeta(maf, 1/2, 1/2))^2.

    Parameters
    ----------
    minor_allele_frequency
        Of each variant in the cohort (m), above 0 and at most 0.5.
    """
    present, absent = minor_allele_frequency, 1 - minor_allele_frequency
    return np.asarray((25 * math.pi) ** 2 * present * absent**49, dtype=np.float64)
