"""Look at VCFs before anything reads them in earnest, and say everything that is wrong with them at once.

Each file's name, compression, header and first records are checked, then the files against each other. It
takes a second or two for a cohort, needs no Java, and spares an error an hour into a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pysam

from association.problems import InputError, Problem
from hail_pipelines.reference_genome import (
    ReferenceGenome,
    length_problem,
    named_genomes,
    other_genome,
)
from hail_pipelines.vcf.bgzip import block_problem, blocked_name, compression_of
from hail_pipelines.vcf.header import CALL_FIELDS, Declaration, VcfHeader, annotation_subfields, parse_header
from hail_pipelines.vcf.records import RecordPeek, peek_records


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

    path: Path
    header: VcfHeader | None = None
    peek: RecordPeek = field(default_factory=RecordPeek)
    problems: list[Problem] = field(default_factory=list)

    def add(self, place: str, message: str) -> None:
        self.problems.append(Problem(place, message))


def inspect_vcfs(
    paths: Sequence[Path],
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
    inspections = [_inspect(path, reference_genome, header_types or {}, info_fields) for path in paths]
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


def read_header(path: Path) -> VcfHeader:
    """Read the header of a VCF that has passed inspection."""
    with _lines(path) as lines:
        return parse_header(_header_lines(lines)[0])


def _inspect(
    path: Path,
    reference_genome: ReferenceGenome,
    header_types: Mapping[str, str],
    info_fields: Sequence[str],
) -> _Inspection:
    """Check one file by itself."""
    inspection = _Inspection(path)
    try:
        problem = _file_problem(path)
    except PermissionError:
        problem = "can't be read: permission denied; ask its owner for access"
    if problem is not None:
        inspection.add("file", problem)
        return inspection
    try:
        with _lines(path) as lines:
            header_lines, problem = _header_lines(lines)
            if problem is not None:
                inspection.add("header", problem)
                return inspection
            inspection.header = parse_header(header_lines)
            _check_header(inspection, reference_genome, header_types, info_fields)
            inspection.peek = peek_records(
                lines, inspection.header, reference_genome=reference_genome, header_types=header_types
            )
    except OSError as error:
        inspection.add("file", f"can't be decompressed ({error}): the file is damaged; copy it again")
    inspection.problems += inspection.peek.problems
    return inspection


def _file_problem(path: Path) -> str | None:
    """Say why a file can't be read at all: absent, empty, of another kind, or not blocked gzip."""
    if not path.is_file():
        return "there is no such file; check the path and the glob in the study file"
    if path.stat().st_size == 0:
        return "the file is empty (0 bytes); copy it again"
    if not path.name.endswith((".vcf", ".vcf.gz", ".vcf.bgz")):
        return (
            "expected a name that ends in .vcf, .vcf.gz or .vcf.bgz; rename it, or convert it with: bcftools view -Oz"
        )
    compression = compression_of(path)
    named_compressed = not path.name.endswith(".vcf")
    if compression == "gzip":
        return (
            "compressed by plain gzip, which only one core can read; expected bgzip. "
            f"Make {blocked_name(path).name} with: progex bgzip {path}  and name that in genotypes.vcfs"
        )
    if compression == "bgzip" and not named_compressed:
        return "bgzipped, but named .vcf; rename it to .vcf.bgz"
    if compression == "none" and named_compressed:
        return f"not compressed, although its name says so; rename it to .vcf, or run: progex bgzip {path}"
    if compression == "bgzip" and (broken := block_problem(path)) is not None:
        return f"truncated or damaged bgzip: {broken}; copy it again and compare its size with the original's"
    return None


def _header_lines(lines: Iterator[bytes]) -> tuple[list[str], str | None]:
    """Take the header off the lines; the second value says what is wrong with it."""
    taken: list[str] = []
    for raw_line in lines:
        line = raw_line.decode("utf-8", "replace")
        taken.append(line)
        if len(taken) == 1 and not line.startswith("##fileformat=VCF"):
            return (
                taken,
                f"not a VCF: the first line is {line[:40].rstrip()!r}, expected '##fileformat=VCFv4.x'",
            )
        if line.startswith("#CHROM"):
            return taken, None
        if not line.startswith("#"):
            break
    return taken, "there is no line that starts with #CHROM before the first record; the header is incomplete"


