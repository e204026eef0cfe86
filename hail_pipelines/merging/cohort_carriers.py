"""One cohort's carriers of the merged variants, numbered among the samples of all cohorts.

Where a cohort lists carriers of the same allele itself they are taken as they are: the work grows with the carriers,
not with samples times variants. Axes: v variants of all cohorts together, n samples of this cohort.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.merging.joined_variants import JoinedVariants
from hail_pipelines.merging.pooled_counts import (
    CALLABLE,
    FAILED,
    MONOMORPHIC,
    UNCALLABLE,
    PooledCounts,
)
from hail_pipelines.merging.relisted import list_again
from hail_pipelines.places import listed, readable
from hail_pipelines.quality_control.carrier_files import CARRIERS
from hail_pipelines.quality_control.verdicts import CARRIERS as FOLDER


@dataclass(frozen=True)
class Entries:
    """Carriers of some variants one after another, and missing calls, by the numbers of variants and samples."""

    variants: NDArray[np.int32]
    samples: NDArray[np.int32]
    dosages: NDArray[np.int8]
    missing_variants: NDArray[np.int32]
    missing_samples: NDArray[np.int32]


@dataclass(frozen=True)
class CohortCarriers:
    """One cohort's carriers.

    Attributes
    ----------
    carried
        Those that are listed, in order of the merged variants.
    states, minor_is_ref, places
        Of the merged variants: what the cohort says, the allele, the place (v each).
    alleles
        How many alleles a call should have, by place (p, n).
    numbers
        The samples' numbers among those of all cohorts (n).
    """

    carried: pa.Table
    states: NDArray[np.uint8]
    minor_is_ref: NDArray[np.bool_]
    places: NDArray[np.uint8]
    alleles: NDArray[np.int8]
    numbers: NDArray[np.int32]

    def entries(self) -> NDArray[np.int64]:
        """Say how many carriers and missing calls each merged variant has here, at most (v)."""
        variant, samples = self.carried["variant"].to_numpy(), len(self.numbers)
        lengths = sum(pc.list_value_length(self.carried[name]).to_numpy() for name in ("carriers", "missing"))
        entries = np.bincount(variant, lengths, len(self.states)).astype(np.int64)
        return entries + samples * (self._all_reference() | self._all_listed())

    def _all_reference(self) -> NDArray[np.bool_]:
        """Say where everybody has two of the minor allele, which is the reference (v)."""
        return np.asarray((self.states == CALLABLE) & self.minor_is_ref)

    def absent(self) -> NDArray[np.bool_]:
        """Say of which variants everybody should have a call, and nobody has (v)."""
        everybody = np.asarray((self.alleles > 0).all(axis=1))
        return self._all_missing() & everybody[self.places]

    def _all_missing(self) -> NDArray[np.bool_]:
        return np.isin(self.states, (FAILED, UNCALLABLE))

    def _all_listed(self) -> NDArray[np.bool_]:
        """Say of which variants nobody has a call, and some, as women on Y, should have none (v)."""
        return np.asarray(self._all_missing() & ~self.absent())

    def among(self, stored: NDArray[np.intp]) -> Entries:
        """Give the carriers and missing calls of some variants, which are next to each other in order.

        Those that are `absent` have no missing calls here: the cohort stands for all of its samples.
        """
        first, last = np.searchsorted(self.carried["variant"].to_numpy(), [stored[0], stored[-1] + 1])
        table = self.carried.slice(first, last - first)
        carriers, missing = table["carriers"].combine_chunks(), table["missing"].combine_chunks()
        listed_in, lost_in = (_repeated(table["variant"].to_numpy(), lists) for lists in (carriers, missing))
        all_ref, all_missing = stored[self._all_reference()[stored]], stored[self._all_listed()[stored]]
        row, of_ref = np.nonzero(self.alleles[self.places[all_ref]])
        lost_row, lost = np.nonzero(self.alleles[self.places[all_missing]])
        copies = self.alleles[self.places[all_ref[row]], of_ref]
        return Entries(
            np.concatenate([listed_in, all_ref[row].astype(np.int32)]),
            self.numbers[np.concatenate([_values(carriers), of_ref])],
            np.concatenate([_values(table["dosages"].combine_chunks()), copies]).astype(np.int8),
            np.concatenate([lost_in, all_missing[lost_row].astype(np.int32)]),
            self.numbers[np.concatenate([_values(missing), lost])],
        )


def cohort_carriers(
    cohort: Cohort, place: int, joined: JoinedVariants, pooled: PooledCounts, numbers: NDArray[np.int32]
) -> CohortCarriers:
    """Take a cohort's carriers of the merged variants.

    Parameters
    ----------
    cohort, place
        The cohort, and which of those that were joined it is.
    joined, pooled
        The variants of all cohorts.
    numbers
        The cohort's samples among those of all (n).
    """
    own, states = joined.own[place], pooled.states[place]
    parts = [
        pq.read_table(readable(part)).cast(CARRIERS) for part in listed(cohort.judged / FOLDER, "part-*.parquet")
    ]
    table = pa.concat_tables([CARRIERS.empty_table(), *parts])
    merged = joined.joined[place][table["variant"].to_numpy()]
    same = pooled.stored[merged] & (table["minor_is_ref"].to_numpy() == pooled.minor_is_ref[merged])
    known = np.zeros(len(own), np.bool_)
    known[merged[same]] = True
    wanted = np.flatnonzero(pooled.stored & (states <= MONOMORPHIC) & ~known & ~_quiet(cohort, place, pooled))
    again = list_again(cohort, own[wanted], pooled.minor_is_ref[wanted])
    found = pa.concat_tables([table.filter(pa.array(same)), again])
    variant = joined.joined[place][found["variant"].to_numpy()]
    carried = found.set_column(0, "variant", pa.array(variant)).take(pa.array(np.argsort(variant, kind="stable")))
    return CohortCarriers(carried, states, pooled.minor_is_ref, pooled.places, cohort.alleles, numbers)


def _quiet(cohort: Cohort, place: int, pooled: PooledCounts) -> NDArray[np.bool_]:
    """Say which variants everybody has a call of, homozygous for the major allele: nothing is to be listed (v)."""
    alleles = cohort.alleles.sum(axis=1, dtype=np.int32)[pooled.places]
    major = np.where(pooled.minor_is_ref, alleles, 0)
    return np.asarray((pooled.allele_number[place] == alleles) & (pooled.allele_count[place] == major))


def _values(lists: pa.ListArray) -> NDArray[np.int64]:
    return np.asarray(lists.flatten().to_numpy(zero_copy_only=False))


def _repeated(variants: NDArray[np.int32], lists: pa.ListArray) -> NDArray[np.int32]:
    """Give each value of the lists the number of its variant."""
    return np.repeat(variants, pc.list_value_length(lists).to_numpy(zero_copy_only=False))
