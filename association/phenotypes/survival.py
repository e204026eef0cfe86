"""Time to death or invasive ventilation, with delayed entry.

    exit  = event date, else last contact;   entry = max(enrolment, DNA sampling);   both in months from the origin.

Whoever can't be placed on that axis is left out, with a reason; `follow_up` has the rules.

The endpoint `composite_niv23` counts the first day of non-invasive ventilation for 23 hours or more as well, which
is ventilation in all but the tube.
"""

from __future__ import annotations

import pandas as pd

from association.phenotypes.follow_up import ORIGINS, times_at_risk
from association.phenotypes.timeline import dates_of

__all__ = ["EVENT_DATES", "ORIGINS", "survival_times"]

NO_END = "no event date and no last contact date"
EVENT_DATES = {
    "death": ("death_date",),
    "composite": ("death_date", "ventilation_date"),
    "composite_niv23": ("death_date", "ventilation_date", "niv23_date"),
}


def survival_times(participants: pd.DataFrame, *, endpoint: str, origin: str) -> pd.DataFrame:
    """Derive delayed-entry survival times.

    Parameters
    ----------
    participants
        One row per patient (n); dates as datetimes, missing ones NaT: the origin's date, enrolment_date, optionally
        dna_date, last_contact_date, and either the endpoint's event dates or `event` (1 where the endpoint happened
        on last_contact_date, 0 where it did not).
    endpoint
        One of `EVENT_DATES`: the earliest of its dates counts.
    origin
        "onset", "diagnosis" or "enrolment": time zero.

    Returns
    -------
    pandas.DataFrame
        entry, exit (months), event (0 or 1) and reason (None where the patient can be used), in the same order.
    """
    event_date = _event_dates(participants, endpoint)
    last_seen = event_date.fillna(dates_of(participants, "last_contact_date"))
    times = times_at_risk(
        participants,
        origin=origin,
        reached_date=event_date,
        end_date=last_seen,
        unknown={
            NO_END: last_seen.isna(),
            "no event status": _unknown_event(participants),
        },
        reached_early="endpoint reached before entry",
    )
    times.insert(2, "event", event_date.notna().astype(float))
    return times


def _event_dates(participants: pd.DataFrame, endpoint: str) -> pd.Series:
    """Give the date of the endpoint, NaT where it was not reached."""
    if "event" in participants:
        return dates_of(participants, "last_contact_date").where(participants["event"] == 1)
    return pd.concat([dates_of(participants, name) for name in EVENT_DATES[endpoint]], axis=1).min(axis=1)


def _unknown_event(participants: pd.DataFrame) -> pd.Series:
    if "event" in participants:
        return participants["event"].isna()
    return pd.Series(data=False, index=participants.index)
