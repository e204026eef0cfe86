"""SKAT: a gene's variants push the trait in any direction.

    Q = U' W^2 U ~ sum_j lambda_j chi2_1 under the null, lambda the spectrum of W Phi W.

The tail is exact (`association.quadratic_forms`); R's SKAT package falls back to a moment match below 1e-6.

References
----------
Wu et al. Rare-variant association testing for sequencing data. AJHG 2011. doi:10.1016/j.ajhg.2011.05.029
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.quadratic_forms import upper_tail_log10
from association.score import ScoreStatistics

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SkatStatistic:
    """What SKAT compares.

    Attributes
    ----------
    statistic
        Q.
    eigenvalues
        Spectrum of its null distribution (m), none below zero.
    """

    statistic: float
    eigenvalues: Floats


def skat_statistic(statistics: ScoreStatistics, weights: Floats) -> SkatStatistic:
    """Give SKAT's statistic and the spectrum of its null distribution.

    Parameters
    ----------
    statistics
        Score (m) and covariance (m, m) of the gene's variants.
    weights
        Variant weights (m), on dosage.
    """
    score = weights * statistics.score
    spectrum = np.linalg.eigvalsh(weights[:, None] * statistics.covariance * weights)
    return SkatStatistic(float(score @ score), np.maximum(spectrum, 0.0))


def skat_log10_p(statistics: Sequence[SkatStatistic]) -> Floats:
    """Give log10 of the large-sample p-value of each gene (g); NaN where no variant carries information."""
    if not statistics:
        return np.empty(0)
    spectra = np.zeros((len(statistics), max(one.eigenvalues.size for one in statistics)))
    for row, one in zip(spectra, statistics, strict=True):
        row[: one.eigenvalues.size] = one.eigenvalues
    informative = spectra.max(axis=1) > 0
    log10_p = np.full(len(statistics), np.nan)
    observed = np.array([one.statistic for one in statistics])
    log10_p[informative] = upper_tail_log10(observed[informative], spectra[informative])
    return log10_p
