"""What is permuted for several traits at once, and the rows that are made of it.

Three kinds of evidence stand beside each other in one stream, so that one permutation serves all of them: each
trait's own (its carriers' likelihood ratios, as in the trait's own scan), that of the traits' sum, and that of each
trait given each other one. The heterogeneous test adds up the traits' own rows,

    burden   sum_p L_p          SKAT   sum_p sum_c w_c^2 s_c L_pc,

each likelihood ratio L of about one chi-square, so that a gene may act on each trait in its own direction.

Axes: P traits, n samples, q quantities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import Evidence, evidence_of
from association.calibration.gene_statistics import GeneStatistics, PermutedRows
from association.null_models.null_model import NOT_EXCHANGEABLE, NullModel
from association.scan_settings import ScanTrait
from association.traits_together.joint_samples import JointSamples, join_samples
from association.traits_together.joint_scores import JointScores, join_scores

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class JointEvidence:
    """Several traits, ready to be permuted together.

    Attributes
    ----------
    samples, scores
        Whose traits they are, and what the residuals say.
    own
        Each trait's evidence.
    homogeneous
        That of all traits, taken as one.
    conditional
        That of a trait given another, by their numbers.
    """

    samples: JointSamples
    scores: JointScores
    own: tuple[Evidence, ...]
    homogeneous: Evidence
    conditional: dict[tuple[int, int], Evidence]

    @property
    def all(self) -> list[Evidence]:
        """All evidence, in the order of the stream."""
        return [*self.own, self.homogeneous, *self.conditional.values()]

    @property
    def values(self) -> Floats:
        """What is permuted (q, n)."""
        return np.concatenate([one.values for one in self.all])

    def rows_of(self, made: GeneStatistics) -> JointRows:
        """Give a gene's rows for every evidence, from those of any."""
        end, rows = 0, []
        for evidence in self.all:
            begin, end = end, end + len(evidence.values)
            rows.append(made.of_trait(evidence.family, slice(begin, end)))
        traits = len(self.own)
        return JointRows(rows[:traits], rows[traits], dict(zip(self.conditional, rows[traits + 1 :], strict=True)))


class JointRows:
    """A gene's rows in several traits.

    Parameters
    ----------
    own
        Each trait's.
    homogeneous, conditional
        As in `JointEvidence`.
    """

    def __init__(
        self,
        own: Sequence[GeneStatistics],
        homogeneous: GeneStatistics,
        conditional: dict[tuple[int, int], GeneStatistics],
    ) -> None:
        self.own, self.heterogeneous = tuple(own), SummedRows(own)
        self.homogeneous, self.conditional = homogeneous, conditional

    def questions(self) -> Iterator[PermutedRows]:
        """Give the rows whose own law is asked for: heterogeneous, homogeneous, then each trait given each other."""
        yield self.heterogeneous
        yield self.homogeneous
        yield from self.conditional.values()


class SummedRows:
    """A gene's rows, added up over traits.

    Parameters
    ----------
    parts
        Each trait's; at least one.
    """

    def __init__(self, parts: Sequence[GeneStatistics]) -> None:
        self._parts = tuple(parts)
        self.columns, self.rows = parts[0].columns, parts[0].rows

    def evaluate(
        self, block: Floats, samples: Integers | None = None, wanted: Booleans | Integers | None = None
    ) -> Floats:
        """Give all rows for each permutation of a block, as `GeneStatistics.evaluate` does."""
        total = self._parts[0].evaluate(block, samples, wanted)
        for part in self._parts[1:]:
            total += part.evaluate(block, samples, wanted)
        return total


def join_evidence(traits: Sequence[ScanTrait]) -> JointEvidence:
    """Make several traits ready to be permuted together.

    Parameters
    ----------
    traits
        At least two whose samples are exchangeable within strata.

    Raises
    ------
    ValueError
        If a trait's samples can't be exchanged, or each chromosome has a model of its own.
    """
    for trait in traits:
        if trait.model.kind in NOT_EXCHANGEABLE or trait.by_contig:
            raise ValueError(f"trait {trait.name} can't be permuted together with others")
    samples = join_samples(traits)
    scores = join_scores(traits, samples)

    def evidence(model: NullModel) -> Evidence:
        return evidence_of(model, samples.strata)

    return JointEvidence(
        samples=samples,
        scores=scores,
        own=tuple(map(evidence, scores.models)),
        homogeneous=evidence(scores.homogeneous()),
        conditional={pair: evidence(scores.conditional(*pair)) for pair in pairs_of(len(traits))},
    )


def pairs_of(traits: int) -> list[tuple[int, int]]:
    """List each trait given each other, by their numbers."""
    return [(one, given) for one in range(traits) for given in range(traits) if one != given]
