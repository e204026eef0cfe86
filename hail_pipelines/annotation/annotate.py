"""Give each variant its genes: per gene the most severe consequence, and what goes with it.

Of a gene's transcripts those with the most severe consequence are taken; LOFTEE is HC if any of them is,
and each score and the external frequency is the largest among them. Genes in which a variant changes no
protein (an intron, an untranslated region, the neighbourhood) are left out and counted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import hail as hl

from association.problems import InputError
from hail_pipelines.annotation.consequences import MODIFIER_RANK, severity_expr
from hail_pipelines.annotation.sources import (
    TABLE_COLUMNS,
    AnnotationSource,
    gene_entry_expr,
    snpeff_entries_expr,
    vep_entries_expr,
)
from hail_pipelines.reference_genome import ReferenceGenome, contig_recoding
from hail_pipelines.vcf.header import absent_parts

log = logging.getLogger(__name__)

# What stands for a missing value in a table of variants, as in the participants and visits tables.
MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "."]


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
    """

    variants: int
    annotated: int
    gene_entries: int
    modifier_entries: int
    genes: int


def annotate(
    calls: Path,
    output: Path,
    source: AnnotationSource,
    *,
    subfields: Mapping[str, Sequence[str]] | None = None,
) -> AnnotationCounts:
    """Write the genes and consequences of every variant.

    Parameters
    ----------
    calls
        `calls.mt`, with the INFO fields that the source reads.
    output
        The Hail table to write, keyed by locus and alleles, with the array `genes`; it must not exist.
    source
        Where genes and consequences come from.
    subfields
        Names of the parts of the source's INFO field, as `VcfSummary.annotation_subfields` has them.

    Raises
    ------
    InputError
        If the source lacks a part, field or column that was asked for.
    """
    variants = hl.read_matrix_table(str(calls)).rows()
    entries = _entries(variants, source, (subfields or {}).get(source.field, ()))
    genes = genes_expr(entries)
    coding = genes.filter(lambda gene: severity_expr(gene.consequence) < MODIFIER_RANK)
    ht = variants.select(
        genes=hl.coalesce(coding, hl.empty_array(coding.dtype.element_type)), all_genes=hl.len(genes)
    )
    ht.write(str(output))
    return _count(hl.read_table(str(output)))


def genes_expr(entries: hl.ArrayExpression) -> hl.ArrayExpression:
    """Reduce a variant's gene entries to one per gene, in order of genes.

    Parameters
    ----------
    entries
        Structs as `gene_entry_expr` makes them; those without a gene or consequence are left out.
    """
    known = entries.filter(lambda entry: hl.is_defined(entry.gene) & hl.is_defined(entry.consequence))
    by_gene = hl.sorted(hl.array(known.group_by(lambda entry: entry.gene)), key=lambda pair: pair[0])
    return by_gene.map(lambda pair: _gene_expr(pair[0], pair[1]))


def _gene_expr(gene: hl.StringExpression, entries: hl.ArrayExpression) -> hl.StructExpression:
    """Reduce one gene's entries to its most severe."""
    worst = hl.min(entries.map(lambda entry: severity_expr(entry.consequence)))
    chosen = entries.filter(lambda entry: severity_expr(entry.consequence) == worst)
    # "HC" stands after "LC" and "OS" does after both, but OS is no verdict on a coding variant.
    verdicts = hl.set(chosen.map(lambda entry: entry.loftee))
    loftee = hl.case().when(verdicts.contains("HC"), "HC").when(verdicts.contains("LC"), "LC").or_missing()
    return gene_entry_expr(
        gene=gene,
        consequence=chosen[0].consequence,
        loftee=loftee,
        external_af=hl.max(chosen.map(lambda entry: entry.external_af)),
        scores={name: _largest_expr(chosen.map(lambda entry: entry.scores), name) for name in entries[0].scores},
    )


def _largest_expr(scores: hl.ArrayExpression, name: str) -> hl.Float64Expression:
    """Return the largest of one score; missing if no entry has it."""
    return hl.max(scores.map(lambda score: score[name]))


def _entries(variants: hl.Table, source: AnnotationSource, subfields: Sequence[str]) -> hl.ArrayExpression:
    """List each variant's gene entries, whatever the source."""
    if source.kind == "vep":
        _check_subfields(source, subfields)
        values = variants.info[source.field]
        return vep_entries_expr(values, variants.old_alleles, variants.a_index, subfields=subfields, source=source)
    if source.kind == "snpeff":
        return snpeff_entries_expr(variants.info[source.field], variants.old_alleles, variants.a_index)
    if source.kind == "info":
        return _info_entries(variants, source)
    table = read_variant_table(source, variants.locus.dtype.reference_genome.name)
    return table[variants.locus, variants.alleles].entries


