"""Permutation p-values of gene statistics, counted until they are known well enough.

With e = #{permutations at least as extreme as the data} among the first B,

    p = (1 + e) / (1 + B),

where B is the permutation that brought the e-th exceedance asked for, or the largest number allowed. Stopping on a
count of exceedances keeps the p-value valid (Besag and Clifford), and because it stops at an exact permutation
number the p-value does not depend on how the permutations were batched. A test with fewer than 10 exceedances at the
end goes on to a larger number: it can only become significant there if it is among all of them, so the p-value stays
valid.

References
----------
Besag, Clifford. Sequential Monte Carlo p-values. Biometrika 1991. doi:10.1093/biomet/78.2.301
Phipson, Smyth. Permutation p-values should never be zero. 2010. doi:10.2202/1544-6115.1585
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from association.calibration.extremes import Conditions
from association.calibration.gene_statistics import PermutedRows
from association.calibration.permutation_stream import PermutationStream
from association.kernels import njit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

# With fewer exceedances a p-value is known to a factor of two at best.
UNRESOLVED = 10
# Numbers of a block: 512 permutations of 300 samples stay near a core, and those of large cohorts in its memory.
BLOCK_NUMBERS = 1 << 22
MOST_PERMUTATIONS_AT_ONCE = 512
FEWEST_PERMUTATIONS_AT_ONCE = 16
BLOCKS_OF_SAME_SAMPLES = 8


@dataclass(frozen=True)
class Effort:
    """How far permutations go.

    Attributes
    ----------
    screen
        Where a test stops at the latest, unless it is unresolved.
    escalated
        Where an unresolved test stops at the latest; at least as many.
    enough
        Exceedances at which a test stops before.
    """

    screen: int
    escalated: int
    enough: int


class GeneCount:
    """The running count of one gene's tests.

    Parameters
    ----------
    statistics
        The gene's rows.
    conditions
        What makes a permutation as extreme as the data.
    efforts
        How far to go for each test.
    """

    def __init__(self, statistics: PermutedRows, conditions: Conditions, efforts: Sequence[Effort]) -> None:
        self.statistics, self.conditions, self.efforts = statistics, conditions, tuple(efforts)
        self._screen = np.array([effort.screen for effort in efforts], np.int64)
        self._escalated = np.array([effort.escalated for effort in efforts], np.int64)
        self._enough = np.array([effort.enough for effort in efforts], np.int64)
        self.exceedances = np.zeros(self._enough.size, np.int64)
        self.permutations = np.zeros(self._enough.size, np.int64)
        self.going = np.ones(self._enough.size, np.bool_)

    @property
    def stops(self) -> set[int]:
        """Numbers at which a test may have to stop."""
        return {*self._screen.tolist(), *self._escalated.tolist()}

    def advance(self, block: Floats, first: int, places: Integers) -> None:
        """Add a block of permutations, number `first` and on.

        Parameters
        ----------
        block
            Permuted values (q, rows, b).
        first
            Number of its first permutation.
        places
            Row of the block of each sample (n).
        """
        one = self.conditions
        read = _rows_read(one.offsets, one.first, one.second, self.going, self.statistics.rows)
        rows = self.statistics.evaluate(block, places[self.statistics.columns.samples], read)
        wanted = np.clip(self._limits() - first, 0, block.shape[2])
        _count(
            rows,
            one.offsets,
            one.first,
            one.second,
            one.rho,
            one.thresholds,
            self.going,
            wanted,
            self._enough,
            self.exceedances,
            self.permutations,
        )
        self.going &= (self.exceedances < self._enough) & (self.permutations < self._limits())

    def _limits(self) -> Integers:
        """Give where each test stops at the latest, as far as it is known."""
        resolved = self.exceedances >= UNRESOLVED
        screened = resolved & (self.permutations <= self._screen)
        return np.where(screened, self._screen, self._escalated).astype(np.int64)


@dataclass(frozen=True)
class MonteCarloP:
    """A permutation p-value.

    Attributes
    ----------
    p_value
        (1 + exceedances) / (1 + permutations).
    lower, upper
        Clopper-Pearson interval of the p-value that infinitely many permutations would give: at least 95%, a little
        more where the test stopped on a count of exceedances.
    exceedances, permutations
        What was counted.
    """

    p_value: float
    lower: float
    upper: float
    exceedances: int
    permutations: int


def count_exceedances(genes: Sequence[GeneCount], stream: PermutationStream) -> None:
    """Count, for every test of every gene, the permutations that are at least as extreme as the data.

    Parameters
    ----------
    genes
        The genes to count on; their counts are updated in place.
    stream
        The trait's permutations; every gene meets the same ones.
    """
    active = [gene for gene in genes if gene.going.any()]
    stops = sorted(set().union(*(gene.stops for gene in active)))
    first = 0
    while active:
        samples, places = places_of([gene.statistics for gene in active], stream)
        at_once = permutations_at_once(stream, samples.size)
        # Genes drop out all the time; once in a while it pays to ask for fewer samples.
        for _ in range(BLOCKS_OF_SAME_SAMPLES):
            if not active:
                break
            count = min(at_once, stops[bisect_right(stops, first)] - first)
            block = stream.block(first, count, samples)
            for gene in active:
                gene.advance(block, first, places)
            first += count
            active = [gene for gene in active if gene.going.any()]


def places_of(genes: Sequence[PermutedRows], stream: PermutationStream) -> tuple[Integers, Integers]:
    """Give the samples that any gene needs, and where each sample (n) stands among them."""
    needed = np.zeros(stream.values.shape[1], np.bool_)
    for gene in genes:
        needed[gene.columns.samples] = True
    return np.flatnonzero(needed), np.cumsum(needed) - 1


def permutations_at_once(stream: PermutationStream, samples: int) -> int:
    """Say how many permutations of so many samples to hold in memory."""
    fitting = BLOCK_NUMBERS // max(stream.values.shape[0] * samples, 1)
    return int(np.clip(fitting, FEWEST_PERMUTATIONS_AT_ONCE, MOST_PERMUTATIONS_AT_ONCE))


def monte_carlo_p(exceedances: int, permutations: int) -> MonteCarloP:
    """Give the p-value and its interval from a count."""
    lower = betaincinv(exceedances, permutations - exceedances + 1, 0.025) if exceedances else 0.0
    upper = betaincinv(exceedances + 1, permutations - exceedances, 0.975) if exceedances < permutations else 1.0
    p_value = (1 + exceedances) / (1 + permutations)
    return MonteCarloP(p_value, float(lower), float(upper), exceedances, permutations)


def reaching(rows: Floats, conditions: Conditions) -> Integers:
    """Count, for each test, the columns of `rows` (r, b) that are at least as extreme as the data."""
    tests = conditions.offsets.size - 1
    exceedances, permutations = np.zeros(tests, np.int64), np.zeros(tests, np.int64)
    wanted = np.full(tests, rows.shape[1])
    everything = (conditions.offsets, conditions.first, conditions.second, conditions.rho, conditions.thresholds)
    never = np.full(tests, rows.shape[1] + 1)
    _count(rows, *everything, np.ones(tests, np.bool_), wanted, never, exceedances, permutations)
    return exceedances


@njit(cache=True, nogil=True)
def _rows_read(offsets: Any, first: Any, second: Any, going: Any, rows: int) -> Any:
    """Say which rows the tests read that go on."""
    read = np.zeros(rows, np.bool_)
    for test in range(offsets.size - 1):
        if going[test]:
            for one in range(offsets[test], offsets[test + 1]):
                read[first[one]] = read[second[one]] = True
    return read


@njit(cache=True, nogil=True)
def _count(
    rows: Any,
    offsets: Any,
    first: Any,
    second: Any,
    rho: Any,
    thresholds: Any,
    going: Any,
    wanted: Any,
    enough: Any,
    exceedances: Any,
    permutations: Any,
) -> None:
    """Add a block to the counts; a test that has enough exceedances stops at that very permutation.

    What is not a number is as extreme as anything: a statistic that can't be told is never evidence.
    """
    reached = np.empty(rows.shape[1], np.bool_)
    for test in range(offsets.size - 1):
        if not going[test]:
            continue
        reached[:] = False
        for one in range(offsets[test], offsets[test + 1]):
            threshold, share = thresholds[one], rho[one]
            if share == 0.0:
                row = rows[first[one]]
                for b in range(reached.size):
                    reached[b] |= not row[b] < threshold
            else:
                row, other = rows[first[one]], rows[second[one]]
                for b in range(reached.size):
                    reached[b] |= not (1.0 - share) * row[b] + share * other[b] < threshold
        more = 0
        for b in range(wanted[test]):
            more += reached[b]
        if exceedances[test] + more < enough[test]:
            exceedances[test] += more
            permutations[test] += wanted[test]
            continue
        for b in range(wanted[test]):
            permutations[test] += 1
            exceedances[test] += reached[b]
            if exceedances[test] >= enough[test]:
                break
