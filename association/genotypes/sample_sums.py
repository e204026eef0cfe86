"""What is summed of each sample's calls, over the variants that samples are judged by.

Counts are of the cohort's minor allele rather than the alternate, so that exchanging REF and ALT changes none of
them, and over autosomes unless their name says X or Y, which are outside the pseudoautosomal regions.

The contamination sums are those of CHARR: reads of the other allele in homozygotes of one allele, each divided by the
share of reads that foreign DNA would add, the other allele's frequency. Here they are taken over homozygotes of the
minor allele, whichever of REF and ALT that is.

Axes: v variants, n samples, p places.

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
from association.genotypes.minor_alleles import minor_codes, minor_count
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

    def take(self, samples: NDArray[np.intp]) -> SampleSums:
        """Give the sums of some of the samples, or of all in another order."""
        return SampleSums(self.counts[:, samples], self.sums[:, samples], self.variants)

    def add(self, other: SampleSums) -> None:
        """Add what was summed over other variants."""
        for own, more in ((self.counts, other.counts), (self.sums, other.sums), (self.variants, other.variants)):
            own += more

    def add_variants(
        self,
        calls: Calls,
        genotypes: NDArray[np.uint8],
        rows: NDArray[np.intp],
        variants: SummedVariants,
    ) -> None:
        """Add some of the variants of a block.

        Parameters
        ----------
        calls
            Calls as they were loaded (v, n).
        genotypes
            Their codes after genotype quality control (v, n).
        rows
            Which variants.
        variants
            What is known of all variants of the block.
        """
        arrays = (calls.genotypes, numbers(calls.quality), numbers(calls.depth))
        reads = (numbers(calls.reference_reads), numbers(calls.alternate_reads))
        about = (variants.places, variants.minor_is_ref, variants.minor_frequency, variants.kinds)
        self.variants[:] += np.bincount(variants.places[rows], minlength=PLACES)
        _add_all(*arrays, genotypes, rows, variants.places, self.counts, self.sums)
        _add_carried(genotypes, rows, variants.places, variants.minor_is_ref, variants.kinds, self.counts)
        _add_expected(genotypes, rows, variants.places, variants.minor_frequency, self.counts, self.sums)
        if calls.reference_reads is not None and calls.alternate_reads is not None:
            _add_foreign(*reads, genotypes, rows, *about, self.counts, self.sums)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_all(
    raw: NDArray[np.uint8],
    quality: NDArray[np.float32],
    depth: NDArray[np.float32],
    genotypes: NDArray[np.uint8],
    rows: NDArray[np.intp],
    places: NDArray[np.uint8],
    counts: NDArray[np.int64],
    sums: NDArray[np.float64],
) -> None:
    """Count calls; sum up depth and quality of all, also of missing ones. Unknown depth is no read."""
    for row in rows:
        place = places[row]
        if place == AUTOSOME:
            _add_calls(genotypes[row], counts[CALLED])
            _add_calls(raw[row], counts[PRESENT])
            if len(quality):
                _add_known(quality[row], sums[QUALITY])
                _count_known(quality[row], counts[KNOWN_QUALITY])
        elif place == PSEUDOAUTOSOMAL:
            continue
        else:
            _add_calls(genotypes[row], counts[X_CALLED if place == ON_X else Y_CALLED])
        if len(depth):
            _add_known(depth[row], sums[DEPTH if place == AUTOSOME else X_DEPTH if place == ON_X else Y_DEPTH])


@njit(cache=True, nogil=True)
def _add_calls(codes: NDArray[np.uint8], counts: NDArray[np.int64]) -> None:
    """Count the calls that are there."""
    gap = np.uint8(NO_CALL)
    for sample in range(len(codes)):
        counts[sample] += codes[sample] != gap


@njit(cache=True, nogil=True)
def _add_known(values: NDArray[np.float32], sums: NDArray[np.float64]) -> None:
    """Add numbers, of which unknown ones are zero."""
    for sample in range(len(values)):
        value = values[sample]
        sums[sample] += np.float32(0) if np.isnan(value) else value


@njit(cache=True, nogil=True)
def _count_known(values: NDArray[np.float32], counts: NDArray[np.int64]) -> None:
    """Count numbers that are known."""
    for sample in range(len(values)):
        counts[sample] += not np.isnan(values[sample])


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
        codes, kind = genotypes[row], kinds[row]
        homozygous, haploid = minor_codes(minor_is_ref[row])
        for sample in range(len(codes)):
            code = codes[sample]
            if code in (HETEROZYGOUS, homozygous, haploid):
                counts[HET, sample] += code == HETEROZYGOUS
                counts[HOM_MINOR, sample] += code == homozygous
                for bit in range(5):
                    if (kind >> bit) & 1:
                        counts[TRANSITIONS + bit, sample] += 1


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
        for sample in range(genotypes.shape[1]):
            code = genotypes[row, sample]
            counts[X_HET, sample] += code == HETEROZYGOUS
            sums[X_EXPECTED, sample] += expected if code != NO_CALL else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _add_foreign(
    reference_reads: NDArray[np.float32],
    alternate_reads: NDArray[np.float32],
    genotypes: NDArray[np.uint8],
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
        codes, by_ref = genotypes[row], minor_is_ref[row]
        homozygous, _ = minor_codes(by_ref)
        for sample in range(len(codes)):
            if codes[sample] != homozygous:
                continue
            reference, alternate = reference_reads[row, sample], alternate_reads[row, sample]
            total, foreign = reads_of(reference, alternate), alternate if by_ref else reference
            if DEPTHS[0] <= total <= DEPTHS[1]:
                counts[CHARR_SITES, sample] += 1
                sums[CHARR_SUM, sample] += 0.0 if np.isnan(foreign) else foreign / total / major
