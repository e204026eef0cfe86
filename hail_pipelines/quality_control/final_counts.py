"""What is counted of variants over the samples that stay, and the tests of these counts.

What depends on who is looked at (call rates, frequencies, the inbreeding coefficient) is measured again;
Hardy-Weinberg is tested within each group of one ancestry, among samples that are not related, on X among females
alone.

Axes: v variants, k classes of samples, b batches, g ancestry groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.genotypes.batch_difference import batch_difference
from association.genotypes.calls import NO_CALL
from association.genotypes.counts import CODES, by_class, call_counts
from association.genotypes.hardy_weinberg import excess_heterozygosity
from association.genotypes.judged_calls import JudgedCalls
from association.genotypes.places import ON_X, ON_Y
from association.genotypes.variant_metrics import derived_metrics, ratio
from hail_pipelines.quality_control.kept_samples import SMALLEST_GROUP, SampleClasses
from hail_pipelines.quality_control.sites import Metrics


@dataclass(frozen=True)
class FinalCounts:
    """What was counted over the samples that stay: 64 bytes per variant, and 8 more for each batch.

    Attributes
    ----------
    by_code
        Calls of each code (v, 6).
    shares, share_sum
        As `JudgedCalls` has them (v).
    expected
        Samples that could have a call (v).
    missing_by_batch, batch_sizes
        Missing calls, and samples that could have one (v, b).
    batch_call_rate_spread, batch_p, hwe_p
        Of the tests, nan where there is none (v).
    """

    by_code: NDArray[np.int32]
    shares: NDArray[np.int32]
    share_sum: NDArray[np.float64]
    expected: NDArray[np.int32]
    missing_by_batch: NDArray[np.int32]
    batch_sizes: NDArray[np.int32]
    batch_call_rate_spread: NDArray[np.float64]
    batch_p: NDArray[np.float64]
    hwe_p: NDArray[np.float64]

    @classmethod
    def zero(cls, variants: int, batches: int) -> FinalCounts:
        """Start with nothing counted."""

        def whole(*shape: int) -> NDArray[np.int32]:
            return np.zeros((variants, *shape), np.int32)

        counts = (whole(CODES), whole(), np.zeros(variants), whole(), whole(batches), whole(batches))
        return cls(*counts, np.zeros(variants), np.zeros(variants), np.zeros(variants))

    def put(self, where: NDArray[np.intp], other: FinalCounts) -> None:
        """Write down what was counted of some of the variants."""
        for name in self.__dataclass_fields__:
            getattr(self, name)[where] = getattr(other, name)

    def metrics(self, places: NDArray[np.uint8]) -> Metrics:
        """Derive the variants' metrics."""
        tests = ("batch_call_rate_spread", "batch_p", "hwe_p")
        derived = derived_metrics(call_counts(self.by_code), self.shares, self.share_sum, places, self.expected)
        return derived | {name: getattr(self, name) for name in tests}

    def batch_call_rates(self) -> NDArray[np.float64]:
        """Give call rates by batch (v, b)."""
        return 1 - ratio(self.missing_by_batch, self.batch_sizes)


def count_final(judged: JudgedCalls, places: NDArray[np.uint8], classes: SampleClasses) -> FinalCounts:
    """Count what the final metrics are made of.

    Parameters
    ----------
    judged
        Calls that fit their samples' copies (v, n).
    places
        What the variants' places are to a man (v).
    classes
        Of the samples.
    """
    table = by_class(judged.genotypes, classes.of_sample, classes.number)
    # A call tells of its chromosome. One that is missing is missed where the sample has the chromosome.
    called, missing = table[:, :, :NO_CALL].sum(axis=2), table[:, :, NO_CALL] * classes.expected[places]
    missing_by_batch, batch_sizes = missing @ classes.in_batch, (called + missing) @ classes.in_batch
    spread, p = batch_difference(missing_by_batch.astype(np.int64), batch_sizes.astype(np.int64))
    return FinalCounts(
        by_code=table.sum(axis=1, dtype=np.int32),
        shares=judged.shares,
        share_sum=judged.share_sum,
        expected=(called + missing).sum(axis=1, dtype=np.int32),
        missing_by_batch=missing_by_batch,
        batch_sizes=batch_sizes,
        batch_call_rate_spread=spread,
        batch_p=p,
        hwe_p=smallest_p(table, places, classes),
    )


def smallest_p(table: NDArray[np.int32], places: NDArray[np.uint8], classes: SampleClasses) -> NDArray[np.float64]:
    """Test each group's diploid calls for an excess of heterozygous ones; the smallest p-value, nan without one (v).

    On X somebody unclear may be a man whose one allele is written as two: those count who have two X for certain.

    Parameters
    ----------
    table
        Calls by class and code (v, k, 6).
    places
        What the variants' places are to a man (v).
    classes
        Of the samples.
    """
    smallest = np.full(len(table), np.nan)
    of_two = np.where((places == ON_X)[:, None], classes.two_x, True)
    for in_group in classes.in_group.T:
        diploid = np.einsum("vkc,vk->cv", table[:, :, :3], (of_two & in_group).astype(np.int64))
        tested = np.flatnonzero((diploid.sum(axis=0) >= SMALLEST_GROUP) & (places != ON_Y))
        smallest[tested] = np.fmin(smallest[tested], excess_heterozygosity(*np.ascontiguousarray(diploid[:, tested])))
    return smallest
