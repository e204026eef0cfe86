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
from numpy.typing import NDArray

from association.kernels import njit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

# Looking at so many takes about as long as the permutations of a test without any signal.
MOST_ARRANGEMENTS = 100_000
# A few megabytes each, for the patterns that come again and again.
PATTERNS_KEPT = 4


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


@dataclass(frozen=True)
class _Pattern:
    """What decides which arrangements there are: carriers of the same pattern have the same.

    Attributes
    ----------
    carriers
        Samples that carry, those that are interchangeable beside each other (k).
    begin, end
        Where the stratum of each begins and ends among the samples in order of strata (k).
    alike
        Whether each is interchangeable with the one before (k).
    """

    carriers: Integers
    begin: Integers
    end: Integers
    alike: Booleans

    @property
    def key(self) -> tuple[bytes, ...]:
        """The pattern without the carriers."""
        return self.begin.tobytes(), self.end.tobytes(), self.alike.tobytes()


class ArrangedValues:
    """What is known of each sample, in every arrangement of carriers.

    Carriers of many genes have the same pattern, such as two of one stratum; what was last asked for is kept.

    Parameters
    ----------
    values
        Quantities that belong to a sample and move together (q, n).
    strata
        Stratum of each sample (n).
    """

    def __init__(self, values: Floats, strata: Integers) -> None:
        self._values, self._strata = values, strata
        self._by_stratum = np.argsort(strata, kind="stable")
        self._in_order = strata[self._by_stratum]
        self._kept: dict[tuple[bytes, ...], Floats] = {}

    def arrange(self, carriers: Integers, classes: Integers, ways: int) -> tuple[Integers, Floats]:
        """Give the carriers (k) in an order of their own, and the values that come to them (q, k, a).

        Parameters
        ----------
        carriers, classes, ways
            As for `arrange`.
        """
        pattern = _pattern(carriers, classes, self._strata, self._in_order)
        if pattern.key not in self._kept:
            if len(self._kept) == PATTERNS_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[pattern.key] = self._values[:, _places(pattern, self._by_stratum, ways)]
        return pattern.carriers, self._kept[pattern.key]


def arrange(carriers: Integers, classes: Integers, strata: Integers, ways: int) -> Arrangements:
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
    """
    by_stratum = np.argsort(strata, kind="stable")
    pattern = _pattern(carriers, classes, strata, strata[by_stratum])
    return Arrangements(pattern.carriers, _places(pattern, by_stratum, ways))


def where_arranged(carriers: Integers, samples: Integers) -> Integers:
    """Say where each of some samples stands among arranged carriers (k); one that does not gets any place."""
    ascending = np.argsort(carriers)
    found = np.searchsorted(carriers[ascending], samples)
    return np.asarray(ascending[np.minimum(found, carriers.size - 1)], np.int64)


def _pattern(carriers: Integers, classes: Integers, strata: Integers, in_order: Integers) -> _Pattern:
    ordered = carriers[order := np.lexsort((carriers, classes, strata[carriers]))]
    stratum, kind = strata[ordered], classes[order]
    begin = np.searchsorted(in_order, stratum, side="left")
    end = np.searchsorted(in_order, stratum, side="right")
    alike = np.concatenate(([False], (stratum[1:] == stratum[:-1]) & (kind[1:] == kind[:-1])))
    return _Pattern(ordered, begin, end, alike)


def _places(pattern: _Pattern, by_stratum: Integers, ways: int) -> Integers:
    """List which sample each carrier becomes (k, a)."""
    places = np.empty((ways, pattern.carriers.size), np.int64)
    filled = _fill_places(pattern.begin, pattern.end, pattern.alike, by_stratum, places)
    if filled != ways:
        raise RuntimeError(f"listed {filled} arrangements where {ways} were expected")
    return np.ascontiguousarray(places.T)


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
