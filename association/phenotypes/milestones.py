"""Time to a milestone of the disease, such as a stage or half of the vital capacity, with death as the other way out.

    exit = the first date that shows the milestone, else death, else the last date that tells;

each with its cause: 0 censored, 1 milestone, 2 death before it. Who shows the milestone at or before entry never was
at risk, and is left out and counted.

A milestone that only visits tell of is known from the first of them to the last, and so

    entry = max(enrolment, DNA sampling, first visit that tells),

for before that visit a patient with the milestone could not be told from one without. It is dated midway between the
last visit without it and the first with it: at the latter, whoever entered of late would seem spared for a gap. Death
counts as the other way out if it comes within 1.5 usual gaps of the last visit that tells; later, the patient's time
ends at that visit like that of the living, or the dead alone would be at risk unseen.

Axes: v visits, n patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from association.phenotypes.follow_up import end_of_life, times_at_risk
from association.phenotypes.timeline import months_between

# One visit that would have come, and how much visits vary.
DEATH_WITHIN_GAPS = 1.5


def reached_between(visits: pd.DataFrame, tells: pd.Series, reached: pd.Series, patients: int) -> pd.Series:
    """Date each patient's milestone (n): midway between two visits, NaT where none shows it.

    Parameters
    ----------
    visits
        One row per visit (v), sorted by patient and date: patient, date.
    tells
        Whether the visit says if the milestone was reached (v).
    reached
        Whether it shows that it was (v).
    patients
        n.

    Notes
    -----
    A milestone that a patient's first visit shows is dated there; it may be older.
    """
    dated = tells.to_numpy(bool) & visits["date"].notna().to_numpy()
    told = visits.loc[dated, ["patient", "date"]].assign(reached=reached.to_numpy(bool)[dated])
    before = told["date"].shift().where(told["patient"] == told["patient"].shift())
    told["midway"] = (before + (told["date"] - before) / 2).dt.floor("s").fillna(told["date"])
    return told[told["reached"]].groupby("patient")["midway"].first().reindex(range(patients))


@dataclass(frozen=True)
class Known:
    """When it is known whether a milestone was reached.

    Attributes
    ----------
    since, until
        First and last date that tell (n), NaT where none does.
    gap
        Usual months between two dates that tell; None where it is known all along, as a date of treatment is.
    """

    since: pd.Series
    until: pd.Series
    gap: float | None = None


def known_by_visits(visits: pd.DataFrame, tells: pd.Series, patients: int) -> Known:
    """Say when visits tell of a milestone.

    Parameters
    ----------
    visits
        One row per visit (v), sorted by patient and date: patient, date.
    tells
        Whether the visit says if the milestone was reached (v).
    patients
        n.
    """
    chosen = visits.loc[tells.to_numpy(bool) & visits["date"].notna().to_numpy(), ["patient", "date"]]
    gaps = months_between(chosen["date"], chosen["date"].shift())[chosen["patient"] == chosen["patient"].shift()]
    usual = float(gaps[gaps > 0].median()) if (gaps > 0).any() else 0.0
    dates = chosen.groupby("patient")["date"]
    return Known(dates.min().reindex(range(patients)), dates.max().reindex(range(patients)), usual)


def milestone_times(
    participants: pd.DataFrame,
    *,
    reached_date: pd.Series,
    known: Known,
    origin: str,
    untold: str = "no visit that tells",
) -> pd.DataFrame:
    """Derive delayed-entry times to a milestone.

    Parameters
    ----------
    participants
        One row per patient (n): the origin's date, enrolment_date, optionally dna_date and death_date.
    reached_date
        The first date that shows the milestone (n), NaT where none does.
    known
        When it is known whether it was reached.
    origin
        "onset", "diagnosis" or "enrolment": time zero.
    untold
        The reason for a patient of whom nothing tells.

    Returns
    -------
    pandas.DataFrame
        entry, exit (months), cause (0, 1 or 2) and reason (None where the patient can be used).

    Notes
    -----
    On the day of death the milestone counts as reached; dated after it, death came first. Where no visit tells, the
    patient is left out even if dead: the milestone may have passed unseen.
    """
    # By position: the dates may come from visits, under another index.
    reached, since, until = (
        pd.Series(dates.to_numpy(), index=participants.index) for dates in (reached_date, known.since, known.until)
    )
    death = end_of_life(participants)
    reached = reached.mask(reached > death)
    if known.gap is None:
        last = death
        told = reached_date.notna().to_numpy() | until.notna()
    else:
        last = death.where(months_between(death, until) <= DEATH_WITHIN_GAPS * known.gap)
        told = since.notna()
    times = times_at_risk(
        participants,
        origin=origin,
        reached_date=reached,
        end_date=reached.fillna(last).fillna(until),
        unknown={untold: ~told},
        reached_early="milestone reached before entry",
        known_from=since if known.gap is not None else None,
    )
    times.insert(2, "cause", np.where(reached.notna(), 1, np.where(last.notna(), 2, 0)))
    return times
