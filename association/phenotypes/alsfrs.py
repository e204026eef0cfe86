"""The ALSFRS-R over visits, ready for a slope model.

Time runs in months (days / 30.4375) from a patient's first scored visit. Scores after death are not used. A patient
with a single scored visit, or several on one day, says nothing of a slope and is left out, with a reason.
"""

from __future__ import annotations

import pandas as pd

from association.phenotypes.survival import DAYS_PER_MONTH

HIGHEST_TOTAL = 48


def slope_visits(visits: pd.DataFrame, death_date: pd.Series) -> pd.DataFrame:
    """Choose and time the visits that a slope model uses.

    Parameters
    ----------
    visits
        One row per visit: sample, visit_date (datetime), total (points, 0 to 48, NaN where not scored).
    death_date
        Date of death by sample, NaT where alive.

    Returns
    -------
    pandas.DataFrame
        sample, months, total; sorted by sample and time.
    """
    death = visits["sample"].map(death_date)
    used = visits[visits["total"].notna() & visits["visit_date"].notna() & ~(visits["visit_date"] > death)]
    used = used.sort_values(["sample", "visit_date", "total"], kind="stable")
    first = used.groupby("sample")["visit_date"].transform("min")
    months = (used["visit_date"] - first).dt.days / DAYS_PER_MONTH
    return pd.DataFrame({"sample": used["sample"], "months": months, "total": used["total"]}).reset_index(drop=True)


def slope_reasons(visits: pd.DataFrame, samples: pd.Series) -> pd.Series:
    """Say why each sample can't be used in a slope model; None where it can.

    Parameters
    ----------
    visits
        From `slope_visits`.
    samples
        The participants' sample ids (n).
    """
    span = visits.groupby("sample")["months"].max().reindex(samples)
    reasons = pd.Series([None] * len(samples), index=samples.index, dtype=object)
    reasons[span.to_numpy() == 0] = "scored on a single day"
    reasons[span.isna().to_numpy()] = "no scored visit"
    return reasons
