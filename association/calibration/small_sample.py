"""P-values of a linear model with normal errors that hold at any sample size.

The variance s2 = RSS / d of the null model, d = n - p, divides its residuals and its information, so a gene's score
and covariance are in units of the estimate. With H the projection on the covariates and e = (I - H) y, both

    RSS = y'(I - H) y   and   Q s2^2 = y'(I - H) G W^2 G' (I - H) y

are forms in the same d normal variables, and s2 times an eigenvalue lambda of W Phi W is one of the second:

    P(Q s2 / RSS > q / d) = P(sum_j (lambda_j - q/d) chi2_1 - (q/d) chi2_{d - r} > 0),

where r eigenvalues are not zero. A burden is the same with its single eigenvalue, its variance: the t-test of its
coefficient beside the covariates, on d - 1 degrees of freedom.

References
----------
Chen et al. Small sample kernel association tests for human genetic and microbiome association studies. Genet.
Epidemiol. 2016. doi:10.1002/gepi.21934
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.gene_tests.skat import SkatStatistic, skat_statistic
from association.quadratic_forms import NEGLIGIBLE, upper_tail_log10_indefinite
from association.score import ScoreStatistics

Floats = NDArray[np.float64]


def burden_small_sample_log10_p(score: float, variance: float, residual_degrees: float) -> float:
    """Give log10 of the two-sided p-value of a burden.

    Parameters
    ----------
    score, variance
        w'U and w' Phi w under a linear null model.
    residual_degrees
        n - p of the null model, its intercept counted in p.

    Returns
    -------
    float
        nan where the burden carries no information or no degree of freedom is left for its error; minus infinity
        where it leaves no residual.
    """
    if not variance > 0:
        return math.nan
    burden = skat_statistic(ScoreStatistics(np.array([score]), np.array([[variance]])), np.ones(1))
    return float(skat_small_sample_log10_p([burden], residual_degrees)[0])


def skat_small_sample_log10_p(statistics: Sequence[SkatStatistic], residual_degrees: float) -> Floats:
    """Give log10 of each gene's p-value (g) by SKAT.

    Parameters
    ----------
    statistics
        Of genes under the same linear null model.
    residual_degrees
        n - p of the null model, its intercept counted in p.

    Returns
    -------
    Floats
        nan where no variant carries information or the variants leave no degree of freedom for the error; minus
        infinity where Q is beyond what any trait could give.
    """
    if not statistics:
        return np.empty(0)
    size = max(one.eigenvalues.size for one in statistics)
    spectra, degrees = np.zeros((len(statistics), size + 1)), np.zeros((len(statistics), size + 1))
    for row, counts, one in zip(spectra, degrees, statistics, strict=True):
        share = one.statistic / residual_degrees
        largest = one.eigenvalues.max(initial=0.0)
        kept = one.eigenvalues[one.eigenvalues > NEGLIGIBLE * largest]
        rest = residual_degrees - kept.size
        if largest > 0 and rest > 0:
            row[: kept.size], row[-1] = kept - share, -share
            counts[: kept.size], counts[-1] = 1, rest
    return upper_tail_log10_indefinite(np.zeros(len(statistics)), spectra, degrees)
