"""Every arrangement of a gene's carriers, for the questions about several traits that permutations left open.

Axes: t tests of a gene, rows of its result.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from association.calibration.enumeration import ArrangedValues, where_arranged
from association.calibration.monte_carlo import GeneCount, reaching
from association.traits_together.best_counts import BestCount
from association.traits_together.joint_gene import JointGene, arrangements_of
from association.traits_together.joint_numbers import ANY, JointNumbers

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def enumerate_open(
    best: BestCount, counts: Mapping[str, GeneCount], arranged: ArrangedValues, numbers: JointNumbers
) -> None:
    """Look at every arrangement of a mask's carriers, where these are few and permutations left something open.

    Parameters
    ----------
    best
        What was counted of the gene's best traits.
    counts
        What was counted of its other questions.
    arranged
        The traits' values, in arrangements.
    numbers
        Where p-values are put.
    """
    gene = best.gene
    for part in gene.unit.parts:
        ways = arrangements_of(part)
        own = np.array([row.part is part for row in gene.unit.tested])
        asked = {name: own[gene.tests] & _open(count, gene) for name, count in counts.items()}
        asked_best = own & _open(best, gene)
        if ways is None or not any(one.any() for one in (asked_best, *asked.values())):
            continue
        carriers, values = arranged.arrange(part.samples, part.classes, ways)
        samples = where_arranged(carriers, gene.columns.samples)
        found = {ANY: _best(gene, values, samples, asked_best)}
        found |= {name: _single(gene, count, values, samples, asked[name]) for name, count in counts.items()}
        for question, (rows, reached) in found.items():
            for row, exceedances in zip(rows.tolist(), reached.tolist(), strict=True):
                numbers.enumerated(gene.unit.tested[row].row, question, exceedances, ways)


def _open(count: BestCount | GeneCount, gene: JointGene) -> Booleans:
    """Say what permutations did not settle, or were not made for."""
    return np.asarray((count.exceedances < gene.effort.enough) | (count.permutations == 0), np.bool_)


def _best(gene: JointGene, values: Floats, samples: Integers, asked: Booleans) -> tuple[Integers, Integers]:
    """Give the rows that were asked for, and how many arrangements have a best trait as extreme as the data's."""
    rows = np.flatnonzero(asked)
    if not rows.size:
        return rows, rows
    tests = gene.tests_of(asked)
    return rows, gene.reached(gene.statistics(values, samples, tests), tests, asked)[rows]


def _single(
    gene: JointGene, count: GeneCount, values: Floats, samples: Integers, asked: Booleans
) -> tuple[Integers, Integers]:
    """Give the rows of the tests (t) that were asked for, and how many arrangements are as extreme as the data."""
    rows = gene.tests[asked]
    if not rows.size:
        return rows, rows
    evaluated = count.statistics.evaluate(values, samples, gene.read[asked])
    return rows, reaching(evaluated, count.conditions)[asked]