def _check_header(
    inspection: _Inspection,
    reference_genome: ReferenceGenome,
    header_types: Mapping[str, str],
    info_fields: Sequence[str],
) -> None:
    """Check samples, call fields, requested INFO fields and the build that a header declares."""
    header = inspection.header
    assert header is not None
    if not header.samples:
        inspection.add("header", "there is no sample column: this is a sites-only VCF; use the one with genotypes")
    repeated = [name for name, count in Counter(header.samples).items() if count > 1]
    if repeated:
        number = "1 sample id occurs" if len(repeated) == 1 else f"{len(repeated)} sample ids occur"
        inspection.add("samples", f"{number} twice or more, the first is {repeated[0]!r}; rename all but one")
    if "GT" not in header.formats and header.samples:
        inspection.add("FORMAT GT", "not declared in the header: there are no genotypes to test")
    for name in ("GQ", "DP", "AD"):
        declared = header_types.get(name) or (header.formats[name].type if name in header.formats else "Integer")
        if declared not in ("Integer", "Float"):
            inspection.add(
                f"FORMAT {name}",
                f"type {declared}, expected Integer or Float; set genotypes.header_types: {{{name}: Integer}}",
            )
    for name in info_fields:
        if name not in header.infos:
            near = ", ".join(sorted(header.infos)[:12]) or "none"
            inspection.add(f"INFO {name}", f"not declared in the header; it has: {near}")
    _check_genome(inspection, header, reference_genome)


def _check_genome(inspection: _Inspection, header: VcfHeader, reference_genome: ReferenceGenome) -> None:
    """Compare declared contig lengths, or failing them the header's text, with the study's build."""
    remedy = (
        "set genotypes.reference_genome to the file's build in the study file, or use the file on the study's build"
    )
    lengths = {contig: length for contig, length in header.contigs.items() if length is not None}
    wrong = [length_problem(contig, length, reference_genome) for contig, length in lengths.items()]
    if first := next((problem for problem in wrong if problem is not None), None):
        inspection.add("reference genome", f"{first}; {remedy}")
    elif not lengths:
        other = other_genome(reference_genome)
        for text in header.genome_texts:
            if named_genomes(text) == {other}:
                inspection.add("reference genome", f"the header names {text!r}, which is {other}; {remedy}")
                break


def _compare(inspections: Sequence[_Inspection], info_fields: Sequence[str]) -> None:
    """Check that all files can be read by one header: the same samples, INFO fields and call fields."""
    read = [(inspection, inspection.header) for inspection in inspections if inspection.header is not None]
    for inspection, header in read[1:]:
        first, expected = read[0]
        _compare_samples(inspection, header.samples, first.path.name, expected.samples)
        for name in info_fields:
            if name in header.infos and name in expected.infos:
                _compare_info(inspection, name, header.infos[name], first.path.name, expected.infos[name])
    _compare_call_fields(read)


def _compare_samples(
    inspection: _Inspection, found: tuple[str, ...], first_name: str, expected: tuple[str, ...]
) -> None:
    """Check that a file has the samples of the first, in its order."""
    if found == expected:
        return
    absent, extra = len(set(expected) - set(found)), len(set(found) - set(expected))
    difference = f"{absent} are absent, {extra} are new" if absent or extra else "in another order"
    inspection.add(
        "samples",
        f"differ from those of {first_name}: {difference}. All files need the same sample columns in one "
        "order: bcftools view -S SAMPLES_FILE -Oz",
    )


def _compare_info(
    inspection: _Inspection, name: str, found: Declaration, first_name: str, expected: Declaration
) -> None:
    """Check that a file declares an INFO field as the first does, with the same parts in the same order."""
    pairs = {
        "Number": (found.number, expected.number),
        "Type": (found.type, expected.type),
        "Format": tuple("|".join(annotation_subfields(each.description)) for each in (found, expected)),
    }
    differences = [
        f"{key} is {own or 'none'} here and {other or 'none'} in {first_name}"
        for key, (own, other) in pairs.items()
        if own != other
    ]
    if differences:
        inspection.add(f"INFO {name}", f"{'; '.join(differences)}. Annotate all files with the same options")


def _compare_call_fields(read: Sequence[tuple[_Inspection, VcfHeader]]) -> None:
    """Check that every file declares the call fields that any has: a field that one lacks could be read in none."""
    for name in ("GQ", "DP", "AD"):
        owners = [
            inspection.path.name
            for inspection, header in read
            if name in header.formats and name in inspection.peek.call_fields
        ]
        for inspection, header in read:
            if owners and name not in header.formats:
                inspection.add(
                    f"FORMAT {name}",
                    f"not declared in the header, while {owners[0]} has it; rules on {name} need it in every file. "
                    f"Use a file with it, or do without: run bcftools annotate -x FORMAT/{name} on the others",
                )


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
            name for name in CALL_FIELDS if name in seen and all(name in header.formats for header in headers)
        ),
        format_types=formats | dict(header_types),
        info_descriptions=infos,
        annotation_subfields={name: annotation_subfields(infos[name]) for name in info_fields},
        contigs=tuple(contigs),
        has_chr_prefix=any(contig.startswith("chr") for contig in contigs),
    )


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    """Open a VCF and iterate over its lines."""
    opened: Iterable[bytes]
    if compression_of(path) == "bgzip":
        # A damaged block is reported as a problem of its file, so htslib need not write about it to the terminal.
        verbosity = pysam.set_verbosity(0)
        try:
            with pysam.BGZFile(str(path), "rb") as opened:
                yield iter(opened)
        finally:
            pysam.set_verbosity(verbosity)
    else:
        with path.open("rb") as opened:
            yield iter(opened)
