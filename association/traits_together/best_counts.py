"""The best of several traits, counted on permutations in stages.

Stages end at 512 permutations, twice as many, and so on, and at the largest number that the gene is worth: whatever
genes are counted beside it. A row is done where enough permutations were as extreme as the data, at the largest
number, or before there are more of them than distinct arrangements of its carriers: then all of these are looked at
instead (`joint_enumeration`).

Axes: P traits, t tests of a gene, b permutations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.calibration.monte_carlo import permutations_at_once, places_of
from association.calibration.permutation_stream import PermutationStream
from association.traits_together.joint_gene import JointGene, arrangements_of

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FIRST_STAGE = 512


def count_best(genes: Sequence[JointGene], stream: PermutationStream) -> list[BestCount]:
    """Count, for each tested row of each gene, the permutations whose best trait is as extreme as the data's.

    Parameters
    ----------
    genes
        The genes.
    stream
        The permutations.

    Returns
    -------
    list
        Of each gene, exceedances and permutations of each tested row; no permutations where there are too few
        arrangements for any.
    """
    counts = [BestCount(gene) for gene in genes]
    for most in sorted({gene.effort.screen for gene in genes}):
        _count_up_to(most, [count for count in counts if count.gene.effort.screen == most], stream)
    return counts


def _count_up_to(most: int, counts: Sequence[BestCount], stream: PermutationStream) -> None:
    """Count in stages, for genes that are worth so many permutations."""
    going, done = [count for count in counts if count.going.any()], 0
    while going:
        stage = min(max(2 * done, FIRST_STAGE), most)
        _permute(going, stream, done, stage)
        going, done = [count for count in going if count.going.any()], stage


class BestCount:
    """The running count of a gene's best traits.

    Parameters
    ----------
    gene
        Which.

    Attributes
    ----------
    exceedances, permutations
        Of each tested row (rows).
    """

    def __init__(self, gene: JointGene) -> None:
        self.gene, rows = gene, gene.unit.tested
        ways = [arrangements_of(row.part) for row in rows]
        most = gene.effort.screen
        self._limits = np.array([most if one is None else _last_stage(min(one, most)) for one in ways], np.int64)
        self.exceedances = np.zeros(len(rows), np.int64)
        self.permutations = np.zeros(len(rows), np.int64)
        self.tests = np.ones(gene.read.size, np.bool_)
        self.values = gene.observed.reshape(-1, 1)

    @property
    def going(self) -> Booleans:
        """Say which rows need more permutations."""
        return (self.permutations < self._limits) & (self.exceedances < self.gene.effort.enough)

    def add(self, values: Sequence[Floats], done: int) -> None:
        """Count over all permutations so far, and keep what is needed of them.

        Parameters
        ----------
        values
            What permutations since the last count gave, of the tests that are kept (P x tests, b).
        done
            How many permutations there are by now.
        """
        gene, asked = self.gene, self.going
        self.values = np.concatenate((self.values, *values), axis=1)
        self.exceedances[asked] = gene.reached(self.values, self.tests, asked)[asked] - 1
        self.permutations[asked] = done
        kept = gene.tests_of(self.going)
        self.values = self.values[np.tile(kept[self.tests], len(gene.rows.own))]
        self.tests = kept


def _last_stage(most: int) -> int:
    """Give the number of permutations of the last stage that is within `most`: 0 if none is."""
    return 0 if most < FIRST_STAGE else FIRST_STAGE << ((most // FIRST_STAGE).bit_length() - 1)


def _permute(counts: Sequence[BestCount], stream: PermutationStream, first: int, last: int) -> None:
    """Add permutations `first` to `last` - 1 to the genes' values."""
    samples, places = places_of([one.gene.rows.own[0] for one in counts], stream)
    at_once = permutations_at_once(stream, samples.size)
    parts: list[list[Floats]] = [[] for _ in counts]
    for begin in range(first, last, at_once):
        block = stream.block(begin, min(at_once, last - begin), samples)
        for one, part in zip(counts, parts, strict=True):
            part.append(one.gene.statistics(block, places[one.gene.columns.samples], one.tests))
    for one, part in zip(counts, parts, strict=True):
        one.add(part, last)
        part.clear()
