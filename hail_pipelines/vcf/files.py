"""Look at VCFs before anything reads them in earnest, and say everything that is wrong with them at once.

Each file's name, compression, header and first records are checked, then the files against each other. It
takes a second or two for a cohort, needs no Java, and spares an error an hour into a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from association.problems import InputError, Problem
from hail_pipelines.places import Place
from hail_pipelines.reference_genome import ReferenceGenome
from hail_pipelines.shares import Workers, do_shares
from hail_pipelines.vcf.agreement import Described, disagreements
from hail_pipelines.vcf.header import CALL_FIELDS, VcfHeader, annotation_subfields, parse_header
from hail_pipelines.vcf.header_checks import header_problems
from hail_pipelines.vcf.lines import file_problem, open_lines, take_header
from hail_pipelines.vcf.records import RecordPeek, peek_records

# Files in a bucket that are looked at together, for most of that is waiting for answers.
AT_ONCE_AFAR = 16


@dataclass(frozen=True)
class VcfSummary:
    """What a set of VCFs holds, as far as headers and first records tell.

    Attributes
    ----------
    samples
        Sample ids in column order, the same in every file.
    call_fields
        Those of GT, GQ, DP and AD that every file declares and some record has.
    format_types
        Declared types by FORMAT id, with the study's overrides in place.
    info_descriptions
        Descriptions by INFO id.
    annotation_subfields
        Names of the parts of each requested INFO field, empty for one without parts.
    contigs
        Contigs of the first records, in order of files.
    has_chr_prefix
        Whether contigs are written chr1, chr2, ...
    """

    samples: tuple[str, ...]
    call_fields: tuple[str, ...]
    format_types: dict[str, str]
    info_descriptions: dict[str, str]
    annotation_subfields: dict[str, tuple[str, ...]]
    contigs: tuple[str, ...]
    has_chr_prefix: bool


@dataclass
class _Inspection:
    """One file, what was read of it and what is wrong with it."""

    path: Place
    header: VcfHeader | None = None
    peek: RecordPeek = field(default_factory=RecordPeek)
    problems: list[Problem] = field(default_factory=list)


def inspect_vcfs(
    paths: Sequence[Place],
    *,
    reference_genome: ReferenceGenome,
    header_types: Mapping[str, str] | None = None,
    info_fields: Sequence[str] = (),
) -> VcfSummary:
    """Check VCFs and summarise what they hold.

    Parameters
    ----------
    paths
        The files, bgzipped or uncompressed; together one cohort, all with the same samples in the same order.
    reference_genome
        The build the study is on.
    header_types
        Types by FORMAT id to use in place of the declared ones.
    info_fields
        INFO ids that the study needs.

    Raises
    ------
    InputError
        If any file can't be used; it lists all problems of all files.
    """
    look = partial(
        _inspect,
        reference_genome=reference_genome,
        header_types=header_types or {},
        info_fields=info_fields,
        files=len(paths),
    )
    here = all(isinstance(path, Path) for path in paths)
    inspections = do_shares(look, paths, Workers(threads=1 if here else AT_ONCE_AFAR))
    _compare(inspections, info_fields)
    problems = _named_problems(inspections)
    if problems:
        source = str(paths[0]) if len(paths) == 1 else f"genotypes ({len(paths)} VCFs)"
        raise InputError(source, problems)
    if not any(inspection.peek.records for inspection in inspections):
        raise InputError.single(
            str(paths[0]) if paths else "genotypes",
            "records",
            "there is no variant in any VCF; expected at least one",
        )
    return _summarise(inspections, header_types or {}, info_fields)


def read_header(path: Place) -> VcfHeader:
    """Read the header of a VCF that has passed inspection."""
    with open_lines(path) as lines:
        return parse_header(take_header(lines)[0])


def _inspect(
    path: Place,
    *,
    reference_genome: ReferenceGenome,
    header_types: Mapping[str, str],
    info_fields: Sequence[str],
    files: int,
) -> _Inspection:
    """Check one file by itself, as one of so many."""
    inspection = _Inspection(path)
    try:
        problem = file_problem(path)
    except PermissionError:
        problem = "can't be read: permission denied; ask its owner for access"
    if problem is not None:
        inspection.problems.append(Problem("file", problem))
        return inspection
    try:
        with open_lines(path) as lines:
            header_lines, problem = take_header(lines)
            if problem is not None:
                inspection.problems.append(Problem("header", problem))
                return inspection
            inspection.header = parse_header(header_lines)
            inspection.problems += header_problems(
                inspection.header,
                reference_genome=reference_genome,
                header_types=header_types,
                info_fields=info_fields,
            )
            inspection.peek = peek_records(
                lines,
                inspection.header,
                reference_genome=reference_genome,
                header_types=header_types,
                info_fields=info_fields,
                files=files,
            )
    except OSError as error:
        message = f"can't be decompressed ({error}): the file is damaged; copy it again"
        inspection.problems.append(Problem("file", message))
    inspection.problems += inspection.peek.problems
    return inspection


def _compare(inspections: Sequence[_Inspection], info_fields: Sequence[str]) -> None:
    """Note where the files that could be read differ."""
    files = [
        Described(number, inspection.path.name, inspection.header, inspection.peek.call_fields)
        for number, inspection in enumerate(inspections)
        if inspection.header is not None
    ]
    for number, problem in disagreements(files, info_fields):
        inspections[number].problems.append(problem)


def _named_problems(inspections: Sequence[_Inspection]) -> list[Problem]:
    """Put the file's name before each place where there are several files."""
    if len(inspections) == 1:
        return inspections[0].problems
    return [
        Problem(f"{inspection.path}, {problem.place}", problem.message)
        for inspection in inspections
        for problem in inspection.problems
    ]


def _summarise(
    inspections: Sequence[_Inspection], header_types: Mapping[str, str], info_fields: Sequence[str]
) -> VcfSummary:
    """Merge what sound files hold."""
    headers = [inspection.header for inspection in inspections if inspection.header is not None]
    seen = set().union(*(inspection.peek.call_fields for inspection in inspections))
    contigs = dict.fromkeys(contig for inspection in inspections for contig in inspection.peek.contigs)
    formats = {name: declaration.type for name, declaration in headers[0].formats.items()}
    infos = {
        name: declaration.description for header in reversed(headers) for name, declaration in header.infos.items()
    }
    return VcfSummary(
        samples=headers[0].samples,
        call_fields=tuple(
            name
            for name in CALL_FIELDS
            if name in seen and (name == "GT" or all(name in header.formats for header in headers))
        ),
        format_types=formats | dict(header_types),
        info_descriptions=infos,
        annotation_subfields={name: annotation_subfields(infos[name]) for name in info_fields},
        contigs=tuple(contigs),
        has_chr_prefix=any(contig.startswith("chr") for contig in contigs),
    )
