"""What one VCF's header must say: samples, call fields, the INFO fields asked for, and the study's build."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from association.problems import Problem
from hail_pipelines.reference_genome import ReferenceGenome, length_problem, named_genomes, other_genome
from hail_pipelines.vcf.header import Declaration, VcfHeader

_INFO_TYPES = ("Integer", "Float", "String", "Character", "Flag")
_NUMBER = re.compile(r"\d+|[ARG.]", re.ASCII)
_ANOTHER_BUILD = (
    "set genotypes.reference_genome to the file's build in the study file, or use the file on the study's build"
)


def header_problems(
    header: VcfHeader,
    *,
    reference_genome: ReferenceGenome,
    header_types: Mapping[str, str],
    info_fields: Sequence[str],
) -> Iterator[Problem]:
    """Find all that is wrong with a header by itself.

    Parameters
    ----------
    header
        The header.
    reference_genome
        The build the study is on.
    header_types
        Types by FORMAT id that the study says to use in place of the declared ones.
    info_fields
        INFO ids that the study needs.
    """
    yield from _sample_problems(header.samples)
    for name in ("GQ", "DP", "AD"):
        declared = header_types.get(name) or (header.formats[name].type if name in header.formats else "Integer")
        if declared not in ("Integer", "Float"):
            yield Problem(
                f"FORMAT {name}",
                f"type {declared}, expected Integer or Float; set genotypes.header_types: {{{name}: Integer}}",
            )
    for name in info_fields:
        yield from _info_problems(name, header.infos)
    yield from _genome_problems(header, reference_genome)


def _sample_problems(samples: Sequence[str]) -> Iterator[Problem]:
    """Find samples that are absent, nameless or named twice."""
    if not samples:
        yield Problem("header", "there is no sample column: this is a sites-only VCF; use the one with genotypes")
    nameless = sum(not name.strip() for name in samples)
    if nameless:
        yield Problem(
            "samples",
            f"{nameless} of {len(samples)} sample columns have no name; name them with: bcftools reheader -s",
        )
    repeated = [name for name, count in Counter(samples).items() if count > 1 and name.strip()]
    if repeated:
        number = "1 sample id occurs" if len(repeated) == 1 else f"{len(repeated)} sample ids occur"
        yield Problem("samples", f"{number} twice or more, the first is {repeated[0]!r}; rename all but one")


def _info_problems(name: str, declared: Mapping[str, Declaration]) -> Iterator[Problem]:
    """Find whether an INFO field is not declared, or in a way that says nothing of its values."""
    if name not in declared:
        near = ", ".join(sorted(declared)[:12]) or "none"
        yield Problem(f"INFO {name}", f"not declared in the header; it has: {near}")
        return
    number, of_type = declared[name].number, declared[name].type
    if of_type not in _INFO_TYPES:
        yield Problem(
            f"INFO {name}",
            f"type {of_type!r}, expected one of {', '.join(_INFO_TYPES)}; mend it with: bcftools reheader",
        )
    if not _NUMBER.fullmatch(number):
        yield Problem(
            f"INFO {name}", f"Number {number!r}, expected a count, A, R, G or a dot; mend it with: bcftools reheader"
        )


def _genome_problems(header: VcfHeader, reference_genome: ReferenceGenome) -> Iterator[Problem]:
    """Compare declared contig lengths, or failing them the header's text, with the study's build."""
    lengths = {contig: length for contig, length in header.contigs.items() if length is not None}
    wrong = [length_problem(contig, length, reference_genome) for contig, length in lengths.items()]
    if first := next((problem for problem in wrong if problem is not None), None):
        yield Problem("reference genome", f"{first}; {_ANOTHER_BUILD}")
    elif not lengths:
        other = other_genome(reference_genome)
        for text in header.genome_texts:
            if named_genomes(text) == {other}:
                yield Problem("reference genome", f"the header names {text!r}, which is {other}; {_ANOTHER_BUILD}")
                return
