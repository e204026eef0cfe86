"""Checks of a participants table: dates in an order that can't be, ages and sexes that contradict."""

from __future__ import annotations

from functools import partial

import pandas as pd

from association.phenotypes.checks.findings import DataCheck, day, of_participants, together
from association.phenotypes.timeline import DAYS_PER_YEAR, dates_of

EVENTS = {
    "death_date": "death",
    "ventilation_date": "invasive ventilation",
    "niv_date": "non-invasive ventilation",
    "niv23_date": "non-invasive ventilation for 23 hours",
    "gastrostomy_date": "gastrostomy",
}
YOUNGEST, OLDEST = 10, 100
# An age given in whole years may be a year off that of the dates, and onset known to the year half a year more.
AGE_TOLERANCE = 1.5
SEXES = {0.0: "female", 1.0: "male"}


def events_after_death(participants: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """Find ventilation, gastrostomy or contact after the day of death."""
    death = dates_of(participants, "death_date")
    later = {**EVENTS, "last_contact_date": "last contact"}
    del later["death_date"]
    return _in_wrong_order(participants, death, "death", later, after=True)


def events_before_onset(participants: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """Find death, ventilation or gastrostomy before the day of onset."""
    return _in_wrong_order(participants, dates_of(participants, "onset_date"), "onset", EVENTS, after=False)


def entry_after_exit(participants: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """Find patients enrolled or sampled after death, or where no death is known after the last contact."""
    left = dates_of(participants, "death_date").fillna(dates_of(participants, "last_contact_date"))
    entries = {"enrolment_date": "enrolled", "dna_date": "sampled"}
    return _in_wrong_order(participants, left, "death or last contact", entries, after=True)


def ventilation_before_entry(participants: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """Find patients ventilated by the day on which they enter: the later of enrolment and sampling."""
    entry = pd.concat([dates_of(participants, name) for name in ("enrolment_date", "dna_date")], axis=1).max(axis=1)
    ventilated = dates_of(participants, "ventilation_date")
    table = participants.assign(entry=entry, ventilated=ventilated)
    return of_participants(
        table,
        ventilated <= entry,
        lambda some: "ventilated " + day(some["ventilated"]) + ", entered " + day(some["entry"]),
    )


def onset_after_diagnosis(participants: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """Find onset after the day of diagnosis."""
    onset = {"onset_date": "onset"}
    return _in_wrong_order(participants, dates_of(participants, "diagnosis_date"), "diagnosis", onset, after=True)


def age_impossible(participants: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """Find ages at onset that no patient has, or that contradict the dates of birth and onset."""
    if "age_at_onset" not in participants:
        return together([])
    age = participants["age_at_onset"]
    since_birth = dates_of(participants, "onset_date") - dates_of(participants, "birth_date")
    table = participants.assign(dated=since_birth.dt.total_seconds() / 86_400 / DAYS_PER_YEAR)
    beyond = (age < YOUNGEST) | (age > OLDEST)
    contradicts = ((age - table["dated"]).abs() > AGE_TOLERANCE) & ~beyond
    return together(
        [
            of_participants(
                table,
                beyond,
                lambda some: _years(some["age_at_onset"]) + f" at onset, expected {YOUNGEST} to {OLDEST}",
            ),
            of_participants(
                table,
                contradicts,
                lambda some: _years(some["age_at_onset"]) + " at onset, by the dates " + _years(some["dated"]),
            ),
        ]
    )


def sex_disagrees(participants: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """Find patients whose stated sex is not that of their genotypes: columns male and genetic_male (0, 1, NaN)."""
    if not {"male", "genetic_male"} <= set(participants):
        return together([])
    stated, genetic = participants["male"], participants["genetic_male"]
    return of_participants(
        participants,
        stated.notna() & genetic.notna() & (stated != genetic),
        lambda some: "stated " + some["male"].map(SEXES) + ", by genotypes " + some["genetic_male"].map(SEXES),
    )


def _in_wrong_order(
    participants: pd.DataFrame, limit: pd.Series, limit_words: str, events: dict[str, str], *, after: bool
) -> pd.DataFrame:
    """Find each of several events that lies after a limit, or before it."""
    table = participants.assign(limit=limit)
    return together(
        [
            of_participants(
                table,
                table[name] > limit if after else table[name] < limit,
                partial(_in_words, name=name, words=words, limit_words=limit_words),
            )
            for name, words in events.items()
            if name in table
        ]
    )


def _in_words(some: pd.DataFrame, *, name: str, words: str, limit_words: str) -> pd.Series:
    return f"{words} " + day(some[name]) + f", {limit_words} " + day(some["limit"])


def _years(ages: pd.Series) -> pd.Series:
    return ages.map("{:.4g} years".format)


PARTICIPANT_CHECKS = (
    DataCheck("events_after_death", "an event or a contact after death", "participant", events_after_death),
    DataCheck("events_before_onset", "an event before symptom onset", "participant", events_before_onset),
    DataCheck("entry_after_exit", "enrolled or sampled after death or last contact", "participant", entry_after_exit),
    DataCheck("ventilation_before_entry", "ventilated before entry", "participant", ventilation_before_entry),
    DataCheck("onset_after_diagnosis", "onset after diagnosis", "participant", onset_after_diagnosis),
    DataCheck("age_impossible", "age at onset impossible", "participant", age_impossible),
    DataCheck("sex_disagrees", "sex at odds with the genotypes", "participant", sex_disagrees),
)
