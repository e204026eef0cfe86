"""How likely a sample is still under observation: what Fine-Gray weighs competing events with.

In each stratum, with m_c of the n_c samples under observation censored at time c, and d_u of the n_u samples who have
entered by u and are still observed just after it entering at u,

    G(t-) = prod_{c < t} (1 - m_c / n_c),   H(t-) = prod_{u >= t} (1 - d_u / n_u),   W(t) = G(t-) H(t-).

G is the product limit of not being censored before t, in which events at c come before the censoring at c; H that of
having entered before t, in reversed time. Only ratios of W at two times are ever used.

Axes: n samples, K slots.

References
----------
Geskus RB (2011) Cause-specific cumulative incidence estimation and the Fine and Gray model under both left truncation
and right censoring. Biometrics 67:39-49. doi:10.1111/j.1541-0420.2010.01420.x
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from association.null_models.null_model import Floats, Integers
from association.null_models.risk_sets import RiskSets
from association.problems import InputError


@dataclass(frozen=True)
class ObservationWeights:
    """W at the times that matter.

    Attributes
    ----------
    at_slots
        W at the event time of each slot (K); 0 in each stratum's empty last slot.
    at_exits
        W at each sample's exit (n).
    """

    at_slots: Floats
    at_exits: Floats


def observation_weights(entry: Floats, exit: Floats, cause: Integers, sets: RiskSets) -> ObservationWeights:
    """Estimate W in each stratum.

    Parameters
    ----------
    entry, exit
        Times between which samples are under observation (n).
    cause
        0 where the exit is censored, 1 at the event, above at competing events (n).
    sets
        The risk sets of the event.

    Raises
    ------
    InputError
        If nobody is left under observation between a competing event and the next entry.
    """
    at_slots, at_exits = np.zeros(int(sets.starts[-1])), np.empty(exit.size)
    for code in range(sets.starts.size - 1):
        member = sets.stratum == code
        times = np.unique(exit[member & (cause == 1)])
        first = sets.starts[code]
        at_slots[first : first + times.size], at_exits[member] = (
            _not_censored_before(when, entry[member], exit[member], cause[member] == 0)
            * _entered_before(when, entry[member], exit[member])
            for when in (times, exit[member])
        )
    if empty := int(((at_exits == 0) & (cause > 1)).sum()):
        message = (
            f"{empty} samples leave by a competing event before a time when nobody is under observation, so they "
            "cannot stand for those who enter later; leave these early samples out, or fit the cause-specific hazard"
        )
        raise InputError.single("null model", "entry, exit", message)
    return ObservationWeights(at_slots, at_exits)


def _not_censored_before(when: Floats, entry: Floats, exit: Floats, censored: NDArray[np.bool_]) -> Floats:
    """Give G(t-) at each time."""
    times, leaving = np.unique(exit[censored], return_counts=True)
    observed = _count(entry, times, "left") - _count(exit, times, "left")
    # Those whose event is at the same time are gone.
    observed -= _count(exit[~censored], times, "right") - _count(exit[~censored], times, "left")
    kept = np.cumprod(np.concatenate([[1.0], 1 - leaving / observed]))
    return np.asarray(kept[np.searchsorted(times, when, side="left")], dtype=np.float64)


def _entered_before(when: Floats, entry: Floats, exit: Floats) -> Floats:
    """Give H(t-) at each time; the first entry, before which nobody had entered, does not count."""
    times, entering = np.unique(entry, return_counts=True)
    times, entering = times[1:], entering[1:]
    observed = _count(entry, times, "right") - _count(exit, times, "right")
    already = np.cumprod(np.concatenate([[1.0], (1 - entering / observed)[::-1]]))[::-1]
    return np.asarray(already[np.searchsorted(times, when, side="left")], dtype=np.float64)


def _count(values: Floats, times: Floats, side: Literal["left", "right"]) -> Floats:
    """Count the values before each time, or up to and including it if the side is right."""
    return np.asarray(np.searchsorted(np.sort(values), times, side=side), dtype=np.float64)
