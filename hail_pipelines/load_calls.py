"""Read VCFs into `calls.mt`: one row per alternate allele, in minimal representation, with its calls.

A record with several alternate alleles becomes one row for each; in that row every other allele counts as
the reference. Trimming shared bases may move a row to a later position, so moved rows are sorted in again.
`*` (the position is deleted by another record) and symbolic alleles such as `<NON_REF>` have no sequence to
test and are dropped.

Half-calls (`0/.`) are read as missing: one of their alleles is unknown.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import hail as hl

from hail_pipelines.reference_genome import (
    CHROMOSOMES,
    ReferenceGenome,
    contig_recoding,
    genome_contig,
)
from hail_pipelines.vcf.files import inspect_vcfs, read_header
from hail_pipelines.vcf.header import short_header
from hail_pipelines.vcf.read_errors import explain_read_errors

log = logging.getLogger(__name__)

SMALLEST_PARTITION_BYTES = 256 << 10
LARGEST_PARTITION_BYTES = 16 << 20


@dataclass(frozen=True)
class LoadCounts:
    """What became of the records.

    Attributes
    ----------
    samples
        Sample columns.
    records
        Records on any contig.
    other_contigs
        Records left out because they lie on no chromosome from 1 to 22, X or Y.
    multi_allelic
        Records with more than one alternate allele.
    no_alternate
        Records without any alternate allele.
    star_alleles, symbolic_alleles
        Alternate alleles without a sequence, dropped.
    moved
        Variants whose position changed when shared bases were trimmed.
    duplicates
        Variants that an earlier record holds already, dropped.
    variants
        Variants written.
    """

    samples: int
    records: int
    other_contigs: int
    multi_allelic: int
    no_alternate: int
    star_alleles: int
    symbolic_alleles: int
    moved: int
    duplicates: int
    variants: int


def load_calls(
    paths: Sequence[Path],
    output: Path,
    *,
    reference_genome: ReferenceGenome,
    header_types: Mapping[str, str] | None = None,
    info_fields: Sequence[str] = (),
) -> LoadCounts:
    """Read VCFs and write their calls as a Hail MatrixTable.

    Parameters
    ----------
    paths
        VCFs of one cohort, bgzipped or uncompressed.
    output
        The MatrixTable to write; it must not exist.
    reference_genome
        The build the files are on.
    header_types
        Types by FORMAT id to use in place of the declared ones.
    info_fields
        INFO ids to keep, those that annotation reads.

    Raises
    ------
    InputError
        If a file can't be used, or a record in it contradicts its header.
    """
    summary = inspect_vcfs(
        paths, reference_genome=reference_genome, header_types=header_types, info_fields=info_fields
    )
    text = short_header(
        read_header(paths[0]),
        call_fields=summary.call_fields,
        header_types=header_types or {},
        info_fields=info_fields,
    )
    with TemporaryDirectory(prefix=f"{output.name}.", dir=output.parent) as folder:
        header_file, records = Path(folder) / "header.vcf", Path(folder) / "records.mt"
        header_file.write_text(text, encoding="utf-8")
        with explain_read_errors(paths, reference_genome=reference_genome, format_types=summary.format_types):
            _read_records(paths, header_file, reference_genome).write(str(records))
        counts = _load(records, output)
    log.info("loaded %d records of %d samples as %d variants", counts.records, counts.samples, counts.variants)
    return counts


def is_sequence_expr(allele: hl.StringExpression) -> hl.BooleanExpression:
    """Say whether an allele is spelled out in bases, unlike `*`, `<DEL>` or a breakend."""
    return allele.matches("[ACGTNacgtn]+", full_match=True)


def split_alleles_expr(locus: hl.LocusExpression, alleles: hl.ArrayExpression) -> hl.ArrayExpression:
    """List a record's sequence alleles, each with its minimal representation.

    Returns an array of structs: `locus` and `alleles` trimmed, and `a_index`, the allele's number in the
    record.
    """

    def trimmed(index: hl.Int32Expression) -> hl.StructExpression:
        variant = hl.min_rep(locus, [alleles[0], alleles[index]])
        return hl.struct(locus=variant.locus, alleles=variant.alleles, a_index=index)

    indices = hl.range(1, hl.len(alleles))
    return indices.filter(lambda index: is_sequence_expr(alleles[index])).map(trimmed)


def biallelic_depths_expr(depths: hl.ArrayExpression, a_index: hl.Int32Expression) -> hl.ArrayExpression:
    """Reduce allele depths to those of all other alleles together and of one; missing if there is none for it."""
    return hl.or_missing(hl.len(depths) > a_index, [hl.sum(depths) - depths[a_index], depths[a_index]])


def partitions_for(total_bytes: int, cores: int) -> int:
    """Choose a number of partitions: three a core, fewer where they would be tiny, more where too large."""
    most_of_small = -(-total_bytes // SMALLEST_PARTITION_BYTES)
    least_of_large = -(-total_bytes // LARGEST_PARTITION_BYTES)
    return max(1, min(3 * cores, most_of_small), least_of_large)


def is_plain_expr(locus: hl.LocusExpression, alleles: hl.ArrayExpression) -> hl.BooleanExpression:
    """Say whether a record is one variant in minimal representation as it stands."""
    variant = hl.min_rep(locus, alleles[:2])
    unchanged = (variant.locus == locus) & (variant.alleles == alleles)
    return (hl.len(alleles) == 2) & is_sequence_expr(alleles[1]) & unchanged


def _load(records: Path, output: Path) -> LoadCounts:
    """Count and split the records as they were read, and write the calls."""
    mt = hl.read_matrix_table(str(records))
    tally = _tally(mt.rows())
    calls = _plain(mt)
    if tally.plain < tally.records:
        calls = calls.union_rows(_split(mt))
    calls.distinct_by_row().write(str(output))
    calls = hl.read_matrix_table(str(output))
    variants = calls.count_rows()
    return LoadCounts(
        samples=calls.count_cols(),
        records=tally.records,
        other_contigs=tally.other_contigs,
        multi_allelic=tally.multi_allelic,
        no_alternate=tally.no_alternate,
        star_alleles=tally.star_alleles,
        symbolic_alleles=tally.symbolic_alleles,
        moved=tally.moved,
        duplicates=tally.sequence_alleles - variants,
        variants=variants,
    )


def _read_records(
    paths: Sequence[Path],
    header_file: Path,
    reference_genome: ReferenceGenome,
) -> hl.MatrixTable:
    """Read the files' records as they stand, marking those on a chromosome and those that need no change."""
    partitions = partitions_for(sum(path.stat().st_size for path in paths), hl.spark_context().defaultParallelism)
    records = hl.import_vcf(
        [str(path) for path in paths],
        force_bgz=True,
        header_file=str(header_file),
        reference_genome=reference_genome,
        contig_recoding=contig_recoding(reference_genome),
        array_elements_required=False,
        entry_float_type=hl.tfloat32,
        min_partitions=partitions,
    )
    if records.n_partitions() > partitions:
        records = records.naive_coalesce(partitions)
    chromosomes = hl.literal({genome_contig(name, reference_genome) for name in CHROMOSOMES})
    dropped = ["qual"] if records.info.dtype else ["qual", "info"]
    return records.annotate_rows(
        on_chromosome=chromosomes.contains(records.locus.contig),
        plain=is_plain_expr(records.locus, records.alleles),
    ).drop(*dropped)


