"""The exact permutation law of a burden that is the same for all its carriers.

K_s carriers per stratum s take the places of any K_s of its n_s samples, all choices equally likely. Dynamic
programming over samples counts the choices by what the likelihood ratio depends on (`evidence`):

    counting   events O and expected events E among the carriers, and so for binary traits of equal risks
    plain      the sum U of their residuals

E and U are sums of real numbers; each sample's share is rounded to one of 16,384 cells of the range of such sums,
once, before anything else. So the law is exact, ties included, for a statistic that differs from the unrounded one
by less than a part in a thousand, and the p-value keeps its level at any depth, without any Monte Carlo error.

Axes: n samples, g cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import gammaln

from association.calibration.evidence import BINARY, PLAIN, UNEQUAL, Evidence, likelihood_ratio

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CELLS = 16_384
# Additions that a law may take: about two seconds.
MOST_ADDITIONS = 1 << 33
# Numbers that it may take while it is made: 256 MB.
MOST_NUMBERS = 1 << 25
# Laws are kept for genes to come; each takes some megabytes.
MOST_LAWS = 64
# Choices are counted in double precision, which ends at exp(709).
MOST_LOG_WAYS = 700.0
# Likelihood ratios of one multiset of samples, summed in another order.
TIE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class ExactLaw:
    """The law of one burden's likelihood ratio.

    Attributes
    ----------
    family
        The trait's, of `evidence`.
    first, second
        Each sample's share of the two sums (n); `second` is rounded for all but plain traits, `first` for these.
    ratios
        Likelihood ratios that occur, descending.
    log10_tails
        log10 of the probability of each or a larger one.
    """

    family: int
    first: Floats
    second: Floats
    ratios: Floats
    log10_tails: Floats

    def log10_p(self, carriers: Integers) -> float:
        """Give log10 of the probability of carriers at least as extreme as these."""
        first, second = self.first[carriers].sum(), self.second[carriers].sum()
        most = float(carriers.size) if self.family == BINARY else np.inf
        observed = likelihood_ratio(self.family, first, min(second, most), float(carriers.size))
        reached = np.searchsorted(-self.ratios, -observed * (1.0 - TIE_TOLERANCE), side="right")
        return float(self.log10_tails[max(reached, 1) - 1])


class ExactBurden:
    """Laws of one trait, made as they are asked for.

    Parameters
    ----------
    evidence
        What each sample contributes (n samples).
    strata
        Stratum of each sample (n), 0, 1, ...
    """

    def __init__(self, evidence: Evidence, strata: Integers) -> None:
        self._evidence, self._strata = evidence, strata
        self._laws: dict[tuple[int, ...], ExactLaw] = {}
        outcomes = evidence.values[0]
        self._yes_or_no = bool(((outcomes == 0) | (outcomes == 1)).all())

    def law(self, carriers: Integers) -> ExactLaw:
        """Give the law of a burden that these samples carry, if it is feasible.

        Parameters
        ----------
        carriers
            Positions of the samples that carry the burden (K).
        """
        taken = self._taken(carriers)
        key = tuple(taken.tolist())
        if key not in self._laws:
            if len(self._laws) == MOST_LAWS:
                self._laws.pop(next(iter(self._laws)))
            self._laws[key] = self._make(taken, self._most_events(taken))
        return self._laws[key]

    def feasible(self, carriers: Integers) -> bool:
        """Say whether the law of these carriers can be made, and soon enough."""
        if self._evidence.family == UNEQUAL or len(self._evidence.values) > 3:
            return False
        if self._evidence.family != PLAIN and not self._yes_or_no:
            return False
        taken = self._taken(carriers)
        additions = self._strata.size * int(taken.max()) * (self._most_events(taken) + 1) * CELLS
        numbers = (int(taken.max()) + 1) * (self._most_events(taken) + 1) * CELLS
        return additions <= MOST_ADDITIONS and numbers <= MOST_NUMBERS and self._log_ways(taken) <= MOST_LOG_WAYS

    def _log_ways(self, taken: Integers) -> float:
        sizes = np.bincount(self._strata, minlength=taken.size)
        return float((gammaln(sizes + 1) - gammaln(taken + 1) - gammaln(sizes - taken + 1)).sum())

    def _taken(self, carriers: Integers) -> Integers:
        return np.bincount(self._strata[carriers], minlength=int(self._strata.max()) + 1)

    def _most_events(self, taken: Integers) -> int:
        if self._evidence.family == PLAIN:
            return 0
        died = np.bincount(self._strata, self._evidence.values[0], minlength=taken.size).astype(np.int64)
        return int(np.minimum(died, taken).sum())

    def _make(self, taken: Integers, events: int) -> ExactLaw:
        family, values = self._evidence.family, self._evidence.values
        spread = values[0] - values[0].min() if family == PLAIN else values[1]
        width = _largest_sum(spread, self._strata, taken) / (CELLS - 1)
        cells = np.rint(spread / width).astype(np.int64)
        if family != PLAIN:
            cells = np.maximum(cells, (spread > 0).astype(np.int64))
        range_of_cells = int(_largest_sum(cells.astype(float), self._strata, taken)) + 1
        died = np.zeros(cells.size, np.int64) if family == PLAIN else values[0].astype(np.int64)
        order = np.argsort(self._strata, kind="stable")
        sizes = np.bincount(self._strata, minlength=taken.size)
        counts = _count_choices(died[order], cells[order], sizes, taken, events, range_of_cells)
        if family != PLAIN:
            first, second = values[0], cells * width
        else:
            first, second = cells * width + values[0].min(), np.zeros(cells.size)
            # Rounding moved the strata's means away from zero: what is extreme is measured from the new ones.
            first = first - (np.bincount(self._strata, first) / sizes)[self._strata]
        ratios = self._ratios(taken, counts.shape, width)
        return _law(family, first, second, ratios, counts, self._log_ways(taken))

    def _ratios(self, taken: Integers, shape: tuple[int, ...], width: float) -> Floats:
        """Give the likelihood ratio of every cell."""
        sums = width * np.arange(shape[1], dtype=np.float64)
        if self._evidence.family != PLAIN:
            table = _ratio_table(self._evidence.family, np.arange(shape[0], dtype=np.float64), sums, taken.sum())
            return np.asarray(table, np.float64)
        values, strata = self._evidence.values[0], self._strata
        cells = np.rint((values - values.min()) / width) * width
        centre = (np.bincount(strata, cells) / np.bincount(strata) * taken).sum()
        return np.asarray((sums - centre)[None] ** 2 / taken.sum(), np.float64)


def _largest_sum(values: Floats, strata: Integers, taken: Integers) -> float:
    """Give the largest sum of so many values per stratum."""
    return float(sum(np.sort(values[strata == s])[::-1][:count].sum() for s, count in enumerate(taken)))


def _law(family: int, first: Floats, second: Floats, ratios: Floats, counts: Floats, log_ways: float) -> ExactLaw:
    occurring = counts > 0
    order = np.argsort(-ratios[occurring], kind="stable")
    descending = ratios[occurring][order]
    tails = np.cumsum(counts[occurring][order])
    log10_tails = np.minimum((np.log(tails) - log_ways) / np.log(10), 0.0)
    # Of equal ratios, and of those that rounding parts, the last holds them all.
    last = np.searchsorted(-descending, -descending * (1.0 - TIE_TOLERANCE), side="right") - 1
    return ExactLaw(family, first, second, descending, log10_tails[last])


@njit(cache=True)
def _count_choices(died: Any, cells: Any, sizes: Any, taken: Any, events: int, width: int) -> Any:
    """Count choices by events and cell, stratum after stratum, sample after sample."""
    counts = np.zeros((events + 1, width))
    counts[0, 0] = 1.0
    begin, most_events, most_cell = 0, 0, 0
    for stratum in range(sizes.size):
        end = begin + sizes[stratum]
        chosen = taken[stratum]
        if chosen > 0:
            by_number = np.zeros((chosen + 1, events + 1, width))
            by_number[0] = counts
            reach = most_cell
            for sample in range(begin, end):
                shift, event = cells[sample], died[sample]
                highest = min(sample - begin + 1, chosen)
                for number in range(highest, 0, -1):
                    for before in range(min(most_events + number, events) - event, -1, -1):
                        source, target = by_number[number - 1, before], by_number[number, before + event]
                        for cell in range(min(reach + 1, width - shift)):
                            target[cell + shift] += source[cell]
                reach = min(reach + shift, width - 1)
            counts = by_number[chosen].copy()
            most_events, most_cell = min(most_events + chosen, events), reach
        begin = end
    return counts


@njit(cache=True)
def _ratio_table(family: int, events: Any, expected: Any, size: float) -> Any:
    """Give the likelihood ratio for every number of events and sum of expected events."""
    table = np.empty((events.size, expected.size))
    # Cases expected are no more than carriers, whatever rounding says; events may be any number.
    most = size if family == BINARY else np.inf
    for row in range(events.size):
        for column in range(expected.size):
            table[row, column] = likelihood_ratio(family, events[row], min(expected[column], most), size)
    return table
