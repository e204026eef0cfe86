"""Hail's errors while it reads a VCF, told in the user's terms.

Hail stops at the first value it can't read, deep inside Spark, and its message is mostly a stack trace. The lines
that matter name the file and quote the record; they are picked out here, the record is looked at once more to find
the field, and a remedy is added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hail.utils.java import FatalError, HailUserError

from association.problems import InputError
from hail_pipelines.reference_genome import ReferenceGenome, other_genome
from hail_pipelines.vcf.bgzip import is_intact
from hail_pipelines.vcf.call_text import call_problems

_LOCATED = re.compile(
    r"HailException: (?:file:)?(?P<file>[^\n]*?):offset \d+: error while parsing line\n(?P<line>[^\n]*)"
)
_DAMAGED = ("ZipException", "EOFException", "invalid BGZ", "DataFormatException", "Corrupt")


@contextmanager
def explain_read_errors(
    paths: Sequence[Path], *, reference_genome: ReferenceGenome, format_types: Mapping[str, str]
) -> Iterator[None]:
    """Turn Hail's errors about a VCF's content into an InputError.

    Parameters
    ----------
    paths
        The files that are being read.
    reference_genome
        The build they are read as.
    format_types
        Types by FORMAT id that they are read with.

    Raises
    ------
    InputError
        In place of Hail's error, if that is about the files.
    """
    try:
        yield
    except (FatalError, HailUserError) as error:
        explained = explain(str(error), paths, reference_genome=reference_genome, format_types=format_types)
        if explained is None:
            raise
        raise explained from None


def explain(
    text: str, paths: Sequence[Path], *, reference_genome: ReferenceGenome, format_types: Mapping[str, str]
) -> InputError | None:
    """Make the user's error of the text of Hail's; None if that isn't about a VCF.

    Parameters
    ----------
    text
        Hail's message with its stack trace.
    paths, reference_genome, format_types
        What was read, and how.
    """
    summary = text.partition("\n")[0].partition(": ")[2]
    if any(word in text for word in _DAMAGED):
        return _damage(paths)
    located = _LOCATED.search(text)
    if located is None:
        return None
    damaged = [path for path in paths if str(path) == located["file"] and not is_intact(path)]
    if damaged:
        # A damaged block may decompress to text that is almost right, and then the record is not to blame.
        return _damage(damaged)
    columns = located["line"].encode().split(b"\t", 9)
    place = f"record {b':'.join(columns[:2]).decode()}" if len(columns) > 2 else "a record"
    if "Invalid locus" in summary:
        message = (
            f"{summary} The file may be on {other_genome(reference_genome)}: set genotypes.reference_genome to its "
            "own build; or leave such contigs out with: bcftools view -t"
        )
        return InputError.single(located["file"], place, message)
    found = call_problems(columns, format_types) if len(columns) == 10 else {}
    for name, message in found.items():
        return InputError.single(located["file"], f"{place}, FORMAT {name}", message)
    return InputError.single(located["file"], place, f"Hail can't read it: {summary}; mend or remove the record")


def _damage(paths: Sequence[Path]) -> InputError | None:
    """Name the files that don't decompress; None if all do."""
    damaged = [path for path in paths if not is_intact(path)]
    if not damaged:
        return None
    names = ", ".join(str(path) for path in damaged)
    return InputError.single(names, "file", "damaged: it does not decompress to its end; copy it again")
