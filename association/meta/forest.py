"""Do cohorts agree: each one's own effect, Cochran's Q and I2, and the p-value without each.

With B_c = w'U_c and v_c = w'Phi_c w a cohort's one-step effect is B_c / v_c with standard error v_c^(-1/2), and

    Q = sum_c B_c^2 / v_c - (sum_c B_c)^2 / sum_c v_c ~ chi2 on C - 1 degrees of freedom,
    I2 = max(0, 1 - (C - 1) / Q).

Axes: C cohorts, m variants.

References
----------
Cochran WG (1954) The combination of estimates from different experiments. Biometrics 10:101-129. doi:10.2307/3001666
Higgins JPT, Thompson SG (2002) Quantifying heterogeneity in a meta-analysis. Stat. Med. 21:1539-1558.
doi:10.1002/sim.1186
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.gene_tests.skat import SkatStatistic, skat_log10_p
from association.meta.combined_gene import CombinedGene
from association.meta.summed_tests import burdens_by_cohort, fixed_burden

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ForestRow:
    """One cohort's part in a burden.

    Attributes
    ----------
    cohort
        Its name.
    samples
        With the trait.
    carriers
        Of any of the burden's variants.
    minor_alleles
        Of these variants.
    effect, standard_error
        One-step estimate per unit of burden; NaN where the cohort has no information.
    observed_events, expected_events
        Among carriers, each minor allele counting once; None where the trait has no events, or they are not told.
    log10_p_without
        log10 of the fixed-effect p-value of the other cohorts; NaN where these have no information.
    """

    cohort: str
    samples: int
    carriers: int
    minor_alleles: float
    effect: float
    standard_error: float
    observed_events: float | None
    expected_events: float | None
    log10_p_without: float


@dataclass(frozen=True)
class Heterogeneity:
    """How far cohorts differ by more than chance.

    Attributes
    ----------
    cochran_q
        Q; NaN where fewer than two cohorts have information, as all else here.
    degrees
        Cohorts with information, less one.
    i_squared
        Share of Q that chance does not explain.
    log10_p
        log10 of the p-value of Q.
    """

    cochran_q: float
    degrees: int
    i_squared: float
    log10_p: float


def forest_rows(gene: CombinedGene, weights: Floats) -> list[ForestRow]:
    """Give each cohort's part in a burden, in the cohorts' order.

    Parameters
    ----------
    gene
        The cohorts' summaries.
    weights
        Of the variants (m), on dosage.
    """
    scores, variances = burdens_by_cohort(gene, weights)
    used = weights != 0
    alleles, observed, expected = (
        np.where(used, gene.by_cohort(column), 0.0).sum(axis=1)
        for column in ("minor_allele_counts", "observed_events", "expected_events")
    )
    rows = []
    for at, (trait, summary, place) in enumerate(zip(gene.traits, gene.summaries, gene.places, strict=True)):
        informed = variances[at] > 0
        rows.append(
            ForestRow(
                cohort=trait.cohort,
                samples=trait.samples,
                carriers=summary.patterns.carriers_of(used[place]),
                minor_alleles=float(alleles[at]),
                effect=float(scores[at] / variances[at]) if informed else math.nan,
                standard_error=1 / math.sqrt(variances[at]) if informed else math.nan,
                observed_events=_told(summary.observed_events, observed[at]),
                expected_events=_told(summary.expected_events, expected[at]),
                log10_p_without=fixed_burden(gene.without(at), weights).log10_p,
            )
        )
    return rows


def _told(known: Floats | None, total: float) -> float | None:
    """Give a sum over variants, where none of them is kept back."""
    return None if known is None or math.isnan(total) else float(total)


def heterogeneity(gene: CombinedGene, weights: Floats) -> Heterogeneity:
    """Ask whether a burden has one effect in all cohorts.

    Parameters
    ----------
    gene, weights
        As for `forest_rows`.
    """
    scores, variances = burdens_by_cohort(gene, weights)
    informed = variances > 0
    degrees = int(informed.sum()) - 1
    if degrees < 1:
        return Heterogeneity(math.nan, degrees, math.nan, math.nan)
    scores, variances = scores[informed], variances[informed]
    # Around the mean effect, so that equal effects give zero and not the rounding of a difference.
    effects = scores / variances
    q = float((variances * (effects - scores.sum() / variances.sum()) ** 2).sum())
    log10_p = float(skat_log10_p([SkatStatistic(q, np.ones(degrees))])[0])
    return Heterogeneity(q, degrees, max(0.0, 1 - degrees / q) if q > 0 else 0.0, log10_p)
