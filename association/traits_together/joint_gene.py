"""One gene in several traits: which statistics it has, and which of them each of its rows is about.

Axes: P traits, t tests of the gene, c statistics (traits x tests), b permutations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from association.calibration.enumeration import MOST_ARRANGEMENTS
from association.calibration.extremes import CANCELLED, TIE_TOLERANCE, Conditions
from association.calibration.monte_carlo import Effort
from association.gene_unit import GeneUnit, MaskPart, TestedRow
from association.score import Carriers
from association.traits_together.joint_evidence import JointEvidence, JointRows
from association.traits_together.min_p import count_as_extreme

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class JointGene:
    """A gene in several traits.

    Attributes
    ----------
    unit
        Its rows and masks, among the samples of all traits.
    rows
        How its statistics are computed.
    tests
        Which of the unit's tested rows are single tests, not an omnibus (t).
    read
        The row of the statistics that each of these reads (t).
    observed
        The data's statistics, of each trait (P, t).
    noise
        Differences of these that are rounding (P, t).
    effort
        How far permutations go.
    """

    unit: GeneUnit
    rows: JointRows
    tests: Integers
    read: Integers
    observed: Floats
    noise: Floats
    effort: Effort

    @cached_property
    def questions(self) -> Booleans:
        """Say which statistics each tested row is about, one or the best of several (rows, c)."""
        singles = [self.unit.tested[number] for number in self.tests]
        about = [
            np.array([any(one is member for member in self.members(row)) for one in singles])
            for row in self.unit.tested
        ]
        return np.tile(np.array(about), (1, len(self.rows.own)))

    @property
    def columns(self) -> Carriers:
        """The columns of the gene that statistics are made of."""
        return self.rows.own[0].columns

    def noises(self, evidence: JointEvidence) -> Iterator[Floats]:
        """Give the size of the terms that the rows of each question add up (r), in the order of its `rows`."""
        yield np.sum([own.largest(one) for own, one in zip(self.rows.own, evidence.own, strict=True)], axis=0)
        for question, rows in self.rows.combined.items():
            yield rows.largest(evidence.combined[question])

    def members(self, row: TestedRow) -> Sequence[TestedRow]:
        """Give the tests that a row is about."""
        return [row] if row.test is not None else self.unit.members(row)

    def statistics(self, block: Floats, samples: Integers, tests: Booleans) -> Floats:
        """Give each trait's statistics of some tests (t) under permutations (P x tests, b)."""
        read = self.read[tests]
        return np.concatenate([own.evaluate(block, samples, read)[read] for own in self.rows.own])

    def reached(self, values: Floats, tests: Booleans, asked: Booleans) -> Integers:
        """Count the permutations whose best statistic is as extreme as the data's (rows), 0 for what is not asked.

        Parameters
        ----------
        values
            Of some tests (P x tests, b), the data among them.
        tests
            Which (t).
        asked
            Rows that are about no other tests (rows).
        """
        own = np.tile(tests, len(self.rows.own))
        observed, noise = self.observed.ravel()[own], self.noise.ravel()[own]
        return count_as_extreme(values, observed, noise, self.questions[:, own], asked)

    def tests_of(self, asked: Booleans) -> Booleans:
        """Say which tests (t) some rows (rows) are about."""
        return np.asarray(self.questions[asked, : self.read.size].any(axis=0), np.bool_)


def join_gene(unit: GeneUnit, evidence: JointEvidence, values: Floats, effort: Effort) -> JointGene:
    """Compute a gene's data in all traits.

    Parameters
    ----------
    unit
        With a test at least.
    evidence, values
        The traits', and all that is permuted (q, n, 1).
    effort
        How far permutations go.
    """
    if unit.plan is None:
        raise ValueError(f"gene {unit.gene} has no test")
    tests = np.array([number for number, one in enumerate(unit.tested) if one.test is not None], np.int64)
    read = np.array([unit.tested[number].readings[0].first for number in tests], np.int64)
    readings = [unit.tested[number].readings for number in tests]
    made = unit.plan.statistics(evidence.own[0].family, readings)
    rows = evidence.rows_of(made)
    observed = np.array([own.evaluate(values)[read, 0] for own in rows.own])
    noise = np.array([own.largest(one)[read] for own, one in zip(rows.own, evidence.own, strict=True)])
    return JointGene(unit, rows, tests, read, observed, CANCELLED * noise, effort)


def conditions_of(read: Integers, rows: Floats, noise: Floats) -> Conditions:
    """Say from where on a permutation is as extreme, for tests that read one row each.

    Parameters
    ----------
    read
        The row of each test (t).
    rows
        The data's (r).
    noise
        Size of the terms that each row adds up (r).
    """
    slack = TIE_TOLERANCE * np.abs(rows[read]) + CANCELLED * noise[read]
    return Conditions(np.arange(read.size + 1), read, read, np.zeros(read.size), rows[read] - slack)


def arrangements_of(part: MaskPart) -> int | None:
    """Give how many arrangements a mask's carriers have, if few enough to look at."""
    few = part.log10_ways <= np.log10(MOST_ARRANGEMENTS)
    return round(10.0**part.log10_ways) if few else None
