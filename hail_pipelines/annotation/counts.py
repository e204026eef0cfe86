"""What annotation found, counted, and what of it means that it can't be of this cohort."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path

import hail as hl

from association.problems import InputError
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.variant_files import JoinCounts, check_join, count_join
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


def count_annotation(ht: hl.Table, source: AnnotationSource, reference_genome: ReferenceGenome) -> AnnotationCounts:
    """Count what was written, and refuse a table or gene model that can't be of this cohort.

    Parameters
    ----------
    ht
        The table of `annotate`.
    source
        Where it came from.
    reference_genome
        The study's build.

    Raises
    ------
    InputError
        If a table of variants is on another build or holds none of the cohort's, or no gene of a gene model does.
    """
    found = ht.aggregate(
        hl.struct(
            genes=hl.agg.explode(lambda gene: hl.agg.collect_as_set(gene), ht.genes.map(lambda entry: entry.gene)),
            variants=hl.agg.count(),
            annotated=hl.agg.count_where(hl.len(ht.genes) > 0),
            gene_entries=hl.agg.sum(hl.len(ht.genes)),
            all_entries=hl.agg.sum(ht.all_genes),
            other_alleles=hl.agg.count_where(ht.other_allele),
            unknown_terms=hl.agg.explode(hl.agg.counter, ht.unknown_terms),
            joins=hl.struct(**{name: count_join(ht.joins[name]) for name in ht.joins}),
        )
    )
    files = {"table": source.table, "frequencies": source.frequencies.path if source.frequencies else None}
    joins = {name: JoinCounts(**found.joins[name]) for name in found.joins}
    for name, counts in joins.items():
        file = files[name]
        assert file is not None
        check_join(file, counts, found.variants, reference_genome)
    if source.kind == "gene_model":
        check_gene_model(source.gene_model, found.annotated, found.variants, reference_genome)
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


def check_gene_model(path: Path | None, annotated: int, variants: int, reference_genome: ReferenceGenome) -> None:
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
