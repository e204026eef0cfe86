"""What became of a trait's samples between two runs, each by itself: followed longer, an event, another value.

Axes: n samples of the trait.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.comparison import causes

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Outcomes are months, points and counts; what differs by less is rounding.
SAME_OUTCOME = 1e-9


@dataclass(frozen=True)
class TraitSide:
    """A trait in one run.

    Attributes
    ----------
    residuals
        Of the null model (n).
    events
        Observed events (n); None where the trait has none.
    outcome
        What each sample was observed to have, a column each (n, columns).
    end
        Months at which each sample's follow-up ends (n); None where the trait has none.
    """

    residuals: Floats
    events: Floats | None
    outcome: Floats
    end: Floats | None


@dataclass(frozen=True)
class SampleFates:
    """What became of a trait's samples.

    Attributes
    ----------
    old_of_new
        Place that each new sample had in the old run, -1 where it was not in it (new n).
    cause
        Of each old sample that is still in, the name of what changed about it by itself (old n); "" where nothing
        did.
    """

    old_of_new: Integers
    cause: NDArray[np.str_]

    @property
    def stays(self) -> Booleans:
        """Which old samples are in the new run (old n)."""
        stays = np.zeros(self.cause.size, np.bool_)
        stays[self.old_of_new[self.old_of_new >= 0]] = True
        return stays


def sample_fates(old: TraitSide, new: TraitSide, old_of_new: Integers) -> SampleFates:
    """Say what became of the samples of a trait.

    Parameters
    ----------
    old, new
        The trait in either run.
    old_of_new
        Place that each new sample had in the old run, -1 where it was not in it.
    """
    cause = np.full(old.residuals.size, "", dtype="U16")
    here = np.flatnonzero(old_of_new >= 0)
    there = old_of_new[here]
    cause[there[_outcome_changed(old, new, here, there)]] = causes.VALUES_CHANGED
    if old.end is not None and new.end is not None:
        longer = new.end[here] > old.end[there] + SAME_OUTCOME
        cause[there[longer]] = causes.FOLLOWED_LONGER
    if old.events is not None and new.events is not None:
        gained = new.events[here] - old.events[there]
        cause[there[gained > 0]] = causes.EVENTS_GAINED
        cause[there[gained < 0]] = causes.EVENTS_LOST
    return SampleFates(old_of_new, cause)


def _outcome_changed(old: TraitSide, new: TraitSide, here: Integers, there: Integers) -> Booleans:
    """Say of samples in both runs whether they were observed to have something else."""
    if old.outcome.shape[1] != new.outcome.shape[1]:
        return np.ones(here.size, np.bool_)
    before, after = old.outcome[there], new.outcome[here]
    same = (np.abs(after - before) <= SAME_OUTCOME) | (np.isnan(after) & np.isnan(before))
    return np.asarray(~same.all(axis=1), np.bool_)
