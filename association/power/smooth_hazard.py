"""The hazard of an event over time, constant within intervals of about equally many events.

With r_i the hazard ratio of a sample and t_ij the time that it is at risk in interval j, the rate is
events_j / sum_i r_i t_ij, times a factor for each stratum, observed over expected events there. Unlike Breslow's
estimate it has no steps, so that times can be drawn from it, and no wild first steps where the first patients to be
enrolled are few: before the first enrolment the hazard is that of the first interval, after the last event that of
the last.

Where the first patients to be seen hardly die, the first interval ends there, else it would have the hazard of later
ones: of the first N events and the time at risk until then, k events and a share f of the time come before a cut, and
2 (k log(k / (N f)) + (N - k) log((N - k) / (N (1 - f)))) with k < N f, largest over cuts before the k + 1st event, is
so large by chance in one of twenty studies.

Axes: n samples, j intervals, S strata.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EVENTS_PER_INTERVAL = 10
MOST_INTERVALS = 20
# Events within which an earlier, lower hazard is looked for, and the likelihood ratio that shows one.
FIRST_EVENTS = 20
LOWER_HAZARD = 8.0


@dataclass(frozen=True)
class SmoothHazard:
    """A hazard that is constant within intervals.

    Attributes
    ----------
    bounds
        Where intervals begin (j); the first at the origin.
    rates
        Events per unit of time (j).
    """

    bounds: Floats
    rates: Floats

    def cumulative(self, times: Floats) -> Floats:
        """Give the hazard added up from the origin to each time (any shape); 0 before the origin."""
        at_bounds = self._at_bounds()
        times = np.maximum(times, self.bounds[0])
        interval = np.searchsorted(self.bounds, times, side="right") - 1
        return np.asarray(at_bounds[interval] + self.rates[interval] * (times - self.bounds[interval]), np.float64)

    def time_at(self, cumulative: Floats) -> Floats:
        """Give the time at which the hazard adds up to each value (any shape); infinite where it never does."""
        at_bounds = self._at_bounds()
        interval = np.searchsorted(at_bounds, cumulative, side="right") - 1
        rate = self.rates[interval]
        beyond = cumulative - at_bounds[interval]
        with np.errstate(divide="ignore", invalid="ignore"):
            further = np.where(beyond > 0, beyond / rate, 0.0)
        return np.asarray(self.bounds[interval] + further, np.float64)

    def _at_bounds(self) -> Floats:
        return np.concatenate(([0.0], np.cumsum(self.rates[:-1] * np.diff(self.bounds))))


def fit_smooth_hazard(
    entry: Floats, exit: Floats, event: Booleans, risk: Floats, stratum: Integers
) -> tuple[SmoothHazard, Floats]:
    """Estimate the hazard of a sample of average risk, and each sample's own factor (n).

    Parameters
    ----------
    entry, exit, event
        When observation starts, when it ends, and whether with the event (n); the time origin is 0, or the first
        entry where that is earlier.
    risk
        Hazard ratios within strata (n), on any scale.
    stratum
        Code of each sample's stratum (n).
    """
    ratio = risk / (np.bincount(stratum, risk) / np.bincount(stratum))[stratum]
    begin = np.maximum(entry, min(0.0, float(entry[np.isfinite(entry)].min(initial=0.0))))
    times = np.sort(exit[event])
    intervals = int(np.clip(times.size // EVENTS_PER_INTERVAL, 1, MOST_INTERVALS))
    inner = np.unique(np.quantile(times, np.arange(1, intervals) / intervals))
    if (cut := _end_of_low_hazard(begin, exit, times[:FIRST_EVENTS], ratio)) is not None:
        inner = np.concatenate(([cut], inner[inner >= times[:FIRST_EVENTS][-1]]))
    bounds = np.concatenate(([min(0.0, float(begin.min()))], inner[inner > 0]))
    ends = np.append(bounds[1:], np.inf)
    exposure = _time_between(begin, exit, bounds, ends)
    events = np.bincount(np.searchsorted(bounds, times, side="left") - 1, minlength=bounds.size)
    factor = np.ones(int(stratum.max()) + 1)
    for _ in range(10):
        weighted = (ratio * factor[stratum]) @ exposure
        rates = events / np.maximum(weighted, np.finfo(float).tiny)
        expected = np.bincount(stratum, ratio * (exposure @ rates))
        observed = np.bincount(stratum, event.astype(np.float64))
        factor = observed / np.maximum(expected, np.finfo(float).tiny)
    return SmoothHazard(bounds, rates), np.asarray(ratio * factor[stratum], np.float64)


def _time_between(begin: Floats, exit: Floats, bounds: Floats, ends: Floats) -> Floats:
    """Give how long each sample is at risk in each interval (n, j)."""
    inside = np.minimum(exit[:, None], ends) - np.maximum(begin[:, None], bounds)
    return np.asarray(np.maximum(inside, 0.0), np.float64)


def _end_of_low_hazard(begin: Floats, exit: Floats, times: Floats, ratio: Floats) -> float | None:
    """Give the time until which the hazard is clearly lower than right after; None if it is not.

    Parameters
    ----------
    begin, exit, ratio
        When each sample's observation starts and ends, and its hazard ratio (n).
    times
        Of the first events, in order (N).
    """
    before, events = np.arange(times.size // 2 + 1), float(times.size)
    if times.size < 2:
        return None
    cuts = np.nextafter(times[before], -np.inf)
    origin = np.full(cuts.size, -np.inf)
    seen = ratio @ _time_between(begin, exit, origin, cuts)
    share = seen / (ratio @ _time_between(begin, exit, origin[:1], times[-1:]))
    likelihood = xlogy(before, before / events / share) + xlogy(
        events - before, (events - before) / events / (1 - share)
    )
    lower = np.where(before < events * share, 2 * likelihood, 0.0)
    return float(cuts[np.argmax(lower)]) if lower.max() >= LOWER_HAZARD else None
