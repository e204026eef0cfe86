"""Score covariance that makes large-sample tests agree with saddlepoint p-values.

SKAT and SKAT-O see the trait through U and Phi alone, and at rare events Phi is no scale for U. With p_j the
saddlepoint p-value of variant j, p_b that of the burden b = w'U, and chi2(p) the chi2_1 quantile of upper tail p,

    V_j = U_j^2 / chi2(p_j),   D = diag(V_j / Phi_jj)^(1/2),   Phi* = f D Phi D,
    f = max(1, b^2 / (chi2(p_b) w'D Phi D w)).

A statistic within two standard deviations keeps its variance: there Phi serves, and U^2 / chi2(p) is 0 / 0.

Axes: m variants of a gene.

References
----------
Zhao Z, Bi W, Zhou W, VandeHaar P, Fritsche LG, Lee S (2020) UK Biobank whole-exome sequence binary phenome analysis
with robust region-based rare-variant test. AJHG 106:3-12. doi:10.1016/j.ajhg.2019.11.012
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri_exp

from association.score import ScoreStatistics

Floats = NDArray[np.float64]

# Standard deviations from which on a saddlepoint p-value replaces the normal one, as in SPAtest and SAIGE.
FAR = 2.0


def robust_statistics(
    statistics: ScoreStatistics, weights: Floats, *, variant_log10_p: Floats, burden_log10_p: float
) -> ScoreStatistics:
    """Rescale a gene's score covariance.

    Parameters
    ----------
    statistics
        Score (m) and covariance (m, m) of the gene's variants.
    weights
        Variant weights of the burden (m), on dosage.
    variant_log10_p
        log10 of each variant's two-sided saddlepoint p-value (m); NaN keeps its variance.
    burden_log10_p
        Likewise of the burden.

    Returns
    -------
    ScoreStatistics
        With the same score. Without a factor f for the burden each variant's chi-square has its own p-value; with
        one, the burden's has, and a variant's is at most that of its own.

    Notes
    -----
    f is never below 1, as in SAIGE-GENE: a burden less extreme than its variants does not shrink their variances.
    """
    scale = np.sqrt(
        [
            _variance_ratio(float(score), float(variance), float(log10_p))
            for score, variance, log10_p in zip(
                statistics.score, np.diag(statistics.covariance), variant_log10_p, strict=True
            )
        ]
    )
    covariance = scale[:, None] * statistics.covariance * scale
    burden = float(weights @ statistics.score)
    factor = max(1.0, _variance_ratio(burden, float(weights @ covariance @ weights), burden_log10_p))
    return ScoreStatistics(statistics.score, covariance * factor)


def _variance_ratio(score: float, variance: float, log10_p: float) -> float:
    """Give the variance that makes the score as extreme as its p-value, over the variance it has."""
    if not score**2 > FAR**2 * variance or variance <= 0 or not -math.inf < log10_p < 0:
        return 1.0
    deviate = float(ndtri_exp(log10_p * math.log(10) - math.log(2)))
    return score**2 / deviate**2 / variance
