"""Read VCFs into calls: one row per alternate allele, in minimal representation, with its calls as arrays.

A record with several alternate alleles becomes one row for each; in that row every other allele counts as
the reference. Trimming shared bases may move a row to a later position, so the rows are put in order at the end.
`*` (the position is deleted by another record) and symbolic alleles such as `<NON_REF>` have no sequence to
test and are dropped.

Calls that contradict their record are set to missing and counted. Half-calls (`0/.`) are missing too, for one of
their alleles is unknown; on X and Y outside the pseudoautosomal regions they are a man's one allele as some callers
write it, and are read so.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from association.problems import InputError, Problem
from hail_pipelines.call_files import SAMPLES
from hail_pipelines.places import Place, whole_folder
from hail_pipelines.reference_genome import ReferenceGenome
from hail_pipelines.shares import Workers, do_shares
from hail_pipelines.variant_index import variant_schema, write_index
from hail_pipelines.vcf.counts import LoadCounts
from hail_pipelines.vcf.file_shares import FileShare, shares_of
from hail_pipelines.vcf.files import inspect_vcfs, read_header
from hail_pipelines.vcf.findings import Findings
from hail_pipelines.vcf.read_share import Reading, ShareOutcome, read_share
from hail_pipelines.vcf.record_text import BEHIND_HEADER, Expected
from hail_pipelines.whole_file import remove_partial_files, whole_file

log = logging.getLogger(__name__)


def load_calls(
    paths: Sequence[Place],
    output: Place,
    *,
    reference_genome: ReferenceGenome,
    header_types: Mapping[str, str] | None = None,
    info_fields: Sequence[str] = (),
    workers: Workers = Workers(),
) -> LoadCounts:
    """Read VCFs and write their calls.

    Parameters
    ----------
    paths
        VCFs of one cohort, bgzipped or uncompressed.
    output
        The folder to write; it must not exist. It appears when it is whole.
    reference_genome
        The build the files are on.
    header_types
        Types by FORMAT id to use in place of the declared ones.
    info_fields
        INFO ids to keep, those that annotation reads.
    workers
        Who does the work.

    Raises
    ------
    InputError
        If a file can't be used, or a record in it contradicts its header.
    """
    summary = inspect_vcfs(
        paths, reference_genome=reference_genome, header_types=header_types, info_fields=info_fields
    )
    header = read_header(paths[0])
    infos = {name: header.infos[name] for name in info_fields}
    expected = Expected(len(summary.samples), summary.format_types, infos, reference_genome)
    shares = shares_of(paths)
    with whole_folder(output) as folder:
        with whole_file(folder / SAMPLES) as path:
            pq.write_table(pa.table({"sample": list(summary.samples)}), path)
        reading = Reading(folder, expected, summary.call_fields)
        outcomes = do_shares(partial(read_share, reading=reading), shares, workers)
        _raise_faults(paths, shares, outcomes)
        parts = [share.number for share, outcome in zip(shares, outcomes, strict=True) if outcome.rows]
        variants = write_index(folder, parts, variant_schema(reference_genome, infos))
        remove_partial_files(folder)
    counts = _counts(outcomes, len(summary.samples), variants)
    log.info("loaded %d records of %d samples as %d variants", counts.records, counts.samples, counts.variants)
    return counts


def _counts(outcomes: Sequence[ShareOutcome], samples: int, variants: int) -> LoadCounts:
    """Sum what was counted in the shares."""
    found: Counter[str] = Counter()
    for outcome in outcomes:
        found.update(outcome.counts)
    rows = sum(outcome.rows for outcome in outcomes)
    return LoadCounts.of(found, samples=samples, variants=variants, duplicates=rows - variants)


def _raise_faults(paths: Sequence[Place], shares: Sequence[FileShare], outcomes: Sequence[ShareOutcome]) -> None:
    """Tell what is wrong with the files, if anything is."""
    if damaged := _damaged(shares, outcomes):
        message = "damaged: it does not decompress to its end; copy it again"
        raise InputError.single(", ".join(damaged), "file", message)
    findings, lines = {path: Findings() for path in paths}, dict.fromkeys(paths, 1)
    with_records: set[Place] = set()
    for share, outcome in zip(shares, outcomes, strict=True):
        if outcome.heading is not None and share.path in with_records:
            findings[share.path].add(lines[share.path] + outcome.heading, BEHIND_HEADER)
        for line, fault in outcome.faults:
            findings[share.path].add(lines[share.path] + line, fault)
        lines[share.path] += outcome.lines
        with_records |= {share.path} if outcome.counts["records"] else set()
    problems = [(path, problem) for path, found in findings.items() for problem in found.problems()]
    if len(paths) == 1 and problems:
        raise InputError(str(paths[0]), [problem for _, problem in problems])
    if problems:
        named = [Problem(f"{path}, {problem.place}", problem.message) for path, problem in problems]
        raise InputError(f"genotypes ({len(paths)} VCFs)", named)


def _damaged(shares: Sequence[FileShare], outcomes: Sequence[ShareOutcome]) -> list[str]:
    """List the files with a share that does not decompress, or whose blocks do not begin where the last one's end."""
    damaged: dict[str, None] = {}
    ends = dict.fromkeys((share.path for share in shares), 0)
    for share, outcome in zip(shares, outcomes, strict=True):
        if outcome.damaged or outcome.blocks.start != ends[share.path]:
            damaged[str(share.path)] = None
        ends[share.path] = outcome.blocks.end
    return list(damaged)
