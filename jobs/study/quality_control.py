"""Settings of quality control: of genotypes, variants and samples, relatives, ancestry and sex.

Defaults are gnomAD's where it has them (https://gnomad.broadinstitute.org/help/what-are-the-sample-qc-steps); null
switches a rule off.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from jobs.study.section import Fraction, Section

Metric = Literal["heterozygosity", "het_hom", "ti_tv", "insertion_deletion", "singletons", "call_rate", "mean_dp"]


class GenotypeQc(Section):
    """Calls below these are set to missing; null switches a rule off."""

    min_gq: int | None = 20
    min_depth: int | None = 10
    min_het_balance: Annotated[
        Fraction | None, Field(description="heterozygous calls: the rarer allele's share of reads")
    ] = 0.2
    min_hom_balance: Annotated[
        Fraction | None, Field(description="homozygous and haploid calls: their allele's share of reads")
    ] = None


class VariantQc(Section):
    """Variants beyond these are excluded; null switches a rule off, and so does a VCF without the field."""

    pass_filters_only: bool = True
    min_call_rate: Fraction | None = 0.9
    max_batch_spread: Annotated[
        Fraction | None,
        Field(description="largest difference between call rates of batches, where it is no chance"),
    ] = 0.1
    min_batch_p: Annotated[Fraction, Field(description="a difference is no chance below this p-value")] = 1e-4
    min_hwe_p: Annotated[
        Fraction | None,
        Field(description="an excess of heterozygous calls, among unrelated samples of one ancestry; on X, females"),
    ] = 1e-6
    min_inbreeding: Annotated[
        float | None, Field(ge=-1, le=1, description="below zero: an excess of heterozygous calls")
    ] = -0.3
    min_het_balance: Annotated[
        float | None, Field(ge=0, le=0.5, description="mean share of the rarer allele's reads in heterozygous calls")
    ] = 0.25
    min_quality_by_depth: Annotated[float | None, Field(description="INFO QD")] = 2.0
    min_vqslod: Annotated[float | None, Field(description="INFO VQSLOD")] = None
    low_complexity: Annotated[str | None, Field(description="BED file of regions to leave out")] = None
    segmental_duplications: Annotated[str | None, Field(description="BED file of regions to leave out")] = None
    targets: Annotated[
        list[str], Field(description="BED file of each capture kit; a variant must lie within the targets of all")
    ] = []
    target_padding: Annotated[int, Field(ge=0, le=1_000, description="bases beyond a target's ends")] = 50


class SampleQc(Section):
    """Samples beyond these are excluded; null switches a rule off."""

    min_call_rate: Fraction | None = 0.95
    min_mean_depth: Annotated[float | None, Field(ge=0, description="over the autosomal variants that pass")] = 10.0
    max_contamination: Annotated[
        Fraction | None,
        Field(description="CHARR; 0.02 to 0.06 stand for 2 to 15 per cent of foreign DNA in a joint-called cohort"),
    ] = 0.02
    max_deviations: Annotated[
        dict[Metric, float | None],
        Field(
            description="distance from the median of batch and ancestry, in scaled median absolute deviations; "
            "counts below 100 are not looked at; what stands here takes the place of all defaults"
        ),
    ] = {"ti_tv": 4.0, "het_hom": 4.0, "insertion_deletion": 4.0, "singletons": 8.0}
    exclude: Annotated[
        str | None, Field(description="table of samples to leave out by hand: columns sample and reason")
    ] = None


class CommonVariantQc(Section):
    """Which variants tell relatives and ancestry: autosomal SNVs, well called, common, out of linkage."""

    min_allele_frequency: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    min_call_rate: Fraction = 0.98
    max_r2: Annotated[float, Field(gt=0, le=1, description="largest correlation within a million bases")] = 0.1


class RelatednessQc(Section):
    """Relatives: of each pair one is left out of every trait that is not analysed with their kinship."""

    unrelated_above: Annotated[
        Literal["duplicates", "first_degree", "second_degree", "third_degree"] | None,
        Field(description="the most distant relatives that may not both be in a trait; null: all may"),
    ] = "second_degree"


class AncestryPanel(Section):
    """Samples of known ancestry, such as those of the 1000 Genomes Project."""

    vcfs: Annotated[list[str], Field(min_length=1, description="paths or globs, on the study's genome")]
    labels: Annotated[str, Field(description="table with columns sample and ancestry")]


class AncestryQc(Section):
    """Principal components, and groups of similar ancestry."""

    components: Annotated[int, Field(ge=2, le=20)] = 10
    panel: Annotated[AncestryPanel | None, Field(description="null: the main group of the cohort and the others")] = (
        None
    )
    covariates: Annotated[
        int | None,
        Field(
            ge=0,
            le=20,
            description="components that every null model adjusts for; null: in the default models, unless "
            "participants.columns names components, those that carry structure, at most 5",
        ),
    ] = None
    exclude_outliers: Annotated[bool, Field(description="samples far from everyone of their own group")] = False

    @model_validator(mode="after")
    def _as_many_as_there_are(self) -> AncestryQc:
        if self.covariates is not None and self.covariates > self.components:
            raise ValueError(f"'covariates' asks for {self.covariates} of {self.components} components; raise these")
        return self


class SexQc(Section):
    """Sex chromosomes."""

    exclude: Annotated[
        list[Literal["X0", "XXY", "XYY", "XXX", "unclear"]], Field(description="karyotypes to leave out")
    ] = []


class Qc(Section):
    """Quality control of genotypes, variants and samples."""

    genotype: GenotypeQc = GenotypeQc()
    variant: VariantQc = VariantQc()
    sample: SampleQc = SampleQc()
    common: CommonVariantQc = CommonVariantQc()
    relatedness: RelatednessQc = RelatednessQc()
    ancestry: AncestryQc = AncestryQc()
    sex: SexQc = SexQc()
