"""Everything that can be known before any genotype is read: in seconds, without a JVM, all problems at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from association.problems import InputError, Problem
from hail_pipelines.reference_genome import ReferenceGenome, contig_recoding, last_position, other_genome
from hail_pipelines.vcf.files import VcfSummary, inspect_vcfs
from hail_pipelines.vcf.header import absent_parts
from jobs.clinical.read import Clinical, read_clinical
from jobs.output_folder import OF_A_RUN, check_output
from jobs.study.file import read_study
from jobs.study.genotypes import InfoAnnotation, SnpEffAnnotation, TableAnnotation, VepAnnotation
from jobs.study.study import Study, resolve
from jobs.tables.table import Table
from jobs.traits.prepare import prepare_traits
from jobs.traits.prepared import PreparedTrait

Found = TypeVar("Found")


@dataclass(frozen=True)
class CheckedStudy:
    """A study whose inputs have been looked at.

    Attributes
    ----------
    study, path
        Its settings and where they stand.
    vcfs
        The VCFs that its patterns name.
    summary
        What their headers and first records say.
    clinical
        Its tables.
    traits
        Its traits, as they would be if every sample passed quality control.
    """

    study: Study
    path: Path
    vcfs: tuple[Path, ...]
    summary: VcfSummary
    clinical: Clinical
    traits: tuple[PreparedTrait, ...]

    @property
    def output(self) -> Path:
        """The folder that the run writes to."""
        return resolve(self.path, self.study.output)


def check_study(path: Path) -> CheckedStudy:
    """Check a study file and all that it names.

    Raises
    ------
    InputError
        If the study file itself can't be used.
    ExceptionGroup
        Of the InputErrors of its VCFs, tables and traits.
    """
    study = read_study(path)
    errors: list[InputError] = []
    _attempt(lambda: check_output(study, path, OF_A_RUN), errors)
    vcfs = _attempt(lambda: find_vcfs(study, path), errors)
    summary = _attempt(lambda: _inspect(study, vcfs), errors) if vcfs else None
    clinical = _attempt(lambda: read_clinical(study, path), errors)
    if isinstance(study.annotation, TableAnnotation):
        _attempt(lambda: _check_variant_table(study, path), errors)
    if summary is not None:
        _attempt(lambda: _check_annotation(study, path, summary), errors)
    traits = None
    if summary is not None and clinical is not None:
        genotyped = pd.Series(None, index=list(summary.samples), dtype=object)
        traits = _attempt(lambda: prepare_traits(study, clinical, genotyped), errors)
    if vcfs is None or summary is None or clinical is None or traits is None or errors:
        raise ExceptionGroup(f"{path.name} can't be run", errors)
    return CheckedStudy(study, path, tuple(vcfs), summary, clinical, tuple(traits))


def find_vcfs(study: Study, path: Path) -> list[Path]:
    """List the VCFs that the study's patterns name, chromosomes in natural order.

    Raises
    ------
    InputError
        Naming every pattern that matches no file, or whose folder may not be looked into.
    """
    found: dict[Path, None] = {}
    problems = []
    for number, pattern in enumerate(study.genotypes.vcfs):
        full, place = resolve(path, pattern), f"genotypes.vcfs[{number}]"
        try:
            matches = [full] if full.is_file() else sorted(full.parent.glob(full.name), key=_natural)
            files = [match for match in matches if match.is_file()]
        except PermissionError:
            message = f"{full.parent} can't be read: permission denied; ask its owner for access"
            problems.append(Problem(place, message))
            continue
        found |= dict.fromkeys(files)
        if not files:
            problems.append(Problem(place, f"no file matches '{pattern}' (looked in {full.parent})"))
    if problems:
        raise InputError(path.name, problems)
    return list(found)


def info_fields(study: Study) -> tuple[str, ...]:
    """List the INFO fields that the study's annotation reads."""
    annotation = study.annotation
    if isinstance(annotation, VepAnnotation | SnpEffAnnotation):
        return (annotation.field,)
    if isinstance(annotation, InfoAnnotation):
        external = (annotation.external_af,) if annotation.external_af else ()
        return (annotation.gene, annotation.consequence, *annotation.scores, *external)
    return ()


def _inspect(study: Study, vcfs: list[Path] | None) -> VcfSummary:
    genotypes = study.genotypes
    return inspect_vcfs(
        vcfs or [],
        reference_genome=genotypes.reference_genome,
        header_types=genotypes.header_types,
        info_fields=info_fields(study),
    )


def _check_annotation(study: Study, path: Path, summary: VcfSummary) -> None:
    """Check that VEP's field holds the parts that the study needs."""
    annotation = study.annotation
    if not isinstance(annotation, VepAnnotation):
        return
    subfields = summary.annotation_subfields.get(annotation.field, ())
    absent = absent_parts(
        subfields,
        transcripts=annotation.transcripts,
        scores=annotation.scores,
        external_af=annotation.external_af,
    )
    present = ", ".join(subfields) or "no parts that its header names"
    problems = [
        Problem(f"annotation.{part.setting}", f"{part} is not in {annotation.field}; it has {present}")
        for part in absent
    ]
    if problems:
        raise InputError(path.name, problems)


def _check_variant_table(study: Study, path: Path) -> None:
    """Check that a variant table has the columns that the study names, with values that can be read."""
    annotation = study.annotation
    if not isinstance(annotation, TableAnnotation):
        return
    table = Table(resolve(path, annotation.path))
    columns = annotation.columns
    external = [annotation.external_af] if annotation.external_af else []
    table.require(columns.model_dump().values(), "Map it in annotation.columns")
    table.require([*annotation.scores, *external], "Name one of these in annotation.scores and external_af")
    for column in (columns.contig, columns.position, columns.ref, columns.alt):
        table.note(column, table.texts(column).isna(), "is not a value; every row needs one")
    _check_positions(table, columns.contig, columns.position, study.genotypes.reference_genome)
    for column in dict.fromkeys(annotation.scores):
        table.numbers(column)
    for column in external:
        table.numbers(column, lowest=0, highest=1)
    table.close()


def _check_positions(
    table: Table, contig_column: str, position_column: str, reference_genome: ReferenceGenome
) -> None:
    """Note the rows that lie on no chromosome of the genome, or at no position of theirs."""
    recoding = contig_recoding(reference_genome)
    known = {*recoding, *recoding.values()}
    contigs = table.texts(contig_column)
    unknown = contigs.notna() & ~contigs.isin(known)
    expected = "expected 1 to 22, X, Y or MT, with or without 'chr'; remove the row"
    table.note(contig_column, unknown, f"is not a chromosome of {reference_genome}; {expected}")
    positions = table.numbers(position_column, lowest=1)
    table.note(position_column, positions % 1 > 0, "is not a whole number")
    last = contigs.map({name: last_position(name, reference_genome) for name in known}).astype(float)
    message = (
        f"lies beyond the end of the chromosome in {reference_genome}: the table may be on "
        f"{other_genome(reference_genome)}; use the one on the study's genome"
    )
    table.note(position_column, positions > last, message)


def _attempt(step: Callable[[], Found], errors: list[InputError]) -> Found | None:
    try:
        return step()
    except InputError as error:
        errors.append(error)
    except ExceptionGroup as group:
        errors += [error for error in group.exceptions if isinstance(error, InputError)]
    return None


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort chr2 before chr10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", path.name)]
