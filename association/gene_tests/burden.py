"""Burden test: all of a gene's variants push the trait the same way.

    U_b = w'U,   V_b = w' Phi w,   chi2_1 = U_b^2 / V_b,   one-step effect U_b / V_b with standard error V_b^(-1/2).

The chi-square law is the textbook one. At few carriers it is far too optimistic for times to event: what is reported
there is the permutation p-value (`association.calibration`), with this one beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from association.score import ScoreStatistics

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BurdenTest:
    """A one-degree-of-freedom score test.

    Attributes
    ----------
    effect
        One-step estimate of the trait change per unit of burden (log hazard ratio for a Cox null); NaN where the
        burden carries no information.
    standard_error
        Of the effect, from the null model's information.
    log10_p
        log10 of the two-sided large-sample p-value; NaN where the burden carries no information.
    """

    effect: float
    standard_error: float
    log10_p: float


def burden_test(statistics: ScoreStatistics, weights: Floats) -> BurdenTest:
    """Test a weighted sum of variants.

    Parameters
    ----------
    statistics
        Score (m) and covariance (m, m) of the gene's variants.
    weights
        Variant weights (m), on dosage.
    """
    score = float(weights @ statistics.score)
    variance = float(weights @ statistics.covariance @ weights)
    if variance <= 0:
        return BurdenTest(math.nan, math.nan, math.nan)
    log10_p = float(normal_log10_p(np.array([score]), np.array([variance]))[0])
    return BurdenTest(score / variance, 1 / math.sqrt(variance), log10_p)


def normal_log10_p(score: Floats, variance: Floats) -> Floats:
    """Give log10 of the two-sided large-sample p-value of each score (g); NaN where its variance is not positive."""
    informative = variance > 0
    deviations = np.abs(score) / np.sqrt(np.where(informative, variance, 1.0))
    return np.where(informative, (math.log(2) + log_ndtr(-deviations)) / math.log(10), np.nan)
