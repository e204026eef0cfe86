"""What the study file says of annotation, in the terms of the engine that does it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jobs.study.annotation import InfoAnnotation, SnpEffAnnotation, TableAnnotation, VepAnnotation
from jobs.study.study import Study, resolve

if TYPE_CHECKING:
    from hail_pipelines.annotation.sources import AnnotationSource


def info_fields(study: Study) -> tuple[str, ...]:
    """List the INFO fields that the study's annotation reads."""
    annotation = study.annotation
    if isinstance(annotation, VepAnnotation | SnpEffAnnotation):
        return (annotation.field,)
    if isinstance(annotation, InfoAnnotation):
        external = (annotation.external_af,) if annotation.external_af else ()
        return (annotation.gene, annotation.consequence, *annotation.scores, *external)
    return ()


def annotation_source(study: Study, path: Path) -> AnnotationSource:
    """Give what a study asks of annotation."""
    from hail_pipelines.annotation.sources import AnnotationSource

    annotation = study.annotation
    if isinstance(annotation, SnpEffAnnotation):
        return AnnotationSource("snpeff", field=annotation.field)
    scores, external_af = tuple(annotation.scores), annotation.external_af
    if isinstance(annotation, InfoAnnotation):
        return AnnotationSource(
            "info",
            scores=scores,
            external_af=external_af,
            gene_field=annotation.gene,
            consequence_field=annotation.consequence,
        )
    if isinstance(annotation, TableAnnotation):
        return AnnotationSource(
            "table",
            scores=scores,
            external_af=external_af,
            table=resolve(path, annotation.path),
            columns=annotation.columns.model_dump(),
        )
    return AnnotationSource("vep", annotation.field, annotation.transcripts, scores=scores, external_af=external_af)
