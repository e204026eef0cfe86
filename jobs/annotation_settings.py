"""What the study file says of annotation, in the terms of the engine that does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hail_pipelines.annotation.sources import AnnotationSource, FrequencyFile
from hail_pipelines.vcf.files import VcfSummary
from infra.storage import Place
from jobs.study.annotation import (
    AnnotationSection,
    GeneModelAnnotation,
    HailVepAnnotation,
    InfoAnnotation,
    SnpEffAnnotation,
    TableAnnotation,
    VepAnnotation,
)
from jobs.study.study import Study, resolve

# Bases around a GTF's coding intervals that are its own: splice donors and acceptors.
SPLICE_SITE = 2


def info_fields(study: Study, summary: VcfSummary | None = None) -> tuple[str, ...]:
    """List the INFO fields that the study's annotation reads.

    Parameters
    ----------
    study
        Its settings.
    summary
        What the VCFs' headers say; None before they have been read, which gives the fields without which there is
        no annotation. With it come the INFO fields with a score, a text or a frequency that the source may not have.
    """
    annotation = study.annotation
    asked = asked_values(annotation)
    if isinstance(annotation, InfoAnnotation):
        return tuple(dict.fromkeys((annotation.gene, annotation.consequence, *asked)))
    own = (annotation.field,) if isinstance(annotation, VepAnnotation | SnpEffAnnotation) else ()
    if summary is None:
        return own
    parts = {part for field in own for part in summary.annotation_subfields.get(field, ())}
    return (*own, *(name for name in asked if name not in parts and name in summary.info_descriptions))


def asked_values(annotation: AnnotationSection) -> list[str]:
    """List the scores, texts and external frequency that are asked for, each once."""
    external = [annotation.external_af] if annotation.external_af is not None else []
    return list(dict.fromkeys([*annotation.scores, *annotation.fields, *external]))


def annotation_files(study: Study) -> Iterator[tuple[str, str]]:
    """Give the files that annotation reads beside the VCFs, with the settings that name them."""
    annotation = study.annotation
    if isinstance(annotation, TableAnnotation):
        yield "annotation.path", annotation.path
    if isinstance(annotation, HailVepAnnotation) and annotation.config is not None:
        yield "annotation.config", annotation.config
    if annotation.gene_model is not None:
        yield "annotation.gene_model", annotation.gene_model
    if annotation.external_frequencies is not None:
        yield "annotation.external_frequencies.path", annotation.external_frequencies.path


def annotation_inputs(study: Study, path: Place) -> list[Place]:
    """List files that change whenever what annotation reads does; of a Hail Table, the list of its parts."""
    files = [resolve(path, name) for _, name in annotation_files(study)]
    return [file / "rows" / "metadata.json.gz" if file.name.endswith(".ht") else file for file in files]


def annotation_outputs(study: Study) -> tuple[str, ...]:
    """List what annotation writes."""
    lengths = ("gene_lengths.parquet",) if study.annotation.gene_model is not None else ()
    return ("genes.parquet", *lengths)


def annotation_source(study: Study, path: Place) -> AnnotationSource:
    """Give what a study asks of annotation."""
    annotation = study.annotation
    settings: dict[str, Any] = {
        "kind": annotation.source,
        "scores": tuple(annotation.scores),
        "fields": tuple(annotation.fields),
        "low_is_damaging": frozenset(annotation.low_is_damaging),
        "external_af": annotation.external_af,
        "gene_model": resolve(path, annotation.gene_model) if annotation.gene_model is not None else None,
        "frequencies": _frequencies(annotation, path),
    }
    if isinstance(annotation, VepAnnotation | SnpEffAnnotation):
        settings["field"] = annotation.field
    if isinstance(annotation, VepAnnotation | HailVepAnnotation):
        settings["transcripts"] = annotation.transcripts
    if isinstance(annotation, HailVepAnnotation) and annotation.config is not None:
        settings["config"] = resolve(path, annotation.config)
    if isinstance(annotation, InfoAnnotation):
        settings |= {"gene_field": annotation.gene, "consequence_field": annotation.consequence}
    if isinstance(annotation, TableAnnotation):
        settings |= {"table": resolve(path, annotation.path), "columns": annotation.columns.model_dump()}
    if isinstance(annotation, GeneModelAnnotation):
        settings["padding"] = _padding(annotation)
    return AnnotationSource(**settings)


def _padding(annotation: GeneModelAnnotation) -> int:
    """Give how far around an interval a variant counts as in it."""
    if annotation.padding is not None:
        return annotation.padding
    return SPLICE_SITE if annotation.gene_model.removesuffix(".gz").endswith(".gtf") else 0


def _frequencies(annotation: AnnotationSection, path: Place) -> FrequencyFile | None:
    """Give the table of external frequencies, if there is one."""
    table = annotation.external_frequencies
    if table is None:
        return None
    return FrequencyFile(resolve(path, table.path), table.af, table.columns.model_dump())
