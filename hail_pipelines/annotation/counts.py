"""What annotation found, counted, and what of it means that it can't be of this cohort."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from association.problems import InputError
from hail_pipelines.annotation.variant_files import JoinCounts
from hail_pipelines.places import Place
from hail_pipelines.reference_genome import ReferenceGenome, other_genome

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AnnotationCounts:
    """What annotation found.

    Attributes
    ----------
    variants
        Variants looked at.
    annotated
        Variants with a consequence in at least one gene.
    gene_entries
        Pairs of variant and gene kept.
    modifier_entries
        Pairs left out because no protein changes.
    genes
        Genes with at least one variant.
    other_alleles
        Variants whose record is annotated, but for no allele that is theirs.
    unknown_terms
        Consequences that no list of VEP's or SnpEff's has, with how many variants have each; they count as changing
        no protein.
    matched
        Variants that the variant table holds; None without one.
    with_frequency
        Variants that the table of external frequencies holds; None without one.
    """

    variants: int
    annotated: int
    gene_entries: int
    modifier_entries: int
    genes: int
    other_alleles: int = 0
    unknown_terms: dict[str, int] = field(default_factory=dict)
    matched: int | None = None
    with_frequency: int | None = None

    def by_name(self) -> dict[str, int]:
        """Give every number under a name, each unknown consequence under one of its own."""
        plain = {name: value for name, value in asdict(self).items() if name != "unknown_terms" and value is not None}
        return plain | {f"unknown consequence {term}": count for term, count in self.unknown_terms.items()}


@dataclass
class Tally:
    """What annotation found in some of the variants.

    Attributes
    ----------
    variants, annotated, gene_entries, other_alleles
        As of `AnnotationCounts`.
    all_entries
        Pairs of variant and gene, kept or not.
    genes
        Genes with at least one variant.
    unknown_terms
        How many variants have each unknown consequence.
    """

    variants: int = 0
    annotated: int = 0
    gene_entries: int = 0
    all_entries: int = 0
    other_alleles: int = 0
    genes: set[str] = field(default_factory=set)
    unknown_terms: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add what was found in other variants."""
        self.variants += other.variants
        self.annotated += other.annotated
        self.gene_entries += other.gene_entries
        self.all_entries += other.all_entries
        self.other_alleles += other.other_alleles
        self.genes |= other.genes
        self.unknown_terms += other.unknown_terms


def count_annotation(tallies: Iterable[Tally], joins: Mapping[str, JoinCounts]) -> AnnotationCounts:
    """Count what was found in all variants, and warn of consequences that nobody knows.

    Parameters
    ----------
    tallies
        What was found in each share of them.
    joins
        How the variants met a variant table, under "table", and a file of external frequencies, under "frequencies".
    """
    found = Tally()
    for tally in tallies:
        found.add(tally)
    log.info("%d of %d variants lie in %d genes", found.annotated, found.variants, len(found.genes))
    unknown = dict(sorted(found.unknown_terms.items()))
    if unknown:
        log.warning("unknown consequences, taken as changing no protein: %s", ", ".join(unknown))
    return AnnotationCounts(
        variants=found.variants,
        annotated=found.annotated,
        gene_entries=found.gene_entries,
        modifier_entries=found.all_entries - found.gene_entries,
        genes=len(found.genes),
        other_alleles=found.other_alleles,
        unknown_terms=unknown,
        matched=joins["table"].matched if "table" in joins else None,
        with_frequency=joins["frequencies"].matched if "frequencies" in joins else None,
    )


def check_gene_model(path: Place | None, annotated: int, variants: int, reference_genome: ReferenceGenome) -> None:
    """Refuse a gene model in none of whose genes any variant lies.

    Parameters
    ----------
    path
        The file.
    annotated, variants
        How many of the cohort's variants lie in a gene, and how many there are.
    reference_genome
        The study's build.

    Raises
    ------
    InputError
        If none lies in any.
    """
    if variants and not annotated:
        message = (
            f"none of the VCFs' {variants:,} variants lies in any gene: the file may be on "
            f"{other_genome(reference_genome)}; use the one on {reference_genome}, the study's genome"
        )
        raise InputError.single(str(path), "genes", message)
