"""The best of several statistics, paid for: each is judged by its own law, from the same permutations.

Of values v_c(b), statistic c under permutation b, the data being one of them, let

    r_c(b) = #{b': v_c(b') > v_c(b)} + 1/2 #{b': v_c(b') = v_c(b)}        the mid-rank, from the top
    m(b)   = min_c r_c(b),                                p = #{b: m(b) <= m(data)} / B.

The data are one of B equally likely permutations and treated like all others, so p is valid whatever the statistics'
dependence, however few carriers there are. With mid-ranks a coarse statistic, such as that of a trait that few of the
carriers have, does not lose for its ties.

The largest value of each statistic has the same rank, however far out it is, and with many statistics p could not
come near 1 / B. So beyond the tenth value from the top, x, ranks go on as an exponential tail, a exp(-(v - x) / s)
with a the number of values above x and s how far these are above it on average. That too is the same for the data as
for any permutation.

No value needs its own rank: m(b) <= m(data) where some statistic reaches the value whose rank is m(data).

Axes: c statistics, b permutations, q questions, each of some of the statistics.

References
----------
Westfall, Young. Resampling-Based Multiple Testing. Wiley 1993. ISBN 978-0-471-55761-6
Ge, Dudoit, Speed. Resampling-based multiple testing. Test 2003. doi:10.1007/BF02595811
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.extremes import TIE_TOLERANCE
from association.kernels import njit

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Where the tail begins, from the top: above it ranks are too coarse to tell statistics apart.
TAIL = 10


def count_as_extreme(
    values: Floats, observed: Floats, noise: Floats, questions: Booleans, wanted: Booleans | None = None
) -> Integers:
    """Count the permutations whose best statistic is at least as extreme as the data's, for each question.

    Parameters
    ----------
    values
        Statistics under permutations (c, b); the data are one of them.
    observed
        The data's (c).
    noise
        Differences that are rounding, of each statistic (c).
    questions
        Which statistics each question is about (q, c).
    wanted
        Which questions are asked (q), if not all; the counts of the others are 0.
    """
    asked = np.ones(len(questions), np.bool_) if wanted is None else wanted
    counts: Integers = _count_as_extreme(values, observed, noise, questions, asked)
    return counts


@njit(cache=True, nogil=True)
def _count_as_extreme(values: Any, observed: Any, noise: Any, questions: Any, asked: Any) -> Any:
    permutations = values.shape[1]
    own, slack = np.zeros(observed.size), TIE_TOLERANCE * np.abs(observed) + noise
    for one in range(observed.size):
        if (questions[:, one] & asked).any():
            own[one] = _rank_of(values[one], observed[one], noise[one])
    counts = np.zeros(asked.size, np.int64)
    reached = np.empty(permutations, np.bool_)
    for question in np.flatnonzero(asked):
        members = np.flatnonzero(questions[question])
        least = own[members].min()
        reached[:] = False
        for member in members:
            row, threshold = values[member], observed[member] - slack[member]
            if own[member] > least:
                threshold = _value_at(row, least, noise[member])
            for b in range(permutations):
                reached[b] |= not row[b] < threshold
        counts[question] = np.count_nonzero(reached)
    return counts


@njit(cache=True, nogil=True)
def _compare(row: Any, value: float, slack: float) -> Any:
    """Count the numbers of a row that are above a value, and those that tie with it."""
    above, ties = 0, 0
    for b in range(row.size):
        above += row[b] > value + slack
        ties += row[b] >= value - slack
    return above, ties - above


@njit(cache=True, nogil=True)
def _tail(row: Any, noise: float) -> Any:
    """Give where the tail begins, with its slack, how many numbers are above, and how far on average."""
    place = max(row.size - TAIL, 0)
    begin = np.partition(row, place)[place]
    slack = TIE_TOLERANCE * abs(begin) + noise
    above, excess = 0, 0.0
    for b in range(row.size):
        if row[b] > begin + slack:
            above += 1
            excess += row[b] - begin
    return begin, slack, above, excess / max(above, 1)


@njit(cache=True, nogil=True)
def _rank_of(row: Any, value: float, noise: float) -> Any:
    """Give the rank of a number that is in a row."""
    above, ties = _compare(row, value, TIE_TOLERANCE * abs(value) + noise)
    if above + ties < TAIL:
        begin, slack, in_tail, excess = _tail(row, noise)
        if value > begin + slack:
            return in_tail * math.exp(-(value - begin) / excess)
    return above + ties / 2


@njit(cache=True, nogil=True)
def _value_at(row: Any, rank: float, noise: float) -> Any:
    """Give from where on numbers of a row have no larger a rank; infinity if none has."""
    if rank < TAIL:
        begin, slack, in_tail, excess = _tail(row, noise)
        ties = _compare(row, begin, slack)[1]
        if rank < in_tail + ties / 2:
            if in_tail == 0:
                return np.inf
            reached = begin + excess * math.log(in_tail / rank) if rank < in_tail else begin
            return np.nextafter(max(reached, begin + slack), np.inf)
    # Without ties number j from the top has rank j - 1/2: the last j up to there, and its ties, are looked at.
    place = int(rank + 0.5)
    value = np.partition(row, row.size - place)[row.size - place]
    slack = TIE_TOLERANCE * abs(value) + noise
    above, ties = _compare(row, value, slack)
    return value - slack if above + ties / 2 <= rank else np.nextafter(value + slack, np.inf)
