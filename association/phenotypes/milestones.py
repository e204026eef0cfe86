"""Time to a milestone of the disease, such as a stage or half of the vital capacity, with death as the other way out.

    exit = the first visit that shows the milestone, else death, else the last visit that tells;

each with its cause: 0 censored, 1 milestone, 2 death before it. Entry is that of survival: who shows the milestone
at or before it never was at risk, and is left out and counted. A milestone is known by visits only, so it is dated
late by up to the gap between two of them.

Axes: v visits, n patients.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from association.phenotypes.follow_up import end_of_life, times_at_risk


def first_visit(visits: pd.DataFrame, reached: pd.Series, patients: int) -> pd.Series:
    """Give the date of each patient's first visit where `reached` holds (n), NaT where there is none.

    Parameters
    ----------
    visits
        One row per visit (v): patient, date.
    reached
        Whether the visit shows the milestone (v).
    patients
        n.
    """
    chosen = visits.loc[reached.to_numpy(bool), ["patient", "date"]]
    return chosen.groupby("patient")["date"].min().reindex(range(patients))


def last_visit(visits: pd.DataFrame, tells: pd.Series, patients: int) -> pd.Series:
    """Give the date of each patient's last visit that tells of the milestone (n), NaT where none does.

    Parameters
    ----------
    visits
        One row per visit (v): patient, date.
    tells
        Whether the visit says if the milestone was reached (v).
    patients
        n.
    """
    chosen = visits.loc[tells.to_numpy(bool), ["patient", "date"]]
    return chosen.groupby("patient")["date"].max().reindex(range(patients))


def milestone_times(
    participants: pd.DataFrame,
    *,
    reached_date: pd.Series,
    known_until: pd.Series,
    origin: str,
    untold: str = "no visit that tells",
) -> pd.DataFrame:
    """Derive delayed-entry times to a milestone.

    Parameters
    ----------
    participants
        One row per patient (n): the origin's date, enrolment_date, optionally dna_date and death_date.
    reached_date
        The first visit that shows the milestone (n), NaT where none does.
    known_until
        The last visit that tells of it (n), NaT where none does.
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
    reached = pd.Series(reached_date.to_numpy(), index=participants.index)
    known = pd.Series(known_until.to_numpy(), index=participants.index)
    death = end_of_life(participants)
    reached = reached.mask(reached > death)
    times = times_at_risk(
        participants,
        origin=origin,
        reached_date=reached,
        end_date=reached.fillna(death).fillna(known),
        unknown={untold: reached_date.isna().to_numpy() & known.isna()},
        reached_early="milestone reached before entry",
    )
    times.insert(2, "cause", np.where(reached.notna(), 1, np.where(death.notna(), 2, 0)))
    return times
