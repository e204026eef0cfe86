"""Time to death or invasive ventilation, with delayed entry.

    exit  = event date, else last contact;   entry = max(enrolment, DNA sampling);   both in months from the origin.

A patient must be alive and unventilated to be enrolled, so time before entry is not observed and does not count: a
patient is at risk in (entry, exit]. Whoever can't be placed on that axis is left out, with a reason.

Units: months = days / 30.4375.
"""

from __future__ import annotations

import pandas as pd

DAYS_PER_MONTH = 30.4375

ORIGINS = {"onset": "onset_date", "diagnosis": "diagnosis_date", "enrolment": "enrolment_date"}
EVENT_DATES = {"death": ("death_date",), "composite": ("death_date", "ventilation_date")}


def survival_times(participants: pd.DataFrame, *, endpoint: str, origin: str) -> pd.DataFrame:
    """Derive delayed-entry survival times.

    Parameters
    ----------
    participants
        One row per patient (n); dates as datetimes, missing ones NaT: the origin's date, enrolment_date, optionally
        dna_date, last_contact_date, and either the endpoint's event dates or `event` (1 where the endpoint happened
        on last_contact_date, 0 where it did not).
    endpoint
        "composite" (death or invasive ventilation, the earlier) or "death".
    origin
        "onset", "diagnosis" or "enrolment": time zero.

    Returns
    -------
    pandas.DataFrame
        entry, exit (months), event (0 or 1) and reason (None where the patient can be used), in the same order.
    """
    start = participants[ORIGINS[origin]]
    enrolled = participants["enrolment_date"]
    observed_from = (
        pd.concat([enrolled, _dates(participants, "dna_date")], axis=1).max(axis=1).where(enrolled.notna())
    )
    event_date = _event_dates(participants, endpoint)
    last_seen = event_date.fillna(participants["last_contact_date"])
    times = pd.DataFrame(
        {
            "entry": (observed_from - start).dt.days / DAYS_PER_MONTH,
            "exit": (last_seen - start).dt.days / DAYS_PER_MONTH,
            "event": event_date.notna().astype(float),
            "reason": None,
        },
        index=participants.index,
    )
    for reason, applies in (
        (f"no {origin} date", start.isna()),
        ("no enrolment date", enrolled.isna()),
        ("no event date and no last contact date", last_seen.isna()),
        ("no event status", _unknown_event(participants)),
        (f"enrolled before {origin}", times["entry"] < 0),
        ("endpoint reached before entry", event_date <= observed_from),
        ("not followed after entry", times["exit"] <= times["entry"]),
    ):
        times.loc[applies & times["reason"].isna(), "reason"] = reason
    return times


def _event_dates(participants: pd.DataFrame, endpoint: str) -> pd.Series:
    """Give the date of the endpoint, NaT where it was not reached."""
    if "event" in participants:
        return participants["last_contact_date"].where(participants["event"] == 1)
    return pd.concat([_dates(participants, name) for name in EVENT_DATES[endpoint]], axis=1).min(axis=1)


def _unknown_event(participants: pd.DataFrame) -> pd.Series:
    if "event" in participants:
        return participants["event"].isna()
    return pd.Series(data=False, index=participants.index)


def _dates(participants: pd.DataFrame, name: str) -> pd.Series:
    if name in participants:
        return participants[name]
    return pd.Series(pd.NaT, index=participants.index, dtype="datetime64[ns]")
