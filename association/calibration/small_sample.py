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

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.gene_tests.skat import SkatStatistic, alike
from association.quadratic_forms import NEGLIGIBLE, upper_tail_log10_indefinite

Floats = NDArray[np.float64]


def burden_small_sample_log10_p(score: Floats, variance: Floats, residual_degrees: float) -> Floats:
    """Give log10 of the two-sided p-value of each burden (g).

    Parameters
    ----------
    score, variance
        w'U and w' Phi w under a linear null model (g).
    residual_degrees
        n - p of the null model, its intercept counted in p.

    Returns
    -------
    Floats
        nan where the burden carries no information or no degree of freedom is left for its error; minus infinity
        where it leaves no residual.
    """
    return _log10_p(np.where(variance > 0, score**2, 0.0), np.maximum(variance, 0.0)[:, None], residual_degrees)


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
    log10_p = np.full(len(statistics), np.nan)
    for own in alike([one.eigenvalues.size for one in statistics], lambda size: size + 1):
        observed = np.array([statistics[at].statistic for at in own])
        log10_p[own] = _log10_p(observed, np.stack([statistics[at].eigenvalues for at in own]), residual_degrees)
    return log10_p


def _log10_p(statistic: Floats, eigenvalues: Floats, residual_degrees: float) -> Floats:
    """Give log10 p of genes (g) with equally many eigenvalues (g, m)."""
    largest = eigenvalues.max(axis=1, initial=0.0)
    kept = eigenvalues > NEGLIGIBLE * largest[:, None]
    rest = residual_degrees - kept.sum(axis=1)
    testable = ((largest > 0) & (rest > 0))[:, None]
    share = (statistic / residual_degrees)[:, None]
    spectra = np.hstack([np.where(kept, eigenvalues - share, 0.0), -share])
    degrees = np.hstack([kept.astype(np.float64), rest[:, None]])
    testable = np.broadcast_to(testable, spectra.shape)
    zero = np.zeros(statistic.size)
    return upper_tail_log10_indefinite(zero, np.where(testable, spectra, 0.0), np.where(testable, degrees, 0.0))
