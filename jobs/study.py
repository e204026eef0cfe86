"""The study file: everything that a user can say, with the defaults.

Every class is one section of `study.yaml`. Settings are strict: an unknown key, a number in quotes or a missing
section is refused, never guessed. Defaults stand in these classes and nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from jobs.study_inputs import Annotation, Genotypes, Participants, Qc, Visits
from jobs.study_section import Section
from jobs.study_tests import Calibration, FollowUp, GeneTest, Mask
from jobs.study_traits import Covariate, SlopeTrait, SurvivalTrait, Trait


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
        GeneTest(test="skat_o", weights="beta_1_25"),
        GeneTest(test="acat_v"),
    ]
    calibration: Calibration = Calibration()
    follow_up: FollowUp = FollowUp()
    condition_on: Annotated[
        list[Annotated[str, Field(pattern=r"^[^-]+-[0-9]+-[ACGTN]+-[ACGTN]+$")]],
        Field(
            description="variants to adjust every trait for and to leave out of every mask: contig-position-ref-alt"
        ),
    ] = []
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
    for number, test in enumerate(study.tests):
        score = test.weights.removeprefix("score:")
        if score != test.weights and score not in scores:
            problems.append(f"tests[{number}].weights: '{score}' is not in annotation.scores; add it there")
        if study.tests.index(test) < number:
            problems.append(f"tests[{number}]: the same test stands above; leave one of them out")
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
