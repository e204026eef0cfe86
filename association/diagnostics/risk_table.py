"""Who is at risk at each distinct event time, under delayed entry.

At the k-th distinct event time n_k = #{i: entry_i < t_k <= exit_i} are at risk. Under delayed entry the first risk
sets may hold one or two samples, and where all of them have the event a survival curve is zero for ever, however many
enter later. The remedy is to start later: at a stated time, or after the last risk set of fewer than a stated number
that comes before the largest.

Axes: n samples, K distinct event times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.null_models.hazards import time_problems
from association.null_models.null_model import Floats, Integers
from association.problems import InputError, Problem


@dataclass(frozen=True)
class RiskTable:
    """Who is at risk at each distinct event time after the start."""

    times: Floats
    at_risk: Integers
    starts_at: float
    ends_at: float


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


def risk_table(
    entry: Floats, exit: Floats, died: NDArray[np.bool_], from_time: float, fewest_at_risk: int
) -> RiskTable:
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
    return RiskTable(times[kept], at_risk[kept], starts_at, ends_at)


def count_exits(exits: Floats, times: Floats) -> Integers:
    """Count the exits at each of distinct ascending times (K)."""
    ordered = np.sort(exits)
    counts = np.searchsorted(ordered, times, side="right") - np.searchsorted(ordered, times, side="left")
    return np.asarray(counts, dtype=np.int64)


def check_events(entry: Floats, exit: Floats, event: Floats) -> NDArray[np.bool_]:
    """Say who has the event (n); refuse times and events that are unusable."""
    bad = int((~((event == 0) | (event == 1))).sum())
    message = f"{bad} values are neither 0 nor 1; code the event as 1, censoring as 0"
    refuse([*([Problem("event", message)] if bad else []), *curve_problems(entry, exit)])
    return np.asarray(event == 1)


def curve_problems(entry: Floats, exit: Floats) -> list[Problem]:
    """List what is wrong with times."""
    if exit.size == 0:
        return [Problem("entry, exit", "there are no samples; a curve needs at least one")]
    return list(time_problems(entry, exit))


def refuse(problems: list[Problem]) -> None:
    """Raise what is wrong, if anything is."""
    if problems:
        raise InputError("survival curve", problems)
