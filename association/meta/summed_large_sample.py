"""P-values of a gene over cohorts that hold at rare events: by saddlepoint, from what cohorts tell.

The same laws as for one large cohort (`association.large_sample`): a burden has its saddlepoint p-value; SKAT and
SKAT-O see variants with at most 10 minor alleles over all cohorts as one, and a covariance by which each variant and
the burden have theirs; ACAT-V combines those of its parts.

Axes: m variants, c columns that add up variants.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from association.calibration.robust_covariance import robust_statistics
from association.gene_plan import ULTRA_RARE
from association.gene_tests.acat import acat_log10_p
from association.gene_tests.skat import skat_log10_p, skat_statistic
from association.gene_tests.skat_o import mixture_log10_p
from association.large_sample import SADDLEPOINT
from association.meta.combined_gene import CombinedGene
from association.meta.summed_saddlepoint import NORMAL, LawfulP, SummedCumulants
from association.meta.summed_tests import acat_v_columns
from association.score import ScoreStatistics

Floats = NDArray[np.float64]


def saddlepoint_test_p(test: str, gene: CombinedGene, weights: Floats, cumulants: SummedCumulants) -> LawfulP:
    """Give a test's p-value.

    Parameters
    ----------
    test
        "burden", "skat", "skat_o" or "acat_v".
    gene
        The cohorts' summaries.
    weights
        Of the variants (m), on dosage.
    cumulants
        Of the cohorts.

    Returns
    -------
    LawfulP
        NaN where there is no information or a saddlepoint fails; by saddlepoint if any of its parts is.
    """
    burden = cumulants.burden_p(gene, weights)
    if test == "burden":
        return burden
    columns, shares = acat_v_columns(gene, weights) if test == "acat_v" else _skat_columns(gene, weights)
    if len(columns) == 1:
        return cumulants.burden_p(gene, columns[0])
    parts = [cumulants.burden_p(gene, column) for column in columns]
    laws = {part.method for part in ([] if test == "acat_v" else [burden]) + parts}
    method = SADDLEPOINT if SADDLEPOINT in laws else NORMAL
    own, whole = np.array([part.log10_p for part in parts]), burden.log10_p
    if np.isnan(own).any() or (test != "acat_v" and math.isnan(whole)):
        return LawfulP(math.nan, method)
    if test == "acat_v":
        return LawfulP(float(acat_log10_p(own[None], shares[None])[0]), method)
    sums = gene.statistics
    statistics = ScoreStatistics(columns @ sums.score, columns @ sums.covariance @ columns.T)
    robust = robust_statistics(statistics, shares, variant_log10_p=own, burden_log10_p=whole)
    decomposed = [skat_statistic(robust, shares)]
    log10_p = skat_log10_p(decomposed) if test == "skat" else mixture_log10_p(decomposed)
    return LawfulP(float(log10_p[0]), method)


def _skat_columns(gene: CombinedGene, weights: Floats) -> tuple[Floats, Floats]:
    """Give what SKAT adds up: columns as weights of variants (c, m), and the weight of each (c)."""
    own = (weights != 0) & (gene.total("minor_allele_counts") > ULTRA_RARE)
    together = np.where(own, 0.0, weights)
    columns, shares = np.eye(own.size)[own], weights[own]
    if together.any():
        columns, shares = np.vstack([columns, together]), np.append(shares, 1.0)
    return columns, shares
