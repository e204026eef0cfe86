"""Read VCFs into `calls.mt`: one row per alternate allele, in minimal representation, with its calls.

A record with several alternate alleles becomes one row for each; in that row every other allele counts as
the reference. Trimming shared bases may move a row to a later position, so moved rows are sorted in again.
`*` (the position is deleted by another record) and symbolic alleles such as `<NON_REF>` have no sequence to
test and are dropped.

Calls that contradict their record are set to missing and counted. Half-calls (`0/.`) are missing too, for one of
their alleles is unknown; on X and Y outside the pseudoautosomal regions they are a man's one allele as some callers
write it, and are read so.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import hail as hl

from hail_pipelines.reference_genome import (
    CHROMOSOMES,
    ReferenceGenome,
    contig_recoding,
    genome_contig,
)
from hail_pipelines.vcf.alleles import biallelic_depths_expr, is_plain_expr, split_alleles_expr
from hail_pipelines.vcf.call_faults import mend_calls
from hail_pipelines.vcf.counts import LoadCounts, load_counts, tally_records
from hail_pipelines.vcf.files import inspect_vcfs, read_header
from hail_pipelines.vcf.half_calls import has_half_calls
from hail_pipelines.vcf.header import Declaration, short_header
from hail_pipelines.vcf.info_faults import mend_info
from hail_pipelines.vcf.read_errors import explain_read_errors
from hail_pipelines.vcf.record_text import Expected

log = logging.getLogger(__name__)

SMALLEST_PARTITION_BYTES = 256 << 10
LARGEST_PARTITION_BYTES = 16 << 20

# What is replaced in each line before Hail reads it. A REF that is not spelled in bases is emptied, because Hail
# drops such a record without a word, and an empty one is read and can be counted. Java tries a pattern that begins
# with ^ once a line, so this one costs nothing.
ODD_REFERENCE = r"^(?!#)((?:[^\t]*+\t){3})(?![ACGTNacgtn]++\t)[^\t]*+"
# A half-call becomes its one allele, to be set to missing where two are expected.
HALF_CALL = r"(\t)(?:(\d++)[/|]\.|\.[/|](\d++))(?=[:\t]|$)"


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
    header = read_header(paths[0])
    text = short_header(
        header, call_fields=summary.call_fields, header_types=header_types or {}, info_fields=info_fields
    )
    infos = {name: header.infos[name] for name in info_fields}
    expected = Expected(len(summary.samples), summary.format_types, infos, reference_genome)
    with TemporaryDirectory(prefix=f"{output.name}.", dir=output.parent) as folder:
        header_file, records = Path(folder) / "header.vcf", Path(folder) / "records.mt"
        header_file.write_text(text, encoding="utf-8")
        with explain_read_errors(paths, expected):
            _read_records(paths, header_file, reference_genome, infos).write(str(records))
        counts = _load(records, output)
    log.info("loaded %d records of %d samples as %d variants", counts.records, counts.samples, counts.variants)
    return counts


def partitions_for(total_bytes: int, cores: int) -> int:
    """Choose a number of partitions: three a core, fewer where they would be tiny, more where too large."""
    most_of_small = -(-total_bytes // SMALLEST_PARTITION_BYTES)
    least_of_large = -(-total_bytes // LARGEST_PARTITION_BYTES)
    return max(1, min(3 * cores, most_of_small), least_of_large)


def _load(records: Path, output: Path) -> LoadCounts:
    """Count and split the records as they were read, and write the calls."""
    mt = hl.read_matrix_table(str(records))
    tally = tally_records(mt.rows())
    mt = mt.drop("faults", "odd_info")
    calls = _plain(mt)
    if tally.plain < tally.records:
        calls = calls.union_rows(_split(mt))
    calls.distinct_by_row().write(str(output))
    calls = hl.read_matrix_table(str(output))
    return load_counts(tally, samples=calls.count_cols(), variants=calls.count_rows())


def _read_records(
    paths: Sequence[Path],
    header_file: Path,
    reference_genome: ReferenceGenome,
    infos: Mapping[str, Declaration],
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
        find_replace=_line_repairs(paths),
    )
    if records.n_partitions() > partitions:
        records = records.naive_coalesce(partitions)
    records = mend_info(mend_calls(records), infos)
    chromosomes = hl.literal({genome_contig(name, reference_genome) for name in CHROMOSOMES})
    dropped = ["qual"] if records.info.dtype else ["qual", "info"]
    return records.annotate_rows(
        on_chromosome=chromosomes.contains(records.locus.contig),
        plain=is_plain_expr(records.locus, records.alleles),
    ).drop(*dropped)


def _line_repairs(paths: Sequence[Path]) -> tuple[str, str]:
    """Choose what to replace in each line: half-calls only where there are any, for looking takes time."""
    if any(has_half_calls(path) for path in paths):
        return f"{HALF_CALL}|{ODD_REFERENCE}", "$1$2$3$4"
    return ODD_REFERENCE, "$1"


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
