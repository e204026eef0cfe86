"""Settings of annotation: which genes a variant lies in, and what it does to them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jobs.study.section import Section


class AnnotationSection(Section):
    """What every annotation source can say."""

    scores: Annotated[list[str], Field(description="numeric fields to keep for masks and weights")] = []
    external_af: Annotated[str | None, Field(description="field with an external allele frequency")] = None


class VepAnnotation(AnnotationSection):
    """Ensembl VEP's consequences in an INFO field."""

    source: Literal["vep"]
    field: str = "CSQ"
    transcripts: Literal["all", "canonical", "mane"] = "all"


class SnpEffAnnotation(Section):
    """SnpEff's consequences in an INFO field."""

    source: Literal["snpeff"]
    field: str = "ANN"


class InfoAnnotation(AnnotationSection):
    """Gene and consequence in INFO fields of their own."""

    source: Literal["info"]
    gene: str
    consequence: str


class TableColumns(Section):
    """Columns of a variant table."""

    contig: str = "contig"
    position: str = "position"
    ref: str = "ref"
    alt: str = "alt"
    gene: str = "gene"
    consequence: str = "consequence"


class TableAnnotation(AnnotationSection):
    """A table with a row per variant and gene (TSV or Parquet)."""

    source: Literal["table"]
    path: str
    columns: TableColumns = TableColumns()


Annotation = Annotated[
    VepAnnotation | SnpEffAnnotation | InfoAnnotation | TableAnnotation, Field(discriminator="source")
]
