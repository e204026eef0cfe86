"""Comparisons of function between all patients whose survival says nothing.

Patients i and j are compared at the last scheduled visit that both have, k = min(last_i, last_j), unless survival
decides: two deaths always decide, and a death decides against whoever was followed at least to it. What is left is

    two censored patients, and a death at T with a patient censored at C < T.

For each k, the patients who have a visit k are taken in order of time, their changes ranked. A patient whose last
visit is k meets all of them; one who has later visits meets only those whose last visit is k. A tree of counts over
the ranks holds those met so far, so each meeting of one with all costs O(log n).

Axes: n patients; the scheduled visits 1, 2, ... of each patient, one patient after the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def function_scores(time: Floats, dead: Booleans, offsets: Integers, changes: Floats) -> Integers:
    """Give the part of the joint rank's score that function decides (n).

    Parameters
    ----------
    time
        Death or last contact (n).
    dead
        Whether that is death (n).
    offsets
        Where each patient's changes begin and end (n + 1).
    changes
        Change from baseline at scheduled visits 1, 2, ... up to the patient's last; higher is better.
    """
    # At equal times deaths come first: a patient censored on the day of a death was followed to it.
    by_time = np.lexsort((~dead, time))
    last = np.diff(offsets)
    scores = np.zeros(time.size, dtype=np.int64)
    for k in range(1, int(last.max(initial=0)) + 1):
        by_time = by_time[last[by_time] >= k]
        values, ranks = np.unique(changes[offsets[by_time] + k - 1], return_inverse=True)
        scores[by_time] += _meetings(ranks, values.size, dead[by_time], last[by_time] == k)
    return scores


@njit(cache=True)
def _meetings(ranks: Integers, levels: int, dead: Booleans, ending: Booleans) -> Integers:
    """Sum the outcomes of each patient's meetings at one visit.

    Parameters
    ----------
    ranks
        Rank of the change, 0 the worst, of the patients who have the visit, in order of time.
    levels
        How many ranks there are.
    dead
        Whether the patient died.
    ending
        Whether it is the patient's last visit.
    """
    scores = np.zeros(ranks.size, dtype=np.int64)
    everyone, those_ending = np.zeros(levels + 1, np.int64), np.zeros(levels + 1, np.int64)
    # Forwards, each death meets those censored before it.
    for i in range(ranks.size):
        if dead[i]:
            scores[i] += _outcome(everyone if ending[i] else those_ending, ranks[i])
        else:
            _add(everyone, ranks[i])
            if ending[i]:
                _add(those_ending, ranks[i])
    # By now the trees hold all who are censored, and each of them meets the others.
    for i in range(ranks.size):
        if not dead[i]:
            scores[i] += _outcome(everyone if ending[i] else those_ending, ranks[i])
    # Backwards, each censored patient meets those who died after.
    everyone[:] = 0
    those_ending[:] = 0
    for i in range(ranks.size - 1, -1, -1):
        if not dead[i]:
            scores[i] += _outcome(everyone if ending[i] else those_ending, ranks[i])
        else:
            _add(everyone, ranks[i])
            if ending[i]:
                _add(those_ending, ranks[i])
    return scores


@njit(cache=True)
def _outcome(tree: Integers, rank: int) -> int:
    """Count those in the tree below `rank`, less those above it."""
    below, not_above = _count(tree, rank), _count(tree, rank + 1)
    outcome: int = below - (tree[0] - not_above)
    return outcome


@njit(cache=True)
def _add(tree: Integers, rank: int) -> None:
    """Count one more at `rank`; the tree's first place keeps how many there are."""
    tree[0] += 1
    place = rank + 1
    while place < tree.size:
        tree[place] += 1
        place += place & -place


@njit(cache=True)
def _count(tree: Integers, ranks: int) -> int:
    """Count those in the first `ranks` ranks."""
    total = 0
    while ranks > 0:
        total += tree[ranks]
        ranks -= ranks & -ranks
    return total
