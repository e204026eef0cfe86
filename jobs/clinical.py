"""Read the clinical tables of a study: just the columns that its traits, covariates and strata ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from association.phenotypes.survival import EVENT_DATES, ORIGINS
from jobs.study import Study, resolve
from jobs.study_traits import ColumnTrait, Covariate, SlopeTrait, SurvivalTrait, Trait
from jobs.tables import read_participants, read_visits


@dataclass(frozen=True)
class Clinical:
    """A study's clinical data under the engine's names.

    Attributes
    ----------
    participants
        One row per patient, sorted by sample: sample, dates, event, and the study's own columns as texts.
    visits
        One row per visit: sample, visit_date, total; None where the study has no visits.
    study_path
        The study file, which paths of its settings are relative to.
    """

    participants: pd.DataFrame
    visits: pd.DataFrame | None
    study_path: Path


def read_clinical(study: Study, study_path: Path) -> Clinical:
    """Read the participants and visits tables.

    Raises
    ------
    InputError
        With all problems of the first table that has any.
    """
    columns = study.participants.columns.model_dump(exclude={"sex"})
    participants = read_participants(
        resolve(study_path, study.participants.path),
        columns,
        dates=_needed_dates(study),
        optional_dates=["death_date"],
        numbers=["event"] if _uses_event_column(study) else [],
        as_is=_own_columns(study),
    )
    visits = None
    if study.visits is not None:
        path = resolve(study_path, study.visits.path)
        visits = read_visits(path, study.visits.columns.model_dump(), study.visits.columns.items)
    return Clinical(participants, visits, study_path)


def covariates_of(study: Study, trait: Trait) -> list[Covariate]:
    """Give a trait's covariates: its own, or the study's."""
    chosen = study.covariates if trait.covariates is None else trait.covariates
    return [Covariate(column=one) if isinstance(one, str) else one for one in chosen]


def _uses_event_column(study: Study) -> bool:
    survival = any(isinstance(trait, SurvivalTrait) for trait in study.traits)
    return survival and study.participants.columns.event is not None


def _needed_dates(study: Study) -> list[str]:
    """List the dates that the traits need, in the engine's names."""
    mapped = study.participants.columns
    needed: dict[str, None] = {}
    for trait in study.traits:
        if isinstance(trait, SurvivalTrait):
            needed |= dict.fromkeys((ORIGINS[trait.origin], "enrolment_date", "last_contact_date"))
            needed |= dict.fromkeys(() if mapped.event else EVENT_DATES[trait.endpoint])
            needed |= dict.fromkeys(("dna_date",) if mapped.dna_date else ())
        if isinstance(trait, SlopeTrait) and not mapped.event:
            needed["death_date"] = None
    return list(needed)


def _own_columns(study: Study) -> list[str]:
    """List the columns that are used under the study's own names."""
    covariates = [covariate.column for trait in study.traits for covariate in covariates_of(study, trait)]
    traits = [trait.column for trait in study.traits if isinstance(trait, ColumnTrait)]
    sex = study.participants.columns.sex
    return list(dict.fromkeys([*covariates, *study.strata, *traits, *([sex] if sex else [])]))
