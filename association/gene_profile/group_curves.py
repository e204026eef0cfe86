"""Survival of carriers beside that of everyone else, from one and the same time on.

Carriers are few, so the first of them may enter long after the first of the others, and the first event may come when
one alone is at risk, which would take the curve to zero for ever. A curve starts once that can't happen
(`diagnostics.survival_curves`), and both curves start where the later of them does: two groups that are compared are
both of those without the event at that time. With a competing event a curve is 1 less the cumulative incidence of the
event of interest.

Limits are on the log-log scale, S^exp(+-1.96 sd(log S) / |log S|), which stays between 0 and 1 with few at risk.

Axes: n samples, K steps of a curve.

References
----------
Kalbfleisch JD, Prentice RL (2002) The statistical analysis of failure time data. Section 1.4.
doi:10.1002/9781118032985
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.diagnostics.cumulative_hazards import cumulative_incidence
from association.diagnostics.risk_table import count_exits, number_at_risk
from association.diagnostics.survival_curves import (
    NORMAL_QUANTILE,
    SurvivalCurve,
    kaplan_meier,
    median_survival,
)
from association.null_models.null_model import Floats, Integers

Booleans = NDArray[np.bool_]

EVENT, COMPETING = 1, 2
# A curve begins once so many are at risk, or a twentieth of a smaller group, and never with one of several.
FEWEST_AT_RISK = 10
SMALL_GROUP = 20
# A drawn curve needs no more steps than this.
MOST_STEPS = 500


@dataclass(frozen=True)
class Times:
    """A time to event as it was observed: from entry to exit, and why it ended (n)."""

    entry: Floats
    exit: Floats
    cause: Integers

    def of(self, inside: Booleans) -> Times:
        """Give those of some samples."""
        return Times(self.entry[inside], self.exit[inside], self.cause[inside])

    @property
    def event(self) -> Floats:
        """Say who has the event of interest, as 0 and 1 (n)."""
        return np.asarray(self.cause == EVENT, np.float64)


@dataclass(frozen=True)
class GroupCurve:
    """A group's curve: its start, its steps and its end.

    Attributes
    ----------
    time
        The start, each event time, and the last exit if that is later (K).
    at_risk
        At risk just before each time; at the start just after it (K).
    events
        Events at each time, and at those left out since the row before (K).
    survival, lower, upper
        Share without the event from each time on, and its 95% limits (K): nan where survival is 0, and with a
        competing event.
    median
        When it reaches one half; nan where it does not, and with a competing event.
    """

    time: Floats
    at_risk: Integers
    events: Integers
    survival: Floats
    lower: Floats
    upper: Floats
    median: float


def group_curves(times: Times, carriers: Booleans) -> tuple[GroupCurve | None, GroupCurve | None]:
    """Estimate the curves of carriers and of others; of an empty group there is none.

    Parameters
    ----------
    times
        The trait's samples (n).
    carriers
        Who of them is a carrier (n).
    """
    groups = [times.of(inside) if inside.any() else None for inside in (carriers, ~carriers)]
    start = max(_own_start(group) for group in groups if group is not None)
    competing = bool((times.cause == COMPETING).any())
    curve = _with_competing_event if competing else _alone
    first, second = (None if group is None else curve(group, start) for group in groups)
    return first, second


def log_log_limits(curve: SurvivalCurve) -> tuple[Floats, Floats]:
    """Give a survival curve's 95% limits on the log-log scale (K): 1 before any event, nan where survival is 0."""
    left = (curve.at_risk - curve.events).astype(np.float64)
    terms = np.divide(curve.events, curve.at_risk * left, out=np.zeros(left.size), where=left > 0)
    deviation = np.sqrt(np.cumsum(terms))
    inside = (curve.survival > 0) & (curve.survival < 1)
    log_survival = np.log(np.where(inside, curve.survival, 0.5))
    factor = np.exp(NORMAL_QUANTILE * deviation / np.abs(log_survival))
    edge = np.where(curve.survival > 0, 1.0, np.nan)
    lower = np.where(inside, np.exp(log_survival * factor), edge)
    upper = np.where(inside, np.exp(log_survival / factor), edge)
    return lower, upper


def _own_start(group: Times) -> float:
    """Say from when on a group's curve by itself would be."""
    fewest = max(min(2, group.exit.size - 1), min(FEWEST_AT_RISK, group.exit.size // SMALL_GROUP), 1)
    ended = np.asarray(group.cause > 0, np.float64)
    return kaplan_meier(group.entry, group.exit, ended, fewest_at_risk=fewest).starts_at


def _alone(group: Times, start: float) -> GroupCurve:
    found = kaplan_meier(group.entry, group.exit, group.event, from_time=start)
    curves = np.stack((found.survival, *log_log_limits(found)))
    steps = _with_ends(group, start, found.times, found.at_risk, found.events)
    survival, lower, upper = _thinned(curves, np.ones(3), steps[0].size)
    return GroupCurve(*steps, survival, lower, upper, median_survival(found).estimate)


def _with_competing_event(group: Times, start: float) -> GroupCurve:
    found = cumulative_incidence(group.entry, group.exit, group.cause, from_time=start)
    events = count_exits(group.exit[group.cause == EVENT], found.times)
    known = events > 0
    survival = 1 - found.incidence[known][:, found.causes == EVENT].sum(axis=1)
    curves = np.stack((survival, *np.full((2, survival.size), np.nan)))
    steps = _with_ends(group, start, found.times[known], found.at_risk[known], events[known])
    first = np.array([1.0, np.nan, np.nan])
    survival, lower, upper = _thinned(curves, first, steps[0].size)
    return GroupCurve(*steps, survival, lower, upper, float("nan"))


def _with_ends(
    group: Times, start: float, times: Floats, at_risk: Integers, events: Integers
) -> tuple[Floats, Integers, Integers]:
    """Give times, numbers at risk and events with the start before the steps and the last exit behind them."""
    kept = _kept(times.size)
    since = np.diff(np.concatenate(([0], np.cumsum(events)[kept])))
    end, reached = float(group.exit.max()), float(times[-1]) if times.size else start
    last, leaving = ([end], [int((group.exit == end).sum())]) if end > max(start, reached) else ([], [])
    entered = int(((group.entry <= start) & (group.exit > start)).sum())
    return (
        np.concatenate(([start], times[kept], last)),
        np.concatenate(([entered], at_risk[kept], leaving)).astype(np.int64),
        np.concatenate(([0], since, [0] * len(last))).astype(np.int64),
    )


def _kept(steps: int) -> Integers:
    """Choose the steps that are kept: all, or of very many some that are evenly spaced, the last among them."""
    return np.unique(np.linspace(0, steps - 1, min(steps, MOST_STEPS)).round().astype(np.int64))


def _thinned(curves: Floats, first: Floats, rows: int) -> Floats:
    """Put first values (3) before the kept steps of curves (3, K), and repeat the last up to so many rows."""
    values = np.column_stack((first, curves[:, _kept(curves.shape[1])]))
    return np.column_stack((values, *[values[:, -1]] * (rows - values.shape[1])))


def at_risk_at(times: Times, when: Floats) -> Integers:
    """Count who is at risk at given times."""
    return number_at_risk(times.entry, times.exit, when) if times.exit.size else np.zeros(when.size, np.int64)
