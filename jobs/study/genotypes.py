"""Settings of genotypes: where they are, their quality control, their annotation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jobs.study.section import Fraction, Section


class Genotypes(Section):
    """Joint-called VCFs of one cohort."""

    vcfs: Annotated[
        list[str],
        Field(min_length=1, description="paths or globs, relative to the study file; bgzipped or plain text"),
    ]
    reference_genome: Literal["GRCh37", "GRCh38"]
    header_types: Annotated[
        dict[str, Literal["Integer", "Float", "String"]],
        Field(description="FORMAT types that correct a header which the values contradict, e.g. {GQ: Float}"),
    ] = {}


class GenotypeQc(Section):
    """Calls below these are set to missing; null switches a rule off."""

    min_gq: int | None = 20
    min_depth: int | None = 10
    min_het_balance: Annotated[
        Fraction | None, Field(description="heterozygous calls: the rarer allele's share of reads")
    ] = 0.2


class VariantQc(Section):
    """Variants beyond these are excluded; null switches a rule off."""

    pass_filters_only: bool = True
    min_call_rate: Fraction | None = 0.9
    min_hwe_p: Fraction | None = 1e-6


class SampleQc(Section):
    """Samples beyond these are excluded; null switches a rule off."""

    min_call_rate: Fraction | None = 0.95
    max_deviations: Annotated[
        dict[Literal["heterozygosity", "ti_tv", "singletons"], float | None],
        Field(description="distance from the cohort's median, in median absolute deviations"),
    ] = {}


class Qc(Section):
    """Quality control of genotypes, variants and samples."""

    genotype: GenotypeQc = GenotypeQc()
    variant: VariantQc = VariantQc()
    sample: SampleQc = SampleQc()


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
