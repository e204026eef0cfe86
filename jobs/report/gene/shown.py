"""What a gene's page may draw for its readers.

Tables reach a page with small counts already withheld. A drawing can tell more than a table, so each figure asks
here once more: by the same limit, whatever came in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from jobs.report.audience import Audience
from jobs.report.withheld.coarse_curve import coarse_curve


def known(value: Any) -> float:
    """Give a number, NaN where there is none or it is withheld."""
    if isinstance(value, bool | int | float | np.integer | np.floating | np.bool_) and math.isfinite(value):
        return float(value)
    return math.nan


def may_tell(count: Any, audience: Audience) -> bool:
    """Say whether a count of people may be told."""
    people = known(count)
    return people == 0 or people >= audience.least


def enough(count: Any, audience: Audience) -> bool:
    """Say whether a group is large enough to be drawn as a group."""
    return known(count) >= max(1, audience.least)


def tells_of_events(group: Mapping[str, Any], audience: Audience) -> bool:
    """Say whether carriers' events may be drawn: with and without the event, each nobody or enough."""
    carriers, events = known(group.get("carriers")), known(group.get("events_carriers"))
    return enough(carriers, audience) and may_tell(events, audience) and may_tell(carriers - events, audience)


def drawn_curve(curve: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """Give the steps of a survival curve that readers may see: time, survival, lower, upper.

    Parameters
    ----------
    curve
        A group's rows of the profiles' curves.
    audience
        For a consortium times are coarse, and the curve ends where too few are at risk.
    """
    columns = ["time", "survival", "lower", "upper"]
    if audience is not Audience.SITE and curve["at_risk"].notna().any():
        curve = coarse_curve(curve, audience.least)
    return curve[columns].reset_index(drop=True)


def told_variants(table: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """Give the rows of variants that enough people carry."""
    if audience is Audience.SITE or table.empty:
        return table
    carriers = pd.to_numeric(table["carriers"], errors="coerce")
    return table[carriers >= audience.least]


def told_course(course: pd.DataFrame, bins: Any, audience: Audience) -> pd.DataFrame:
    """Give quartiles of carriers' values by time, where enough of them were measured.

    Parameters
    ----------
    course
        Carriers' visits: line, time, value. Or quartiles already, which are given back.
    bins
        Middles of the bins, evenly apart.
    audience
        Whose limit.

    Returns
    -------
    pd.DataFrame
        time, lower, middle, upper.
    """
    if "middle" in course:
        return course[["time", "lower", "middle", "upper"]].reset_index(drop=True)
    middles = np.asarray(bins, np.float64)
    if course.empty or middles.size < 2:
        return pd.DataFrame(columns=["time", "lower", "middle", "upper"])
    nearest = np.abs(course["time"].to_numpy(np.float64)[:, None] - middles).argmin(axis=1)
    # A carrier counts once in a bin, by the mean of the visits in it.
    each = course.assign(time=middles[nearest]).groupby(["time", "line"])["value"].mean().groupby("time")
    people = each.size()
    quartiles = pd.DataFrame({"lower": each.quantile(0.25), "middle": each.median(), "upper": each.quantile(0.75)})
    return quartiles[people >= max(1, audience.least)].reset_index()
