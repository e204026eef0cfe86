"""Give each variant its genes: per gene the most severe consequence, and what goes with it.

Genes in which a variant changes no protein (an intron, an untranslated region, the neighbourhood) are left
out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.problems import InputError
from hail_pipelines.annotation.annotation import AnnotatedBatch, Annotation, annotated_batches
from hail_pipelines.annotation.batches import Share, genome_of, info_types, shares_of
from hail_pipelines.annotation.counts import AnnotationCounts, Tally, check_gene_model, count_annotation
from hail_pipelines.annotation.gene_model import coding_lengths, read_gene_model, segments
from hail_pipelines.annotation.gene_table import gene_schema, gene_table
from hail_pipelines.annotation.outside import find_outside_rows
from hail_pipelines.annotation.parts import absent_parts
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.table import external_frequencies
from hail_pipelines.call_files import VARIANTS, part_path
from hail_pipelines.places import Place, readable, temporary_folder
from hail_pipelines.shares import Workers, do_shares
from hail_pipelines.whole_file import whole_file

GENE_LENGTHS = "gene_lengths.parquet"


def annotate(
    calls: Place,
    output: Place,
    source: AnnotationSource,
    *,
    subfields: Mapping[str, Sequence[str]] | None = None,
    workers: Workers = Workers(),
) -> AnnotationCounts:
    """Write the genes and consequences of every variant.

    With a gene model, the coding length of each of its genes is written beside, as `gene_lengths.parquet`.

    Parameters
    ----------
    calls
        The folder of calls, with the INFO fields that the source reads.
    output
        The Parquet file to write: a row per variant and gene whose protein it may change, in order of both, with
        variant (its row in the calls' list of variants), gene, consequence, loftee, external_af, and for each score
        and text asked for `score_<name>` and `field_<name>`.
    source
        Where genes and consequences come from; if it `needs_hail`, Hail must be running.
    subfields
        Names of the parts of the source's INFO field, as `VcfSummary.annotation_subfields` has them.
    workers
        Who does the work.

    Raises
    ------
    InputError
        If the source lacks a part, field or column that was asked for, or can't be of this cohort.
    """
    variants = calls / VARIANTS
    genome = genome_of(variants)
    intervals = read_gene_model(source.gene_model, genome) if source.gene_model is not None else None
    if intervals is not None:
        with whole_file(output.parent / GENE_LENGTHS) as path:
            coding_lengths(intervals).to_parquet(path, index=False)
    parts = tuple((subfields or {}).get(source.field, ()))
    check_parts(source, parts, variants)
    within = segments(intervals, source.padding) if intervals is not None and source.kind == "gene_model" else {}
    with temporary_folder(output.parent, f".{output.name}.") as folder:
        outside = find_outside_rows(variants, source, folder)
        annotation, shares = Annotation(source, parts, outside, within), shares_of(variants)
        tallies = do_shares(partial(_annotate_share, variants, annotation, folder), shares, workers)
        counts = count_annotation(tallies, outside.joins)
        if source.kind == "gene_model":
            check_gene_model(source.gene_model, counts.annotated, counts.variants, genome)
        with whole_file(output) as path:
            _gather([part_path(folder, share.number) for share in shares], gene_schema(source), path)
    return counts


def check_parts(source: AnnotationSource, parts: Sequence[str], variants: Place) -> None:
    """Refuse a field of VEP or SnpEff that lacks a part that was asked for.

    Parameters
    ----------
    source
        What is asked for.
    parts
        Names of the field's parts.
    variants
        The variants' file, whose INFO fields can stand for a part with a value.

    Raises
    ------
    InputError
        If one is absent.
    """
    if source.kind not in ("vep", "snpeff"):
        return
    absent = absent_parts(
        source.kind,
        parts,
        transcripts=source.transcripts,
        scores=source.scores,
        fields=source.fields,
        external_af=source.external_af,
        infos=info_types(variants),
    )
    if absent:
        raise InputError.single(
            f"INFO {source.field}",
            ", ".join(str(part) for part in absent),
            f"no such part; the header names: {', '.join(parts) or 'none'}. Annotate again with it, or ask for less",
        )


def _annotate_share(variants: Place, annotation: Annotation, folder: Place, share: Share) -> Tally:
    """Write the genes of a share's variants, and count them."""
    tally, source = Tally(), annotation.source
    with whole_file(part_path(folder, share.number)) as path, pq.ParquetWriter(path, gene_schema(source)) as writer:
        for one in annotated_batches(variants, share, annotation):
            rows = annotation.outside.frequencies
            table = gene_table(
                one.chosen.coding(),
                one.entries,
                one.consequences,
                source=source,
                info=one.batch.info,
                frequencies=None if rows is None else external_frequencies(one.batch, rows),
            )
            tally.add(_tally(one, table, source))
            numbers = pa.array(table["variant"].to_numpy() + np.int32(one.batch.first), pa.int32())
            writer.write_table(table.set_column(0, "variant", numbers))
    return tally


def _tally(one: AnnotatedBatch, table: pa.Table, source: AnnotationSource) -> Tally:
    """Count what was found in a batch."""
    unknown: dict[str, set[int]] = {}
    for text, terms in enumerate(one.consequences.unknown):
        for term in terms:
            unknown.setdefault(term, set()).update(one.entries.variants[one.consequences.texts == text].tolist())
    return Tally(
        variants=len(one.batch),
        annotated=len(pc.unique(table["variant"])),
        gene_entries=len(table),
        all_entries=len(one.chosen.severities),
        other_alleles=_other_alleles(one, source),
        genes=set(pc.unique(table["gene"]).to_pylist()),
        unknown_terms=Counter({term: len(variants) for term, variants in unknown.items()}),
    )


def _other_alleles(one: AnnotatedBatch, source: AnnotationSource) -> int:
    """Count variants without an entry whose record has transcripts; none where only some transcripts count."""
    if source.kind not in ("vep", "snpeff") or source.transcripts != "all":
        return 0
    lengths = pc.list_value_length(one.batch.info.fields[source.field]).fill_null(0).to_numpy()
    entries = np.bincount(one.entries.variants, minlength=len(one.batch))
    return int(np.sum((lengths > 0) & (entries == 0)))


def _gather(parts: Sequence[Place], schema: pa.Schema, output: Path) -> None:
    """Put the shares' files into one, a row group at a time."""
    with pq.ParquetWriter(output, schema) as writer:
        for part in parts:
            with pq.ParquetFile(readable(part)) as file:
                for group in range(file.num_row_groups):
                    writer.write_table(file.read_row_group(group, use_threads=False))
