"""What is permuted for several traits at once, and the rows that are made of it.

Three kinds of evidence stand beside each other in one stream, so that one permutation serves all of them: each
trait's own (its carriers' likelihood ratios, as in the trait's own scan), that of the traits' sum, and that of each
trait given each other one. The sum is made where it is known which way is worse in every trait, and one given another
where `FEWEST_WITH_BOTH` samples have both. The heterogeneous test adds up the traits' own rows,

    burden   sum_p L_p          SKAT   sum_p sum_c w_c^2 s_c L_pc,

each likelihood ratio L of about one chi-square, so that a gene may act on each trait in its own direction.

Axes: P traits, n samples, q quantities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import Evidence, evidence_of
from association.calibration.gene_statistics import GeneStatistics, PermutedRows
from association.null_models.null_model import NOT_EXCHANGEABLE, NullModel
from association.scan_settings import ScanTrait
from association.traits_together.joint_numbers import HETEROGENEOUS, HOMOGENEOUS, given_name
from association.traits_together.joint_samples import JointSamples, join_samples
from association.traits_together.joint_scores import JointScores, join_scores

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Among fewer samples what one trait tells of another is hardly known.
FEWEST_WITH_BOTH = 20


@dataclass(frozen=True)
class JointEvidence:
    """Several traits, ready to be permuted together.

    Attributes
    ----------
    samples, scores
        Whose traits they are, and what the residuals say.
    own
        Each trait's evidence.
    combined
        By question: that of all traits taken as one, and of each trait given each other, as far as it can be asked.
    """

    samples: JointSamples
    scores: JointScores
    own: tuple[Evidence, ...]
    combined: dict[str, Evidence]

    @property
    def all(self) -> list[Evidence]:
        """All evidence, in the order of the stream."""
        return [*self.own, *self.combined.values()]

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
        return JointRows(rows[:traits], dict(zip(self.combined, rows[traits:], strict=True)))


class JointRows:
    """A gene's rows in several traits.

    Parameters
    ----------
    own
        Each trait's.
    combined
        Those of the questions of `JointEvidence.combined`.
    """

    def __init__(self, own: Sequence[GeneStatistics], combined: dict[str, GeneStatistics]) -> None:
        self.own, self.combined = tuple(own), combined
        self._heterogeneous = SummedRows(own)

    def questions(self) -> Iterator[tuple[str, PermutedRows]]:
        """Give the rows whose own law is asked for, by question."""
        yield HETEROGENEOUS, self._heterogeneous
        yield from self.combined.items()


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
        combined={question: evidence(model) for question, model in _combined(scores)},
    )


def _combined(scores: JointScores) -> Iterator[tuple[str, NullModel]]:
    """Make the models of the questions that can be asked of combined residuals."""
    if scores.harm.all():
        yield HOMOGENEOUS, scores.homogeneous()
    present = scores.samples.present
    for pair in permutations(range(len(present)), 2):
        if present[list(pair)].all(axis=0).sum() >= FEWEST_WITH_BOTH:
            yield given_name(*pair), scores.conditional(*pair)
