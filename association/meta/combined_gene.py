"""A gene's summaries of several cohorts on one list of variants.

Cohorts are independent, so their scores and covariances add up:

    U = sum_c U_c,   Phi = sum_c Phi_c.

A variant that a cohort does not list is monomorphic there: its score and its variance are zero.

Axes: C cohorts, m variants that any cohort lists, in the order of their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from association.meta.cohort_summary import GeneSummary, TraitSummary
from association.score import ScoreStatistics

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class CombinedGene:
    """A gene for one trait, cohort by cohort.

    Attributes
    ----------
    gene
        Its name.
    variants
        Names (m).
    traits
        The cohorts that have the gene (C).
    summaries
        What they tell (C).
    places
        Where the variants of each cohort's summary stand among all (C).
    scores, covariances
        U_c (C, m) and Phi_c (C, m, m).
    """

    gene: str
    variants: tuple[str, ...]
    traits: tuple[TraitSummary, ...]
    summaries: tuple[GeneSummary, ...]
    places: tuple[Integers, ...]
    scores: Floats
    covariances: Floats

    @cached_property
    def statistics(self) -> ScoreStatistics:
        """U (m) and Phi (m, m) of all cohorts together."""
        return ScoreStatistics(self.scores.sum(axis=0), self.covariances.sum(axis=0))

    def total(self, column: str) -> Floats:
        """Add up a column of the summaries over cohorts (m)."""
        return np.asarray(self.by_cohort(column).sum(axis=0), np.float64)

    def by_cohort(self, column: str) -> Floats:
        """Give a column of the summaries (C, m), zero where a cohort has no such column or variant."""
        values = np.zeros((len(self.traits), len(self.variants)))
        for own, place, summary in zip(values, self.places, self.summaries, strict=True):
            known = getattr(summary, column)
            if known is not None:
                own[place] = known
        return values

    @cached_property
    def minor_allele_frequency(self) -> Floats:
        """Among all samples of the cohorts that list the variant (m)."""
        return np.asarray(self.total("alleles") / np.maximum(self.total("allele_numbers"), 1.0), np.float64)

    def without(self, cohort: int) -> CombinedGene:
        """Leave a cohort out; the variants stay."""
        kept = [at for at in range(len(self.traits)) if at != cohort]
        return CombinedGene(
            self.gene,
            self.variants,
            tuple(self.traits[at] for at in kept),
            tuple(self.summaries[at] for at in kept),
            tuple(self.places[at] for at in kept),
            self.scores[kept],
            self.covariances[kept],
        )


def combine_cohorts(cohorts: Sequence[tuple[TraitSummary, GeneSummary]]) -> CombinedGene:
    """Bring a gene's summaries together.

    Parameters
    ----------
    cohorts
        Of each cohort: its trait and its gene; one cohort at least.

    Raises
    ------
    ValueError
        If genes, traits or kinds of model differ.
    """
    traits, summaries = tuple(trait for trait, _ in cohorts), tuple(summary for _, summary in cohorts)
    if len({(trait.trait, trait.kind, own.gene) for trait, own in cohorts}) != 1:
        raise ValueError("summaries of different genes, traits or models can't be combined")
    variants = sorted({name for own in summaries for name in own.variants})
    number = {name: at for at, name in enumerate(variants)}
    places = tuple(np.array([number[name] for name in own.variants], np.int64) for own in summaries)
    scores = np.zeros((len(cohorts), len(variants)))
    covariances = np.zeros((len(cohorts), len(variants), len(variants)))
    for at, (own, place) in enumerate(zip(summaries, places, strict=True)):
        scores[at, place] = own.statistics.score
        covariances[at][np.ix_(place, place)] = own.statistics.covariance
    return CombinedGene(summaries[0].gene, tuple(variants), traits, summaries, places, scores, covariances)
