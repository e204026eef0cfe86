"""The last pass over the calls: counts over the samples that stay, and the carriers of rare variants that pass.

Only samples that stay are looked at, their calls made to fit their sex. From here on genotypes are small: a rare
variant keeps the numbers of the samples that carry its minor allele, with their dosages, and of those whose call is
missing; everyone else is homozygous for the major allele.

Memory holds one block of calls for each worker, and of all variants their alleles, ID, FILTER and a few numbers:
workers give back what `FinalCounts` holds, 64 bytes per variant and 8 more for each batch, and that is held twice.

Axes: v variants of a block, n samples that stay, p places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.genotypes.counts import call_counts
from association.genotypes.judged_calls import CallLimits, JudgedCalls, People, judge_calls
from association.genotypes.minor_alleles import carriers_of, minor_count, minor_is_reference
from hail_pipelines.call_files import part_path
from hail_pipelines.places import Place
from hail_pipelines.quality_control.carrier_files import CARRIERS, CarrierWriter
from hail_pipelines.quality_control.final_counts import FinalCounts, count_final
from hail_pipelines.quality_control.kept_samples import SampleClasses
from hail_pipelines.quality_control.variant_rules import VariantThresholds, failures, passing
from hail_pipelines.quality_control.variant_shares import VariantFacts, VariantShare


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
    expected
        Whether each should have a call, by place (p, n).
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
    expected: NDArray[np.bool_]
    calls: CallLimits
    variants: VariantThresholds
    max_allele_frequency: float
    folder: Place


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
