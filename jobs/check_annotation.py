"""What can be known of annotation before any genotype is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from association.problems import InputError, Problem
from hail_pipelines.annotation.gene_model import read_gene_model
from hail_pipelines.annotation.hail_types import read_table_type
from hail_pipelines.annotation.parts import absent_parts, absent_values
from hail_pipelines.annotation.vep_config import JSON_MARKS, read_transcript_fields
from hail_pipelines.reference_genome import ReferenceGenome, contig_recoding, last_position, other_genome
from hail_pipelines.vcf.files import VcfSummary
from jobs.study.annotation import (
    AnnotationSection,
    ExternalFrequencies,
    GeneModelAnnotation,
    HailVepAnnotation,
    LocusColumns,
    SnpEffAnnotation,
    TableAnnotation,
    VepAnnotation,
)
from jobs.study.study import Study, resolve
from jobs.tables.table import Table

# INFO fields by which callers give the cohort's own frequencies.
OWN_FREQUENCIES = ("AF", "MLEAF", "MAF")


def check_annotation_files(study: Study, path: Path, infos: Iterable[str] = ()) -> None:
    """Check the files that annotation reads beside the VCFs.

    Parameters
    ----------
    study, path
        The settings, and where they stand.
    infos
        INFO fields of the VCFs, any of which can stand for a column with a value.

    Raises
    ------
    InputError
        If one of them can't be used.
    ExceptionGroup
        Of several InputErrors.
    """
    annotation, genome = study.annotation, study.genotypes.reference_genome
    checks: list[Callable[[], object]] = []
    if isinstance(annotation, TableAnnotation):
        checks.append(lambda: _check_variant_table(annotation, resolve(path, annotation.path), genome, set(infos)))
    if isinstance(annotation, HailVepAnnotation) and annotation.config is not None:
        config = resolve(path, annotation.config)
        checks.append(lambda: _check_hail_vep(annotation, config, path, set(infos)))
    if annotation.gene_model is not None:
        model = resolve(path, annotation.gene_model)
        checks.append(lambda: read_gene_model(model, genome))
    if annotation.external_frequencies is not None:
        frequencies = annotation.external_frequencies
        checks.append(lambda: _check_frequencies(frequencies, resolve(path, frequencies.path), genome))
    errors = []
    for check in checks:
        try:
            check()
        except InputError as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("annotation", errors)


def check_annotation(study: Study, path: Path, summary: VcfSummary) -> None:
    """Check that the VCFs' INFO fields hold what the study asks of them.

    Parameters
    ----------
    study, path
        The settings, and where they stand.
    summary
        What the VCFs' headers say.

    Raises
    ------
    InputError
        With everything that is absent.
    """
    annotation, infos = study.annotation, summary.info_descriptions
    problems: list[Problem] = []
    if isinstance(annotation, VepAnnotation | SnpEffAnnotation):
        problems = _absent_of_field(annotation, summary)
    elif isinstance(annotation, GeneModelAnnotation):
        absent = absent_values(
            infos, scores=annotation.scores, fields=annotation.fields, external_af=annotation.external_af
        )
        problems = [
            Problem(f"annotation.{part.setting}", f"{part} is no INFO field of the VCFs; they have {_listed(infos)}")
            for part in absent
        ]
    parts = _parts_of(annotation, summary)
    if annotation.external_af in OWN_FREQUENCIES and annotation.external_af in infos and not parts:
        message = f"INFO {annotation.external_af} is the cohort's own frequency; name that of another population"
        problems.append(Problem("annotation.external_af", message))
    if problems:
        raise InputError(path.name, problems)


def _absent_of_field(annotation: VepAnnotation | SnpEffAnnotation, summary: VcfSummary) -> list[Problem]:
    """List the parts that a field lacks."""
    subfields = summary.annotation_subfields.get(annotation.field, ())
    absent = absent_parts(
        annotation.source,
        subfields,
        transcripts=annotation.transcripts if isinstance(annotation, VepAnnotation) else "all",
        scores=annotation.scores,
        fields=annotation.fields,
        external_af=annotation.external_af,
        infos=summary.info_descriptions,
    )
    present = ", ".join(subfields) or "no parts that its header names"
    return [
        Problem(f"annotation.{part.setting}", f"{part} is not in {annotation.field}; it has {present}")
        for part in absent
    ]


def _parts_of(annotation: AnnotationSection, summary: VcfSummary) -> bool:
    """Say whether the external frequency is the source's own, rather than a field of the VCF."""
    if isinstance(annotation, VepAnnotation | SnpEffAnnotation):
        return annotation.external_af in summary.annotation_subfields.get(annotation.field, ())
    return isinstance(annotation, TableAnnotation | HailVepAnnotation)


