"""The first records of a VCF, read as text to see whether they keep what the header promises.

Hail reads a call field by its declared type and fails on the first value that contradicts it, which may be
an hour into a run. Here the first records are looked at before anything starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from association.problems import Problem
from hail_pipelines.reference_genome import ReferenceGenome, last_position, other_genome
from hail_pipelines.vcf.header import CALL_FIELDS, FIXED_COLUMNS, VcfHeader

MOST_RECORDS = 1_000
# A record of 30,000 samples has a megabyte: a few of them tell as much as a thousand of a small cohort.
MOST_BYTES = 8 << 20

_INTEGER = re.compile(rb"(?:\.|-?\d+)(?:,(?:\.|-?\d+))*")
_FLOAT = re.compile(rb"(?:\.|-?\d*\.?\d+(?:[eE][-+]?\d+)?|-?\d+\.|-?nan|-?inf)(?:,[-+.\deE]+)*", re.IGNORECASE)
_ALLOWED = {"Integer": _INTEGER, "Float": _FLOAT}
# Every digit becomes 0 and every letter a, so that one search says whether a record may hold a float or a
# word.
_CLASSES = bytes(
    ord("0") if chr(code).isdigit() and code < 128 else ord("a") if code < 128 and chr(code).isalpha() else code
    for code in range(256)
)


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
    """
    types = {name: declaration.type for name, declaration in header.formats.items()} | dict(header_types)
    peek = RecordPeek()
    bytes_read = 0
    for number, raw_line in enumerate(lines, header.lines + 1):
        line = raw_line.rstrip(b"\r\n")
        if not line:
            continue
        peek.records += 1
        bytes_read += len(line)
        columns = line.split(b"\t", len(FIXED_COLUMNS))
        problem = _shape_problem(columns, len(header.samples)) or _position_problem(columns, reference_genome)
        if problem is not None:
            peek.problems.append(Problem(f"line {number}", problem))
            break
        peek.contigs[columns[0].decode("utf-8", "replace")] = None
        _check_calls(peek, number, columns, types)
        if peek.records >= MOST_RECORDS or bytes_read >= MOST_BYTES:
            break
    return peek


def _shape_problem(columns: list[bytes], samples: int) -> str | None:
    """Say whether a record has too few or too many columns."""
    fixed = len(FIXED_COLUMNS)
    found = len(columns) if len(columns) <= fixed else fixed + columns[-1].count(b"\t") + 1
    if found == fixed + samples:
        return None
    return (
        f"found {found} columns where the header has {fixed + samples} ({fixed} and {samples} samples): the line is "
        "cut off, or columns are separated by spaces instead of tabs"
    )


def _position_problem(columns: list[bytes], reference_genome: ReferenceGenome) -> str | None:
    """Say whether a record lies outside its chromosome."""
    contig, position = columns[0].decode("utf-8", "replace"), columns[1]
    if not position.isdigit() or int(position) == 0:
        return f"POS is {position.decode('utf-8', 'replace')!r}, expected a whole number from 1"
    last = last_position(contig, reference_genome)
    if last is None or int(position) <= last:
        return None
    return (
        f"position {contig}:{int(position):,} lies beyond the end of the chromosome in {reference_genome} "
        f"({last:,}): the file may be on {other_genome(reference_genome)}; set "
        "genotypes.reference_genome to the file's own in the study file"
    )


def _check_calls(peek: RecordPeek, number: int, columns: list[bytes], types: Mapping[str, str]) -> None:
    """Note which call fields a record has, and each field whose values contradict its type, once a file."""
    names = columns[8].decode("utf-8", "replace").split(":")
    peek.call_fields.update(name for name in names if name in CALL_FIELDS)
    classes = columns[9].translate(_CLASSES)
    if not (b"0." in classes or b".0" in classes or b"a" in classes):
        return
    known = {problem.place.rpartition(" ")[2] for problem in peek.problems}
    for name, message in call_problems(columns, types).items():
        if name not in known:
            peek.problems.append(Problem(f"line {number}, FORMAT {name}", message))


def call_problems(columns: list[bytes], types: Mapping[str, str]) -> dict[str, str]:
    """Find the call fields of one record whose values contradict their types.

    Parameters
    ----------
    columns
        The record's nine fixed columns, then all its calls, still separated by tabs.
    types
        Types by FORMAT id.

    Returns
    -------
    What to tell the user, by FORMAT id.
    """
    problems = {}
    for index, name in enumerate(columns[8].decode("utf-8", "replace").split(":")):
        if name in ("GQ", "DP", "AD") and types.get(name) in _ALLOWED:
            value = _first_contradiction(columns[9], index, _ALLOWED[types[name]])
            if value is not None:
                problems[name] = _type_message(name, types[name], value)
    return problems


def _first_contradiction(calls: bytes, index: int, allowed: re.Pattern[bytes]) -> str | None:
    """Return the first value of a call field that its type does not allow."""
    for call in calls.split(b"\t"):
        values = call.split(b":")
        if len(values) > index and not allowed.fullmatch(values[index]):
            return values[index].decode("utf-8", "replace")
    return None


def _type_message(name: str, declared: str, value: str) -> str:
    """Tell the user how to read a field whose values contradict the header."""
    if declared == "Integer" and _FLOAT.fullmatch(value.encode()):
        remedy = f"set genotypes.header_types: {{{name}: Float}} in the study file"
    else:
        remedy = "mend the file, or remove the field with: bcftools annotate -x FORMAT/" + name
    return f"the header declares {declared}, found {value!r}; {remedy}"
