"""The ALSFRS-R over visits: totals and subscores, visits for a slope model, and the rate of progression.

Twelve items of 0 to 4 points sum to 48; lower is worse. The rate of progression is the points lost since onset,

    dFS = (48 - first total) / months from onset to it,

which runs off to infinity near onset and is not defined below one month.

Axes: v visits, n patients.

References
----------
Cedarbaum JM et al. (1999) The ALSFRS-R: a revised ALS functional rating scale that incorporates assessments of
respiratory function. J. Neurol. Sci. 169:13-21. doi:10.1016/S0022-510X(99)00210-5
Kimura F et al. (2006) Progression rate of ALSFRS-R at time of diagnosis predicts survival time in ALS. Neurology
66:265-267. doi:10.1212/01.wnl.0000194316.91908.8a
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.phenotypes.reasons import first_reasons
from association.phenotypes.timeline import dates_of, months_between
from association.phenotypes.visits import first_of_each, usable
from association.problems import InputError

HIGHEST_ITEM = 4
ITEMS = tuple(f"item_{number}" for number in range(1, 13))
HIGHEST_TOTAL = HIGHEST_ITEM * len(ITEMS)
SUBSCORES = {
    "total": ITEMS,
    "bulbar": ITEMS[0:3],
    "fine_motor": ITEMS[3:6],
    "gross_motor": ITEMS[6:9],
    "respiratory": ITEMS[9:12],
}
# Points lost are divided by months since onset: below this many the quotient is noise.
FEWEST_MONTHS = 1.0


def item_scores(visits: pd.DataFrame, items: Sequence[str], *, purpose: str) -> NDArray[np.float64]:
    """Give the scores of `items` (v, items), NaN where not scored.

    Parameters
    ----------
    visits
        One row per visit (v).
    items
        Names from `ITEMS`.
    purpose
        What needs them, for the message.

    Raises
    ------
    InputError
        If the visits have no such items.
    """
    missing = [item for item in items if item not in visits]
    if missing:
        message = f"needs {', '.join(items)} of the ALSFRS-R, and the visits have no {', '.join(missing)}; name them"
        raise InputError.single("traits", purpose, message)
    scores: NDArray[np.float64] = visits[list(items)].to_numpy(np.float64)
    return scores


def score(visits: pd.DataFrame, name: str) -> pd.Series:
    """Sum the items of a subscore at each visit (v), NaN where one of them is missing.

    Parameters
    ----------
    visits
        One row per visit (v): the subscore's items; for the total, `total` where the items don't give it.
    name
        One of `SUBSCORES`.

    Raises
    ------
    InputError
        If the visits have no such items.
    """
    if name == "total" and "total" in visits and not set(ITEMS) <= set(visits):
        return visits["total"].astype(np.float64)
    sums = pd.Series(item_scores(visits, SUBSCORES[name], purpose=f"ALSFRS-R {name}").sum(axis=1), visits.index)
    return sums.fillna(visits["total"]) if name == "total" and "total" in visits else sums


def measure_visits(visits: pd.DataFrame, values: pd.Series, death_date: pd.Series) -> pd.DataFrame:
    """Choose and time the visits that a slope model uses: those with a date and a value, not after death.

    Parameters
    ----------
    visits
        One row per visit (v): patient, date.
    values
        The measure (v), NaN where it was not taken.
    death_date
        Date of death (n), by position; NaT where alive.

    Returns
    -------
    pandas.DataFrame
        patient, date, months (from the patient's first such visit), value; sorted by patient, months and value.
    """
    chosen = usable(visits, values, death_date)
    used = visits.loc[chosen, ["patient", "date"]].assign(value=values.to_numpy(np.float64)[chosen])
    used["months"] = months_between(used["date"], used.groupby("patient")["date"].transform("min"))
    return used[["patient", "date", "months", "value"]].sort_values(["patient", "months", "value"], ignore_index=True)


def after_floor(used: pd.DataFrame, floor: float) -> pd.Series:
    """Say which visits come after their patient's first at or below the floor.

    Below its lowest score the scale hides further loss, so that a course looks flatter there than it is. Without
    these visits a likelihood is right: whether one is left out depends on a score that is kept.

    Parameters
    ----------
    used
        From `measure_visits`.
    floor
        Points from which on further loss could be hidden.
    """
    low = used["value"] <= floor
    return low.groupby(used["patient"]).cumsum() - low > 0


def slope_reasons(used: pd.DataFrame, patients: int) -> pd.Series:
    """Say why each patient can't be used in a slope model (n); None where there is no reason.

    Parameters
    ----------
    used
        From `measure_visits`.
    patients
        n.
    """
    span = used.groupby("patient")["months"].max().reindex(range(patients))
    return first_reasons({"no scored visit": span.isna(), "scored on a single day": span == 0}, span.index)


def progression_rate(visits: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    """Derive points lost a month between onset and the first scored visit.

    Parameters
    ----------
    visits
        One row per visit (v): patient, date, and the items or `total`.
    participants
        One row per patient (n): onset_date, optionally death_date.

    Returns
    -------
    pandas.DataFrame
        value (points a month, NaN where undefined), months (from onset to the visit) and reason.
    """
    totals = score(visits, "total")
    patients, first = first_of_each(visits, usable(visits, totals, dates_of(participants, "death_date")))
    first_total = np.full(len(participants), np.nan)
    first_total[patients] = totals.to_numpy()[first]
    scored_on = pd.Series(pd.NaT, index=participants.index, dtype="datetime64[ns]")
    scored_on.iloc[patients] = visits["date"].to_numpy()[first]
    onset = dates_of(participants, "onset_date")
    months = months_between(scored_on, onset)
    reasons = first_reasons(
        {
            "no onset date": onset.isna(),
            "no scored visit": scored_on.isna(),
            "first scored before onset": months < 0,
            f"first scored within {FEWEST_MONTHS:g} month of onset": months < FEWEST_MONTHS,
        },
        participants.index,
    )
    rate = ((HIGHEST_TOTAL - first_total) / months.where(months >= FEWEST_MONTHS)).where(reasons.isna())
    return pd.DataFrame({"value": rate, "months": months, "reason": reasons})
