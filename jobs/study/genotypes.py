"""Settings of genotypes: where they are, and their quality control."""

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