def _tally(records: hl.Table) -> hl.Struct:
    """Count records and alternate alleles by kind."""
    alternates = records.alleles[1:]
    split = split_alleles_expr(records.locus, records.alleles)
    stars = hl.len(alternates.filter(lambda allele: allele == "*"))
    on_chromosome = hl.agg.filter(
        records.on_chromosome,
        hl.struct(
            plain=hl.agg.count_where(records.plain),
            multi_allelic=hl.agg.count_where(hl.len(alternates) > 1),
            no_alternate=hl.agg.count_where(hl.len(alternates) == 0),
            star_alleles=hl.agg.sum(stars),
            sequence_alleles=hl.agg.sum(hl.len(split)),
            symbolic_alleles=hl.agg.sum(hl.len(alternates) - hl.len(split) - stars),
            moved=hl.agg.sum(hl.len(split.filter(lambda variant: variant.locus != records.locus))),
        ),
    )
    return records.aggregate(
        on_chromosome.annotate(records=hl.agg.count(), other_contigs=hl.agg.count_where(~records.on_chromosome))
    )


def _plain(records: hl.MatrixTable) -> hl.MatrixTable:
    """Take the records that need no change; their order is already that of the calls."""
    mt = records.filter_rows(records.on_chromosome & records.plain).drop("on_chromosome", "plain")
    return mt.annotate_rows(old_alleles=mt.alleles, a_index=1)


def _split(records: hl.MatrixTable) -> hl.MatrixTable:
    """Make a row of each sequence allele of the other records, and sort these rows."""
    mt = records.filter_rows(records.on_chromosome & ~records.plain).drop("on_chromosome", "plain")
    mt = mt.annotate_rows(old_alleles=mt.alleles, split=split_alleles_expr(mt.locus, mt.alleles))
    mt = mt.explode_rows("split").key_rows_by()
    mt = mt.annotate_rows(locus=mt.split.locus, alleles=mt.split.alleles, a_index=mt.split.a_index)
    mt = mt.drop("split").key_rows_by("locus", "alleles")
    entries = {"GT": hl.downcode(mt.GT, mt.a_index)}
    if "AD" in mt.entry:
        entries["AD"] = biallelic_depths_expr(mt.AD, mt.a_index)
    return mt.annotate_entries(**entries)
