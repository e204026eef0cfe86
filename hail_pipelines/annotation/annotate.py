"""Give each variant its genes: per gene the most severe consequence, and what goes with it.

Genes in which a variant changes no protein (an intron, an untranslated region, the neighbourhood) are left
out and counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import hail as hl
import pandas as pd

from association.problems import InputError
from hail_pipelines.annotation.consequences import MODIFIER_RANK, severity_expr, unknown_terms_expr
from hail_pipelines.annotation.counts import AnnotationCounts, count_annotation
from hail_pipelines.annotation.entries import complete_expr, genes_expr
from hail_pipelines.annotation.gene_model import coding_lengths, read_gene_model, segments
from hail_pipelines.annotation.hail_vep import hail_vep_entries
from hail_pipelines.annotation.info import info_entries, info_values
from hail_pipelines.annotation.parts import absent_parts
from hail_pipelines.annotation.snpeff import snpeff_entries_expr
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.variant_files import external_frequency, table_entries
from hail_pipelines.annotation.vep import vep_entries_expr
from hail_pipelines.annotation.within_genes import gene_model_entries

GENE_LENGTHS = "gene_lengths.parquet"


def annotate(
    calls: Path,
    output: Path,
    source: AnnotationSource,
    *,
    subfields: Mapping[str, Sequence[str]] | None = None,
) -> AnnotationCounts:
    """Write the genes and consequences of every variant.

    With a gene model, the coding length of each of its genes is written beside, as `gene_lengths.parquet`.

    Parameters
    ----------
    calls
        `calls.mt`, with the INFO fields that the source reads.
    output
        The Hail table to write, keyed by locus and alleles; it must not exist. Of each variant `genes` is an array of
        structs: gene, consequence, loftee, external_af, scores and fields.
    source
        Where genes and consequences come from.
    subfields
        Names of the parts of the source's INFO field, as `VcfSummary.annotation_subfields` has them.

    Raises
    ------
    InputError
        If the source lacks a part, field or column that was asked for, or can't be of this cohort.
    """
    variants = hl.read_matrix_table(str(calls)).rows()
    genome = variants.locus.dtype.reference_genome.name
    intervals = read_gene_model(source.gene_model, genome) if source.gene_model is not None else None
    if intervals is not None:
        coding_lengths(intervals).to_parquet(output.parent / GENE_LENGTHS, index=False)
    parts = (subfields or {}).get(source.field, ())
    entries, joins = _entries(variants, source, parts, intervals)
    entries = complete_expr(entries, source, info_values(variants, source))
    if source.frequencies is not None:
        frequency, joins["frequencies"] = external_frequency(variants, source.frequencies)
        entries = entries.map(lambda entry: entry.annotate(external_af=frequency))
    _with_genes(variants, entries, source, joins).write(str(output))
    return count_annotation(hl.read_table(str(output)), source, genome)


def _entries(
    variants: hl.Table, source: AnnotationSource, parts: Sequence[str], intervals: pd.DataFrame | None
) -> tuple[hl.ArrayExpression, dict[str, hl.StructExpression]]:
    """List each variant's gene entries, whatever the source, and how a table was joined."""
    if source.kind == "table":
        entries, join = table_entries(variants, source)
        return entries, {"table": join}
    if source.kind == "gene_model":
        assert intervals is not None
        return gene_model_entries(variants, segments(intervals, source.padding)), {}
    if source.kind == "info":
        return info_entries(variants, source), {}
    if source.kind == "hail_vep":
        return hail_vep_entries(variants, source), {}
    texts, old_alleles, a_index = variants.info[source.field], variants.old_alleles, variants.a_index
    _check_parts(source, parts, set(variants.info))
    read = vep_entries_expr if source.kind == "vep" else snpeff_entries_expr
    return read(texts, old_alleles, a_index, subfields=parts, source=source), {}


def _check_parts(source: AnnotationSource, parts: Sequence[str], infos: Collection[str]) -> None:
    """Refuse a field that lacks a part that was asked for."""
    assert source.kind in ("vep", "snpeff")
    absent = absent_parts(
        source.kind,
        parts,
        transcripts=source.transcripts,
        scores=source.scores,
        fields=source.fields,
        external_af=source.external_af,
        infos=infos,
    )
    if absent:
        raise InputError.single(
            f"INFO {source.field}",
            ", ".join(str(part) for part in absent),
            f"no such part; the header names: {', '.join(parts) or 'none'}. Annotate again with it, or ask for less",
        )


def _with_genes(
    variants: hl.Table,
    entries: hl.ArrayExpression,
    source: AnnotationSource,
    joins: Mapping[str, hl.StructExpression],
) -> hl.Table:
    """Make the table to write: each variant's coding genes, and what is counted of it."""
    entries = hl.or_else(entries, hl.empty_array(entries.dtype.element_type))
    ht = variants.select(
        entries=entries,
        other_allele=(hl.len(entries) == 0) & _is_annotated(variants, source),
        joins=hl.struct(**joins),
    )
    genes = genes_expr(ht.entries, low_is_damaging=source.low_is_damaging)
    ht = ht.annotate(genes=genes, unknown_terms=hl.set(unknown_terms_expr(ht.entries.flatmap(lambda one: one.terms))))
    coding = ht.genes.filter(lambda gene: severity_expr(gene.consequence) < MODIFIER_RANK)
    return ht.select("other_allele", "unknown_terms", "joins", genes=coding, all_genes=hl.len(ht.genes))


def _is_annotated(variants: hl.Table, source: AnnotationSource) -> hl.BooleanExpression:
    """Say whether a variant's record has transcripts of any allele; not asked where only some transcripts count."""
    if source.kind not in ("vep", "snpeff") or source.transcripts != "all":
        return hl.bool(False)
    return hl.coalesce(hl.len(variants.info[source.field]) > 0, hl.bool(False))
