"""One batch of genes against several traits at once: a pure function, Arrow in, Arrow out.

Per gene, mask and test, under permutations of whole samples within common strata:

    any            the best of the traits, paid for (`min_p`)
    heterogeneous  the traits' statistics added up (`joint_evidence`)
    homogeneous    the statistic of the traits' sum, where it is known which way is worse in each (`joint_scores`)
    q given p      the statistic of what trait q says beyond trait p, both ways for each pair

An omnibus row is about all tests of its mask, or of all masks but the control; only `any` has an answer there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.calibration.enumeration import ArrangedValues
from association.calibration.monte_carlo import Effort, GeneCount, count_exceedances
from association.calibration.permutation_stream import PermutationStream
from association.gene_batch import read_batch
from association.gene_unit import GeneUnit, MaskPart
from association.scan import drop_variants, prepare_units
from association.scan_settings import ScanSettings, ScanTrait
from association.traits_together.best_counts import FIRST_STAGE, BestCount, count_best
from association.traits_together.joint_enumeration import enumerate_open
from association.traits_together.joint_evidence import JointEvidence, join_evidence
from association.traits_together.joint_gene import JointGene, arrangements_of, conditions_of, join_gene
from association.traits_together.joint_numbers import ANY, HETEROGENEOUS, HOMOGENEOUS, JointNumbers
from association.traits_together.joint_samples import joint_trait
from association.traits_together.stacked_scores import StackedScores

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# The tests whose statistics can be added up over traits; SKAT-O and ACAT-V choose among such.
SUMMED = ("burden", "skat")
# Numbers that genes hold at the same time, at 8 bytes each: few genes have questions left after the first stage.
NUMBERS_AT_ONCE = 1 << 25
# Where the p-value to report is larger, the textbook's is not worth its spectrum.
TEXTBOOK_BELOW = 0.05


def together_settings(settings: ScanSettings) -> ScanSettings:
    """Give what of a scan's settings is asked of several traits at once."""
    tests = tuple(test for test in settings.tests if test.test in SUMMED)
    return replace(settings, tests=tests, family_permutations=0)


def scan_together(
    genes: pa.Table, variants: pa.Table, traits: Sequence[ScanTrait], settings: ScanSettings
) -> pa.Table:
    """Test a batch of genes.

    Parameters
    ----------
    genes, variants
        As for `association.scan.scan`.
    traits
        At least two whose samples are exchangeable within strata, none with models by chromosome.
    settings
        Masks, tests and permutations of `together_settings`.

    Returns
    -------
    pa.Table
        `association.traits_together.joint_numbers.JointNumbers.table`, in the order genes x masks x tests.
    """
    evidence = join_evidence(traits)
    units = prepare_units(
        genes, read_batch(drop_variants(variants, settings.left_out)), joint_trait(traits, evidence.samples), settings
    )
    numbers = JointNumbers([row for unit in units for row in unit.rows], len(traits))
    joint = JointScan(evidence, settings, numbers)
    statistics = len(settings.masks) * len(settings.tests) * len(traits)
    at_once = max(1, NUMBERS_AT_ONCE // (FIRST_STAGE * statistics))
    tested = [unit for unit in units if unit.tested]
    for begin in range(0, len(tested), at_once):
        joint.test(tested[begin : begin + at_once])
    return numbers.table()


def empty_table(traits: int) -> pa.Table:
    """Give the table of no genes."""
    return JointNumbers([], traits).table()


class JointScan:
    """Tests genes against several traits.

    Parameters
    ----------
    evidence
        The traits'.
    settings
        Masks, tests and permutations.
    numbers
        Where what is found is put.
    """

    def __init__(self, evidence: JointEvidence, settings: ScanSettings, numbers: JointNumbers) -> None:
        strata = evidence.samples.strata
        self._evidence, self._settings, self._numbers = evidence, settings, numbers
        self._stream = PermutationStream(evidence.values, strata, settings.seed)
        self._arranged = ArrangedValues(evidence.values, strata)
        self._stacked = StackedScores(evidence.scores)

    def test(self, units: Sequence[GeneUnit]) -> None:
        """Test some genes, each of at least one test."""
        data = self._stream.values[:, :, None]
        genes = [join_gene(unit, self._evidence, data, self._settings.effort_for(unit.gene)) for unit in units]
        counted = [self._counts(gene, data) for gene in genes]
        count_exceedances([count for counts in counted for count in counts.values()], self._stream)
        for best, counts in zip(count_best(genes, self._stream), counted, strict=True):
            self._add(best, counts)
            enumerate_open(best, counts, self._arranged, self._numbers)
            self._add_textbook(best.gene)

    def _add(self, best: BestCount, counts: Mapping[str, GeneCount]) -> None:
        """Note what was counted on permutations."""
        gene = best.gene
        everything = np.arange(len(gene.unit.tested))
        found: dict[str, tuple[Integers, BestCount | GeneCount]] = {ANY: (everything, best)}
        found |= {question: (gene.tests, count) for question, count in counts.items()}
        for question, (rows, count) in found.items():
            counted = zip(rows.tolist(), count.exceedances.tolist(), count.permutations.tolist(), strict=True)
            for row, exceedances, permutations in counted:
                self._numbers.add(gene.unit.tested[row].row, question, exceedances, permutations)

    def _counts(self, gene: JointGene, data: Floats) -> dict[str, GeneCount]:
        """Make the counts of the tests that are no choice among traits, by question."""
        efforts = [_effort(gene.effort, gene.unit.tested[number].part) for number in gene.tests]
        counts = {}
        for (question, rows), noise in zip(gene.rows.questions(), gene.noises(self._evidence), strict=True):
            observed = rows.evaluate(data)[:, 0]
            count = GeneCount(rows, conditions_of(gene.read, observed, noise), efforts)
            count.going[[effort.screen < FIRST_STAGE for effort in efforts]] = False
            counts[question] = count
        return counts

    def _add_textbook(self, gene: JointGene) -> None:
        """Add the large-sample p-values of the tests of all traits, where they are small enough to be looked at."""
        for number in gene.tests:
            tested = gene.unit.tested[number]
            for question, p_value in (
                (HETEROGENEOUS, self._stacked.heterogeneous),
                (HOMOGENEOUS, self._stacked.homogeneous),
            ):
                if self._numbers.p_value(tested.row, question) <= TEXTBOOK_BELOW and gene.unit.plan is not None:
                    self._numbers.add_textbook(tested.row, question, p_value(gene.unit.plan, tested))


def _effort(effort: Effort, part: MaskPart) -> Effort:
    """Say how far permutations go before all arrangements are looked at."""
    ways = arrangements_of(part)
    if ways is None:
        return effort
    return Effort(min(ways, effort.screen), min(ways, effort.escalated), effort.enough)
