"""Read the clinical tables of a study, put its data through the checks, and keep what can be used."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from association.phenotypes.timeline import DAYS_PER_YEAR, dates_of
from association.problems import InputError
from infra.storage import Place
from jobs.clinical.checks import CheckOutcome, check_tables
from jobs.clinical.labels import own_labels
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
from jobs.tables.table import Table
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
    file
        The participants' file, for messages.
    """

    participants: pd.DataFrame
    own: pd.DataFrame
    visits: pd.DataFrame | None
    barred: pd.Series
    checks: tuple[CheckOutcome, ...]
    study_path: Place
    file: str = "participants"


def read_clinical(study: ClinicalStudy, study_path: Place) -> Clinical:
    """Read the participants and visits tables and check them.

    Raises
    ------
    InputError, ExceptionGroup
        With all problems of the tables that can't be used, or all that a check stops for.
    """
    path = resolve(study_path, study.participants.path)
    try:
        participants, own = _read_participants(study, path)
    except InputError as error:
        faults = [error, *_visits_faults(study, study_path)]
        raise ExceptionGroup("clinical tables", faults) if len(faults) > 1 else error from None
    read = _read_visits(study, study_path, participants["sample"], dates_of(participants, "onset_date"))
    checked = check_tables(study, participants, read)
    return Clinical(participants, own, checked.visits, checked.barred, checked.outcomes, study_path, path.name)


def _read_participants(study: ClinicalStudy, path: Place) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the participants under the engine's names, and the study's own columns beside."""
    table = read_participants(
        path,
        study.participants,
        dates=needed_dates(study),
        optional_dates=optional_dates(study),
        numbers=[AGE_AT_ONSET, *(["event"] if uses_event_column(study) else [])],
        as_is=own_columns(study),
        own_dates=own_dates(study),
    )
    columns = [name for name in table if name in ENGINE_COLUMNS and (name != "event" or uses_event_column(study))]
    participants = _with_age(table[columns], study, path)
    labels = own_labels(table[own_columns(study)], participants["row"], study, path.name)
    own = pd.concat([labels.texts, table[own_dates(study)]], axis=1)
    return participants.assign(male=labels.male, genetic_male=labels.genetic_male), own


def _visits_faults(study: ClinicalStudy, study_path: Place) -> list[InputError]:
    """Say what is wrong with the visits by themselves, where the participants can't be read."""
    if study.visits is None or study.visits.times != "dates":
        return []
    try:
        table = Table(resolve(study_path, study.visits.path), sheet=study.visits.sheet)
        samples = pd.Series(sorted(set(table.texts(study.visits.columns.sample).dropna())))
        _read_visits(study, study_path, samples, pd.Series(pd.NaT, index=samples.index, dtype="datetime64[ns]"))
    except InputError as error:
        return [error]
    return []


def _read_visits(study: ClinicalStudy, study_path: Place, samples: pd.Series, onset: pd.Series) -> VisitsRead | None:
    if study.visits is None:
        return None
    return read_visits(
        resolve(study_path, study.visits.path),
        study.visits,
        samples,
        onset,
        measures=own_measures(study),
        scored=any(needs_scores(trait) for trait in study.traits),
    )


def _with_age(participants: pd.DataFrame, study: ClinicalStudy, path: Place) -> pd.DataFrame:
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
