"""Breslow's baseline hazard with some samples' times moved: what their carriers are expected to have, in one sweep.

Samples that leave earlier take their risk out of the later risk sets, their own event out of its slot, and bring an
event at a time of its own. With h the hazard of each of the study's event times, thus changed, and g that of the
carriers' own events,

    O = the carriers' events,   E = sum_c r_c (sum of h and g at times in (entry_c, exit_c]).

Axes: n samples, R replicates, K carriers, slots (distinct event times by stratum) as in `risk_sets`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit
from association.null_models.risk_sets import RiskSets

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class FollowedRisk(NamedTuple):
    """Who is at risk, in the study's event times and at any time between.

    Attributes
    ----------
    entry, exit, event, risk, stratum
        Of the samples (n).
    first, last, starts
        Ranges of slots, as in `RiskSets`.
    times, at_risk, dying, deaths
        Of each slot: when, the risk of all who are there and of those who die, and how many die.
    fraction
        1 where tied events leave one after another (Efron), 0 where all stay (Breslow).
    edges
        Where each stratum begins among the samples in order of strata.
    by_exit, by_entry
        Times in order within each stratum (n).
    left, entered
        Risk of all whose exit, or entry, is at least that late; per stratum one more, a zero.
    """

    entry: Floats
    exit: Floats
    event: Booleans
    risk: Floats
    stratum: Integers
    first: Integers
    last: Integers
    starts: Integers
    times: Floats
    at_risk: Floats
    dying: Floats
    deaths: Integers
    fraction: float
    edges: Integers
    by_exit: Floats
    by_entry: Floats
    left: Floats
    entered: Floats

    @classmethod
    def of(cls, sets: RiskSets, entry: Floats, exit: Floats, risk: Floats) -> FollowedRisk:
        """Arrange samples; Efron's ties are told from Breslow's by the fractions of the risk sets."""
        slots = int(sets.starts[-1])
        times, at_risk, dying = np.full(slots, np.inf), np.zeros(slots), np.zeros(slots)
        times[sets.last[sets.died] - 1] = exit[sets.died]
        at_risk[sets.event_slots] = sets.at_risk(risk[:, None])[:, 0]
        dying[sets.event_slots] = sets.dying(risk[:, None])[:, 0]
        deaths = np.bincount(sets.event_slots, minlength=slots)
        by_exit, left = _from_the_end(exit, risk, sets.stratum)
        by_entry, entered = _from_the_end(entry, risk, sets.stratum)
        edges = np.concatenate(([0], np.cumsum(np.bincount(sets.stratum))))
        of_slots = (times, at_risk, dying, deaths, float(bool(sets.fractions.any())))
        own = (entry, exit, sets.died, risk, sets.stratum)
        return cls(*own, sets.first, sets.last, sets.starts, *of_slots, edges, by_exit, by_entry, left, entered)


def _from_the_end(times: Floats, risk: Floats, stratum: Integers) -> tuple[Floats, Floats]:
    """Give times in order within strata, and the risk of all that are at least so late."""
    ordered, sums = [], []
    for code in range(int(stratum.max()) + 1):
        member = np.flatnonzero(stratum == code)
        order = member[np.argsort(times[member], kind="stable")]
        ordered.append(times[order])
        sums.append(np.append(np.cumsum(risk[order][::-1])[::-1], 0.0))
    return np.concatenate(ordered), np.concatenate(sums)


def refit_hazard(
    followed: FollowedRisk, carriers: Integers, leaves: Floats, happens: Booleans
) -> tuple[Floats, Floats]:
    """Give observed and expected events of the carriers of each replicate (R).

    Parameters
    ----------
    followed
        The samples.
    carriers
        Samples that are moved, those of a stratum beside each other (R, K).
    leaves
        When each leaves (R, K), not before entry and not after the sample's own exit.
    happens
        Whether that is an event that moved there; who is not moved keeps their own (R, K).
    """
    observed, expected = np.empty(len(carriers)), np.empty(len(carriers))
    _refit(followed, carriers, leaves, happens, observed, expected)
    return observed, expected


@njit(cache=True, nogil=True)
def _refit(followed: Any, carriers: Any, leaves: Any, happens: Any, observed: Any, expected: Any) -> None:
    slots, number = followed.times.size, carriers.shape[1]
    hazard, own, until = np.zeros(slots + 1), np.zeros(number), np.zeros(number, np.int64)
    for replicate in range(carriers.shape[0]):
        moved, time, happening = carriers[replicate], leaves[replicate], happens[replicate]
        _change_slots(followed, moved, time, happening, until, hazard)
        begin = 0
        for end in range(1, number + 1):
            if end == number or followed.stratum[moved[end]] != followed.stratum[moved[begin]]:
                _see_own_events(followed, moved[begin:end], time[begin:end], happening[begin:end], own[begin:end])
                begin = end
        observed[replicate] = expected[replicate] = 0.0
        for c in range(number):
            one = moved[c]
            observed[replicate] += 1.0 if happening[c] or followed.event[one] else 0.0
            expected[replicate] += followed.risk[one] * (hazard[until[c]] - hazard[followed.first[one]] + own[c])


@njit(cache=True, nogil=True)
def _change_slots(followed: Any, moved: Any, time: Any, happening: Any, until: Any, hazard: Any) -> None:
    """Fill in the slot at which each carrier leaves (K), and the hazard of all slots before each (slots + 1)."""
    slots = followed.times.size
    change, fewer, fewer_dying = np.zeros(slots + 1), np.zeros(slots, np.int64), np.zeros(slots)
    for c in range(moved.size):
        one = moved[c]
        begin, end = followed.starts[followed.stratum[one]], followed.starts[followed.stratum[one] + 1] - 1
        until[c] = begin + np.searchsorted(followed.times[begin:end], time[c], side="right")
        if happening[c]:
            change[until[c]] -= followed.risk[one]
            change[followed.last[one]] += followed.risk[one]
            if followed.event[one]:
                fewer[followed.last[one] - 1] += 1
                fewer_dying[followed.last[one] - 1] += followed.risk[one]
    total, changed = 0.0, 0.0
    for slot in range(slots):
        hazard[slot] = total
        changed += change[slot]
        dead = followed.deaths[slot] - fewer[slot]
        tied = followed.fraction * (followed.dying[slot] - fewer_dying[slot])
        for which in range(dead):
            total += 1.0 / (followed.at_risk[slot] + changed - which / dead * tied)
    hazard[slots] = total


@njit(cache=True, nogil=True)
def _see_own_events(followed: Any, moved: Any, time: Any, happening: Any, own: Any) -> None:
    """Fill in what carriers of one stratum see of the hazard at each other's moved events (k)."""
    code = followed.stratum[moved[0]]
    begin, end = followed.edges[code], followed.edges[code + 1]
    by_exit, by_entry = followed.by_exit[begin:end], followed.by_entry[begin:end]
    exits = followed.exit[moved]
    order, later = np.argsort(time), np.argsort(exits)
    left, gone = time[order], exits[later]
    left_risk = _running(followed.risk[moved[order]])
    gone_risk = _running(followed.risk[moved[later]])
    hazard = np.zeros(moved.size)
    for place in range(moved.size):
        when = left[place]
        if happening[order[place]]:
            size = followed.left[begin + code + np.searchsorted(by_exit, when, side="left")]
            size -= followed.entered[begin + code + np.searchsorted(by_entry, when, side="left")]
            # Carriers who have left by now, and but for the effect would be there.
            size -= left_risk[np.searchsorted(left, when, side="left")]
            size += gone_risk[np.searchsorted(gone, when, side="left")]
            hazard[place] = 1.0 / size
    seen = _running(hazard)
    for c in range(moved.size):
        last = np.searchsorted(left, time[c], side="right")
        own[c] = seen[last] - seen[np.searchsorted(left, followed.entry[moved[c]], side="right")]


@njit(cache=True, nogil=True)
def _running(values: Any) -> Any:
    """Give the sums of all values before each place, and of all (k + 1)."""
    sums = np.zeros(values.size + 1)
    for place in range(values.size):
        sums[place + 1] = sums[place] + values[place]
    return sums