def _check_subfields(source: AnnotationSource, subfields: Sequence[str]) -> None:
    """Refuse a CSQ field that lacks a part that was asked for."""
    absent = absent_parts(
        subfields, transcripts=source.transcripts, scores=source.scores, external_af=source.external_af
    )
    if absent:
        raise InputError.single(
            f"INFO {source.field}",
            ", ".join(str(part) for part in absent),
            f"no such part; the header names: {', '.join(subfields) or 'none'}. "
            "Annotate again with it, or ask for less",
        )


def _info_entries(variants: hl.Table, source: AnnotationSource) -> hl.ArrayExpression:
    """Make one entry of plain INFO fields."""

    def first(name: str | None) -> hl.Expression:
        if name is None:
            return hl.missing(hl.tstr)
        value = variants.info[name]
        if not isinstance(value, hl.ArrayExpression):
            return value
        # One value per alternate allele where there are as many, else one for the record.
        per_allele = hl.len(value) == hl.len(variants.old_alleles) - 1
        return hl.if_else(per_allele, value[variants.a_index - 1], value[0])

    entry = gene_entry_expr(
        gene=hl.str(first(source.gene_field)),
        consequence=hl.str(first(source.consequence_field)),
        loftee=hl.missing(hl.tstr),
        external_af=hl.float64(first(source.external_af)),
        scores={name: hl.float64(first(name)) for name in source.scores},
    )
    return hl.array([entry])


def read_variant_table(source: AnnotationSource, reference_genome: ReferenceGenome) -> hl.Table:
    """Read a file of variants as a table keyed by locus and alleles with the array `entries`.

    Parameters
    ----------
    source
        Names the file and its columns.
    reference_genome
        The build its positions are on.

    Raises
    ------
    InputError
        If a column is absent.
    """
    assert source.table is not None
    if source.table.name.endswith(".parquet"):
        ht = hl.Table.from_spark(hl.utils.java.Env.spark_session().read.parquet(str(source.table)))
        texts = {name: ht[name] for name, of_type in ht.row.dtype.items() if of_type == hl.tstr}
        ht = ht.annotate(**{name: hl.or_missing(~_is_missing_expr(text), text) for name, text in texts.items()})
    else:
        separator = "," if source.table.name.removesuffix(".gz").endswith(".csv") else "\t"
        ht = hl.import_table(
            str(source.table), force_bgz=False, force=True, missing=MISSING, delimiter=separator, quote='"'
        )
    names = {name: source.columns.get(name, name) for name in (*TABLE_COLUMNS, "loftee")}
    wanted = [names[name] for name in TABLE_COLUMNS] + [
        *source.scores,
        *([source.external_af] if source.external_af else []),
    ]
    if absent := [name for name in wanted if name not in ht.row]:
        raise InputError.single(str(source.table), ", ".join(absent), f"no such column; it has: {', '.join(ht.row)}")
    recoding = hl.literal(contig_recoding(reference_genome))
    contig = hl.str(ht[names["contig"]])
    entry = gene_entry_expr(
        gene=ht[names["gene"]],
        consequence=ht[names["consequence"]],
        loftee=ht[names["loftee"]] if names["loftee"] in ht.row else hl.missing(hl.tstr),
        external_af=hl.float64(ht[source.external_af]) if source.external_af else hl.missing(hl.tfloat64),
        scores={name: hl.float64(ht[name]) for name in source.scores},
    )
    locus = hl.locus(recoding.get(contig, contig), hl.int32(hl.float64(ht[names["position"]])), reference_genome)
    variant = hl.min_rep(locus, [ht[names["ref"]], ht[names["alt"]]])
    ht = ht.select(locus=variant.locus, alleles=variant.alleles, entry=entry)
    return ht.group_by("locus", "alleles").aggregate(entries=hl.agg.collect(ht.entry))


def _is_missing_expr(text: hl.StringExpression) -> hl.BooleanExpression:
    """Say whether a text stands for a missing value."""
    return hl.literal(set(MISSING)).contains(text)


def _count(ht: hl.Table) -> AnnotationCounts:
    """Count what was written."""
    genes, counts = ht.aggregate(
        (
            hl.agg.explode(lambda gene: hl.agg.collect_as_set(gene), ht.genes.map(lambda entry: entry.gene)),
            hl.struct(
                variants=hl.agg.count(),
                annotated=hl.agg.count_where(hl.len(ht.genes) > 0),
                gene_entries=hl.agg.sum(hl.len(ht.genes)),
                all_entries=hl.agg.sum(ht.all_genes),
            ),
        )
    )
    log.info("%d of %d variants lie in %d genes", counts.annotated, counts.variants, len(genes))
    return AnnotationCounts(
        variants=counts.variants,
        annotated=counts.annotated,
        gene_entries=counts.gene_entries,
        modifier_entries=counts.all_entries - counts.gene_entries,
        genes=len(genes),
    )
