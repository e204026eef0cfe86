"""The study file: everything that a user can say, with the defaults.

Every class is one section of `study.yaml`. Settings are strict: an unknown key, a number in quotes or a missing
section is refused, never guessed. Defaults stand in these classes and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from infra.storage import Place, in_bucket
from jobs.places import place_of
from jobs.study.annotation import Annotation
from jobs.study.checks import Checks
from jobs.study.cloud import Cloud
from jobs.study.cohort import CohortFacts
from jobs.study.covariates import Covariates, MissingPolicy
from jobs.study.gene_tests import Calibration, FollowUp, GeneList, GeneTest, Mask
from jobs.study.genotypes import Genotypes
from jobs.study.interactions import Interaction, misfits_of_interactions
from jobs.study.known_genes import KnownGenes
from jobs.study.mask_misfits import misfits_of_gene_lists, misfits_of_low_scores, misfits_of_masks
from jobs.study.mechanism import Mechanism, misfits_of_mechanisms
from jobs.study.quality_control import Qc
from jobs.study.section import Section
from jobs.study.tables import Participants, Visits
from jobs.study.together import Together, misfits_of_together
from jobs.study.traits import SurvivalTrait, Trait, needs_visits

# Files beside those of the traits.
RESERVED_NAMES = ("excluded", "not_in_participants")


class Compute(Section):
    """Where the work is done."""

    cores: Annotated[int | None, Field(ge=1, description="null: all")] = None
    driver_memory_gib: Annotated[float, Field(ge=1)] = 4
    master: Annotated[str | None, Field(description="a Spark master; null: this machine")] = None


class ClinicalStudy(Section):
    """The part of a study file that needs no genotypes: tables and traits."""

    name: Annotated[str, Field(min_length=1)]
    output: Annotated[str, Field(description="folder for everything the run writes, relative to the study file")]
    participants: Participants
    visits: Visits | None = None
    traits: Annotated[list[Trait], Field(min_length=1)]
    covariates: Covariates = "primary"
    missing_covariates: MissingPolicy = "drop"
    strata: Annotated[
        list[str] | None,
        Field(
            description="columns within which patients are exchangeable, e.g. site; null: participants.columns.site, "
            "where it is named"
        ),
    ] = None
    cohorts: Annotated[
        str | None,
        Field(
            description="column that says which cohort a patient is of, in a study of several: each cohort is a "
            "stratum, covariates have effects of their own in each, and a quantitative trait a residual variance of "
            "its own"
        ),
    ] = None
    checks: Checks = Checks()

    @property
    def strata_columns(self) -> list[str]:
        """Columns whose values make the strata."""
        site = self.participants.columns.site
        named = self.strata if self.strata is not None else [site] if site else []
        return named if self.cohorts is None or self.cohorts in named else [*named, self.cohorts]

    def misfits(self) -> Iterator[str]:
        """Name every setting that contradicts another, as 'place: message'."""
        yield from _misfits_of_traits(self)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        if problems := list(self.misfits()):
            raise ValueError("\n".join(problems))
        return self


class Study(ClinicalStudy):
    """A whole study file."""

    genotypes: Genotypes
    qc: Qc = Qc()
    annotation: Annotation
    masks: Annotated[list[Mask], Field(min_length=1)]
    tests: Annotated[list[GeneTest], Field(min_length=1)] = [
        GeneTest(test="burden"),
        GeneTest(test="skat", weights="beta_1_25"),
        GeneTest(test="skat_o", weights="beta_1_25"),
        GeneTest(test="acat_v"),
    ]
    calibration: Calibration = Calibration()
    gene_lists: Annotated[
        list[GeneList],
        Field(description="lists to name genes by, in the results and in calibration.panel, and to test as sets"),
    ] = []
    gene_symbols: Annotated[
        str | None,
        Field(
            description="HGNC's table of symbols, for genes of lists that the annotation calls otherwise; null: a "
            "small one for progex's own panels"
        ),
    ] = None
    follow_up: FollowUp = FollowUp()
    together: Together = Together()
    known_genes: KnownGenes | None = None
    interactions: Annotated[
        list[Interaction], Field(description="covariates by which carriers of each gene are compared")
    ] = []
    mechanism: Annotated[
        list[Mechanism], Field(description="mediators by way of which genes may act on outcomes")
    ] = []
    condition_on: Annotated[
        list[Annotated[str, Field(pattern=r"^[^-]+-[0-9]+-[ACGTN]+-[ACGTN]+$")]],
        Field(
            description="variants to adjust every trait for and to leave out of every mask: contig-position-ref-alt"
        ),
    ] = []
    alpha: Annotated[float, Field(gt=0, lt=1, description="family-wise error rate drawn in the report")] = 0.05
    compute: Compute = Compute()
    # Left out of what is recorded: where a study ran must not decide what is current.
    cloud: Annotated[Cloud | None, Field(exclude=True)] = None
    # As is what others are told: no result depends on it.
    cohort: Annotated[CohortFacts | None, Field(exclude=True)] = None

    def misfits(self) -> Iterator[str]:
        """Name every setting that contradicts another, as 'place: message'."""
        yield from _misfits_of_tests(self)
        yield from misfits_of_together(self.together, self.traits, self.tests)
        yield from misfits_of_interactions(self.interactions, self.traits)
        yield from misfits_of_mechanisms(self.mechanism, self.traits, self.gene_lists, self.cohorts)
        yield from super().misfits()


def _misfits_of_tests(study: Study) -> Iterator[str]:
    scores = getattr(study.annotation, "scores", [])
    yield from misfits_of_masks(study.masks, scores, getattr(study.annotation, "fields", []))
    yield from misfits_of_low_scores(study.masks, study.tests, getattr(study.annotation, "low_is_damaging", ()))
    yield from misfits_of_gene_lists(study.gene_lists, study.calibration.panel)
    for number, test in enumerate(study.tests):
        score = test.weights.removeprefix("score:")
        if score != test.weights and score not in scores:
            yield f"tests[{number}].weights: '{score}' is not in annotation.scores; add it there"
        if study.tests.index(test) < number:
            yield f"tests[{number}]: the same test stands above; leave one of them out"


def _misfits_of_traits(study: ClinicalStudy) -> Iterator[str]:
    endpoints = {trait.endpoint for trait in study.traits if isinstance(trait, SurvivalTrait)}
    if study.participants.columns.event is not None and len(endpoints) > 1:
        yield "participants.columns.event: one column can't hold two endpoints; give death_date and ventilation_date"
    names = [trait.name.lower() for trait in study.traits]
    sample = study.participants.columns.sample
    for number, trait in enumerate(study.traits):
        if names.index(trait.name.lower()) < number:
            yield f"traits[{number}].name: '{trait.name}' is used twice; give each trait its own name"
        if trait.name.lower() in RESERVED_NAMES:
            yield f"traits[{number}].name: '{trait.name}' is the name of another file; give the trait another"
        if sample in (getattr(trait, name, None) for name in ("column", "exit", "event", "entry")):
            yield f"traits[{number}]: column '{sample}' holds the sample ids; name another"
        if study.visits is None and needs_visits(trait):
            yield f"traits[{number}]: a trait of type {trait.type} needs visits; add a 'visits' section"
        if study.cohorts is not None and trait.kinship is not None:
            yield (
                f"traits[{number}].kinship: one model over all patients, and with 'cohorts' each cohort has its own; "
                f"take kinship out, or take 'cohorts' out and name '{study.cohorts}' in strata"
            )


def resolve(study_path: Place, setting: str) -> Place:
    """Resolve a path of the study file against the folder that holds it."""
    if in_bucket(setting):
        return place_of(setting)
    own = Path(setting).expanduser()
    if isinstance(study_path, Path) or own.is_absolute():
        return (Path(study_path.parent) / own).resolve()
    return place_of(f"{study_path.parent}/{setting}")
