"""Survival curves, cumulative hazards and cumulative incidences under delayed entry.

With n_k = #{i: entry_i < t_k <= exit_i} at risk and d_k events (d_kc by cause c) at the k-th distinct event time,

    Kaplan-Meier     S(t) = prod_{t_k <= t} (1 - d_k / n_k),
    its error        var log S(t) = sum_{t_k <= t} d_k / (n_k (n_k - d_k))   (Greenwood),   S exp(+-1.96 sd),
    Nelson-Aalen     H(t) = sum_{t_k <= t} d_k / n_k,   var H(t) = sum_{t_k <= t} d_k / n_k^2,
    Aalen-Johansen   F_c(t) = sum_{t_k <= t} S(t_k-) d_kc / n_k.

Every curve is of those who are event-free just after it starts. Under delayed entry the first risk sets may hold one
or two samples, and where all of them have the event the curve is zero for ever, however many enter later. The remedy
is to start later: at a stated time, or after the last risk set of fewer than a stated number that comes before the
largest.

Axes: n samples, K distinct event times, C causes.

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
from numpy.typing import NDArray
from scipy.stats import norm

from association.null_models.hazards import time_problems
from association.null_models.null_model import Floats, Integers
from association.problems import InputError, Problem

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
class CumulativeHazard:
    """A Nelson-Aalen estimate.

    Attributes
    ----------
    times
        Distinct event times after the start (K).
    hazard, variance
        Cumulative hazard from each time on, and its variance (K).
    at_risk, events, starts_at, ends_at
        As of a survival curve.
    """

    times: Floats
    hazard: Floats
    variance: Floats
    at_risk: Integers
    events: Integers
    starts_at: float
    ends_at: float


@dataclass(frozen=True)
class CumulativeIncidence:
    """An Aalen-Johansen estimate.

    Attributes
    ----------
    causes
        Codes of the causes, ascending (C).
    times
        Distinct times of an event of any cause after the start (K).
    incidence
        Probability of having had the event, by cause, from each time on (K, C).
    survival
        Probability of having had none (K); with the incidences it adds up to 1.
    at_risk, starts_at, ends_at
        As of a survival curve.
    """

    causes: Integers
    times: Floats
    incidence: Floats
    survival: Floats
    at_risk: Integers
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


@dataclass(frozen=True)
class _RiskTable:
    """Who is at risk at each distinct event time after the start."""

    times: Floats
    at_risk: Integers
    starts_at: float
    ends_at: float


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
    died = _check_events(entry, exit, event)
    table = _risk_table(entry, exit, died, from_time, fewest_at_risk)
    deaths = _count(exit[died], table.times)
    survival: Floats = np.cumprod(1 - deaths / table.at_risk, dtype=np.float64)
    left = table.at_risk - deaths
    alive = survival > 0
    terms = np.divide(deaths, table.at_risk * left.astype(float), out=np.zeros(deaths.size), where=left > 0)
    factor: Floats = np.where(alive, np.exp(NORMAL_QUANTILE * np.sqrt(np.cumsum(terms))), np.nan)
    upper = np.minimum(survival * factor, 1)
    return SurvivalCurve(
        table.times, survival, survival / factor, upper, table.at_risk, deaths, table.starts_at, table.ends_at
    )


def nelson_aalen(
    entry: Floats, exit: Floats, event: Floats, *, from_time: float = -np.inf, fewest_at_risk: int = 1
) -> CumulativeHazard:
    """Estimate the cumulative hazard.

    Parameters
    ----------
    entry, exit, event, from_time, fewest_at_risk
        As in `kaplan_meier`.

    Raises
    ------
    InputError
        If times or events are unusable.

    Notes
    -----
    Simultaneous events all count against everyone at risk: R's `survfit(ctype = 1)`, its default, not the correction
    of Fleming and Harrington for ties.
    """
    died = _check_events(entry, exit, event)
    table = _risk_table(entry, exit, died, from_time, fewest_at_risk)
    deaths = _count(exit[died], table.times)
    at_risk = table.at_risk.astype(float)
    hazard, variance = np.cumsum(deaths / at_risk), np.cumsum(deaths / at_risk**2)
    return CumulativeHazard(table.times, hazard, variance, table.at_risk, deaths, table.starts_at, table.ends_at)


def cumulative_incidence(
    entry: Floats, exit: Floats, cause: Integers, *, from_time: float = -np.inf, fewest_at_risk: int = 1
) -> CumulativeIncidence:
    """Estimate the probability of each of several competing events.

    Parameters
    ----------
    entry, exit, from_time, fewest_at_risk
        As in `kaplan_meier`, an event of any cause being an event.
    cause
        Why observation ends (n): 0 censored, 1 and above the causes.

    Raises
    ------
    InputError
        If times or causes are unusable.
    """
    bad = int((~((cause >= 0) & (cause == np.round(cause)))).sum())
    message = f"{bad} values are not whole numbers from 0; code censoring as 0 and the causes from 1"
    _refuse([*([Problem("cause", message)] if bad else []), *_time_problems(entry, exit)])
    table = _risk_table(entry, exit, cause > 0, from_time, fewest_at_risk)
    causes = np.unique(cause[cause > 0]).astype(np.int64)
    deaths = np.empty((table.times.size, causes.size), np.int64)
    for column, code in enumerate(causes):
        deaths[:, column] = _count(exit[cause == code], table.times)
    survival = np.cumprod(1 - deaths.sum(axis=1) / table.at_risk)
    before = np.concatenate([[1.0], survival[:-1]])[: survival.size]
    incidence = np.cumsum((before / table.at_risk)[:, None] * deaths, axis=0)
    return CumulativeIncidence(
        causes, table.times, incidence, survival, table.at_risk, table.starts_at, table.ends_at
    )


def number_at_risk(entry: Floats, exit: Floats, when: Floats) -> Integers:
    """Count who is at risk at given times: those who entered before and leave then or later.

    Parameters
    ----------
    entry, exit
        As in `kaplan_meier` (n), entry < exit.
    when
        Any times, in any order.
    """
    entered = np.searchsorted(np.sort(entry), when, side="left")
    left = np.searchsorted(np.sort(exit), when, side="left")
    return np.asarray(entered - left, dtype=np.int64)


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


def _risk_table(
    entry: Floats, exit: Floats, died: NDArray[np.bool_], from_time: float, fewest_at_risk: int
) -> _RiskTable:
    """List the distinct event times after the start."""
    starts_at, ends_at = max(from_time, float(entry.min())), float(exit.max())
    times = np.unique(exit[died])
    times = times[times > starts_at]
    at_risk = number_at_risk(entry, exit, times)
    if times.size:
        growing = np.arange(times.size) < np.argmax(at_risk)
        small = np.flatnonzero(growing & (at_risk < fewest_at_risk))
        if small.size:
            starts_at = float(times[small[-1]])
    kept = times > starts_at
    return _RiskTable(times[kept], at_risk[kept], starts_at, ends_at)


def _count(exits: Floats, times: Floats) -> Integers:
    """Count the exits at each of distinct ascending times (K)."""
    ordered = np.sort(exits)
    counts = np.searchsorted(ordered, times, side="right") - np.searchsorted(ordered, times, side="left")
    return np.asarray(counts, dtype=np.int64)


def _check_events(entry: Floats, exit: Floats, event: Floats) -> NDArray[np.bool_]:
    bad = int((~((event == 0) | (event == 1))).sum())
    message = f"{bad} values are neither 0 nor 1; code the event as 1, censoring as 0"
    _refuse([*([Problem("event", message)] if bad else []), *_time_problems(entry, exit)])
    return np.asarray(event == 1)


def _time_problems(entry: Floats, exit: Floats) -> list[Problem]:
    if exit.size == 0:
        return [Problem("entry, exit", "there are no samples; a curve needs at least one")]
    return list(time_problems(entry, exit))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InputError("survival curve", problems)
