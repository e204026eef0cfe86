"""Saddlepoint p-value of a burden over cohorts, from the sum of their cumulant generating functions.

Cohorts permute apart, so the cumulant generating function of U = sum_c U_c is the sum over cohorts: each stratum of
each cohort is one more stratum of `calibration.saddlepoint`. Who carries what is known by counts alone. With w the
weights, K_j the carriers of variant j in a cohort and A the cohort's Gram matrix, each of them has the burden

    b_j = f w_j (A_jj / K_j)^(1/2),   f^2 = w'A w / sum_j w_j^2 A_jj,

so that the sum of squared burdens, and with it the variance of U, is the true one: f makes up for samples that carry
several variants and are counted as several.

Axes: C cohorts, m variants, S strata of a cohort, k carriers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.residual_cumulants import ResidualCumulants
from association.calibration.saddlepoint import saddlepoint_log10_p
from association.meta.cohort_summary import GeneSummary, TraitSummary
from association.meta.combined_gene import CombinedGene
from association.meta.summed_tests import fixed_burden

# Of a stratum's samples: a burden that more carry, each variant's carriers counted apart, is not rare.
MOST_CARRIERS = 0.5

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class SummedCumulants:
    """The residuals of several cohorts; made once for all genes.

    Attributes
    ----------
    cumulants
        Of all strata of all cohorts.
    first_stratum
        Where each cohort's strata begin, by its name.
    """

    cumulants: ResidualCumulants
    first_stratum: dict[str, int]

    @classmethod
    def of(cls, traits: Sequence[TraitSummary]) -> SummedCumulants:
        """Tabulate the residuals of cohorts."""
        first = np.cumsum([0, *(len(trait.rules) for trait in traits)])
        rules = [rule for trait in traits for rule in trait.rules]
        names = [trait.cohort for trait in traits]
        return cls(ResidualCumulants.of_rules(rules), dict(zip(names, first.tolist(), strict=False)))

    def burden_log10_p(self, gene: CombinedGene, weights: Floats) -> float:
        """Give log10 of a burden's two-sided saddlepoint p-value.

        Parameters
        ----------
        gene
            Summaries of some or all of the cohorts.
        weights
            Of the variants (m), on dosage.

        Returns
        -------
        float
            NaN where nobody carries the burden, or the integral fails. By the normal law where so many carry it that
            carriers of several variants, counted as several, could be more than there are samples.
        """
        burdens, strata = [], []
        for trait, summary, place in zip(gene.traits, gene.summaries, gene.places, strict=True):
            own, where = carried_burdens(summary, weights[place])
            burdens.append(own)
            strata.append(where + self.first_stratum[trait.cohort])
        burden, stratum = np.concatenate(burdens), np.concatenate(strata)
        if not burden.any():
            return math.nan
        sizes = np.diff(self.cumulants.offsets) - 1
        if (np.bincount(stratum, minlength=sizes.size) > MOST_CARRIERS * sizes).any():
            return fixed_burden(gene, weights).log10_p
        score = float(weights @ gene.statistics.score)
        return saddlepoint_log10_p(self.cumulants, score, burden, stratum).log10_two_sided


def carried_burdens(summary: GeneSummary, weights: Floats) -> tuple[Floats, Integers]:
    """Give a cohort's carriers as its counts tell them.

    Parameters
    ----------
    summary
        The cohort's gene.
    weights
        Of its variants (m).

    Returns
    -------
    tuple
        Burden and stratum of each carrier (k).
    """
    strata, variants = summary.carriers.shape
    gram = summary.gram.dense(variants)
    squares = np.diag(gram)
    apart = float(squares @ weights**2)
    factor = np.sqrt(weights @ gram @ weights / apart) if apart > 0 else 1.0
    burden = factor * weights * np.sqrt(squares / np.maximum(summary.carriers.sum(axis=0), 1))
    carriers = np.where(weights != 0, summary.carriers, 0)
    stratum = np.repeat(np.arange(strata), carriers.sum(axis=1))
    return np.repeat(np.broadcast_to(burden, carriers.shape).ravel(), carriers.ravel()), stratum
