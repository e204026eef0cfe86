"""Families of tests: what is significant among many, and whether their p-values are inflated.

Some tests can't reach significance (Tarone). With m(k) the number of tests whose smallest attainable p-value is at
most alpha / k, the number that counts is the smallest k with m(k) <= k, and a test is significant at alpha / k. Tests
that can't attain alpha / k can't be false positives, so they cost nothing.

Where a share of the discoveries may be false, Benjamini and Hochberg's adjusted p-value of the i-th smallest of n is
min_{j >= i} n p_(j) / j. The genomic inflation factor is the median chi2_1 of the p-values over that of the null.

References
----------
Benjamini, Hochberg. Controlling the false discovery rate. JRSS B 1995. doi:10.1111/j.2517-6161.1995.tb02031.x
Devlin, Roeder. Genomic control for association studies. Biometrics 1999. doi:10.1111/j.0006-341X.1999.00997.x
Tarone. A modified Bonferroni method for discrete data. Biometrics 1990. doi:10.2307/2531456
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, chi2, false_discovery_control

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Multiplicity:
    """A family of tests and the level at which one of them is significant.

    Attributes
    ----------
    tests
        Tests in the family.
    counted
        Tests that the error rate is shared by.
    threshold
        The largest p-value that is significant; NaN in an empty family.
    """

    tests: int
    counted: int
    threshold: float


@dataclass(frozen=True)
class GenomicInflation:
    """How far the bulk of a family's p-values is from its null.

    Attributes
    ----------
    factor
        Median chi2_1 over the null's; 1 under the null, NaN in an empty family.
    lower, upper
        95 percent of the factors of independent tests under the null lie between these.
    """

    factor: float
    lower: float
    upper: float


def tarone(min_attainable_p: Floats, alpha: float) -> Multiplicity:
    """Share `alpha` among the tests of a family that can be significant.

    Parameters
    ----------
    min_attainable_p
        Each test's smallest attainable p-value (tests).
    alpha
        Family-wise error rate.
    """
    attainable = np.sort(min_attainable_p)
    if attainable.size == 0:
        return Multiplicity(0, 0, float("nan"))
    divisors = np.arange(1, attainable.size + 1)
    reachable = np.searchsorted(attainable, alpha / divisors, side="right")
    counted = int(divisors[np.argmax(reachable <= divisors)])
    return Multiplicity(attainable.size, counted, alpha / counted)


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Adjust p-values for the false discovery rate.

    Parameters
    ----------
    p_values
        Of the tests (tests); NaN where a test has none, which leaves it out and its result NaN.

    Raises
    ------
    ValueError
        If a p-value is not between 0 and 1.
    """
    adjusted = np.full(p_values.shape, np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        adjusted[known] = false_discovery_control(p_values[known])
    return adjusted


def genomic_inflation(p_values: Floats, expected: Floats | None = None) -> GenomicInflation:
    """Compare the median of a family's p-values with the null's.

    Parameters
    ----------
    p_values
        Of the tests (tests), above 0; NaN where a test has none. P-values of discrete tests, which pile up at 1, must
        be mid-p-values: half the probability of the observed value, plus that of all beyond.
    expected
        P-values of the same kind under the null, in any number, such as those of permuted traits: the null's median
        and quantiles are taken from them. Absent means uniform.

    Notes
    -----
    The interval is that of the median as an order statistic: exact for an odd number of tests, and from the lower of
    the two middle ones to the upper, so slightly wide, for an even number. Genes that share carriers are not
    independent, and their factor varies more.
    """
    known = p_values[~np.isnan(p_values)]
    if known.size == 0:
        return GenomicInflation(float("nan"), float("nan"), float("nan"))
    low, high = (known.size + 1) // 2, known.size // 2 + 1
    smallest = beta.ppf(0.025, low, known.size + 1 - low)
    largest = beta.ppf(0.975, high, known.size + 1 - high)
    levels = np.array([0.5, largest, smallest])
    quantiles = levels if expected is None else np.nanquantile(expected, levels)
    centre, lower, upper = chi2.isf(quantiles, 1)
    observed = np.median(chi2.isf(known, 1))
    return GenomicInflation(float(observed / centre), float(lower / centre), float(upper / centre))
