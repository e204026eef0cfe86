"""Settings of annotation: which genes a variant lies in, and what it does to them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from jobs.study.section import Section

Transcripts = Annotated[
    Literal["all", "canonical", "mane", "mane_or_canonical", "pick"],
    Field(
        description="which of a gene's transcripts count: all; Ensembl's canonical; MANE Select; MANE Select where "
        "the variant has one in the gene, else the canonical one; or those that VEP flagged (--flag_pick)"
    ),
]


class LocusColumns(Section):
    """Columns that say which variant a row is of."""

    contig: str = "contig"
    position: str = "position"
    ref: str = "ref"
    alt: str = "alt"


class TableColumns(LocusColumns):
    """Columns of a variant table."""

    gene: str = "gene"
    consequence: str = "consequence"


class ExternalFrequencies(Section):
    """A table of allele frequencies in a reference population, such as gnomAD's sites."""

    path: Annotated[str, Field(description="TSV, CSV, Parquet, or a Hail Table (.ht)")]
    af: Annotated[str, Field(description="column of the alternate allele's frequency; in a Hail Table: freq[0].AF")]
    columns: LocusColumns = LocusColumns()


class AnnotationSection(Section):
    """What every annotation source can say."""

    scores: Annotated[
        list[str], Field(description="numbers to keep for masks and weights: parts, columns or INFO fields")
    ] = []
    low_is_damaging: Annotated[
        list[str], Field(description="scores of which the smallest of a gene's transcripts counts, not the largest")
    ] = ["SIFT", "sift_score"]
    fields: Annotated[list[str], Field(description="texts to keep for masks: parts, columns or INFO fields")] = []
    external_af: Annotated[
        str | None, Field(description="part, column or INFO field with an external allele frequency")
    ] = None
    external_frequencies: Annotated[
        ExternalFrequencies | None, Field(description="a table of its own with the external allele frequency")
    ] = None
    gene_model: Annotated[
        str | None, Field(description="GTF or BED of coding sequence, from which genes have their coding lengths")
    ] = None

    @model_validator(mode="after")
    def _one_external_frequency(self) -> Self:
        if self.external_af is not None and self.external_frequencies is not None:
            raise ValueError("'external_af' and 'external_frequencies' say the same twice; leave one of them out")
        return self


class VepAnnotation(AnnotationSection):
    """Ensembl VEP's consequences in an INFO field."""

    source: Literal["vep"]
    field: str = "CSQ"
    transcripts: Transcripts = "all"


class SnpEffAnnotation(AnnotationSection):
    """SnpEff's consequences in an INFO field."""

    source: Literal["snpeff"]
    field: str = "ANN"


class InfoAnnotation(AnnotationSection):
    """Gene and consequence in INFO fields of their own."""

    source: Literal["info"]
    gene: str
    consequence: str


class TableAnnotation(AnnotationSection):
    """A table with a row per variant and gene."""

    source: Literal["table"]
    path: Annotated[str, Field(description="TSV, CSV, Parquet, or a Hail Table (.ht)")]
    columns: TableColumns = TableColumns()


class HailVepAnnotation(AnnotationSection):
    """Ensembl VEP, run by Hail on a cluster that has it."""

    source: Literal["hail_vep"]
    config: Annotated[
        str | None, Field(description="hl.vep's configuration (JSON); null: that of a Dataproc cluster made with VEP")
    ] = None
    transcripts: Transcripts = "all"


class GeneModelAnnotation(AnnotationSection):
    """The genes in whose coding sequence a variant lies, and no consequence beyond that."""

    source: Literal["gene_model"]
    gene_model: str
    padding: Annotated[
        int | None,
        Field(
            ge=0, description="bases around each interval that count as it; null: 2 for GTF (splice sites), 0 for BED"
        ),
    ] = None


Annotation = Annotated[
    VepAnnotation | SnpEffAnnotation | InfoAnnotation | TableAnnotation | HailVepAnnotation | GeneModelAnnotation,
    Field(discriminator="source"),
]
