"""Every arrangement of a gene's carriers, where there are few enough to look at all of them.

Carriers of one stratum take the places of any samples of that stratum; carriers whose genotype rows are equal are
interchangeable. The p-value is then exact: the share of arrangements, the data's own among them, that are at least
as extreme as the data.

Axes: k carriers, a arrangements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

# Looking at so many takes about as long as the permutations of a test without any signal.
MOST_ARRANGEMENTS = 100_000


@dataclass(frozen=True)
class Arrangements:
    """All places that carriers can take.

    Attributes
    ----------
    carriers
        Samples that carry (k), in the order of the places.
    places
        Which sample each of them becomes (k, a).
    """

    carriers: Integers
    places: Integers


def arrange(
    carriers: Integers, classes: Integers, strata: Integers, ways: int, *, by_stratum: Integers | None = None
) -> Arrangements:
    """List every distinct arrangement.

    Parameters
    ----------
    carriers
        Samples that carry anything (k), each once.
    classes
        Class of each (k); carriers of a class have equal genotype rows.
    strata
        Stratum of every sample (n).
    ways
        How many arrangements there are (`attainable`).
    by_stratum
        The samples in order of strata (n), where that is known.
    """
    order = np.lexsort((carriers, classes, strata[carriers]))
    ordered = carriers[order]
    stratum, kind = strata[ordered], classes[order]
    by_stratum = np.argsort(strata, kind="stable") if by_stratum is None else by_stratum
    begin = np.searchsorted(strata[by_stratum], stratum, side="left")
    end = np.searchsorted(strata[by_stratum], stratum, side="right")
    alike = np.concatenate(([False], (stratum[1:] == stratum[:-1]) & (kind[1:] == kind[:-1])))
    places = np.empty((ways, ordered.size), np.int64)
    filled = _fill_places(begin, end, alike, by_stratum, places)
    if filled != ways:
        raise RuntimeError(f"listed {filled} arrangements where {ways} were expected")
    return Arrangements(ordered, np.ascontiguousarray(places.T))


@njit(cache=True)
def _fill_places(begin: Any, end: Any, alike: Any, by_stratum: Any, places: Any) -> int:
    """Walk through all choices like an odometer: the last carrier moves first."""
    carriers = begin.size
    taken = np.zeros(by_stratum.size, np.bool_)
    chosen, last = np.empty(carriers, np.int64), np.empty(carriers, np.int64)
    depth, filled, place = 0, 0, begin[0]
    _leave_room(depth, end, alike, taken, last)
    while depth >= 0:
        while place <= last[depth] and taken[place]:
            place += 1
        if place > last[depth]:
            depth -= 1
            if depth >= 0:
                taken[chosen[depth]] = False
                place = chosen[depth] + 1
            continue
        chosen[depth] = place
        if depth == carriers - 1:
            if filled < places.shape[0]:
                for carrier in range(carriers):
                    places[filled, carrier] = by_stratum[chosen[carrier]]
            filled += 1
            place += 1
            continue
        taken[place] = True
        depth += 1
        if alike[depth]:
            place = chosen[depth - 1] + 1
        else:
            _leave_room(depth, end, alike, taken, last)
            place = begin[depth]
    return filled


@njit(cache=True)
def _leave_room(first: int, end: Any, alike: Any, taken: Any, last: Any) -> None:
    """Give the carriers of the class that begins at `first` the last places that leave room for those behind them."""
    behind = first + 1
    while behind < alike.size and alike[behind]:
        behind += 1
    place = end[first]
    for carrier in range(behind - 1, first - 1, -1):
        place -= 1
        while taken[place]:
            place -= 1
        last[carrier] = place
