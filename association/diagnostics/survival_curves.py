"""Survival curves under delayed entry.

With n_k at risk (risk_table) and d_k events at the k-th distinct event time t_k,

    Kaplan-Meier     S(t) = prod_{t_k <= t} (1 - d_k / n_k),
    its error        var log S(t) = sum_{t_k <= t} d_k / (n_k (n_k - d_k))   (Greenwood),   S exp(+-1.96 sd).

A curve is of those who are event-free just after it starts.

Axes: n samples, K distinct event times.

References
----------
Andersen PK, Borgan O, Gill RD, Keiding N (1993) Statistical models based on counting processes. Chapter IV.
doi:10.1007/978-1-4612-4348-9
Tsai WY, Jewell NP, Wang MC (1987) A note on the product-limit estimator under right censoring and left truncation.
Biometrika 74:883-886. doi:10.1093/biomet/74.4.883
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from association.diagnostics.risk_table import check_events, count_exits, risk_table
from association.null_models.null_model import Floats, Integers

# Two-sided 95%.
NORMAL_QUANTILE = float(norm.isf(0.025))
# A product of fractions that is one half on paper differs from it by rounding: R's own tolerance in quantiles.
HALF = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan-Meier curve, a step function that falls at each time.

    Attributes
    ----------
    times
        Distinct event times after the start (K).
    survival, lower, upper
        Survival from each time on, and its 95% limits (K): on the log scale, at most 1, nan where survival is 0, as
        in R's `survfit`.
    at_risk, events
        Samples at risk just before each time, and events at it (K).
    starts_at, ends_at
        Survival is conditional on no event until the first, and unknown after the second, when the last sample
        leaves.
    """

    times: Floats
    survival: Floats
    lower: Floats
    upper: Floats
    at_risk: Integers
    events: Integers
    starts_at: float
    ends_at: float


@dataclass(frozen=True)
class MedianSurvival:
    """When a survival curve reaches one half.

    Attributes
    ----------
    estimate, lower, upper
        The median and where the curve's 95% limits reach one half; nan where they do not.
    """

    estimate: float
    lower: float
    upper: float


def kaplan_meier(
    entry: Floats, exit: Floats, event: Floats, *, from_time: float = -np.inf, fewest_at_risk: int = 1
) -> SurvivalCurve:
    """Estimate survival.

    Parameters
    ----------
    entry
        When observation starts (n); at risk from just after it. Minus infinity means from the beginning.
    exit
        When observation ends (n), after entry.
    event
        1 where it ends with the event, 0 where it is censored (n).
    from_time
        Survival is conditional on no event up to and including this time.
    fewest_at_risk
        The curve starts after the last event time, of those before the risk set is largest, at which fewer are at
        risk.

    Returns
    -------
    SurvivalCurve
        Without events its arrays are empty.

    Raises
    ------
    InputError
        If times or events are unusable.

    Notes
    -----
    Agrees with R's `survfit`, also where an entry time equals an event time; but R's `start.time` counts an event at
    that very time, and no curve that is 1 at its start can.
    """
    died = check_events(entry, exit, event)
    table = risk_table(entry, exit, died, from_time, fewest_at_risk)
    deaths = count_exits(exit[died], table.times)
    survival: Floats = np.cumprod(1 - deaths / table.at_risk, dtype=np.float64)
    left = table.at_risk - deaths
    alive = survival > 0
    terms = np.divide(deaths, table.at_risk * left.astype(float), out=np.zeros(deaths.size), where=left > 0)
    factor: Floats = np.where(alive, np.exp(NORMAL_QUANTILE * np.sqrt(np.cumsum(terms))), np.nan)
    upper = np.minimum(survival * factor, 1)
    return SurvivalCurve(
        table.times, survival, survival / factor, upper, table.at_risk, deaths, table.starts_at, table.ends_at
    )


def survival_at(curve: SurvivalCurve, when: Floats) -> Floats:
    """Read a survival curve at given times; nan before it starts and after it ends.

    Parameters
    ----------
    curve
        From `kaplan_meier`.
    when
        Any times, in any order.
    """
    steps = np.concatenate([[1.0], curve.survival])
    known = (when >= curve.starts_at) & ((when <= curve.ends_at) | (steps[-1] == 0))
    return np.where(known, steps[np.searchsorted(curve.times, when, side="right")], np.nan)


def median_survival(curve: SurvivalCurve) -> MedianSurvival:
    """Find when half of those who are event-free at the start of a curve have had the event.

    Parameters
    ----------
    curve
        From `kaplan_meier`.

    Notes
    -----
    Where the curve rests at one half, this is the middle of that stretch, as in R.
    """
    limits = (_reaches_half(curve.times, values) for values in (curve.survival, curve.lower, curve.upper))
    return MedianSurvival(*limits)


def _reaches_half(times: Floats, values: Floats) -> float:
    low = np.flatnonzero(values < 0.5 + HALF)
    if low.size == 0:
        return float("nan")
    below = np.flatnonzero(values < values[low[0]])
    rests = abs(values[low[0]] - 0.5) < HALF and below.size > 0
    return float((times[low[0]] + times[below[0]]) / 2 if rests else times[low[0]])
