"""The statistics of one gene, for the data and for every permutation at once.

Each column of the gene (a variant, or a burden) has its likelihood ratio L_c (`evidence`). A *row* adds them up, and
a *test* compares rows with thresholds:

    burden   L_b                                   SKAT    sum_c w_c^2 s_c L_c,   s_c = sum of squared dosages
    ACAT-V   sum_c a_c cot(pi P(chi2_1 > L_c))     SKAT-O  (1 - rho) SKAT + rho s_b L_b, whichever rho is extreme

For a plain trait w_c^2 s_c L_c is w_c^2 U_c^2, so SKAT is the usual one. Where several rows belong to one test, the
test is as extreme as its most extreme row on a common scale (`null_scale`); so a permutation is at least as extreme
as the data if any of the rows reaches the threshold that the data set for it.

Axes: c columns, r rows, b permutations.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from association.calibration.elementary import cauchy_transform
from association.calibration.evidence import (
    BINARY,
    COUNTING,
    PLAIN,
    UNEQUAL,
    Evidence,
    binary_ratio,
    counting_ratio,
    likelihood_ratio,
)
from association.gene_tests.columns import in_typical_units
from association.kernels import njit
from association.score import Carriers

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Columns of a block that are worked on at a time: their sums stay in the cache nearest to the core.
_TILE = 256


@dataclass(frozen=True)
class Terms:
    """Which columns add to which rows.

    Attributes
    ----------
    column, row
        From where to where (t).
    weight
        Times what (t).
    cauchy
        Whether the likelihood ratio is transformed to a Cauchy variable first (t).
    """

    column: Integers
    row: Integers
    weight: Floats
    cauchy: NDArray[np.bool_]


class PermutedRows(Protocol):
    """What permutations are counted on: rows that are made of what comes to a gene's carriers.

    Attributes
    ----------
    columns
        Whose samples are asked for.
    rows
        How many rows there are.
    """

    columns: Carriers
    rows: int

    def evaluate(
        self, block: Floats, samples: Integers | None = None, wanted: Booleans | Integers | None = None
    ) -> Floats:
        """Give all rows for each permutation of a block, as `GeneStatistics.evaluate` does."""
        ...


class GeneStatistics:
    """The rows of one gene for one trait.

    Parameters
    ----------
    columns
        The gene's columns; samples are positions in the blocks.
    terms
        What its rows add up.
    rows
        How many there are.
    family
        The trait's, of `evidence`.
    """

    def __init__(self, columns: Carriers, terms: Terms, rows: int, family: int) -> None:
        self.columns, self.terms, self.rows, self.family = columns, terms, rows, family
        self._quantities = slice(None)
        self._burdens = in_typical_units(columns)
        self._squares = self._burdens**2
        sizes = np.diff(columns.offsets)
        column = np.repeat(np.arange(sizes.size), sizes)
        self._sizes = np.bincount(column, self._burdens, minlength=sizes.size)
        order = np.argsort(terms.column, kind="stable")
        self._terms = (terms.row[order], terms.weight[order], terms.cauchy[order])
        counts = np.bincount(terms.column, minlength=sizes.size)
        self._term_offsets = np.concatenate(([0], np.cumsum(counts)))

    def of_trait(self, family: int, quantities: slice) -> GeneStatistics:
        """Give the same rows of another trait, of whose family certain quantities of a block are."""
        other = copy.copy(self)
        other.family, other._quantities = family, quantities
        return other

    def evaluate(
        self, block: Floats, samples: Integers | None = None, wanted: Booleans | Integers | None = None
    ) -> Floats:
        """Give all rows for each permutation of a block.

        Parameters
        ----------
        block
            Permuted `Evidence.values` (q, n, b).
        samples
            Position in the block of each entry of the columns, where it is not the sample itself.
        wanted
            Which rows are asked for (r), if not all; the others stay zero.
        """
        out, asked = np.zeros((self.rows, block.shape[2])), np.zeros(self.rows, np.bool_)
        asked[slice(None) if wanted is None else wanted] = True
        _evaluate(
            self.columns.offsets,
            self.columns.samples if samples is None else samples,
            self._burdens,
            self._squares,
            self._sizes,
            self._term_offsets,
            *self._terms,
            self.family,
            asked,
            block[self._quantities],
            out,
        )
        return out

    def observe(self, evidence: Evidence) -> Floats:
        """Give all rows for the data (r)."""
        return self.evaluate(evidence.values[:, :, None])[:, 0]

    def largest(self, evidence: Evidence) -> Floats:
        """Bound the size of the terms that each row adds up, before they cancel (r)."""
        bound = self._sizes * evidence.largest
        linear = ~self.terms.cauchy
        weights = self.terms.weight[linear] * bound[self.terms.column[linear]]
        return np.asarray(np.bincount(self.terms.row[linear], weights, minlength=self.rows), np.float64)


@njit(cache=True, nogil=True, error_model="numpy")
def _evaluate(
    offsets: Any,
    samples: Any,
    burdens: Any,
    squares: Any,
    group_sizes: Any,
    term_offsets: Any,
    term_rows: Any,
    term_weights: Any,
    term_cauchy: Any,
    family: int,
    wanted: Any,
    block: Any,
    out: Any,
) -> None:
    """Sum over carriers, a tile of permutations at a time, and add each column's likelihood ratio to its rows."""
    sums, seconds, thirds, ratio = np.empty(_TILE), np.empty(_TILE), np.empty(_TILE), np.empty(_TILE)
    unequal_risks = family == BINARY and block.shape[0] == 4
    second_burdens = squares if family == UNEQUAL else burdens
    for start in range(0, block.shape[2], _TILE):
        width = min(_TILE, block.shape[2] - start)
        for column in range(offsets.size - 1):
            begin, end = offsets[column], offsets[column + 1]
            needed = False
            for term in range(term_offsets[column], term_offsets[column + 1]):
                needed |= wanted[term_rows[term]]
            if not needed or begin == end:
                continue
            if family != PLAIN and end - begin == 1:
                lone = block[block.shape[0] - 1, samples[begin]]
                for b in range(width):
                    ratio[b] = lone[start + b]
            else:
                _add_up(samples, burdens, begin, end, block[0], start, width, sums)
                if family != PLAIN:
                    _add_up(samples, second_burdens, begin, end, block[1], start, width, seconds)
                size = group_sizes[column]
                _likelihood_ratios(family, sums, seconds, size, width, ratio)
                if unequal_risks:
                    _add_up(samples, squares, begin, end, block[2], start, width, thirds)
                    for b in range(width):
                        ratio[b] *= max(seconds[b] * (size - seconds[b]), 0.0) / (size * thirds[b])
            for term in range(term_offsets[column], term_offsets[column + 1]):
                if not wanted[term_rows[term]]:
                    continue
                row, weight = out[term_rows[term]], term_weights[term]
                if term_cauchy[term]:
                    for b in range(width):
                        row[start + b] += weight * cauchy_transform(ratio[b])
                else:
                    for b in range(width):
                        row[start + b] += weight * ratio[b]


