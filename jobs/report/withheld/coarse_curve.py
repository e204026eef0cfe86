"""A survival curve that tells of no single event: in steps of at least 5 events, at whole steps of time."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

# Times are told to whole multiples of so many months.
COARSE_MONTHS = 3.0


def coarse_curve(curve: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give a group's curve from where enough are at risk to where no longer, in steps of enough events.

    It is of those without the event at its start, so nothing that came before is in it. Events after the last whole
    step are not told. Limits of it would tell how many were at risk.

    Parameters
    ----------
    curve
        A group's rows of the profiles' curves.
    least
        How many are enough, at risk and of events.

    Returns
    -------
    pd.DataFrame
        The same columns, without limits, how many were at risk or had an event; no rows where there is no whole step.
    """
    enough = (curve["at_risk"] >= least).to_numpy()
    if not enough.any():
        return curve.iloc[:0]
    start = int(enough.argmax())
    few = ~enough[start:]
    rows = curve.iloc[start : start + int(few.argmax()) if few.any() else len(curve)]
    rows = rows.assign(
        # The event of the first row is let go.
        survival=rows["survival"] / rows["survival"].iloc[0],
        time=COARSE_MONTHS * np.round(rows["time"] / COARSE_MONTHS),
        **dict.fromkeys(("lower", "upper"), math.nan),
    )
    kept = _whole_steps(rows, least)
    if len(kept) < 2:
        return curve.iloc[:0]
    return rows.iloc[kept].assign(at_risk=math.nan, events=math.nan)


def _whole_steps(rows: pd.DataFrame, least: int) -> list[int]:
    """Give the places of the first row, and of the last row of each step: a time at which enough events have come."""
    times, events = rows["time"].to_numpy(np.float64), rows["events"].to_numpy(np.float64)
    kept, since = [0], 0.0
    for place in range(1, len(rows)):
        since += events[place]
        last_of_time = place + 1 == len(rows) or times[place + 1] > times[place]
        if since >= least and last_of_time and times[place] > times[0]:
            kept.append(place)
            since = 0.0
    return kept
