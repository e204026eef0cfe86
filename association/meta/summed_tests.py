"""Tests of a gene over cohorts, at their large-sample laws.

With U = sum_c U_c and Phi = sum_c Phi_c of independent cohorts, burden, SKAT, SKAT-O and ACAT-V are those of one
cohort (`gene_tests`). Where each cohort may have an effect of its own, with B_c = w'U_c and v_c = w'Phi_c w,

    burden   sum_c B_c^2 / v_c ~ chi2, a degree of freedom per cohort,
    SKAT     sum_c U_c' W^2 U_c, whose spectrum is that of all W Phi_c W together.

A linear model is in units of its own cohort's residual variance. One cohort's exact law under normal errors
(`calibration.small_sample`) has no sum over cohorts: the laws here are those of many samples.

Axes: C cohorts, m variants.

References
----------
Lee S, Teslovich TM, Boehnke M, Lin X (2013) General framework for meta-analysis of rare variants in sequencing
association studies. AJHG 93:42-53. doi:10.1016/j.ajhg.2013.05.010
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from association.gene_plan import ULTRA_RARE
from association.gene_tests.acat import acat_log10_p, acat_v_weights
from association.gene_tests.burden import BurdenTest, burden_test, normal_log10_p
from association.gene_tests.skat import SkatStatistic, skat_log10_p, skat_statistic
from association.gene_tests.skat_o import mixture_log10_p
from association.meta.combined_gene import CombinedGene
from association.score import ScoreStatistics

Floats = NDArray[np.float64]


def fixed_burden(gene: CombinedGene, weights: Floats) -> BurdenTest:
    """Test a burden that has one effect in all cohorts.

    Parameters
    ----------
    gene
        The cohorts' summaries.
    weights
        Of the variants (m), on dosage; zero leaves one out. The same for every test here.
    """
    return burden_test(gene.statistics, weights)


def heterogeneous_burden_log10_p(gene: CombinedGene, weights: Floats) -> float:
    """Give log10 p of a burden that has an effect of its own in each cohort; NaN without information."""
    scores, variances = burdens_by_cohort(gene, weights)
    informed = variances > 0
    squares = float((scores[informed] ** 2 / variances[informed]).sum())
    return float(skat_log10_p([SkatStatistic(squares, np.ones(int(informed.sum())))])[0])


def burdens_by_cohort(gene: CombinedGene, weights: Floats) -> tuple[Floats, Floats]:
    """Give w'U_c and w'Phi_c w of each cohort (C)."""
    return gene.scores @ weights, np.einsum("i,cij,j->c", weights, gene.covariances, weights)


def skat_over_cohorts_log10_p(gene: CombinedGene, weights: Floats) -> float:
    """Give log10 p of SKAT whose variants each have one effect in all cohorts; NaN without information."""
    return float(skat_log10_p([skat_statistic(*_used(gene.statistics, weights))])[0])


def heterogeneous_skat_log10_p(gene: CombinedGene, weights: Floats) -> float:
    """Give log10 p of SKAT whose variants have effects of their own in each cohort; NaN without information."""
    apart = ScoreStatistics(gene.scores.ravel(), block_diag(*gene.covariances))
    listed = np.diag(apart.covariance) > 0
    everywhere = np.where(listed, np.tile(weights, len(gene.traits)), 0.0)
    return float(skat_log10_p([skat_statistic(*_used(apart, everywhere))])[0])


def skat_o_over_cohorts_log10_p(gene: CombinedGene, weights: Floats) -> float:
    """Give log10 p of SKAT-O on the sums; NaN without information."""
    return float(mixture_log10_p([skat_statistic(*_used(gene.statistics, weights))])[0])


def acat_v_over_cohorts_log10_p(gene: CombinedGene, weights: Floats) -> float:
    """Give log10 p of ACAT-V on the sums, variants that are ultra-rare in all cohorts together as one burden."""
    columns, shares = acat_v_columns(gene, weights)
    statistics = gene.statistics
    variances = np.einsum("ci,ij,cj->c", columns, statistics.covariance, columns)
    return float(acat_log10_p(normal_log10_p(columns @ statistics.score, variances)[None], shares[None])[0])


def acat_v_columns(gene: CombinedGene, weights: Floats) -> tuple[Floats, Floats]:
    """Give what ACAT-V combines: columns as weights of variants (c, m), and the share of each (c)."""
    used = weights != 0
    own = used & (gene.total("minor_allele_counts") > ULTRA_RARE)
    together = used & ~own
    shares = acat_v_weights(gene.minor_allele_frequency)
    columns, combined = np.eye(used.size)[own], shares[own]
    if together.any():
        columns = np.vstack([columns, together.astype(np.float64)])
        combined = np.append(combined, shares[together].mean())
    return columns, combined


def _used(statistics: ScoreStatistics, weights: Floats) -> tuple[ScoreStatistics, Floats]:
    """Restrict statistics to variants with a weight."""
    used = np.flatnonzero(weights)
    return ScoreStatistics(statistics.score[used], statistics.covariance[np.ix_(used, used)]), weights[used]
