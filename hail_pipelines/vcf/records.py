"""The first records of a VCF, read as text to see whether they keep what the header promises.

A call field is read by its declared type, and a value that contradicts it may come an hour into a run. Here the first
records are looked at before anything starts, and all their faults are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from association.problems import Problem
from hail_pipelines.reference_genome import ReferenceGenome
from hail_pipelines.vcf.findings import Findings
from hail_pipelines.vcf.header import CALL_FIELDS, FIXED_COLUMNS, VcfHeader
from hail_pipelines.vcf.record_text import Expected, record_faults

# As many are looked at in all files together, and some in each: what is wrong is mostly wrong from the first on.
MOST_RECORDS = 1_000
LEAST_RECORDS = 100
# A record of 30,000 samples has a megabyte: a few of them tell as much as a thousand of a small cohort.
MOST_BYTES = 8 << 20


@dataclass
class RecordPeek:
    """What the first records of one file hold.

    Attributes
    ----------
    records
        How many were read.
    call_fields
        Those of GT, GQ, DP and AD that some record's FORMAT names.
    contigs
        The contigs they lie on, in order of appearance.
    problems
        What is wrong with them, once per kind.
    """

    records: int = 0
    call_fields: set[str] = field(default_factory=set)
    contigs: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def peek_records(
    lines: Iterable[bytes],
    header: VcfHeader,
    *,
    reference_genome: ReferenceGenome,
    header_types: Mapping[str, str],
    info_fields: Sequence[str] = (),
    files: int = 1,
) -> RecordPeek:
    """Check the first records of a file.

    Parameters
    ----------
    lines
        The lines after the header.
    header
        The file's header.
    reference_genome
        The build the study is on.
    header_types
        Types by FORMAT id that the study says to use in place of the declared ones.
    info_fields
        INFO ids that the study needs.
    files
        How many files the cohort has.
    """
    most_records, most_bytes = max(LEAST_RECORDS, MOST_RECORDS // files), MOST_BYTES // files
    expected = Expected(
        len(header.samples),
        {name: declaration.type for name, declaration in header.formats.items()} | dict(header_types),
        {name: header.infos[name] for name in info_fields if name in header.infos},
        reference_genome,
    )
    peek, findings = RecordPeek(), Findings()
    bytes_read = 0
    for number, raw_line in enumerate(lines, header.lines + 1):
        line = raw_line.rstrip(b"\r\n")
        if not line:
            continue
        peek.records += 1
        bytes_read += len(line)
        _look_at(peek, line)
        for fault in record_faults(line, expected):
            findings.add(number, fault)
        if peek.records >= most_records or bytes_read >= most_bytes:
            break
    peek.problems = findings.problems()
    if header.samples and "GT" not in peek.call_fields and not peek.problems:
        if peek.records:
            message = (
                f"none of the first {peek.records:,} records has GT in its FORMAT: there are no genotypes to test"
            )
            peek.problems.append(Problem("FORMAT GT", message))
        elif "GT" not in header.formats:
            peek.problems.append(Problem("FORMAT GT", "not declared in the header: there are no genotypes to test"))
    return peek


def _look_at(peek: RecordPeek, line: bytes) -> None:
    """Note a record's contig and call fields."""
    columns = line.split(b"\t", len(FIXED_COLUMNS))
    if len(columns) >= len(FIXED_COLUMNS):
        peek.contigs[columns[0].decode("utf-8", "replace")] = None
        peek.call_fields.update(set(columns[8].decode("utf-8", "replace").split(":")) & set(CALL_FIELDS))
