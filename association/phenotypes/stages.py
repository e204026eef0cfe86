"""King's and MiToS stages from the items of the ALSFRS-R, per visit and at a fixed time.

King's counts regions that are involved, until nutrition or breathing fails:

    bulbar: item 1, 2 or 3 below 4     upper limb: item 4 or 5 below 4     lower limb: item 8 below 4
    stage 1, 2, 3 = regions    4 (4A) = gastrostomy    4.5 (4B) = item 10 is 0, or item 12 below 4    5 = death

MiToS counts functions that are lost:

    movement: item 8 <= 1 or item 6 <= 1     swallowing: item 3 <= 1
    communicating: item 1 <= 1 and item 4 <= 1     breathing: item 10 <= 1 or item 12 <= 2
    stage 0 to 4 = functions    5 = death

Both are codes whose order is their meaning. 4B comes after 4A and takes precedence where both hold. A visit gives
1 to 4.5 and 0 to 4; death comes from its date. A missing item makes the stage missing only where the stage depends
on it.

Axes: v visits, n patients.

References
----------
Balendra R et al. (2014) Estimating clinical stage of amyotrophic lateral sclerosis from the ALS Functional Rating
Scale. Amyotroph. Lateral Scler. Frontotemporal Degener. 15:279-284. doi:10.3109/21678421.2014.897357
Chiò A et al. (2015) Development and evaluation of a clinical staging system for amyotrophic lateral sclerosis.
J. Neurol. Neurosurg. Psychiatry 86:38-44. doi:10.1136/jnnp-2013-306589
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.phenotypes.alsfrs import HIGHEST_ITEM, item_scores
from association.phenotypes.follow_up import observation_start
from association.phenotypes.reasons import first_reasons
from association.phenotypes.timeline import SECONDS_PER_MONTH, dates_of, months_between
from association.phenotypes.visits import of_patients

Floats = NDArray[np.float64]

STAGE_4A = 4.0
STAGE_4B = 4.5
DEATH = 5.0


def has_gastrostomy(visits: pd.DataFrame, gastrostomy_date: pd.Series) -> pd.Series:
    """Say at which visits the patient has a gastrostomy (v): its day is that of the visit or before.

    Parameters
    ----------
    visits
        One row per visit (v): patient, date.
    gastrostomy_date
        One date per patient (n), by position; NaT where none was done.
    """
    return of_patients(gastrostomy_date, visits) <= visits["date"]


def kings_stage(visits: pd.DataFrame, gastrostomy: pd.Series | None) -> pd.Series:
    """Give King's stage at each visit: 1, 2, 3, 4 (4A), 4.5 (4B); NaN where the items leave it open (v).

    Parameters
    ----------
    visits
        One row per visit (v): items 1, 2, 3, 4, 5, 8, 10 and 12.
    gastrostomy
        Whether the patient has a gastrostomy (v); None where nobody is known to have one.

    Raises
    ------
    InputError
        If the visits have no such items.

    Notes
    -----
    A diagnosed patient with no region involved by the items is stage 1: `kings_without_region` tells how many.
    """
    regions = _kings_regions(visits)
    breathing = _kings_breathing(visits)
    fed = np.zeros(len(visits), dtype=bool) if gastrostomy is None else gastrostomy.to_numpy(bool)
    fewest = np.maximum(np.nansum(regions, axis=1), 1)
    most = np.maximum(np.where(np.isnan(regions), 1, regions).sum(axis=1), 1)
    stage = np.where(fed, STAGE_4A, np.where(fewest == most, fewest, np.nan))
    return pd.Series(np.where(np.isnan(breathing), np.nan, np.where(breathing == 1, STAGE_4B, stage)), visits.index)


def kings_without_region(visits: pd.DataFrame, gastrostomy: pd.Series | None) -> pd.Series:
    """Say which visits are stage 1 of King's although no region is involved (v).

    Parameters
    ----------
    visits, gastrostomy
        As for `kings_stage`.
    """
    none_involved = (_kings_regions(visits) == 0).all(axis=1)
    return (kings_stage(visits, gastrostomy) == 1) & none_involved


def mitos_stage(visits: pd.DataFrame) -> pd.Series:
    """Give the MiToS stage at each visit: 0 to 4 functions lost, NaN where the items leave it open (v).

    Parameters
    ----------
    visits
        One row per visit (v): items 1, 3, 4, 6, 8, 10 and 12.

    Raises
    ------
    InputError
        If the visits have no such items.
    """
    movement = _either(_at_most(visits, 8, 1), _at_most(visits, 6, 1))
    swallowing = _at_most(visits, 3, 1)
    communicating = _both(_at_most(visits, 1, 1), _at_most(visits, 4, 1))
    breathing = _either(_at_most(visits, 10, 1), _at_most(visits, 12, 2))
    return pd.Series(movement + swallowing + communicating + breathing, visits.index)


def stage_at(
    visits: pd.DataFrame,
    stages: pd.Series,
    participants: pd.DataFrame,
    *,
    months: float,
    origin_date: pd.Series,
    window: float = 3.0,
) -> pd.DataFrame:
    """Give each patient's stage at a fixed time after the origin.

    Who died by then is 5. Else the stage is that of the nearest visit that has one, the earlier of two as near. Who
    came under observation later than that is left out: had they died by then, they would not be here.

    Parameters
    ----------
    visits
        One row per visit (v): patient, date.
    stages
        Stage at the visit (v), NaN where not known.
    participants
        One row per patient (n): enrolment_date, optionally dna_date and death_date.
    months
        The fixed time, in months after the origin.
    origin_date
        Time zero (n).
    window
        How far from the fixed time a visit may be, in months.

    Returns
    -------
    pandas.DataFrame
        value and reason (None where the patient can be used), n rows.

    Notes
    -----
    Deaths between the origin and entry are not seen, so that the share of 5 is too low where the origin is long
    before entry. It is too high where the living miss visits, since the dead need none.
    """
    death, entered = dates_of(participants, "death_date"), observation_start(participants)
    dead = (months_between(death, origin_date) <= months).to_numpy()
    # In seconds, where two visits as far from the fixed time are exactly so.
    since_origin = (visits["date"] - of_patients(origin_date, visits)).dt.total_seconds().to_numpy()
    distance = np.abs(since_origin - months * SECONDS_PER_MONTH)
    alive = ~(visits["date"] > of_patients(death, visits)).to_numpy()
    patient = visits["patient"].to_numpy()
    near = (distance <= window * SECONDS_PER_MONTH) & alive
    staged = np.flatnonzero(near & stages.notna().to_numpy())
    staged = staged[np.lexsort((since_origin[staged], distance[staged], patient[staged]))]
    patients, nearest = np.unique(patient[staged], return_index=True)

    value = np.full(len(participants), np.nan)
    value[patients] = stages.to_numpy(np.float64)[staged[nearest]]
    value[dead] = DEATH
    visited = np.zeros(len(participants), dtype=bool)
    visited[patient[near]] = True
    reasons = first_reasons(
        {
            "no origin date": origin_date.isna(),
            "no enrolment date": entered.isna(),
            "entered after the time": months_between(entered, origin_date) > months,
            f"no visit within {window:g} months of the time": np.isnan(value) & ~visited,
            f"no visit with a stage within {window:g} months of the time": np.isnan(value),
        },
        participants.index,
    )
    return pd.DataFrame({"value": value, "reason": reasons}, index=participants.index)


def _kings_regions(visits: pd.DataFrame) -> Floats:
    """Say whether bulbar, upper limb and lower limb are involved (v, 3): 1, 0, or NaN where items leave it open."""
    below = [_at_most(visits, item, HIGHEST_ITEM - 1) for item in (1, 2, 3, 4, 5, 8)]
    return np.column_stack([_either(*below[0:3]), _either(*below[3:5]), below[5]])


def _kings_breathing(visits: pd.DataFrame) -> Floats:
    """Say whether breathing has failed (v): 1, 0, or NaN."""
    return _either(_at_most(visits, 10, 0), _at_most(visits, 12, HIGHEST_ITEM - 1))


def _at_most(visits: pd.DataFrame, item: int, points: int) -> Floats:
    """Say whether an item is at most `points` (v): 1, 0, or NaN where it was not scored."""
    scores = item_scores(visits, [f"item_{item}"], purpose="stage")[:, 0]
    return np.where(np.isnan(scores), np.nan, scores <= points)


def _either(*conditions: Floats) -> Floats:
    """Give 1 where one of the conditions is 1, whatever the others are; NaN where none is and one is missing."""
    known = np.column_stack(conditions)
    return np.where((known == 1).any(axis=1), 1.0, known.sum(axis=1))


def _both(*conditions: Floats) -> Floats:
    """Give 0 where one of the conditions is 0, whatever the others are; NaN where none is and one is missing."""
    return 1 - _either(*[1 - condition for condition in conditions])