@njit(cache=True, inline="always")
def _add_up(
    samples: Any, values: Any, begin: int, end: int, quantity: Any, start: int, width: int, sums: Any
) -> None:
    """Sum one quantity (n, b) over a column's carriers."""
    left = (end - begin) % 4
    for b in range(width):
        sums[b] = 0.0
    for entry in range(begin, begin + left):
        value, row = values[entry], quantity[samples[entry]]
        for b in range(width):
            sums[b] += value * row[start + b]
    # Four carriers at a time: a sum is read and written once for them.
    for entry in range(begin + left, end, 4):
        row_0, row_1 = quantity[samples[entry]], quantity[samples[entry + 1]]
        row_2, row_3 = quantity[samples[entry + 2]], quantity[samples[entry + 3]]
        value_0, value_1, value_2, value_3 = values[entry], values[entry + 1], values[entry + 2], values[entry + 3]
        for b in range(width):
            at = start + b
            sums[b] += (value_0 * row_0[at] + value_1 * row_1[at]) + (value_2 * row_2[at] + value_3 * row_3[at])


@njit(cache=True, inline="always", error_model="numpy")
def _likelihood_ratios(family: int, sums: Any, seconds: Any, size: float, width: int, ratio: Any) -> None:
    """Give the likelihood ratios of a tile; a loop for each family that takes logarithms, to be vectorized."""
    if family == COUNTING:
        for b in range(width):
            ratio[b] = counting_ratio(sums[b], seconds[b])
    elif family == BINARY:
        for b in range(width):
            ratio[b] = binary_ratio(sums[b], seconds[b], size)
    else:
        for b in range(width):
            ratio[b] = likelihood_ratio(family, sums[b], seconds[b], size)
