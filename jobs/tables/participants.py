"""Read the participants table: a row per patient, under the engine's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from infra.storage import Place
from jobs.study.tables import Participants
from jobs.tables.patient_dates import read_patient_dates
from jobs.tables.table import Table

RANGES = {"event": (0.0, 1.0), "age_at_onset": (0.0, 120.0)}

# A covariate may follow from other columns where the table has no such one.
OPTIONAL_NUMBERS = frozenset({"age_at_onset"})

# Names that the frame gives to parts of its own.
RESERVED = {"row": "the line of the file"}

REMEDY = "Map it in participants.columns"
OWN_REMEDY = "Name one of these in covariates, strata, traits or participants.columns"


def read_participants(
    path: Place,
    settings: Participants,
    *,
    dates: Iterable[str],
    optional_dates: Iterable[str] = (),
    numbers: Iterable[str] = (),
    as_is: Iterable[str] = (),
    own_dates: Iterable[str] = (),
) -> pd.DataFrame:
    """Read one row per patient.

    Parameters
    ----------
    path
        The table.
    settings
        What its columns are called, and how it writes times and codes.
    dates
        The engine's names of dates that must be there.
    optional_dates
        Those that are read where the table has them.
    numbers
        The engine's names of numbers: event, 0 or 1, must be there; age_at_onset, in years, is read where it is.
    as_is
        Columns of the file that are needed under their own names, as texts, codes translated.
    own_dates
        Columns of the file that are needed under their own names, as dates.

    Returns
    -------
    pandas.DataFrame
        sample, the dates (NaT where missing), the numbers, the texts (None where missing) and row, the line of the
        file; sorted by sample.

    Raises
    ------
    InputError
        With every column that is missing and every value that can't be used.
    """
    table = Table(path, sheet=settings.sheet, ids=settings.columns.sample)
    needed, optional = dict.fromkeys(dates), dict.fromkeys(optional_dates)
    names = settings.columns.model_dump()
    column = {name: names.get(name) or name for name in (*names, *needed, *optional, *numbers)}
    _translate(table, settings)
    table.require([column["sample"]], REMEDY)
    read: dict[str, pd.Series] = {"sample": table.identifiers(column["sample"])}
    table.unique(column["sample"])
    if settings.times != "dates":
        optional = {"onset_date": None} | optional
        needed.pop("onset_date", None)
    table.require([column[name] for name in needed], REMEDY)
    at_onset = () if settings.times == "dates" else (column["onset_date"],)
    there = [name for name in optional if column[name] in (*table.columns, *at_onset)]
    read |= read_patient_dates(table, settings, {name: column[name] for name in (*needed, *there)})
    read |= _read_numbers(table, {name: column[name] for name in numbers}, settings.columns.model_fields_set)
    own = _choose_own(table, (*as_is, *own_dates), {name: column[name] for name in read})
    read |= {name: table.texts(name) for name in as_is if name in own}
    read |= read_patient_dates(table, settings, {name: name for name in own_dates if name in own})
    table.close()
    frame = pd.DataFrame(read).assign(row=table.lines)
    return frame.sort_values("sample", kind="stable").reset_index(drop=True)


def _translate(table: Table, settings: Participants) -> None:
    """Put what codes mean in their place."""
    table.require(settings.codes, "Correct it in participants.codes")
    for column, codes in settings.codes.items():
        if column in table.columns:
            table.recode(column, codes)


def _read_numbers(table: Table, columns: Mapping[str, str], named: set[str]) -> dict[str, pd.Series]:
    """Read numbers that have a range; those that may be absent and that the study does not name, where they are."""
    read = {}
    for name, column in columns.items():
        if name in OPTIONAL_NUMBERS - named and column not in table.columns:
            continue
        table.require([column], REMEDY)
        lowest, highest = RANGES.get(name, (-np.inf, np.inf))
        read[name] = table.numbers(column, lowest=lowest, highest=highest)
        if name == "event":
            between = (read[name] > 0) & (read[name] < 1)
            table.note(column, between, "is neither 0 (no event) nor 1 (event)")
    return read


def _choose_own(table: Table, columns: Iterable[str], read: Mapping[str, str]) -> list[str]:
    """Choose the study's own columns; one whose name the engine gives to another is noted.

    Parameters
    ----------
    table
        The participants.
    columns
        Those that are needed.
    read
        By the engine's name, the columns that are read already.
    """
    own = [column for column in dict.fromkeys(columns) if read.get(column) != column]
    table.require(own, OWN_REMEDY)
    taken = {name: f"column '{column}'" for name, column in read.items()} | RESERVED
    for column in own:
        if column in taken:
            message = f"has the name that the engine gives to {taken[column]}; rename it in the table"
            table.add(f"column '{column}'", message)
    return [column for column in own if column not in taken]
