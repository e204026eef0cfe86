"""A survival curve that tells of no single event: of enough people at every time, in whole steps of time."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.report.chances import NORMAL_95

Floats = NDArray[np.float64]
# Times are told to whole multiples of so many months.
COARSE_MONTHS = 3.0


def coarse_curve(curve: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give a group's curve from where enough are at risk to where no longer, in whole steps of time.

    It is of those without the event at its start, so nothing that came before is in it. Where it had no limits it has
    none.

    Parameters
    ----------
    curve
        A group's rows of the profiles' curves.
    least
        How many are enough.

    Returns
    -------
    pd.DataFrame
        The same columns, without how many were at risk or had an event.
    """
    enough = (curve["at_risk"] >= least).to_numpy()
    if not enough.any():
        return curve.iloc[:0]
    start = int(enough.argmax())
    few = ~enough[start:]
    rows = curve.iloc[start : start + int(few.argmax()) if few.any() else len(curve)]
    rows = rows.assign(survival=_from_start(rows["survival"]), **_limits(rows))
    rows = rows.assign(time=COARSE_MONTHS * np.round(rows["time"] / COARSE_MONTHS), at_risk=math.nan, events=math.nan)
    rows = rows.drop_duplicates("time", keep="last")
    first = rows.iloc[:1].assign(survival=1.0, lower=1.0, upper=1.0)
    return pd.concat([first, rows]).drop_duplicates(["time", "survival"])


def _from_start(survival: pd.Series) -> pd.Series:
    """Give survival among those without the event at the first row, whose own event is let go."""
    return survival / survival.iloc[0]


def _limits(rows: pd.DataFrame) -> dict[str, Floats]:
    """Give log-log 95% limits of the curve from its start on, by Greenwood's formula; NaN where there were none."""
    at_risk, events = (rows[name].to_numpy(np.float64) for name in ("at_risk", "events"))
    events = np.append(0.0, events[1:])
    share = _from_start(rows["survival"]).to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))
        power = np.exp(NORMAL_95 * spread / np.abs(np.log(share)))
        lower, upper = share**power, share ** (1 / power)
    known_limits = rows["lower"].notna().to_numpy() | (share == 1)
    nothing = np.where(share == 1, 1.0, math.nan)
    inside = (share < 1) & (share > 0) & known_limits
    return {"lower": np.where(inside, lower, nothing), "upper": np.where(inside, upper, nothing)}
