"""One record as text: what is wrong with the parts that the engine reads and could not read so.

Those are CHROM, POS, the INFO fields that annotation asks for, and the call fields. ID is carried along as it stands,
QUAL is not read, and what is odd in REF, ALT and FILTER is counted when the record is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hail_pipelines.reference_genome import (
    CHROMOSOMES,
    ReferenceGenome,
    contig_recoding,
    genome_contig,
    is_other_contig,
    last_position,
    other_genome,
)
from hail_pipelines.vcf.alleles import MOST_ALTERNATES
from hail_pipelines.vcf.call_text import call_problems, repeated_fields
from hail_pipelines.vcf.findings import Fault
from hail_pipelines.vcf.header import FIXED_COLUMNS, Declaration
from hail_pipelines.vcf.info_text import info_faults

_CONTIG = re.compile(rb"[^\s,<>\[\]]+")


@dataclass(frozen=True)
class Expected:
    """What a file's records are held against.

    Attributes
    ----------
    samples
        How many samples the header names.
    types
        Types by FORMAT id.
    infos
        The declarations of the INFO fields that are asked for, by id.
    reference_genome
        The build the file should be on.
    """

    samples: int
    types: Mapping[str, str]
    infos: Mapping[str, Declaration]
    reference_genome: ReferenceGenome


BEHIND_HEADER = Fault(
    "",
    "begins with #, but lies behind the header: two VCFs may have been put together, or a record set aside; join "
    "VCFs with: bcftools concat, or remove the line",
    "behind the header",
)


def record_faults(line: bytes, expected: Expected) -> list[Fault]:
    """Find all that is wrong with a line behind the header; where columns are missing, only that.

    Parameters
    ----------
    line
        The line without its end.
    expected
        What it is held against.
    """
    if line.startswith(b"#"):
        return [BEHIND_HEADER]
    columns = line.split(b"\t", len(FIXED_COLUMNS))
    shape = shape_fault(line, columns, expected.samples)
    if shape is not None:
        return [shape]
    faults = [*place_faults(columns, expected.reference_genome), *_allele_faults(columns[4])]
    faults += info_faults(columns[7], expected.infos)
    return [*faults, *_call_faults(columns, expected.types)] if expected.samples else faults


def explained_faults(line: bytes, expected: Expected) -> list[Fault]:
    """Say why a record could not be read.

    Parameters
    ----------
    line
        The record without its line end.
    expected
        What it is held against.
    """
    faults = record_faults(line, expected)
    if not faults:
        faults = list(_unknown_contig(line.split(b"\t", 1)[0].decode("utf-8", "replace"), expected.reference_genome))
    return faults or [Fault("", "can't be read; mend or remove the record", "unreadable")]


def shape_fault(line: bytes, columns: Sequence[bytes], samples: int) -> Fault | None:
    """Say whether a record has too few or too many columns.

    Parameters
    ----------
    line
        The record without its line end.
    columns
        Its nine fixed columns, then all its calls in one.
    samples
        How many samples the header names.
    """
    fixed = len(FIXED_COLUMNS)
    found = len(columns) if len(columns) <= fixed else fixed + columns[-1].count(b"\t") + 1
    if found == fixed + samples or (samples == 0 and found == fixed - 1):
        return None
    expected = f"{fixed + samples} ({fixed} and {samples} samples)"
    if found == 1 and len(line.split()) == fixed + samples:
        return Fault(
            "", f"columns are separated by spaces, expected tabs between {expected}; mend the file", "columns"
        )
    return Fault(
        "",
        f"found {found} columns where the header has {expected}: the line is "
        "cut off, or columns are separated by spaces instead of tabs; copy the file again, or mend the line",
        "columns",
    )


def place_faults(columns: Sequence[bytes], reference_genome: ReferenceGenome) -> Iterator[Fault]:
    """Find whether a record lies on no contig, or outside its chromosome."""
    contig, position = columns[0].decode("utf-8", "replace"), columns[1]
    if columns[0].startswith(b"<"):
        yield Fault(
            "CHROM", f"found {contig!r}, a contig of an assembly, not a chromosome; remove the record", "contig"
        )
    elif not _CONTIG.fullmatch(columns[0]):
        message = f"found {contig!r}, expected a contig's name such as 1 or chr1; mend or remove the record"
        yield Fault("CHROM", message, "contig")
    if not position.isdigit() or int(position) == 0:
        found = position.decode("utf-8", "replace")
        yield Fault("", f"POS is {found!r}, expected a whole number from 1; mend or remove the record", "position")
        return
    last = last_position(contig, reference_genome)
    if last is not None and int(position) > last:
        yield Fault(
            "",
            f"position {contig}:{int(position):,} lies beyond the end of the chromosome in {reference_genome} "
            f"({last:,}): the file may be on {other_genome(reference_genome)}; set "
            "genotypes.reference_genome to the file's own in the study file",
            "beyond the end",
        )


def _allele_faults(alternates: bytes) -> Iterator[Fault]:
    """Find whether a record has more alternate alleles than are read."""
    found = alternates.count(b",") + 1
    if found > MOST_ALTERNATES:
        message = (
            f"found {found:,} alternate alleles, expected {MOST_ALTERNATES:,} at most; leave such records out with: "
            f"bcftools view -e 'N_ALT>{MOST_ALTERNATES}'"
        )
        yield Fault("ALT", message, "alternate alleles")


def _unknown_contig(contig: str, reference_genome: ReferenceGenome) -> Iterator[Fault]:
    """Say whether a contig is none of the build's."""
    own = contig_recoding(reference_genome).get(contig, contig)
    known = {genome_contig(name, reference_genome) for name in CHROMOSOMES}
    if own not in known and not is_other_contig(own, reference_genome):
        message = (
            f"contig {contig!r} is not in the reference genome {reference_genome!r}. The file may be on "
            f"{other_genome(reference_genome)}: set genotypes.reference_genome to its own build; or leave such "
            f"contigs out with: bcftools view -t ^{contig}"
        )
        yield Fault("CHROM", message, f"contig {contig}")


def _call_faults(columns: Sequence[bytes], types: Mapping[str, str]) -> Iterator[Fault]:
    """Find the call fields that are named twice or can't be read."""
    for name in repeated_fields(columns):
        names = columns[8].decode("utf-8", "replace")
        yield Fault(f"FORMAT {name}", f"named twice, in {names!r}; remove one of the two", f"{name} twice")
    for name, message in call_problems(columns, types).items():
        yield Fault(f"FORMAT {name}" if name else "", message, f"FORMAT {name}")
