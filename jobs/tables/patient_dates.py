"""Read the dates of patients, or numbers since symptom onset in their stead.

Where a table gives numbers since onset, onset is 1 January 1970 for everyone, and every other date lies that many
days later (a month being 30.4375 days, a year 365.25), rounded to the second. Birth alone is counted back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from association.phenotypes.timeline import DAYS_PER_MONTH, DAYS_PER_YEAR
from jobs.study.tables import Participants
from jobs.tables.dates import DateStyle
from jobs.tables.table import Table

# Where time begins that is counted from onset.
ONSET = pd.Timestamp(1970, 1, 1)
DAYS_PER = {"days": 1.0, "months": DAYS_PER_MONTH, "years": DAYS_PER_YEAR}

# Nobody is followed, or lives, longer; a number beyond is in another unit than stated.
MOST_YEARS_AFTER = 100
MOST_YEARS_BEFORE = 120


def read_patient_dates(table: Table, settings: Participants, columns: Mapping[str, str]) -> dict[str, pd.Series]:
    """Read columns of dates (n), NaT where missing.

    Parameters
    ----------
    table
        The participants.
    settings
        How it writes times.
    columns
        By the name to give it, the column of each date; one that isn't there is all missing.
    """
    if settings.times == "dates":
        return {name: table.dates(column, _style(settings, column)) for name, column in columns.items()}
    onset, birth = settings.columns.onset_date, settings.columns.birth_date
    read = {}
    for name, column in columns.items():
        if column == onset:
            _check_origin(table, onset, settings.times)
            read[name] = _all_at_onset(table)
        elif column == birth:
            read[name] = _birth(table, column, settings.times)
        else:
            days = days_since_onset(table, column, settings.times, "participants.times")
            read[name] = after_onset(_all_at_onset(table), days)
    return read


def after_onset(onset: pd.Series, days: pd.Series) -> pd.Series:
    """Give the moment so many days after onset, to the second (n); NaT where either is missing."""
    return onset + pd.to_timedelta((days * 86_400).round(), unit="s")


def days_since_onset(table: Table, column: str, unit: str, setting: str) -> pd.Series:
    """Parse numbers since onset (n) and give them in days; note what lies before onset, or a lifetime after it.

    Parameters
    ----------
    table
        Where they are.
    column
        Its name.
    unit
        days, months or years.
    setting
        Where the study file says so.
    """
    numbers = table.numbers(column)
    table.note(column, numbers < 0, f"lies before onset, from which {unit} are counted; correct or empty it")
    years = numbers * DAYS_PER[unit] / DAYS_PER_YEAR
    message = f"lies more than {MOST_YEARS_AFTER} years after onset; correct it, or {setting} if that isn't {unit}"
    table.note(column, years > MOST_YEARS_AFTER, message)
    return (numbers * DAYS_PER[unit]).where(years.between(0, MOST_YEARS_AFTER))


def _style(settings: Participants, column: str) -> DateStyle:
    """Give the style of a column; onset and diagnosis are often remembered by the month, birth told by the year."""
    if column == settings.columns.birth_date:
        return DateStyle(settings.date_format, "participants.date_format", "year")
    if column not in (settings.columns.onset_date, settings.columns.diagnosis_date):
        return DateStyle(settings.date_format, "participants.date_format")
    known: Literal["month", "year"] = "year" if settings.year_only == "mid_year" else "month"
    return DateStyle(settings.date_format, "participants.date_format", known)


def _birth(table: Table, column: str, unit: str) -> pd.Series:
    """Give the moment of birth, which lies before onset, so that its number is negative."""
    numbers = table.numbers(column)
    table.note(column, numbers > 0, "lies after onset; birth is counted back from onset, as a negative number")
    years = numbers * DAYS_PER[unit] / DAYS_PER_YEAR
    message = f"lies more than {MOST_YEARS_BEFORE} years before onset; correct it, or participants.times"
    table.note(column, years < -MOST_YEARS_BEFORE, message)
    days = (numbers * DAYS_PER[unit]).where(years.between(-MOST_YEARS_BEFORE, 0))
    return after_onset(_all_at_onset(table), days)


def _check_origin(table: Table, column: str, unit: str) -> None:
    """Note a time of onset other than 0: then times are counted from something else."""
    if column not in table.columns:
        return
    numbers = pd.to_numeric(table.texts(column), errors="coerce")
    message = f"is not 0, while participants.times is {unit} since onset; subtract it from all times, also of visits"
    table.note(column, numbers.notna() & (numbers != 0), message)


def _all_at_onset(table: Table) -> pd.Series:
    return pd.Series(ONSET, index=range(table.length)).astype("datetime64[ns]")
