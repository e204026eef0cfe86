"""Read the clinical tables of a study, put its data through the checks, and keep what can be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from association.phenotypes.sex import other_words, sex_codes
from association.phenotypes.timeline import DAYS_PER_YEAR, dates_of
from association.problems import InputError, Problem
from jobs.clinical.checks import CheckOutcome, at_most_shown, check_tables
from jobs.clinical.needed import (
    AGE_AT_ONSET,
    ALL_DATES,
    needed_dates,
    optional_dates,
    own_columns,
    own_dates,
    own_measures,
    uses_age_at_onset,
    uses_event_column,
)
from jobs.study.study import ClinicalStudy, resolve
from jobs.study.traits import needs_scores
from jobs.tables.participants import read_participants
from jobs.tables.visits import VisitsRead, read_visits

ENGINE_COLUMNS = frozenset({"sample", "row", "event", AGE_AT_ONSET, *ALL_DATES})


@dataclass(frozen=True)
class Clinical:
    """A study's clinical data.

    Attributes
    ----------
    participants
        One row per patient, sorted by sample, under the engine's names: sample, row (of the file), dates, event,
        age_at_onset, male (1, 0, NaN where not known).
    own
        The columns that the study uses under its own names, as texts or dates, in the same rows.
    visits
        One row per visit that can be used, sorted by patient and date: patient (position), row, date, total, items
        and measures; None where the study has no visits.
    barred
        Why a data check keeps a patient out of every trait, by patient; None where it does not.
    checks
        What each data check found.
    study_path
        The study file, which paths of its settings are relative to.
    """

    participants: pd.DataFrame
    own: pd.DataFrame
    visits: pd.DataFrame | None
    barred: pd.Series
    checks: tuple[CheckOutcome, ...]
    study_path: Path


def read_clinical(study: ClinicalStudy, study_path: Path) -> Clinical:
    """Read the participants and visits tables and check them.

    Raises
    ------
    InputError
        With all problems of a table that can't be used, or all that a check stops for.
    """
    settings = study.participants
    path = resolve(study_path, settings.path)
    table = read_participants(
        path,
        settings,
        dates=needed_dates(study),
        optional_dates=optional_dates(study),
        numbers=[AGE_AT_ONSET, *(["event"] if uses_event_column(study) else [])],
        as_is=own_columns(study),
        own_dates=own_dates(study),
    )
    own = table[[*own_columns(study), *own_dates(study)]]
    participants = table[[name for name in table if name in ENGINE_COLUMNS]]
    participants = _with_sex(_with_age(participants, study, path), own, study, path)
    read = _read_visits(study, study_path, participants)
    checked = check_tables(study, participants, read)
    return Clinical(participants, own, checked.visits, checked.barred, checked.outcomes, study_path)


def _read_visits(study: ClinicalStudy, study_path: Path, participants: pd.DataFrame) -> VisitsRead | None:
    if study.visits is None:
        return None
    return read_visits(
        resolve(study_path, study.visits.path),
        study.visits,
        participants["sample"],
        dates_of(participants, "onset_date"),
        measures=own_measures(study),
        scored=any(needs_scores(trait) for trait in study.traits),
    )


def _with_age(participants: pd.DataFrame, study: ClinicalStudy, path: Path) -> pd.DataFrame:
    """Add age at onset, from the dates where it is not stated."""
    if {"birth_date", "onset_date"} <= set(participants):
        since_birth = participants["onset_date"] - participants["birth_date"]
        dated = since_birth.dt.total_seconds() / 86_400 / DAYS_PER_YEAR
        stated = participants.get(AGE_AT_ONSET, dated)
        return participants.assign(age_at_onset=stated.fillna(dated))
    if AGE_AT_ONSET not in participants and uses_age_at_onset(study):
        message = (
            "no age at onset, which the covariates ask for; name its column in participants.columns.age_at_onset, "
            "give birth_date and onset_date, or list other covariates"
        )
        raise InputError.single(path.name, "columns", message)
    return participants


def _with_sex(participants: pd.DataFrame, own: pd.DataFrame, study: ClinicalStudy, path: Path) -> pd.DataFrame:
    """Add who is male, as stated and by the genotypes."""
    columns = study.participants.columns
    problems = []
    coded = {}
    for name, column in (("male", columns.sex), ("genetic_male", columns.genetic_sex)):
        if column is None:
            coded[name] = pd.Series(np.nan, index=participants.index)
            continue
        coded[name] = sex_codes(own[column])
        wrong = participants["row"][other_words(own[column])].sort_values()
        problems += [
            Problem(
                f"line {row}, column '{column}'",
                f"'{own.loc[patient, column]}' where male and female, M and F, or 1 and 2 were expected; say what it "
                "means in participants.codes",
            )
            for patient, row in wrong.items()
        ]
    if problems:
        raise InputError(path.name, at_most_shown(problems))
    return participants.assign(**coded)
