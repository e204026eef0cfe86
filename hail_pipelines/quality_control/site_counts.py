"""The pass over the calls that counts every variant, and sums up every sample over those that samples are judged by.

Axes: v variants of a share, n samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.genotypes.calls import Calls
from association.genotypes.counts import CODES, by_class, call_counts
from association.genotypes.judged_calls import CallLimits, JudgedCalls, People, judge_calls
from association.genotypes.minor_alleles import minor_is_reference
from association.genotypes.places import AUTOSOME, ON_Y
from association.genotypes.sample_sums import SampleSums, summed_variants
from association.genotypes.stored_calls import StoredCalls
from association.genotypes.variant_metrics import derived_metrics, ratio
from hail_pipelines.call_files import PartWriter, part_path
from hail_pipelines.places import Place, readable
from hail_pipelines.quality_control.sites import Metrics
from hail_pipelines.quality_control.variant_rules import VariantThresholds, failures, passing
from hail_pipelines.quality_control.variant_shares import VariantFacts, VariantShare
from hail_pipelines.whole_file import whole_file

# What is counted of a variant.
SITE_BYTES = 61


@dataclass(frozen=True)
class SiteWork:
    """What is done with every share.

    Attributes
    ----------
    people
        All samples; the copies they have of X and Y are not known yet.
    calls, variants
        What calls and variants must reach; variants without what is not known yet.
    least_call_rate
        From which call rate on a variant is used.
    least_frequency
        From which frequency of the minor allele on a variant is common.
    folder
        Where sums of samples and codes of common variants are left.
    """

    people: People
    calls: CallLimits
    variants: VariantThresholds
    least_call_rate: float
    least_frequency: float
    folder: Place


@dataclass(frozen=True)
class SiteCounts:
    """What was counted of variants.

    Attributes
    ----------
    by_code
        Calls of each code after genotype quality control (v, 6).
    failed, present, shares, share_sum
        As `JudgedCalls` has them (v).
    used
        Variants that samples were summed over (v).
    """

    by_code: NDArray[np.int32]
    failed: NDArray[np.int32]
    present: NDArray[np.int32]
    shares: NDArray[np.int32]
    share_sum: NDArray[np.float64]
    used: NDArray[np.bool_]

    @classmethod
    def zero(cls, variants: int) -> SiteCounts:
        """Start with nothing counted."""
        return cls(
            np.zeros((variants, CODES), np.int32),
            np.zeros((variants, 5), np.int32),
            np.zeros(variants, np.int32),
            np.zeros(variants, np.int32),
            np.zeros(variants),
            np.zeros(variants, np.bool_),
        )

    def put(self, where: NDArray[np.intp], other: SiteCounts) -> None:
        """Write down what was counted of some of the variants."""
        for name in self.__dataclass_fields__:
            getattr(self, name)[where] = getattr(other, name)

    def metrics(self, places: NDArray[np.uint8], samples: int) -> Metrics:
        """Derive the metrics; females have no Y, and without the sexes a rate of calls there says nothing."""
        expected = np.where(places == ON_Y, 0, samples).astype(np.int32)
        return derived_metrics(call_counts(self.by_code), self.shares, self.share_sum, places, expected)


@dataclass(frozen=True)
class CountedShare:
    """What a share gives back: counts of its variants, and the numbers of common ones in the order of their codes.

    So `SITE_BYTES` per variant, and 8 more per common one.
    """

    counts: SiteCounts
    common: NDArray[np.intp]


def count_share(share: VariantShare, work: SiteWork) -> CountedShare:
    """Count the variants of a share; sum up samples over those that are used, and keep the codes of the common ones.

    What is of samples is left in files: `sums-00000.npz` and, where a variant is common, `part-00000.parquet`.
    """
    counts, common = SiteCounts.zero(len(share.variants)), [np.empty(0, np.intp)]
    sums = SampleSums.zero(len(work.people.included))
    with PartWriter(part_path(work.folder, share.number)) as codes:
        for where, calls in share.blocks():
            facts = share.facts.take(where)
            judged = judge_calls(calls, facts.places, work.people, work.calls)
            block = _counted(judged, facts, work)
            counts.put(where, block)
            _sum_up(sums, calls, judged, block, facts)
            kept = np.flatnonzero(_is_common(block, facts, work))
            if len(kept):
                numbers = share.variants[where[kept]]
                codes.write(pa.table({"variant": numbers}), Calls(judged.genotypes[kept]))
                common.append(numbers)
    with whole_file(sums_path(work.folder, share.number)) as path, path.open("wb") as file:
        np.savez(file, counts=sums.counts, sums=sums.sums, variants=sums.variants)
    return CountedShare(counts, np.concatenate(common))


def sums_path(folder: Place, share: int) -> Place:
    """Name the file of a share's sums by sample."""
    return folder / f"sums-{share:05d}.npz"


def add_sums(total: SampleSums, folder: Place, share: int) -> None:
    """Add the sums that a share left."""
    with np.load(readable(sums_path(folder, share))) as arrays:
        total.add(SampleSums(arrays["counts"], arrays["sums"], arrays["variants"]))


def _counted(judged: JudgedCalls, facts: VariantFacts, work: SiteWork) -> SiteCounts:
    """Count a block, and say which variants are used."""
    samples = judged.genotypes.shape[1]
    by_code = by_class(judged.genotypes, np.zeros(samples, np.int32), 1)[:, 0]
    used = np.zeros(len(by_code), np.bool_)
    counts = SiteCounts(by_code, judged.failed, judged.present, judged.shares, judged.share_sum, used)
    metrics = counts.metrics(facts.places, samples)
    used[:] = facts.sound & passing(failures(metrics, work.variants)) & ~(metrics["call_rate"] < work.least_call_rate)
    return counts


def _sum_up(
    sums: SampleSums, calls: StoredCalls, judged: JudgedCalls, block: SiteCounts, facts: VariantFacts
) -> None:
    """Add the variants of a block that are used to the sums by sample."""
    counts = call_counts(block.by_code)
    by_ref = minor_is_reference(counts.allele_count, counts.allele_number, facts.reference_first)
    about = summed_variants(counts, facts.places, by_ref, facts.substitution, facts.gained)
    sums.add_variants(calls, judged.genotypes, np.flatnonzero(block.used), about)


def _is_common(block: SiteCounts, facts: VariantFacts, work: SiteWork) -> NDArray[np.bool_]:
    """Say which variants tell relatives and ancestry: exchanges of a base on autosomes that are common both ways."""
    counts = call_counts(block.by_code)
    frequency = ratio(counts.allele_count, counts.allele_number)
    often = np.minimum(frequency, 1 - frequency) >= work.least_frequency
    return np.asarray(block.used & (facts.places == AUTOSOME) & (facts.substitution > 0) & often)
