"""What is summed of each sample's calls, over the variants that samples are judged by.

Counts are of the cohort's minor allele rather than the alternate, so that exchanging REF and ALT changes none of
them, and over autosomes unless their name says X or Y, which are outside the pseudoautosomal regions.

The contamination sums are those of CHARR: reads of the other allele in homozygotes of one allele, each divided by the
share of reads that foreign DNA would add, the other allele's frequency. Here they are taken over homozygotes of the
minor allele, whichever of REF and ALT that is.

Axes: v variants, n samples, N samples of the calls, p places.

References
----------
Lu W et al. (2023) CHARR efficiently estimates contamination from DNA sequencing data.
doi:10.1016/j.ajhg.2023.10.011
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from association.cohort.contamination import DEPTHS, FREQUENCIES
from association.genotypes.calls import HETEROZYGOUS, NO_CALL, Calls
from association.genotypes.counts import CallCounts
from association.genotypes.judged_calls import numbers, reads_of
from association.genotypes.minor_alleles import MINOR_DOSAGE, minor_count
from association.genotypes.places import AUTOSOME, ON_X, PLACES, PSEUDOAUTOSOMAL
from association.genotypes.variant_metrics import ratio

# Kinds of variants, as bits.
TRANSITION, TRANSVERSION, INSERTION, DELETION, SINGLETON = (1 << bit for bit in range(5))
# Rows of `counts` and of `sums`.
COUNTS = (
    *("called", "calls_present", "known_quality", "heterozygous", "homozygous_minor", "transitions", "transversions"),
    *("insertions", "deletions", "singletons", "charr_sites", "x_called", "x_heterozygous", "y_called"),
)
SUMS = ("depth", "quality", "x_depth", "y_depth", "charr_sum", "x_expected_heterozygous")
CALLED, PRESENT, KNOWN_QUALITY, HET, HOM_MINOR, TRANSITIONS, TRANSVERSIONS = range(7)
INSERTIONS, DELETIONS, SINGLETONS, CHARR_SITES, X_CALLED, X_HET, Y_CALLED = range(7, 14)
DEPTH, QUALITY, X_DEPTH, Y_DEPTH, CHARR_SUM, X_EXPECTED = range(6)


@dataclass(frozen=True)
class SummedVariants:
    """What is known of the variants to sum over (v each).

    Attributes
    ----------
    places
        What their places are to a man.
    minor_is_ref
        Whether the reference is the minor allele.
    minor_frequency
        The frequency of that allele.
    kinds
        `TRANSITION` and so on, as bits; insertions and deletions are of the minor allele.
    """

    places: NDArray[np.uint8]
    minor_is_ref: NDArray[np.bool_]
    minor_frequency: NDArray[np.float64]
    kinds: NDArray[np.uint8]


def summed_variants(
    counts: CallCounts,
    places: NDArray[np.uint8],
    minor_is_ref: NDArray[np.bool_],
    substitution: NDArray[np.uint8],
    gained: NDArray[np.int32],
) -> SummedVariants:
    """Put together what is known of variants.

    Parameters
    ----------
    counts
        Over all samples.
    places, minor_is_ref
        As `SummedVariants` has them (v).
    substitution
        `TRANSITION`, `TRANSVERSION`, or 0 where no single base is exchanged (v).
    gained
        Bases that the alternate has more than the reference (v).
    """
    rarer = minor_count(counts.allele_count, counts.allele_number)
    gained = np.where(minor_is_ref, -gained, gained)
    kinds = substitution | np.where(gained > 0, INSERTION, 0) | np.where(gained < 0, DELETION, 0)
    kinds = (kinds | np.where(rarer == 1, SINGLETON, 0)).astype(np.uint8)
    return SummedVariants(places, minor_is_ref, ratio(rarer, counts.allele_number), kinds)


@dataclass(frozen=True)
class SampleSums:
    """Sums by sample, to which more variants are added as they come.

    Attributes
    ----------
    counts
        Rows `COUNTS` (14, n).
    sums
        Rows `SUMS` (6, n).
    variants
        How many variants were summed at each place (p).
    """

    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    variants: NDArray[np.int64]

    @classmethod
    def zero(cls, samples: int) -> SampleSums:
        """Start with no variant."""
        return cls(
            np.zeros((len(COUNTS), samples), np.int64), np.zeros((len(SUMS), samples)), np.zeros(PLACES, np.int64)
        )

    def add(self, other: SampleSums) -> None:
        """Add what was summed over other variants."""
        for own, more in ((self.counts, other.counts), (self.sums, other.sums), (self.variants, other.variants)):
            own += more

    def add_variants(
        self,
        calls: Calls,
        genotypes: NDArray[np.uint8],
        columns: NDArray[np.intp],
        rows: NDArray[np.intp],
        variants: SummedVariants,
    ) -> None:
        """Add some of the variants of a block.

        Parameters
        ----------
        calls
            Calls as they were loaded (v, N).
        genotypes
            Their codes after genotype quality control (v, n).
        columns
            The samples' columns among those of the calls (n).
        rows
            Which variants.
        variants
            What is known of all variants of the block.
        """
        arrays = (calls.genotypes, numbers(calls.quality), numbers(calls.depth))
        reads = (numbers(calls.reference_reads), numbers(calls.alternate_reads))
        about = (variants.places, variants.minor_is_ref, variants.minor_frequency, variants.kinds)
        self.variants[:] += np.bincount(variants.places[rows], minlength=PLACES)
        _add_all(*arrays, genotypes, columns, rows, variants.places, self.counts, self.sums)
        _add_carried(genotypes, rows, variants.places, variants.minor_is_ref, variants.kinds, self.counts)
        _add_expected(genotypes, rows, variants.places, variants.minor_frequency, self.counts, self.sums)
        if calls.reference_reads is not None and calls.alternate_reads is not None:
            _add_foreign(*reads, genotypes, columns, rows, *about, self.counts, self.sums)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_all(
    raw: NDArray[np.uint8],
    quality: NDArray[np.float32],
    depth: NDArray[np.float32],
    genotypes: NDArray[np.uint8],
    columns: NDArray[np.intp],
    rows: NDArray[np.intp],
    places: NDArray[np.uint8],
    counts: NDArray[np.int64],
    sums: NDArray[np.float64],
) -> None:
    """Count calls; sum up depth and quality of all, also of missing ones. Unknown depth is no read."""
    of_call = np.array([CALLED, -1, X_CALLED, Y_CALLED])
    of_depth = np.array([DEPTH, -1, X_DEPTH, Y_DEPTH])
    for row in rows:
        place = places[row]
        if place == PSEUDOAUTOSOMAL:
            continue
        called, deep = counts[of_call[place]], sums[of_depth[place]]
        for number in range(len(columns)):
            called[number] += genotypes[row, number] != NO_CALL
        if len(depth):
            for number in range(len(columns)):
                reads = depth[row, columns[number]]
                deep[number] += 0.0 if np.isnan(reads) else reads
        if place == AUTOSOME:
            for number in range(len(columns)):
                counts[PRESENT, number] += raw[row, columns[number]] != NO_CALL
            if len(quality):
                for number in range(len(columns)):
                    value = quality[row, columns[number]]
                    known = not np.isnan(value)
                    counts[KNOWN_QUALITY, number] += known
                    sums[QUALITY, number] += value if known else 0.0


@njit(cache=True, nogil=True)
def _add_carried(
    genotypes: NDArray[np.uint8],
    rows: NDArray[np.intp],
    places: NDArray[np.uint8],
    minor_is_ref: NDArray[np.bool_],
    kinds: NDArray[np.uint8],
    counts: NDArray[np.int64],
) -> None:
    """Count the calls on autosomes that carry the minor allele, by what they are and by the kind of change."""
    for row in rows:
        if places[row] != AUTOSOME:
            continue
        by_ref, kind = int(minor_is_ref[row]), kinds[row]
        for number in range(genotypes.shape[1]):
            code = genotypes[row, number]
            if MINOR_DOSAGE[by_ref, code] > 0:
                counts[HET, number] += code == HETEROZYGOUS
                counts[HOM_MINOR, number] += MINOR_DOSAGE[by_ref, code] == 2
                for bit in range(5):
                    counts[TRANSITIONS + bit, number] += (kind >> bit) & 1


@njit(cache=True, nogil=True)
def _add_expected(
    genotypes: NDArray[np.uint8],
    rows: NDArray[np.intp],
    places: NDArray[np.uint8],
    minor_frequency: NDArray[np.float64],
    counts: NDArray[np.int64],
    sums: NDArray[np.float64],
) -> None:
    """Count heterozygous calls on X, and add up how many there would be of a female in Hardy-Weinberg equilibrium."""
    for row in rows:
        if places[row] != ON_X:
            continue
        expected = 2 * minor_frequency[row] * (1 - minor_frequency[row])
        for number in range(genotypes.shape[1]):
            code = genotypes[row, number]
            counts[X_HET, number] += code == HETEROZYGOUS
            sums[X_EXPECTED, number] += expected if code != NO_CALL else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _add_foreign(
    reference_reads: NDArray[np.float32],
    alternate_reads: NDArray[np.float32],
    genotypes: NDArray[np.uint8],
    columns: NDArray[np.intp],
    rows: NDArray[np.intp],
    places: NDArray[np.uint8],
    minor_is_ref: NDArray[np.bool_],
    minor_frequency: NDArray[np.float64],
    kinds: NDArray[np.uint8],
    counts: NDArray[np.int64],
    sums: NDArray[np.float64],
) -> None:
    """Add up the shares of foreign reads in homozygotes of the minor allele."""
    for row in rows:
        major = 1 - minor_frequency[row]
        common = FREQUENCIES[0] <= major <= FREQUENCIES[1]
        if places[row] != AUTOSOME or not kinds[row] & (TRANSITION | TRANSVERSION) or not common:
            continue
        by_ref = int(minor_is_ref[row])
        for number in range(genotypes.shape[1]):
            if MINOR_DOSAGE[by_ref, genotypes[row, number]] != 2:
                continue
            reference, alternate = reference_reads[row, columns[number]], alternate_reads[row, columns[number]]
            total, foreign = reads_of(reference, alternate), alternate if by_ref else reference
            if DEPTHS[0] <= total <= DEPTHS[1]:
                counts[CHARR_SITES, number] += 1
                sums[CHARR_SUM, number] += 0.0 if np.isnan(foreign) else foreign / total / major
