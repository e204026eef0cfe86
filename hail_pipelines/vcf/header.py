"""A VCF's header: what it declares.

Only the four call fields that the engine keeps and the INFO fields that it is asked for are read by their declared
types, so that a wrong or unusual declaration elsewhere in the file does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

CALL_FIELDS = ("GT", "GQ", "DP", "AD")
FIXED_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT")

# Header lines in which programs that annotate name their release.
ANNOTATORS = ("VEP", "SnpEffVersion", "SnpEffCmd")

_STRUCTURED = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,>]*)')


@dataclass(frozen=True)
class Declaration:
    """One FORMAT or INFO line of a header.

    Attributes
    ----------
    number
        How many values: a count, `A`, `R`, `G` or `.`.
    type
        Integer, Float, String, Character or Flag.
    description
        The free text; VEP and SnpEff name their subfields in it.
    """

    number: str
    type: str
    description: str


@dataclass(frozen=True)
class VcfHeader:
    """What one VCF declares.

    Attributes
    ----------
    samples
        The sample ids, in column order.
    formats, infos
        FORMAT and INFO declarations by id.
    contigs
        Declared contigs with their lengths, None where no length is given.
    genome_texts
        Text that may name the build: `##reference`, `##assembly` and contigs' `assembly=`.
    annotators
        Lines that programs which annotate write of themselves, without their `##`.
    lines
        How many lines the header has.
    """

    samples: tuple[str, ...]
    formats: dict[str, Declaration] = field(default_factory=dict)
    infos: dict[str, Declaration] = field(default_factory=dict)
    contigs: dict[str, int | None] = field(default_factory=dict)
    genome_texts: tuple[str, ...] = ()
    annotators: tuple[str, ...] = ()
    lines: int = 0


def parse_header(lines: Sequence[str]) -> VcfHeader:
    """Read a header.

    Parameters
    ----------
    lines
        Its lines, the last being the one that starts with `#CHROM`.
    """
    declared: dict[str, dict[str, Declaration]] = {"FORMAT": {}, "INFO": {}}
    contigs: dict[str, int | None] = {}
    genome_texts: dict[str, None] = {}
    annotators = []
    for line in lines[:-1]:
        key, _, text = line.rstrip("\r\n")[2:].partition("=")
        if key in ("reference", "assembly"):
            genome_texts[text] = None
        elif key in ANNOTATORS:
            annotators.append(f"{key}={text}")
        elif key in ("FORMAT", "INFO", "contig"):
            fields = _structured(text)
            if key == "contig":
                length = fields.get("length", "")
                contigs[fields.get("ID", "")] = int(length) if length.isdecimal() else None
                genome_texts |= dict.fromkeys([fields["assembly"]] if "assembly" in fields else [])
            else:
                declared[key][fields.get("ID", "")] = Declaration(
                    fields.get("Number", "."), fields.get("Type", "String"), fields.get("Description", "")
                )
    samples = tuple(lines[-1].rstrip("\r\n").split("\t")[len(FIXED_COLUMNS) :])
    own = (declared["FORMAT"], declared["INFO"], contigs, tuple(genome_texts), tuple(annotators))
    return VcfHeader(samples, *own, lines=len(lines))


def annotation_subfields(description: str) -> tuple[str, ...]:
    """Read the names of a VEP or SnpEff field's parts from its description in the header.

    Examples
    --------
    >>> annotation_subfields("Consequence annotations from Ensembl VEP. Format: Allele|Consequence|SYMBOL")
    ('Allele', 'Consequence', 'SYMBOL')
    """
    _, found, text = description.partition("ormat:")
    if not found:
        _, _, text = description.partition(":")
    if "|" not in text:
        return ()
    return tuple(part.strip(" '\"") for part in text.split("|"))


def _structured(text: str) -> dict[str, str]:
    """Split `<ID=GQ,Number=1,...>` into its fields."""
    return {name: value.strip('"') for name, value in _STRUCTURED.findall(text)}
