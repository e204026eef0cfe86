"""Which visits a trait may use, and the first of them.

A visit counts if it has a date and a value, and is not after the patient's death.

Axes: v visits, sorted by patient, date and line of the table; n patients.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.phenotypes.reasons import first_reasons
from association.phenotypes.timeline import dates_of

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]


def merge_same_day(visits: pd.DataFrame) -> pd.DataFrame:
    """Put a patient's rows of one day together where none contradicts another: each may hold other measures.

    Parameters
    ----------
    visits
        One row per visit (v), sorted by patient, date and line of the table.

    Returns
    -------
    pandas.DataFrame
        The same, with one row in the place of those that were put together; `row` is that of the first. Rows that
        contradict each other stay as they are.
    """
    again = visits.duplicated(["patient", "date"], keep=False) & visits["date"].notna()
    if not again.any():
        return visits
    several = visits[again]
    days = several.groupby(["patient", "date"], sort=False)
    measures = [name for name in visits if name not in ("patient", "date", "row")]
    alike = (days[measures].transform("max") == days[measures].transform("min")) | several[measures].isna()
    alike = alike.all(axis=1).groupby([several["patient"], several["date"]]).transform("all").to_numpy()
    merged = several[alike].groupby(["patient", "date"], sort=False, as_index=False).first()
    items = [name for name in visits if name.startswith("item_")]
    if items:
        # The items of a visit may stand in several rows.
        merged["total"] = merged["total"].fillna(merged[items].sum(axis=1, min_count=len(items)))
    whole = pd.concat([visits[~again], several[~alike], merged[list(visits)]])
    return whole.sort_values(["patient", "date", "row"], kind="stable", ignore_index=True)


def of_patients(values: pd.Series, visits: pd.DataFrame) -> pd.Series:
    """Give every visit its patient's value (v), such as a date.

    Parameters
    ----------
    values
        One per patient (n), by position.
    visits
        One row per visit: patient.
    """
    return pd.Series(values.to_numpy()[visits["patient"].to_numpy()], index=visits.index)


def usable(visits: pd.DataFrame, values: pd.Series, death_date: pd.Series) -> Booleans:
    """Say which visits have a date and a value and are not after death (v).

    Parameters
    ----------
    visits
        One row per visit (v): patient, date.
    values
        The measure (v), NaN where it was not taken.
    death_date
        Date of death (n), by position; NaT where alive.
    """
    after_death = visits["date"] > of_patients(death_date, visits)
    chosen: Booleans = (visits["date"].notna() & values.notna().to_numpy() & ~after_death).to_numpy()
    return chosen


def first_of_each(visits: pd.DataFrame, chosen: Booleans) -> tuple[Integers, Integers]:
    """Give the patients who have a chosen visit, and the position of the first of theirs."""
    positions = np.flatnonzero(chosen)
    patients, first = np.unique(visits["patient"].to_numpy()[positions], return_index=True)
    return patients, positions[first]


def baseline_value(visits: pd.DataFrame, values: pd.Series, participants: pd.DataFrame) -> pd.DataFrame:
    """Give each patient's value at the first visit that has one.

    Parameters
    ----------
    visits
        One row per visit (v): patient, date.
    values
        The measure (v), NaN where it was not taken.
    participants
        One row per patient (n): optionally death_date.

    Returns
    -------
    pandas.DataFrame
        value and reason (None where the patient can be used), n rows.

    Notes
    -----
    The first visit counts whether it is before enrolment or after: a value does not depend on who is at risk, and a
    clinic often measures before it enrols.
    """
    patients, first = first_of_each(visits, usable(visits, values, dates_of(participants, "death_date")))
    baseline = np.full(len(participants), np.nan)
    baseline[patients] = values.to_numpy(np.float64)[first]
    reasons = first_reasons({"no visit with a value": np.isnan(baseline)}, participants.index)
    return pd.DataFrame({"value": baseline, "reason": reasons}, index=participants.index)
