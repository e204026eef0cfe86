"""Saddlepoint p-value of a burden over cohorts, from the sum of their cumulant generating functions.

Cohorts permute apart, so the cumulant generating function of U = sum_c U_c is the sum over cohorts: each stratum of
each cohort is one more stratum of `calibration.saddlepoint`. Who carries what is known by patterns of dosages. With w
the weights, A a cohort's Gram matrix and s_j the root of the information that carriers of j typically have,

    s_j^2 = A_jj / sum of g_j^2,

a carrier with dosages g has the burden sum_j w_j s_j g_j. Where residuals differ in variance by the samples'
information, burdens are scaled so that the sum of their squares, and with it the variance of U, is the true one,
w'A w; elsewhere s is one and burdens are exact. So the p-value is that of the pooled genotypes, as far as these are
told, but for the residuals' table. Where the strata of carriers are not told, it is the largest over placements
(`untold_strata`).

Axes: C cohorts, m variants, q patterns, S strata of a cohort, k carriers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.residual_cumulants import ResidualCumulants
from association.calibration.saddlepoint import saddlepoint_log10_p
from association.large_sample import SADDLEPOINT
from association.meta.cohort_summary import GeneSummary, TraitSummary
from association.meta.combined_gene import CombinedGene
from association.meta.summed_tests import fixed_burden
from association.meta.untold_strata import PlacedCarriers, harder_placements

NORMAL = "asymptotic"

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class LawfulP:
    """A p-value, and the law that it is by.

    Attributes
    ----------
    log10_p
        log10 of the two-sided p-value; NaN where there is none.
    method
        "saddlepoint", or "asymptotic" where it is by the normal law alone.
    """

    log10_p: float
    method: str


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

    def burden_p(self, gene: CombinedGene, weights: Floats) -> LawfulP:
        """Give a burden's two-sided p-value by saddlepoint.

        Carriers whose strata are not told may be dealt out so that a small stratum has more than samples; then it is
        by the normal law.

        Parameters
        ----------
        gene
            Summaries of some or all of the cohorts.
        weights
            Of the variants (m), on dosage.

        Returns
        -------
        LawfulP
            NaN where nobody carries the burden, or the integral fails.
        """
        cohorts = [
            self._placed(trait, summary, weights[place])
            for trait, summary, place in zip(gene.traits, gene.summaries, gene.places, strict=True)
        ]
        burden, strata = (np.concatenate([getattr(one, name) for one in cohorts]) for name in ("burden", "strata"))
        if not burden.any():
            return LawfulP(math.nan, SADDLEPOINT)
        sizes = np.diff(self.cumulants.offsets) - 1
        if (np.bincount(strata, minlength=sizes.size) > sizes).any():
            return LawfulP(fixed_burden(gene, weights).log10_p, NORMAL)
        score = float(weights @ gene.statistics.score)
        placements = [strata, *harder_placements(self.cumulants, cohorts, score)]
        tails = [saddlepoint_log10_p(self.cumulants, score, burden, one).log10_two_sided for one in placements]
        # NaN where any of them fails.
        return LawfulP(float(np.max(tails)), SADDLEPOINT)

    def _placed(self, trait: TraitSummary, summary: GeneSummary, weights: Floats) -> PlacedCarriers:
        """Put a cohort's carriers among the strata of all cohorts."""
        first = self.first_stratum[trait.cohort]
        burden, strata = carried_burdens(summary, weights)
        return PlacedCarriers(burden, strata + first, range(first, first + len(trait.rules)), summary.patterns.dealt)


def carried_burdens(summary: GeneSummary, weights: Floats) -> tuple[Floats, Integers]:
    """Give a cohort's carriers.

    Parameters
    ----------
    summary
        The cohort's gene.
    weights
        Of its variants (m).

    Returns
    -------
    tuple
        Burden, not zero, and stratum of each carrier (k).
    """
    dosages, counts = summary.patterns.dosages.astype(np.float64), summary.patterns.carriers
    gram = summary.gram.dense(weights.size)
    squares = counts.sum(axis=0) @ dosages**2
    typical = np.sqrt(np.divide(np.diag(gram), squares, out=np.zeros(weights.size), where=squares > 0))
    burden = dosages @ (weights * typical)
    carrying = burden != 0
    burden, counts = burden[carrying], counts[:, carrying]
    carried = np.repeat(np.tile(burden, counts.shape[0]), counts.ravel())
    strata = np.repeat(np.arange(counts.shape[0]), counts.sum(axis=1))
    total = float((carried**2).sum())
    return carried * math.sqrt(float(weights @ gram @ weights) / total) if total > 0 else carried, strata


def deal(total: int, weights: Integers) -> Integers:
    """Deal carriers out to strata (S) by weights, the largest remainders first; none where all weights are zero."""
    if not weights.any():
        return np.zeros(weights.size, np.int64)
    shares = total * weights / weights.sum()
    dealt: Integers = np.floor(shares).astype(np.int64)
    dealt[np.argsort(dealt - shares, kind="stable")[: total - int(dealt.sum())]] += 1
    return dealt
