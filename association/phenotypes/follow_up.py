"""When a patient is at risk: from entry on, not from the origin on.

    entry = max(enrolment, DNA sampling) - origin,   exit = end of follow-up - origin,   at risk in (entry, exit].

A patient must be alive, and short of the endpoint, to be observed: time before entry does not count, and who reached
the endpoint by then never was at risk. Survival, milestones and the joint rank share these rules and their words.

Units: months of 30.4375 days. Axes: n patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from association.phenotypes.reasons import first_reasons
from association.phenotypes.timeline import dates_of, months_between

ORIGINS = {"onset": "onset_date", "diagnosis": "diagnosis_date", "enrolment": "enrolment_date"}


def observation_start(participants: pd.DataFrame) -> pd.Series:
    """Give the date of entry: the later of enrolment and DNA sampling, NaT where enrolment is not known."""
    enrolled, sampled = dates_of(participants, "enrolment_date"), dates_of(participants, "dna_date")
    return enrolled.where(~(sampled > enrolled), sampled)


def origin_dates(participants: pd.DataFrame, origin: str) -> pd.Series:
    """Give the date of time zero: one of `ORIGINS`, or "entry" for the start of observation."""
    if origin == "entry":
        return observation_start(participants)
    return dates_of(participants, ORIGINS[origin])


def end_of_life(participants: pd.DataFrame) -> pd.Series:
    """Give the date of death, NaT where none is known.

    A table without dates of death says it by `event`, which is 1 where the patient's end came at the last contact.
    """
    if "death_date" not in participants and "event" in participants:
        return dates_of(participants, "last_contact_date").where(participants["event"] == 1)
    return dates_of(participants, "death_date")


def times_at_risk(
    participants: pd.DataFrame,
    *,
    origin: str,
    reached_date: pd.Series,
    end_date: pd.Series,
    unknown: Mapping[str, Any],
    reached_early: str,
    known_from: pd.Series | None = None,
) -> pd.DataFrame:
    """Place each patient's time at risk on the axis that starts at the origin.

    Parameters
    ----------
    participants
        One row per patient (n): the origin's date, enrolment_date and optionally dna_date.
    origin
        "onset", "diagnosis", "enrolment" or "entry".
    reached_date
        When the endpoint was reached (n), NaT where it was not.
    end_date
        When time at risk ends, of whatever cause (n).
    unknown
        Reasons why the end or its cause isn't known, each with the patients it applies to (n).
    reached_early
        The reason of those who reached the endpoint at or before entry.
    known_from
        Since when it is known whether the endpoint was reached (n), where that is not so from enrolment on: nobody is
        at risk before.

    Returns
    -------
    pandas.DataFrame
        entry, exit (months) and reason (None where the patient can be used).
    """
    start, observed = origin_dates(participants, origin), observation_start(participants)
    entered = observed if known_from is None else observed.where(~(known_from > observed), known_from)
    entry, leaving = months_between(entered, start), months_between(end_date, start)
    reasons = first_reasons(
        {
            "no enrolment date": entered.isna(),
            f"no {origin} date": start.isna(),
            **unknown,
            f"enrolled before {origin}": entry < 0,
            reached_early: reached_date <= entered,
            "not followed after entry": leaving <= entry,
        },
        participants.index,
    )
    return pd.DataFrame({"entry": entry, "exit": leaving, "reason": reasons})
