"""The parts of VEP's and SnpEff's fields that a study needs, and those that a header lacks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Transcripts = Literal["all", "canonical", "mane", "mane_or_canonical", "pick"]

# Parts that mark the transcripts asked for; of each group one is needed.
MARKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "all": (),
    "canonical": (("CANONICAL",),),
    "mane": (("MANE_SELECT", "MANE"),),
    "mane_or_canonical": (("MANE_SELECT", "MANE"), ("CANONICAL",)),
    "pick": (("PICK",),),
}

# The first parts of ANN, by SnpEff's specification (https://pcingola.github.io/SnpEff/adds/VCFannotationformat_v1.0.pdf).
SNPEFF_PARTS = ("Allele", "Annotation", "Annotation_Impact", "Gene_Name", "Gene_ID")


@dataclass(frozen=True)
class AbsentPart:
    """A part of an annotation's field that a study needs and a header does not name.

    Attributes
    ----------
    setting
        The setting of the annotation that asks for it.
    names
        The part's name, or several any of which would do.
    """

    setting: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(f"'{name}'" for name in self.names)


def absent_parts(
    kind: Literal["vep", "snpeff"],
    subfields: Collection[str],
    *,
    transcripts: Transcripts = "all",
    scores: Sequence[str] = (),
    fields: Sequence[str] = (),
    external_af: str | None = None,
    infos: Collection[str] = (),
) -> list[AbsentPart]:
    """List the parts that are needed of an annotation's field and that it lacks.

    Parameters
    ----------
    kind
        Whose field it is.
    subfields
        Names of the field's parts.
    transcripts
        Which of VEP's transcripts count; all but "all" need a part that marks them.
    scores, fields
        Parts that hold numbers and texts.
    external_af
        The part that holds the allele frequency in a reference population, None if none does.
    infos
        INFO fields, any of which can stand for a part that holds a value.
    """
    if kind == "vep":
        needed = [AbsentPart("field", ("Consequence",)), AbsentPart("field", ("SYMBOL", "Gene"))]
        needed += [AbsentPart("transcripts", marks) for marks in MARKS[transcripts]]
    else:
        needed = [AbsentPart("field", (name,)) for name in ("Allele", "Annotation", "Gene_Name")]
    absent = [part for part in needed if not set(part.names) & set(subfields)]
    return absent + absent_values({*subfields, *infos}, scores=scores, fields=fields, external_af=external_af)


def absent_values(
    present: Collection[str], *, scores: Sequence[str], fields: Sequence[str], external_af: str | None
) -> list[AbsentPart]:
    """List the scores, texts and external frequency that are named and not there.

    Parameters
    ----------
    present
        The names there are.
    scores, fields, external_af
        Those asked for.
    """
    asked = [AbsentPart(f"scores[{number}]", (name,)) for number, name in enumerate(scores)]
    asked += [AbsentPart(f"fields[{number}]", (name,)) for number, name in enumerate(fields)]
    asked += [AbsentPart("external_af", (external_af,))] if external_af else []
    return [part for part in asked if part.names[0] not in present]
