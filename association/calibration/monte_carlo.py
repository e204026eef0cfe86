"""Permutation p-values of gene statistics, counted until they are known well enough.

With T_b the statistic of permutation b and T the observed one, e = #{T_b >= T} among the first B permutations,

    p = (1 + e) / (1 + B),

where B is the permutation that brought the e-th exceedance asked for, or the largest number allowed. Stopping on a
count of exceedances keeps the p-value valid (Besag and Clifford), and because it stops at an exact permutation
number the p-value does not depend on how the permutations were batched.

Statistics of one gene, from the scores u_j = sum_i g_ij M_i of its variants, with variant weights w:

    burden  |sum_j w_j u_j|        SKAT  sum_j (w_j u_j)^2

References
----------
Besag, Clifford. Sequential Monte Carlo p-values. Biometrika 1991. doi:10.1093/biomet/78.2.301
Phipson, Smyth. Permutation p-values should never be zero. 2010. doi:10.2202/1544-6115.1585
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import betaincinv

from association.calibration.permutation_stream import PermutationStream
from association.score import Carriers

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Statistics that are equal in exact arithmetic differ by rounding alone; they count as ties. The share is of the
# observed statistic; where its terms cancel, rounding is a share of the terms: 1e-12 of them covers 1e4 carriers.
TIE_TOLERANCE = 1e-9
CANCELLED = 1e-12

# Permutations made at once: a block of 300 samples stays in a core's cache.
BLOCK = 1024

_TILE = 256


@dataclass
class GeneCount:
    """The running count of one gene's tests.

    Attributes
    ----------
    carriers
        The gene's genotypes, m variants.
    weights
        Variant weights (tests, m); zero leaves a variant out of a test.
    quadratic
        Whether each test is SKAT (tests); burden where False.
    observed, tie_margin
        The tests' statistics on the data, and how far below them still counts as equal (tests).
    exceedances, permutations
        The count so far (tests).
    """

    carriers: Carriers
    weights: Floats
    quadratic: NDArray[np.bool_]
    observed: Floats = field(init=False)
    tie_margin: Floats = field(init=False)
    exceedances: Integers = field(init=False)
    permutations: Integers = field(init=False)

    def __post_init__(self) -> None:
        tests = self.weights.shape[0]
        self.observed = np.zeros(tests)
        self.tie_margin = np.zeros(tests)
        self.exceedances = np.zeros(tests, np.int64)
        self.permutations = np.zeros(tests, np.int64)

    def statistics(self, block: Floats) -> Floats:
        """Give the tests' statistics for each column of permuted residuals (tests, count)."""
        statistics = np.empty((self.weights.shape[0], block.shape[1]))
        carriers = self.carriers
        _statistics(
            carriers.offsets, carriers.samples, carriers.dosages, self.weights, self.quadratic, block, statistics
        )
        return statistics

    def largest(self, residual: float) -> Floats:
        """Bound the tests' statistics, were every carrier's residual the largest (tests)."""
        variants = np.repeat(np.arange(self.weights.shape[1]), np.diff(self.carriers.offsets))
        alleles = np.bincount(variants, self.carriers.dosages, minlength=self.weights.shape[1])
        scores = np.abs(self.weights) * alleles * residual
        bounds: Floats = np.where(self.quadratic, (scores**2).sum(axis=1), scores.sum(axis=1))
        return bounds


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


def count_exceedances(
    genes: Sequence[GeneCount], stream: PermutationStream, *, max_permutations: int, enough: int
) -> None:
    """Count, for every test of every gene, the permutations that are at least as extreme as the data.

    Parameters
    ----------
    genes
        The genes to count on; their counts are updated in place.
    stream
        The trait's permutations; every gene meets the same ones.
    max_permutations
        Where a test stops at the latest.
    enough
        Exceedances at which a test stops.
    """
    identity = stream.residuals[:, None].copy()
    for gene in genes:
        gene.observed = gene.statistics(identity)[:, 0]
        gene.tie_margin = TIE_TOLERANCE * gene.observed + CANCELLED * gene.largest(np.abs(identity).max())
    active = list(genes)
    for first in range(0, max_permutations, BLOCK):
        if not active:
            return
        block = stream.block(first, min(BLOCK, max_permutations - first))
        for gene in active:
            thresholds = gene.observed - gene.tie_margin
            _advance(gene.statistics(block), thresholds, enough, gene.exceedances, gene.permutations)
        active = [gene for gene in active if (gene.exceedances < enough).any()]


def monte_carlo_p(exceedances: int, permutations: int) -> MonteCarloP:
    """Give the p-value and its interval from a count."""
    lower = betaincinv(exceedances, permutations - exceedances + 1, 0.025) if exceedances else 0.0
    upper = betaincinv(exceedances + 1, permutations - exceedances, 0.975) if exceedances < permutations else 1.0
    p_value = (1 + exceedances) / (1 + permutations)
    return MonteCarloP(p_value, float(lower), float(upper), exceedances, permutations)


@njit(cache=True)
def _statistics(
    offsets: Any, samples: Any, dosages: Any, weights: Any, quadratic: Any, block: Any, statistics: Any
) -> None:
    """Compute all tests of one gene on all columns of `block`, a cache-sized tile of columns at a time."""
    tests, variants = weights.shape
    score = np.empty(_TILE)
    for start in range(0, block.shape[1], _TILE):
        width = min(_TILE, block.shape[1] - start)
        statistics[:, start : start + width] = 0.0
        for variant in range(variants):
            score[:] = 0.0
            for entry in range(offsets[variant], offsets[variant + 1]):
                dosage = dosages[entry]
                row = block[samples[entry]]
                for column in range(width):
                    score[column] += dosage * row[start + column]
            for test in range(tests):
                weight = weights[test, variant]
                if weight == 0.0:
                    continue
                total = statistics[test]
                if quadratic[test]:
                    for column in range(width):
                        total[start + column] += (weight * score[column]) ** 2
                else:
                    for column in range(width):
                        total[start + column] += weight * score[column]
        for test in range(tests):
            if not quadratic[test]:
                for column in range(start, start + width):
                    statistics[test, column] = abs(statistics[test, column])


@njit(cache=True)
def _advance(statistics: Any, thresholds: Any, enough: int, exceedances: Any, permutations: Any) -> None:
    """Add a block to the counts; a test that has enough exceedances stops at that very permutation."""
    for test in range(thresholds.size):
        for column in range(statistics.shape[1]):
            if exceedances[test] >= enough:
                break
            permutations[test] += 1
            if statistics[test, column] >= thresholds[test]:
                exceedances[test] += 1
