"""Who is at risk when: the sums over risk sets that a Cox model is made of.

A sample is at risk at time t if entry < t <= exit, as in R. Every stratum has one slot per event time, in
order, and one empty slot after its last; a sample is at risk in the slots first, ..., last - 1. Ranges of
different strata never overlap, so strata need no other care. With d deaths in a slot, the l-th of them (l = 0
.. d-1) counts everyone at risk with weight 1, but the dying with 1 - l/d (Efron) or 1 (Breslow).

Axes: n samples, D events in slot order, K slots, q columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit
from association.null_models.null_model import Floats, Integers

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True)
class RiskSets:
    """Samples' ranges of event times.

    Attributes
    ----------
    first, last
        Range of slots in which each sample is at risk (n); empty where they are equal.
    died
        Whether the sample's event falls in slot last - 1 (n).
    stratum
        Code of each sample's stratum (n).
    starts
        First slot of each stratum, and the number of slots K at the end.
    event_slots
        Slot of each event, ascending (D).
    fractions
        l/d of each event under Efron, 0 under Breslow (D).
    """

    first: Integers
    last: Integers
    died: NDArray[np.bool_]
    stratum: Integers
    starts: Integers
    event_slots: Integers
    fractions: Floats

    def at_risk(self, values: Floats) -> Floats:
        """Sum each column of values (n, q) over the risk set of each event, all at full weight (D, q)."""
        sums: Floats = _sums_at_risk(values, self.first, self.last, self.starts)
        return np.asarray(sums[self.event_slots], dtype=np.float64)

    def dying(self, values: Floats) -> Floats:
        """Sum each column of values (n, q) over those who die in the slot of each event (D, q)."""
        sums = np.zeros((int(self.starts[-1]), values.shape[1]))
        np.add.at(sums, self.last[self.died] - 1, values[self.died])
        return np.asarray(sums[self.event_slots], dtype=np.float64)

    def collect(self, values: Floats) -> Floats:
        """Sum each column of values (D, q) over the events a sample is at risk for, at its weight (n, q)."""
        before = self.running(values)
        sums = before[self.last] - before[self.first]
        own_slot = self.last[self.died] - 1
        sums[self.died] -= self.in_slots(self.fractions[:, None] * values)[own_slot]
        return sums

    def in_slots(self, values: Floats) -> Floats:
        """Sum each column of values (D, q) within its slot (K, q)."""
        sums = np.zeros((int(self.starts[-1]), values.shape[1]))
        np.add.at(sums, self.event_slots, values)
        return sums

    def running(self, values: Floats) -> Floats:
        """Sum each column of values (D, q) over the slots of its stratum before each slot (K, q)."""
        sums: Floats = _running_sums(self.in_slots(values), self.starts)
        return sums

    def tied_fraction(self) -> float:
        """Give the share of events that share their time with another event of the stratum."""
        deaths = np.bincount(self.event_slots)
        return float(deaths[deaths > 1].sum() / deaths.sum())


def arrange_risk_sets(
    entry: Floats, exit: Floats, event: NDArray[np.bool_], stratum: Integers, ties: Ties
) -> RiskSets:
    """Find every sample's range of event times.

    Parameters
    ----------
    entry, exit
        Times between which the sample is under observation (n), entry < exit; entry may be minus infinity.
    event
        Whether the exit is an event (n).
    stratum
        Codes 0, 1, ... of strata (n).
    ties
        How simultaneous deaths leave the risk set.
    """
    first, last = np.empty(len(exit), np.int64), np.empty(len(exit), np.int64)
    starts = [0]
    for code in range(int(stratum.max()) + 1):
        member = stratum == code
        times = np.unique(exit[member & event])
        first[member] = starts[-1] + np.searchsorted(times, entry[member], side="right")
        last[member] = starts[-1] + np.searchsorted(times, exit[member], side="right")
        starts.append(starts[-1] + times.size + 1)
    slots = np.sort(last[event] - 1)
    deaths = np.bincount(slots, minlength=1)
    order_in_slot = np.arange(slots.size) - np.searchsorted(slots, slots)
    fractions = order_in_slot / deaths[slots] if ties == "efron" else np.zeros(slots.size)
    return RiskSets(first, last, event, stratum, np.array(starts), slots, fractions)


@njit(cache=True)
def _sums_at_risk(values: Floats, first: Integers, last: Integers, starts: Integers) -> Floats:
    """Sum backwards in time: all who leave later, less those who have yet to enter."""
    leaving = np.zeros((starts[-1], values.shape[1]))
    entering = np.zeros((starts[-1], values.shape[1]))
    for i in range(first.size):
        if first[i] < last[i]:
            leaving[last[i] - 1] += values[i]
            entering[first[i]] += values[i]
    for stratum in range(starts.size - 1):
        for slot in range(starts[stratum + 1] - 2, starts[stratum] - 1, -1):
            leaving[slot] += leaving[slot + 1]
            entering[slot] += entering[slot + 1]
        for slot in range(starts[stratum], starts[stratum + 1] - 1):
            leaving[slot] -= entering[slot + 1]
    return leaving


@njit(cache=True)
def _running_sums(increments: Floats, starts: Integers) -> Floats:
    """Sum what comes before each slot in its stratum."""
    sums = np.zeros_like(increments)
    for stratum in range(starts.size - 1):
        for slot in range(starts[stratum] + 1, starts[stratum + 1]):
            sums[slot] = sums[slot - 1] + increments[slot - 1]
    return sums
