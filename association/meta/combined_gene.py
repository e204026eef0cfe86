"""A gene's summaries of several cohorts on one list of variants.

Cohorts are independent, so their scores and covariances add up:

    U = sum_c U_c,   Phi = sum_c Phi_c.

A variant that a cohort does not list has no score and no variance there. Its frequency over all counts that cohort
where everyone in it is known to have the reference allele twice, and where it lists the variant by its other allele,
which is the minor one there.

Axes: C cohorts, m variants that any cohort lists, in the order of their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from association.meta.cohort_summary import GeneSummary, TraitSummary
from association.score import ScoreStatistics

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Behind a variant's name where the reference is the minor allele, which is counted.
MINOR_IS_REF = ":ref"


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
    reference_alleles
        Alleles called in cohorts that do not list the variant, all of them the reference (m).
    """

    gene: str
    variants: tuple[str, ...]
    traits: tuple[TraitSummary, ...]
    summaries: tuple[GeneSummary, ...]
    places: tuple[Integers, ...]
    scores: Floats
    covariances: Floats
    reference_alleles: Floats

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

    def carriers(self, used: Booleans) -> int:
        """Count the samples that carry any of some variants (m), each once."""
        return sum(
            own.patterns.carriers_of(used[place]) for own, place in zip(self.summaries, self.places, strict=True)
        )

    def untold_strata(self, used: Booleans) -> bool:
        """Say whether a cohort does not tell the strata of those who carry any of some variants (m)."""
        return any(
            own.patterns.dealt and own.patterns.carriers_of(used[place]) > 0
            for own, place in zip(self.summaries, self.places, strict=True)
        )

    @cached_property
    def minor_allele_frequency(self) -> Floats:
        """Of the allele that is counted, among the samples of all cohorts that tell of the variant (m)."""
        alleles, numbers = self.total("alleles"), self.total("allele_numbers")
        number = {name: at for at, name in enumerate(self.variants)}
        for name, at in number.items():
            other = number.get(name + MINOR_IS_REF)
            if other is not None:
                # No cohort lists both, so each counts where the other is listed, by what is not the other's allele.
                both = (numbers[at] - alleles[at], numbers[other] - alleles[other])
                alleles[at], alleles[other] = alleles[at] + both[1], alleles[other] + both[0]
                numbers[at] = numbers[other] = numbers[at] + numbers[other]
        by_ref = np.array([name.endswith(MINOR_IS_REF) for name in self.variants], np.bool_)
        alleles += np.where(by_ref, self.reference_alleles, 0.0)
        numbers += self.reference_alleles
        return np.asarray(alleles / np.maximum(numbers, 1.0), np.float64)

    def without(self, cohort: int) -> CombinedGene:
        """Leave a cohort out; the variants and their frequencies elsewhere stay."""
        kept = [at for at in range(len(self.traits)) if at != cohort]
        return replace(
            self,
            traits=tuple(self.traits[at] for at in kept),
            summaries=tuple(self.summaries[at] for at in kept),
            places=tuple(self.places[at] for at in kept),
            scores=self.scores[kept],
            covariances=self.covariances[kept],
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
    nowhere = np.zeros(len(variants))
    return CombinedGene(summaries[0].gene, tuple(variants), traits, summaries, places, scores, covariances, nowhere)
