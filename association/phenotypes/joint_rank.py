"""Joint rank of function and survival (CAFS): every patient compared with every other.

    S_i = sum_j outcome_ij,   outcome +1 where i fared better than j, -1 where worse, 0 where neither is known to.

    both died                                    the later death fared better
    one died, the other was followed at least
    to that time                                 the survivor fared better
    else                                         the higher change of the ALSFRS-R from baseline fared better, at the
                                                 last scheduled visit that both have

Visits are put on a schedule: visit k is the one nearest to k intervals after baseline, within half an interval; one
that is missed between two others lies on the line between them. Patients with no scheduled visit in common after
baseline tie.

Comparisons of deaths are counts of earlier and later times. Of the others, those whose last common visit is k have
one patient whose last visit is k: taking them visit by visit, with time swept in order and changes ranked in a tree
of counts, the cost is O(visits log n) in place of O(n^2).

Axes: n patients, v scored visits.

References
----------
Berry JD et al. (2013) The Combined Assessment of Function and Survival (CAFS): a new endpoint for ALS clinical
trials. Amyotroph. Lateral Scler. Frontotemporal Degener. 14:162-168. doi:10.3109/21678421.2012.762930
Fenwick PM (1994) A new data structure for cumulative frequency tables. Softw. Pract. Exper. 24:327-336.
doi:10.1002/spe.4380240306
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from association.phenotypes.alsfrs import score
from association.phenotypes.follow_up import end_of_life, observation_start, times_at_risk
from association.phenotypes.function_ranks import function_scores
from association.phenotypes.timeline import dates_of, months_between
from association.phenotypes.visit_schedule import scheduled_changes
from association.phenotypes.visits import first_of_each, of_patients, usable

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Trials of ALS see patients every three months.
VISIT_INTERVAL = 3.0


def joint_rank_scores(
    time: Floats,
    dead: Booleans,
    patient: Integers,
    months_since_baseline: Floats,
    score: Floats,
    *,
    interval: float = VISIT_INTERVAL,
) -> Integers:
    """Give S of each patient (n): comparisons in which they fared better, less those in which they fared worse.

    Parameters
    ----------
    time
        Death or last contact on the chosen clock (n).
    dead
        Whether that is death (n).
    patient
        Whose visit it is (v), a position among the n.
    months_since_baseline
        Time of the visit (v); 0 at the patient's baseline. Earlier visits are not used.
    score
        ALSFRS-R at the visit (v), not NaN.
    interval
        Months between scheduled visits.
    """
    time, dead = np.asarray(time, np.float64), np.asarray(dead, bool)
    offsets, changes = scheduled_changes(
        np.asarray(patient, np.int64),
        np.asarray(months_since_baseline, np.float64),
        np.asarray(score, np.float64),
        patients=time.size,
        interval=interval,
    )
    return survival_scores(time, dead) + function_scores(time, dead, offsets, changes)


def survival_scores(time: Floats, dead: Booleans) -> Integers:
    """Give the part of S that deaths decide (n).

    Parameters
    ----------
    time
        Death or last contact (n).
    dead
        Whether that is death (n).
    """
    deaths, contacts = np.sort(time[dead]), np.sort(time[~dead])
    earlier = np.searchsorted(deaths, time, side="left")
    by_then = np.searchsorted(deaths, time, side="right")
    outlived_by = deaths.size - by_then + contacts.size - np.searchsorted(contacts, time, side="left")
    scores: Integers = np.where(dead, earlier - outlived_by, by_then).astype(np.int64)
    return scores


def joint_rank(participants: pd.DataFrame, visits: pd.DataFrame, *, clock: str) -> pd.DataFrame:
    """Rank patients by survival and function together.

    Parameters
    ----------
    participants
        One row per patient (n): enrolment_date, optionally dna_date, the clock's date, death_date (or `event`) and
        last_contact_date.
    visits
        One row per visit (v): patient, date, and the items or `total`. Those after death are not used.
    clock
        "entry": survival counts from entry, and the change of function from the first scored visit at or after it.
        "onset", "diagnosis" or "enrolment": survival counts from there, and the change from the first scored visit.

    Returns
    -------
    pandas.DataFrame
        value (rank of the score among those who can be used, higher is better, ties averaged), score (S), reason.

    Notes
    -----
    Under left truncation only the entry clock compares like with like. A patient who enters 30 months after onset
    can't have died at 20, for then nobody would have met them; on the clock of onset they outlive everyone who did,
    and are rewarded for having come late. From entry on, every patient may die the next day. Time from onset to
    entry stays a difference between patients: it belongs among the covariates.

    A patient without a scored visit is compared by survival alone.
    """
    death = end_of_life(participants)
    end_date = death.fillna(dates_of(participants, "last_contact_date"))
    times = times_at_risk(
        participants,
        origin=clock,
        reached_date=death,
        end_date=end_date,
        unknown={
            "no death date and no last contact date": end_date.isna(),
            "no event status": _unknown(participants),
        },
        reached_early="died at or before entry",
    )
    placed = np.flatnonzero(times["reason"].isna().to_numpy())
    position = np.full(len(participants), -1)
    position[placed] = np.arange(placed.size)

    totals = score(visits, "total")
    chosen = usable(visits, totals, death) & (position[visits["patient"].to_numpy()] >= 0)
    if clock == "entry":
        chosen &= (visits["date"] >= of_patients(observation_start(participants), visits)).to_numpy()
    patients, first = first_of_each(visits, chosen)
    baseline = pd.Series(pd.NaT, index=participants.index, dtype="datetime64[ns]")
    baseline.iloc[patients] = visits["date"].to_numpy()[first]
    months = months_between(visits["date"], of_patients(baseline, visits)).to_numpy()

    scores = np.full(len(participants), np.nan)
    ranks = scores.copy()
    scores[placed] = joint_rank_scores(
        times["exit"].to_numpy()[placed],
        death.notna().to_numpy()[placed],
        position[visits["patient"].to_numpy()[chosen]],
        months[chosen],
        totals.to_numpy()[chosen],
    )
    ranks[placed] = rankdata(scores[placed])
    return pd.DataFrame({"value": ranks, "score": scores, "reason": times["reason"]}, index=participants.index)


def _unknown(participants: pd.DataFrame) -> pd.Series:
    """Say whose death isn't known because `event`, which tells it in a table without dates of death, is missing."""
    if "death_date" not in participants and "event" in participants:
        return participants["event"].isna()
    return pd.Series(data=False, index=participants.index)
