"""The exact permutation law of a burden that is the same for all its carriers.

K_s carriers per stratum s take the places of any K_s of its n_s samples, all choices equally likely. Dynamic
programming over samples (`choice_counts`) counts the choices by what the likelihood ratio depends on (`evidence`):

    counting   events O and expected events E among the carriers, and so for binary traits of equal risks
    plain      the sum U of their residuals, and so where information is unequal but one number in each stratum

E and U are sums of real numbers; each sample's share is rounded to one of 16,384 cells of the range of such sums,
once, before anything else. So the law is exact, ties included, for a statistic that differs from the unrounded one
by less than a part in a thousand, and the p-value keeps its level at any depth, without any Monte Carlo error.

Axes: n samples, g cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from association.calibration.choice_counts import count_choices, count_tail
from association.calibration.evidence import BINARY, PLAIN, UNEQUAL, Evidence, likelihood_ratio

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CELLS = 16_384
# Additions of a tenth of a second, and those that a law may take at all: about a second.
MANY_ADDITIONS = 1 << 30
MOST_ADDITIONS = 1 << 33
# Numbers that it may take while it is made: 256 MB.
MOST_NUMBERS = 1 << 25
# Laws are kept for genes to come: so many numbers of them, or 256 MB.
MOST_KEPT = 1 << 25
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
    step, centre
        What a cell is worth, and where the sum of a plain trait has its mean.
    others, number, event
        Choices of all samples but one group, row by row, and how many samples and events each row has.
    below, above
        The group's sums (`choice_counts`).
    log_ways
        Log of the number of choices.
    """

    family: int
    first: Floats
    second: Floats
    step: float
    centre: float
    others: Floats
    number: Integers
    event: Integers
    below: Floats
    above: Floats
    log_ways: float

    @property
    def numbers(self) -> int:
        """How many numbers it keeps."""
        return self.others.size + self.below.size + self.above.size

    def log10_p(self, carriers: Integers) -> float:
        """Give log10 of the probability of carriers at least as extreme as these."""
        first, second = self.first[carriers].sum(), self.second[carriers].sum()
        most, size = float(carriers.size) if self.family == BINARY else np.inf, float(carriers.size)
        observed = likelihood_ratio(self.family, first, min(second, most), size) * (1.0 - TIE_TOLERANCE)
        return self.log10_tail(observed, carriers.size)

    def log10_tail(self, ratio: float, carriers: int) -> float:
        """Give log10 of the probability of a likelihood ratio of at least this size; minus infinity beyond all.

        Parameters
        ----------
        ratio
            The likelihood ratio.
        carriers
            How many there are.
        """
        if ratio <= 0:
            return 0.0
        sums = (self.others, self.number, self.event, self.below, self.above)
        ways = count_tail(*sums, self.family, ratio, float(carriers), self.step, self.centre)
        with np.errstate(divide="ignore"):
            return float(min((np.log(ways) - self.log_ways) / np.log(10), 0.0))


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
        self._evidence, self._strata = evidence.as_plain(strata), strata
        self._laws: dict[tuple[int, ...], ExactLaw] = {}
        outcomes = self._evidence.values[0]
        self._yes_or_no = bool(((outcomes == 0) | (outcomes == 1)).all())
        self._sizes = np.bincount(strata)
        self._died = np.bincount(strata, outcomes).astype(np.int64)

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
            made = self._make(taken, self._most_events(taken))
            while self._laws and sum(law.numbers for law in (made, *self._laws.values())) > MOST_KEPT:
                self._laws.pop(next(iter(self._laws)))
            self._laws[key] = made
        return self._laws[key]

    def feasible(self, carriers: Integers) -> bool:
        """Say whether the law of these carriers can be made, and soon enough."""
        if self._evidence.family == UNEQUAL or len(self._evidence.values) > 3:
            return False
        if self._evidence.family != PLAIN and not self._yes_or_no:
            return False
        taken = self._taken(carriers)
        numbers = (int(taken.max()) + 1) * (self._most_events(taken) + 1) * CELLS
        soon = self._additions(taken) <= MOST_ADDITIONS
        return soon and numbers <= MOST_NUMBERS and self._log_ways(taken) <= MOST_LOG_WAYS

    def is_dear(self, carriers: Integers) -> bool:
        """Say whether the law of these carriers costs more than permutations of them by the million."""
        return self._additions(self._taken(carriers)) > MANY_ADDITIONS

    def _additions(self, taken: Integers) -> int:
        return self._strata.size * int(taken.max()) * (self._most_events(taken) + 1) * CELLS

    def _log_ways(self, taken: Integers) -> float:
        sizes = self._sizes
        return float((gammaln(sizes + 1) - gammaln(taken + 1) - gammaln(sizes - taken + 1)).sum())

    def _taken(self, carriers: Integers) -> Integers:
        return np.bincount(self._strata[carriers], minlength=self._sizes.size)

    def _most_events(self, taken: Integers) -> int:
        if self._evidence.family == PLAIN:
            return 0
        return int(np.minimum(self._died, taken).sum())

    def _make(self, taken: Integers, events: int) -> ExactLaw:
        family, values = self._evidence.family, self._evidence.values
        spread = values[0] - values[0].min() if family == PLAIN else values[1]
        width = _largest_sum(spread, self._strata, taken) / (CELLS - 1)
        cells = np.rint(spread / width).astype(np.int64)
        if family != PLAIN:
            cells = np.maximum(cells, (spread > 0).astype(np.int64))
        range_of_cells = int(_largest_sum(cells.astype(float), self._strata, taken)) + 1
        died = np.zeros(cells.size, np.int64) if family == PLAIN else values[0].astype(np.int64)
        split = int(np.argmax(self._sizes * taken))
        others, group = count_choices(died, cells, self._strata, taken, split, events, range_of_cells)
        first, second, centre = values[0], cells * width, 0.0
        if family == PLAIN:
            first, second = cells * width + values[0].min(), np.zeros(cells.size)
            # Rounding moved the strata's means away from zero: what is extreme is measured from the new ones.
            first = first - (np.bincount(self._strata, first) / self._sizes)[self._strata]
            centre = float((np.bincount(self._strata, cells * width) / self._sizes * taken).sum())
        number, event = np.nonzero(others.any(axis=2))
        below, above = np.cumsum(group, axis=1), np.ascontiguousarray(np.cumsum(group[:, ::-1], axis=1)[:, ::-1])
        rows = (others[number, event], number, event, below, above)
        return ExactLaw(family, first, second, width, centre, *rows, self._log_ways(taken))


def _largest_sum(values: Floats, strata: Integers, taken: Integers) -> float:
    """Give the largest sum of so many values per stratum."""
    return float(sum(np.sort(values[strata == s])[::-1][:count].sum() for s, count in enumerate(taken)))
