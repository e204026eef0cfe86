"""Saddlepoint p-value of a burden over cohorts, from the sum of their cumulant generating functions.

Cohorts permute apart, so the cumulant generating function of U = sum_c U_c is the sum over cohorts: each stratum of
each cohort is one more stratum of `calibration.saddlepoint`. Who carries what is known by counts alone. With w the
weights, K_j the carriers of variant j in a cohort and A the cohort's Gram matrix, a carrier of j has
s_j = (A_jj / K_j)^(1/2) of it. Carriers of j and k are taken to be A_jk / (s_j s_k), with the burden
w_j s_j + w_k s_k; the others of j carry nothing else. Where that leaves a variant fewer than no others, three and
more go together, and carriers of j are K_j w_j A_jj / (A w)_j, with the burden that they have on average,
(A w)_j / (K_j A_jj)^(1/2). Either way burdens are scaled so that the sum of their squares, and with it the variance
of U, is the true one, w'A w.

So the p-value is that of the pooled genotypes where no sample carries three variants, but for the residuals' table;
where two samples of a hundred carriers carry four, it was up to twofold larger at 1e-8.

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
    gram = summary.gram.dense(weights.size)
    used = np.flatnonzero((weights != 0) & (np.diag(gram) > 0))
    gram, weights, carriers = gram[np.ix_(used, used)], weights[used], summary.carriers[:, used]
    burden, counts = _by_pairs(weights, gram, carriers) or _by_mean(weights, gram, carriers)
    strata = np.repeat(np.arange(counts.shape[0]), counts.sum(axis=1))
    carried = np.repeat(np.broadcast_to(burden, counts.shape).ravel(), counts.ravel())
    squares = float((carried**2).sum())
    return carried * math.sqrt(float(weights @ gram @ weights) / squares) if squares > 0 else carried, strata


def _by_pairs(weights: Floats, gram: Floats, carriers: Integers) -> tuple[Floats, Integers] | None:
    """Give burdens (k) and their carriers (S, k): of one variant, and of two; None where that can't be."""
    typical = np.sqrt(np.diag(gram) / carriers.sum(axis=0))
    together = np.rint(np.triu(gram / np.outer(typical, typical), 1)).astype(np.int64)
    alone, both = carriers.copy(), []
    pairs = np.argwhere(together)
    for one, other in pairs.tolist():
        dealt = deal(int(together[one, other]), np.minimum(carriers[:, one], carriers[:, other]))
        alone[:, [one, other]] -= dealt[:, None]
        both.append(dealt)
    if (alone < 0).any():
        return None
    own = weights * typical
    return np.concatenate([own, own[pairs].sum(axis=1)]), np.column_stack([alone, *both])


def _by_mean(weights: Floats, gram: Floats, carriers: Integers) -> tuple[Floats, Integers]:
    """Give burdens (k) and their carriers (S, k): as many of each variant as it has a share in their burdens."""
    total, sums = carriers.sum(axis=0), gram @ weights
    burden = sums / np.sqrt(np.diag(gram) * total)
    share = weights * np.diag(gram) / sums
    counts = [
        deal(max(1, round(float(k * own))), column) for k, own, column in zip(total, share, carriers.T, strict=True)
    ]
    return burden, np.column_stack(counts)


def deal(total: int, weights: Integers) -> Integers:
    """Deal carriers out to strata (S) by weights, the largest remainders first; none where all weights are zero."""
    if not weights.any():
        return np.zeros(weights.size, np.int64)
    shares = total * weights / weights.sum()
    dealt: Integers = np.floor(shares).astype(np.int64)
    dealt[np.argsort(dealt - shares, kind="stable")[: total - int(dealt.sum())]] += 1
    return dealt
