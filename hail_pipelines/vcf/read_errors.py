"""Hail's errors while it reads a VCF, told in the user's terms.

Hail stops at the first value it can't read, deep inside Spark, and its message is mostly a stack trace. The lines
that matter name the file and quote the record; they are picked out here, the record is looked at once more to find
the field, and a remedy is added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hail.utils.java import FatalError, HailUserError

from association.problems import InputError, Problem
from hail_pipelines.reference_genome import other_genome
from hail_pipelines.vcf.bgzip import is_intact
from hail_pipelines.vcf.record_text import Expected, record_faults

_LOCATED = re.compile(
    r"HailException: (?:file:)?(?P<file>[^\n]*?):offset \d+: error while parsing line\n(?P<line>[^\n]*)"
)
_DAMAGED = ("ZipException", "EOFException", "invalid BGZ", "DataFormatException", "Corrupt")


@contextmanager
def explain_read_errors(paths: Sequence[Path], expected: Expected) -> Iterator[None]:
    """Turn Hail's errors about a VCF's content into an InputError.

    Parameters
    ----------
    paths
        The files that are being read.
    expected
        What their records are read as.

    Raises
    ------
    InputError
        In place of Hail's error, if that is about the files.
    """
    try:
        yield
    except (FatalError, HailUserError) as error:
        explained = explain(str(error), paths, expected)
        if explained is None:
            raise
        raise explained from None


def explain(text: str, paths: Sequence[Path], expected: Expected) -> InputError | None:
    """Make the user's error of the text of Hail's; None if that isn't about a VCF.

    Parameters
    ----------
    text
        Hail's message with its stack trace.
    paths, expected
        What was read, and as what.
    """
    if any(word in text for word in _DAMAGED):
        return _damage(paths)
    located = _LOCATED.search(text)
    if located is None:
        return None
    damaged = [path for path in paths if str(path) == located["file"] and not is_intact(path)]
    if damaged:
        # A damaged block may decompress to text that is almost right, and then the record is not to blame.
        return _damage(damaged)
    summary = text.partition("\n")[0].partition(": ")[2]
    columns = located["line"].split("\t")
    place = f"record {columns[0]}:{columns[1]}" if len(columns) > 1 else "a record"
    problems = [
        Problem(f"{place}, {fault.part}" if fault.part else place, fault.message)
        for fault in record_faults(located["line"].rstrip("\r").encode(), expected)
    ]
    if not problems and "Invalid locus" in summary:
        message = (
            f"{summary} The file may be on {other_genome(expected.reference_genome)}: set genotypes.reference_genome "
            f"to its own build; or leave such contigs out with: bcftools view -t ^{columns[0]}"
        )
        problems = [Problem(place, message)]
    if not problems and "For input string" in summary and len(columns) > 5:
        # QUAL is stepped over, except in a file that is not sorted.
        message = f"found {columns[5]!r}, expected a number or a dot; mend it, or sort the file with: bcftools sort"
        problems = [Problem(f"{place}, QUAL", message)]
    return InputError(
        located["file"], problems or [Problem(place, f"Hail can't read it: {summary}; mend or remove the record")]
    )


def _damage(paths: Sequence[Path]) -> InputError | None:
    """Name the files that don't decompress; None if all do."""
    damaged = [path for path in paths if not is_intact(path)]
    if not damaged:
        return None
    names = ", ".join(str(path) for path in damaged)
    return InputError.single(names, "file", "damaged: it does not decompress to its end; copy it again")
