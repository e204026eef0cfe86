"""What can be known of annotation before any genotype is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from association.problems import InputError, Problem
from hail_pipelines.annotation.gene_model import read_gene_model
from hail_pipelines.annotation.parts import absent_parts, absent_values
from hail_pipelines.annotation.vep_config import JSON_MARKS, read_transcript_fields
from hail_pipelines.vcf.files import VcfSummary
from infra.storage import Place
from jobs.check_variant_files import check_frequencies, check_variant_table, listed
from jobs.study.annotation import (
    AnnotationSection,
    GeneModelAnnotation,
    HailVepAnnotation,
    SnpEffAnnotation,
    TableAnnotation,
    VepAnnotation,
)
from jobs.study.study import Study, resolve

# INFO fields by which callers give the cohort's own frequencies.
OWN_FREQUENCIES = ("AF", "MLEAF", "MAF")


def check_annotation_files(study: Study, path: Place, infos: Iterable[str] = ()) -> None:
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
        checks.append(lambda: check_variant_table(annotation, resolve(path, annotation.path), genome, set(infos)))
    if isinstance(annotation, HailVepAnnotation) and annotation.config is not None:
        config = resolve(path, annotation.config)
        checks.append(lambda: _check_hail_vep(annotation, config, path, set(infos)))
    if annotation.gene_model is not None:
        model = resolve(path, annotation.gene_model)
        checks.append(lambda: read_gene_model(model, genome))
    if annotation.external_frequencies is not None:
        frequencies = annotation.external_frequencies
        checks.append(lambda: check_frequencies(frequencies, resolve(path, frequencies.path), genome))
    errors = []
    for check in checks:
        try:
            check()
        except InputError as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("annotation", errors)


def check_annotation(study: Study, path: Place, summary: VcfSummary) -> None:
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
            Problem(f"annotation.{part.setting}", f"{part} is no INFO field of the VCFs; they have {listed(infos)}")
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


def _check_hail_vep(annotation: HailVepAnnotation, config: Place, path: Place, infos: set[str]) -> None:
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
            f"{name} is not in the vep_json_schema of {config.name}; it has {listed(fields)}",
        )
        for setting, name in asked
    ]
    if problems:
        raise InputError(path.name, problems)
