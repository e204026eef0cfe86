"""The study file's settings: what a user can say, with the defaults.

Every class is one section of `study.yaml`. Settings are strict: an unknown key, a number in quotes or a missing
section is refused, never guessed. Defaults stand here and nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class Section(BaseModel):
    """A part of the study file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


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


class ParticipantColumns(Section):
    """Which column of the participants table holds what; dates are ISO (YYYY-MM-DD)."""

    sample: str = "sample"
    onset_date: str = "onset_date"
    diagnosis_date: str = "diagnosis_date"
    enrolment_date: str = "enrolment_date"
    dna_date: Annotated[str | None, Field(description="entry is the later of enrolment and this date")] = None
    death_date: str = "death_date"
    ventilation_date: str = "ventilation_date"
    last_contact_date: str = "last_contact_date"
    event: Annotated[
        str | None,
        Field(
            description="1 where the endpoint happened at the last contact date, 0 where not; instead of event dates"
        ),
    ] = None


class Participants(Section):
    """One row per patient."""

    path: str
    columns: ParticipantColumns = ParticipantColumns()


class VisitColumns(Section):
    """Which column of the visits table holds what."""

    sample: str = "sample"
    visit_date: str = "visit_date"
    total: str = "total"
    items: Annotated[
        list[str] | None,
        Field(
            min_length=12,
            max_length=12,
            description="the 12 ALSFRS-R items in order; their sum replaces `total`",
        ),
    ] = None


class Visits(Section):
    """One row per visit."""

    path: str
    columns: VisitColumns = VisitColumns()


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


class DamagingScore(Section):
    """Which missense variants count as damaging."""

    score: Annotated[str, Field(description="one of annotation.scores")]
    at_least: float


class Mask(Section):
    """Which variants of a gene are taken together."""

    name: Literal["plof", "plof_or_damaging_missense", "missense", "synonymous"]
    max_allele_frequency: Annotated[
        list[Annotated[float, Field(gt=0, le=0.5)]],
        Field(
            min_length=1,
            description="ceilings on the minor allele frequency, cohort and external; a row of results each",
        ),
    ] = [0.01]
    damaging: DamagingScore | None = None

    @model_validator(mode="after")
    def _damaging_belongs_to_its_mask(self) -> Mask:
        if (self.damaging is not None) != (self.name == "plof_or_damaging_missense"):
            raise ValueError("'damaging' is needed by the mask plof_or_damaging_missense, and only by it")
        return self


class Covariate(Section):
    """A column of the participants table that null models adjust for."""

    column: str
    kind: Annotated[
        Literal["numeric", "categorical"] | None,
        Field(description="null: numeric where every value is a number"),
    ] = None


class TraitSection(Section):
    """What every trait can say."""

    name: Name
    covariates: Annotated[list[str | Covariate] | None, Field(description="null: the study's covariates")] = None


class SurvivalTrait(TraitSection):
    """Time to an endpoint, with delayed entry."""

    type: Literal["survival"]
    endpoint: Annotated[
        Literal["composite", "death"],
        Field(description="composite: death or invasive ventilation, the earlier"),
    ] = "composite"
    origin: Annotated[Literal["onset", "diagnosis", "enrolment"], Field(description="time zero")] = "onset"
    ties: Literal["efron", "breslow"] = "efron"


class SlopeTrait(TraitSection):
    """Monthly change of the ALSFRS-R total, from a random intercept and slope model over visits."""

    type: Literal["alsfrs_slope"]


class QuantitativeTrait(TraitSection):
    """A number per participant."""

    type: Literal["quantitative"]
    column: str


Trait = Annotated[SurvivalTrait | SlopeTrait | QuantitativeTrait, Field(discriminator="type")]


class GeneTest(Section):
    """A test of a gene and how it weighs variants."""

    test: Literal["burden", "skat"]
    weights: Annotated[
        Literal["flat", "beta_1_25", "madsen_browning"],
        Field(description="by minor allele frequency, on dosage"),
    ] = "flat"


class Calibration(Section):
    """How permutation p-values are counted."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    max_permutations: Annotated[int, Field(ge=1_000, le=1_000_000_000)] = 100_000
    exceedances: Annotated[
        int, Field(ge=10, description="a test stops once this many permutations were at least as extreme")
    ] = 200


class Compute(Section):
    """Where the work is done."""

    cores: Annotated[int | None, Field(ge=1, description="null: all")] = None
    driver_memory_gib: Annotated[float, Field(ge=1)] = 4
    master: Annotated[str | None, Field(description="a Spark master; null: this machine")] = None


class Study(Section):
    """A whole study file."""

    name: Annotated[str, Field(min_length=1)]
    output: Annotated[str, Field(description="folder for everything the run writes, relative to the study file")]
    genotypes: Genotypes
    participants: Participants
    visits: Visits | None = None
    qc: Qc = Qc()
    annotation: Annotation
    masks: Annotated[list[Mask], Field(min_length=1)]
    traits: Annotated[list[Trait], Field(min_length=1)]
    covariates: list[str | Covariate] = []
    strata: Annotated[list[str], Field(description="columns within which patients are exchangeable, e.g. site")] = []
    tests: Annotated[list[GeneTest], Field(min_length=1)] = [
        GeneTest(test="burden"),
        GeneTest(test="skat", weights="beta_1_25"),
    ]
    calibration: Calibration = Calibration()
    alpha: Annotated[float, Field(gt=0, lt=1, description="family-wise error rate drawn in the report")] = 0.05
    compute: Compute = Compute()

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Study:
        problems = list(_misfits(self))
        if problems:
            raise ValueError("\n".join(problems))
        return self


def _misfits(study: Study) -> list[str]:
    """Name every setting that contradicts another, as 'place: message'."""
    problems = []
    scores = getattr(study.annotation, "scores", [])
    for number, mask in enumerate(study.masks):
        if mask.damaging is not None and mask.damaging.score not in scores:
            problems.append(
                f"masks[{number}].damaging.score: '{mask.damaging.score}' is not in annotation.scores; add it there"
            )
    endpoints = {trait.endpoint for trait in study.traits if isinstance(trait, SurvivalTrait)}
    if study.participants.columns.event is not None and len(endpoints) > 1:
        problems.append(
            "participants.columns.event: one column can't hold two endpoints; give death_date and ventilation_date"
        )
    names = [trait.name for trait in study.traits]
    for number, trait in enumerate(study.traits):
        if names.index(trait.name) < number:
            problems.append(f"traits[{number}].name: '{trait.name}' is used twice; give each trait its own name")
        if isinstance(trait, SlopeTrait) and study.visits is None:
            problems.append(f"traits[{number}]: an ALSFRS-R slope needs visits; add a 'visits' section")
    return problems


def resolve(study_path: Path, setting: str) -> Path:
    """Resolve a path of the study file against the folder that holds it."""
    return (study_path.parent / Path(setting).expanduser()).resolve()
