"""The last pass over the calls: counts over the samples that stay, and the carriers of rare variants that pass.

Only samples that stay are looked at, their calls made to fit their sex. What depends on who is looked at (call rates,
frequencies, the inbreeding coefficient) is measured again; Hardy-Weinberg is tested within each group of one
ancestry, among samples that are not related, on X among females alone. From here on genotypes are small: a rare
variant keeps the numbers of the samples that carry its minor allele, with their dosages, and of those whose call is
missing; everyone else is homozygous for the major allele.

Memory holds one block of calls for each worker, and a few numbers per variant.

Axes: v variants of a share, n samples that stay, k classes of them, b batches, g ancestry groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.genotypes.batch_difference import batch_difference
from association.genotypes.calls import NO_CALL
from association.genotypes.counts import CODES, by_class, call_counts
from association.genotypes.hardy_weinberg import excess_heterozygosity
from association.genotypes.judged_calls import CallLimits, JudgedCalls, People, judge_calls
from association.genotypes.minor_alleles import carriers_of, minor_count, minor_is_reference
from association.genotypes.places import ON_X, ON_Y
from association.genotypes.variant_metrics import derived_metrics, ratio
from hail_pipelines.call_files import part_path
from hail_pipelines.quality_control.kept_samples import SMALLEST_GROUP, SampleClasses
from hail_pipelines.quality_control.sites import Metrics
from hail_pipelines.quality_control.variant_rules import VariantThresholds, failures, passing
from hail_pipelines.quality_control.variant_shares import VariantFacts, VariantShare

CARRIERS = pa.schema(
    [
        ("variant", pa.int32()),
        ("minor_is_ref", pa.bool_()),
        ("carriers", pa.list_(pa.int32())),
        ("dosages", pa.list_(pa.int8())),
        ("missing", pa.list_(pa.int32())),
    ]
)
# Blocks of a very large cohort hold few variants; their carriers are written together.
BYTES_AT_ONCE = 8 << 20


@dataclass(frozen=True)
class VariantWork:
    """What is done with every share.

    Attributes
    ----------
    people
        The samples that stay, among all.
    columns
        Where each of them stands among all, in order of their numbers (n).
    classes
        Their batches, ancestry groups and chromosomes.
    calls, variants
        What calls and variants must reach.
    max_allele_frequency
        Largest frequency of the minor allele of a variant whose carriers are kept.
    folder
        Where carriers are written.
    """

    people: People
    columns: NDArray[np.intp]
    classes: SampleClasses
    calls: CallLimits
    variants: VariantThresholds
    max_allele_frequency: float
    folder: Path

    @property
    def expected(self) -> NDArray[np.bool_]:
        """Whether a sample that stays should have a call, by place (p, n)."""
        return np.ascontiguousarray(self.classes.expected[:, self.classes.of_sample[self.columns]])


@dataclass(frozen=True)
class FinalCounts:
    """What was counted over the samples that stay.

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


def judge_share(share: VariantShare, work: VariantWork) -> FinalCounts:
    """Count the variants of a share, and write the carriers of those that are rare and pass."""
    counts = FinalCounts.zero(len(share.variants), work.classes.batches)
    with CarrierWriter(part_path(work.folder, share.number)) as writer:
        for where, calls in share.blocks():
            facts = share.facts.take(where)
            judged = judge_calls(calls, facts.places, work.people, work.calls)
            block = count_final(judged, facts.places, work.classes)
            counts.put(where, block)
            writer.write(_carriers(judged, block, share.variants[where], facts, work))
    return counts


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


def _carriers(
    judged: JudgedCalls, block: FinalCounts, variants: NDArray[np.intp], facts: VariantFacts, work: VariantWork
) -> pa.Table:
    """List the carriers of the variants of a block that are rare and pass."""
    counts = call_counts(block.by_code)
    rare = minor_count(counts.allele_count, counts.allele_number) <= work.max_allele_frequency * counts.allele_number
    passes = passing(failures(block.metrics(facts.places), work.variants))
    stored = np.flatnonzero(rare & passes & facts.sound)
    by_ref = minor_is_reference(counts.allele_count, counts.allele_number, facts.reference_first)
    found = carriers_of(judged.genotypes, work.columns, stored, by_ref, facts.places, work.expected)
    return pa.table(
        [
            pa.array(variants[stored], pa.int32()),
            pa.array(by_ref[stored]),
            pa.ListArray.from_arrays(found.starts, found.numbers),
            pa.ListArray.from_arrays(found.starts, found.dosages),
            pa.ListArray.from_arrays(found.missing_starts, found.missing),
        ],
        schema=CARRIERS,
    )


class CarrierWriter:
    """Writes a file of carriers, some blocks together; a file without a variant is one too.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, CARRIERS, compression="zstd")
        self._waiting: list[pa.Table] = []

    def write(self, carriers: pa.Table) -> None:
        """Add the carriers of a block."""
        self._waiting.append(carriers)
        if sum(table.nbytes for table in self._waiting) > BYTES_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
        self._waiting = []

    def __enter__(self) -> CarrierWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._flush()
        self._writer.close()
