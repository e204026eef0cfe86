"""What every cohort says of every variant, and how many alleles that makes in all.

A cohort that has the variant says what its own quality control found. In one that lacks it everybody is homozygous
for the reference where all bases of the reference allele lie in the cohort's callable regions; elsewhere, and where
the variant failed a rule other than having a minor allele, its calls are missing.

Axes: c cohorts, v variants of all cohorts together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.genotypes.minor_alleles import minor_count, minor_is_reference
from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.merging.joined_variants import ABSENT, JoinedVariants
from hail_pipelines.quality_control.regions import inside
from hail_pipelines.quality_control.variant_rules import POLYMORPHIC
from hail_pipelines.reference_genome import places_of

PASSES, MONOMORPHIC, FAILED, CALLABLE, UNCALLABLE = range(5)
STATES = (
    "passes",
    "called, without a minor allele: as called",
    "fails quality control: missing",
    "absent, callable: homozygous for the reference",
    "absent, not callable: missing",
)


@dataclass(frozen=True)
class PooledCounts:
    """What is known of the variants of all cohorts.

    Attributes
    ----------
    places
        What their places are to a man (v).
    states
        What each cohort says, by number in `STATES` (c, v).
    allele_count, allele_number
        Alternate alleles, and alleles in all, of each cohort (c, v).
    minor_is_ref
        Whether the reference is the rarer allele over all cohorts (v).
    passes
        Whether the variant passes in a cohort, and has both alleles (v).
    stored
        Whether it passes, and is rare enough for the store (v).
    """

    places: NDArray[np.uint8]
    states: NDArray[np.uint8]
    allele_count: NDArray[np.int32]
    allele_number: NDArray[np.int32]
    minor_is_ref: NDArray[np.bool_]
    passes: NDArray[np.bool_]
    stored: NDArray[np.bool_]


def pool_counts(
    cohorts: Sequence[Cohort], tables: Sequence[pa.Table], joined: JoinedVariants, max_allele_frequency: float
) -> PooledCounts:
    """Add up the cohorts' alleles.

    Parameters
    ----------
    cohorts, tables
        The cohorts, and their variants as `Cohort.variants` gives them.
    joined
        The variants of all.
    max_allele_frequency
        Largest frequency of the minor allele, over all cohorts, of a variant that is stored.
    """
    contigs = joined.keys["contig"].to_numpy(zero_copy_only=False)
    positions = joined.keys["position"].to_numpy()
    bases = pc.utf8_length(joined.keys["ref"]).to_numpy()
    places = places_of(contigs, positions, cohorts[0].genome)
    states = np.empty((len(cohorts), len(places)), np.uint8)
    count, number = np.zeros((2, *states.shape), np.int32)
    for row, (cohort, table, own) in enumerate(zip(cohorts, tables, joined.own, strict=True)):
        within = inside(contigs, positions, cohort.callable_regions, bases)
        states[row] = np.where(within, CALLABLE, UNCALLABLE)
        present = own != ABSENT
        states[row, present] = own_states(table)[own[present]]
        for counts, name in ((count, "allele_count"), (number, "allele_number")):
            counts[row, present] = table[name].to_numpy()[own[present]]
        number[row] = np.where(
            states[row] == CALLABLE, cohort.alleles.sum(axis=1, dtype=np.int32)[places], number[row]
        )
        number[row, states[row] == FAILED] = count[row, states[row] == FAILED] = 0
    alternates, alleles = count.sum(axis=0, dtype=np.int32), number.sum(axis=0, dtype=np.int32)
    reference_first = pc.less(joined.keys["ref"], joined.keys["alt"]).to_numpy(zero_copy_only=False)
    minor = minor_count(alternates, alleles)
    passes = (states <= MONOMORPHIC).any(axis=0) & (minor > 0)
    stored = passes & (minor <= max_allele_frequency * alleles)
    by_ref = minor_is_reference(alternates, alleles, reference_first)
    return PooledCounts(places, states, count, number, by_ref, passes, stored)


def own_states(table: pa.Table) -> NDArray[np.uint8]:
    """Say what a cohort says of its own variants.

    Parameters
    ----------
    table
        passes and reasons.
    """
    reasons = table["reasons"].combine_chunks()
    single = pc.equal(pc.list_value_length(reasons), 1).to_numpy(zero_copy_only=False)
    monomorphic = np.zeros(len(single), np.bool_)
    words = pc.list_element(reasons.filter(pa.array(single)), 0)
    monomorphic[single] = pc.equal(words, POLYMORPHIC.reason).to_numpy(zero_copy_only=False)
    passes = table["passes"].to_numpy()
    return np.where(passes, PASSES, np.where(monomorphic, MONOMORPHIC, FAILED)).astype(np.uint8)