def _check_variant_table(
    annotation: TableAnnotation, file: Path, reference_genome: ReferenceGenome, infos: set[str]
) -> None:
    """Check that a variant table has the columns that the study names, with values that can be read."""
    columns = annotation.columns
    external = [annotation.external_af] if annotation.external_af else []
    if file.name.endswith(".ht"):
        needed = [columns.gene, columns.consequence]
        asked = [name for name in (*annotation.scores, *annotation.fields, *external) if name not in infos]
        _check_hail_table(file, columns, [*needed, *asked], reference_genome)
        return
    table = Table(file)
    _check_locus_columns(table, columns, reference_genome, [columns.gene, columns.consequence])
    asked = [name for name in (*annotation.scores, *annotation.fields, *external) if not _in_info(name, table, infos)]
    table.require(asked, "Name one of these in annotation.scores, fields and external_af")
    for column in dict.fromkeys(annotation.scores):
        table.numbers(column, where=~_holds_several(table, column))
    for column in external:
        table.numbers(column, lowest=0, highest=1)
    table.close()


def _holds_several(table: Table, column: str) -> NDArray[np.bool_]:
    """Say which rows hold several numbers, or a verdict with a number: `0.1&0.2`, `benign(0.1)`."""
    texts = table.texts(column).fillna("").astype(str)
    several: NDArray[np.bool_] = texts.str.contains(r"[&|;]|\([-+0-9.eE]+\)$", regex=True).to_numpy(dtype=bool)
    return several


def _check_frequencies(section: ExternalFrequencies, file: Path, reference_genome: ReferenceGenome) -> None:
    """Check a table of external frequencies."""
    if file.name.endswith(".ht"):
        _check_hail_table(file, section.columns, [section.af.split(".")[0].split("[")[0]], reference_genome)
        return
    table = Table(file)
    _check_locus_columns(table, section.columns, reference_genome, [])
    table.require([section.af], "Name one of these in annotation.external_frequencies.af")
    table.numbers(section.af, lowest=0, highest=1)
    table.close()


def _check_locus_columns(
    table: Table, columns: LocusColumns, reference_genome: ReferenceGenome, others: Iterable[str]
) -> None:
    """Note what is wrong with the columns that say which variant a row is of."""
    named = (columns.contig, columns.position, columns.ref, columns.alt)
    table.require([*named, *others], "Map it in annotation.columns")
    for column in named:
        table.note(column, table.texts(column).isna(), "is not a value; every row needs one")
    _check_positions(table, columns.contig, columns.position, reference_genome)


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


def _check_hail_table(
    file: Path, columns: LocusColumns, needed: Iterable[str], reference_genome: ReferenceGenome
) -> None:
    """Check a Hail Table by its own description."""
    table = read_table_type(file)
    problems = []
    if {"locus", "alleles"} <= set(table.fields):
        other = other_genome(reference_genome)
        if other in table.fields["locus"]:
            message = f"is on {other}, the study on {reference_genome}; use the table on the study's genome"
            problems.append(Problem("locus", message))
    else:
        needed = [columns.contig, columns.position, columns.ref, columns.alt, *needed]
    has = _listed(table.fields)
    problems += [
        Problem("fields", f"no field '{name}'; it has {has}")
        for name in dict.fromkeys(needed)
        if name not in table.fields
    ]
    if problems:
        raise InputError(str(file), problems)


def _check_hail_vep(annotation: HailVepAnnotation, config: Path, path: Path, infos: set[str]) -> None:
    """Check that VEP's configuration names the fields of a transcript that the study asks for."""
    fields = read_transcript_fields(config)
    absent = absent_values(
        {*fields, *infos}, scores=annotation.scores, fields=annotation.fields, external_af=annotation.external_af
    )
    asked = [(part.setting, str(part)) for part in absent]
    asked += [("transcripts", f"'{name}'") for name in JSON_MARKS[annotation.transcripts] if name not in fields]
    problems = [
        Problem(
            f"annotation.{setting}",
            f"{name} is not in the vep_json_schema of {config.name}; it has {_listed(fields)}",
        )
        for setting, name in asked
    ]
    if problems:
        raise InputError(path.name, problems)


def _in_info(name: str, table: Table, infos: set[str]) -> bool:
    return name not in table.columns and name in infos


def _listed(names: Iterable[str]) -> str:
    """List names, not too many of them."""
    return ", ".join(sorted(names)[:40]) or "none"
