"""Whether the VCFs of one cohort can be read by one header: the same samples, INFO fields and call fields.

Problems come as pairs of a file's number and what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from association.problems import Problem
from hail_pipelines.vcf.header import Declaration, VcfHeader, annotation_subfields

Placed = tuple[int, Problem]


@dataclass(frozen=True)
class Described:
    """What is known of one file.

    Attributes
    ----------
    number
        Its place among the cohort's files.
    name
        Its name.
    header
        Its header.
    call_fields
        Those of GT, GQ, DP and AD that its first records have.
    """

    number: int
    name: str
    header: VcfHeader
    call_fields: Collection[str]


def disagreements(files: Sequence[Described], info_fields: Sequence[str]) -> Iterator[Placed]:
    """Find where files differ from the first in samples and INFO fields, or from any in call fields."""
    for file in files[1:]:
        yield from _sample_problems(file, files[0])
        for name in info_fields:
            if name in file.header.infos and name in files[0].header.infos:
                yield from _info_problems(file, files[0], name)
    yield from _call_field_problems(files)


def _sample_problems(file: Described, first: Described) -> Iterator[Placed]:
    """Check that a file has the samples of the first, in its order."""
    found, expected = file.header.samples, first.header.samples
    if found == expected:
        return
    absent, extra = len(set(expected) - set(found)), len(set(found) - set(expected))
    difference = f"{absent} are absent, {extra} are new" if absent or extra else "in another order"
    message = (
        f"differ from those of {first.name}: {difference}. All files need the same sample columns in one "
        "order: bcftools view -S SAMPLES_FILE -Oz"
    )
    yield file.number, Problem("samples", message)


def _info_problems(file: Described, first: Described, name: str) -> Iterator[Placed]:
    """Check that a file declares an INFO field as the first does, with the same parts in the same order."""
    found, expected = _facts(file.header.infos[name]), _facts(first.header.infos[name])
    differences = [
        f"{key} is {found[key] or 'none'} here and {expected[key] or 'none'} in {first.name}"
        for key in found
        if found[key] != expected[key]
    ]
    if differences:
        message = f"{'; '.join(differences)}. Annotate all files with the same options"
        yield file.number, Problem(f"INFO {name}", message)


def _facts(declared: Declaration) -> dict[str, str]:
    """List what two declarations of one INFO field must share."""
    parts = "|".join(annotation_subfields(declared.description))
    return {"Number": declared.number, "Type": declared.type, "Format": parts}


def _call_field_problems(files: Sequence[Described]) -> Iterator[Placed]:
    """Check that every file declares the call fields that any has: a field that one lacks could be read in none."""
    for name in ("GQ", "DP", "AD"):
        owners = [file.name for file in files if name in file.header.formats and name in file.call_fields]
        for file in files:
            if owners and name not in file.header.formats:
                message = (
                    f"not declared in the header, while {owners[0]} has it; rules on {name} need it in every file. "
                    f"Use a file with it, or do without: run bcftools annotate -x FORMAT/{name} on the others"
                )
                yield file.number, Problem(f"FORMAT {name}", message)
