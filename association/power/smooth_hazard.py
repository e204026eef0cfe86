"""The hazard of an event over time, constant within intervals of about equally many events.

With r_i the hazard ratio of a sample and t_ij the time that it is at risk in interval j, the rate is
events_j / sum_i r_i t_ij, times a factor for each stratum, observed over expected events there. Unlike Breslow's
estimate it has no steps, so that times can be drawn from it, and no wild first steps where the first patients to be
enrolled are few: before the first enrolment the hazard is that of the first interval, after the last event that of
the last.

Axes: n samples, j intervals, S strata.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EVENTS_PER_INTERVAL = 10
MOST_INTERVALS = 20


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
    bounds = np.concatenate(([min(0.0, float(begin.min()))], inner[inner > 0]))
    ends = np.append(bounds[1:], np.inf)
    inside = np.minimum(exit[:, None], ends) - np.maximum(begin[:, None], bounds)
    exposure = np.maximum(inside, 0.0)
    events = np.bincount(np.searchsorted(bounds, times, side="left") - 1, minlength=bounds.size)
    factor = np.ones(int(stratum.max()) + 1)
    for _ in range(10):
        weighted = (ratio * factor[stratum]) @ exposure
        rates = events / np.maximum(weighted, np.finfo(float).tiny)
        expected = np.bincount(stratum, ratio * (exposure @ rates))
        observed = np.bincount(stratum, event.astype(np.float64))
        factor = observed / np.maximum(expected, np.finfo(float).tiny)
    return SmoothHazard(bounds, rates), np.asarray(ratio * factor[stratum], np.float64)
