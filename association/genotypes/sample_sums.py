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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.cohort.contamination import DEPTHS, FREQUENCIES
from association.genotypes.calls import HETEROZYGOUS, HOMOZYGOUS_ALTERNATE, HOMOZYGOUS_REFERENCE, NO_CALL
from association.genotypes.counts import CallCounts
from association.genotypes.minor_alleles import minor_codes, minor_count
from association.genotypes.places import AUTOSOME, ON_X, ON_Y, PLACES
from association.genotypes.stored_calls import Stored, StoredCalls, reads_in_all, unknown
from association.genotypes.variant_metrics import ratio
from association.kernels import njit

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
        calls: StoredCalls,
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
        on = variants.places[rows]
        self.variants[:] += np.bincount(on, minlength=PLACES)
        autosomal, on_x, on_y = (rows[on == place] for place in (AUTOSOME, ON_X, ON_Y))
        for chosen, called, deep in (
            (autosomal, CALLED, DEPTH), (on_x, X_CALLED, X_DEPTH), (on_y, Y_CALLED, Y_DEPTH)
        ):  # fmt: skip
            _add_calls(genotypes, chosen, self.counts[called])
            if calls.depth is not None:
                # Where there are no reads some programs write none.
                _add_known(calls.depth, unknown(calls.depth), chosen, self.sums[deep])
        _add_calls(calls.genotypes, autosomal, self.counts[PRESENT])
        if calls.quality is not None:
            _add_known(calls.quality, unknown(calls.quality), autosomal, self.sums[QUALITY])
            _count_known(calls.quality, unknown(calls.quality), autosomal, self.counts[KNOWN_QUALITY])
        _add_carried(genotypes, autosomal, variants.minor_is_ref, variants.kinds, self.counts)
        self._add_expected(genotypes[on_x], variants.minor_frequency[on_x])
        if calls.reference_reads is not None and calls.alternate_reads is not None:
            self._add_foreign(calls, genotypes, autosomal, variants)

    def _add_expected(self, genotypes: NDArray[np.uint8], frequency: NDArray[np.float64]) -> None:
        """Count heterozygous calls on X, and add how many a female would have in Hardy-Weinberg equilibrium."""
        self.counts[X_HET] += np.count_nonzero(genotypes == HETEROZYGOUS, axis=0)
        for codes, expected in zip(genotypes, 2 * frequency * (1 - frequency), strict=True):
            self.sums[X_EXPECTED] += np.where(codes == NO_CALL, 0.0, expected)

    def _add_foreign(
        self, calls: StoredCalls, genotypes: NDArray[np.uint8], rows: NDArray[np.intp], variants: SummedVariants
    ) -> None:
        """Add up the shares of foreign reads in homozygotes of the minor allele of common exchanges of a base."""
        major, samples = 1 - variants.minor_frequency[rows], genotypes.shape[1]
        common = (major >= FREQUENCIES[0]) & (major <= FREQUENCIES[1])
        rows = rows[common & ((variants.kinds[rows] & (TRANSITION | TRANSVERSION)) > 0)]
        by_ref = variants.minor_is_ref[rows]
        homozygous = np.where(by_ref, HOMOZYGOUS_REFERENCE, HOMOZYGOUS_ALTERNATE).astype(np.uint8)
        number, sample = np.divmod(np.flatnonzero(genotypes[rows] == homozygous[:, None]), samples)
        reference, alternate = calls.reads_at(rows[number] * samples + sample)
        total = reads_in_all(reference, alternate)
        deep = (total >= DEPTHS[0]) & (total <= DEPTHS[1])
        foreign = np.nan_to_num(np.where(by_ref[number], alternate, reference))[deep]
        shares = foreign / total[deep] / (1 - variants.minor_frequency[rows[number[deep]]])
        self.counts[CHARR_SITES] += np.bincount(sample[deep], minlength=samples)
        self.sums[CHARR_SUM] += np.bincount(sample[deep], shares, samples)


@njit(cache=True, nogil=True)
def _add_calls(genotypes: NDArray[np.uint8], rows: NDArray[np.intp], counts: NDArray[np.int64]) -> None:
    """Count each sample's calls that are there."""
    gap = np.uint8(NO_CALL)
    for row in rows:
        codes = genotypes[row]
        for sample in range(len(codes)):
            counts[sample] += codes[sample] != gap


@njit(cache=True, nogil=True)
def _add_known(stored: Stored, of_unknown: Any, rows: NDArray[np.intp], sums: NDArray[np.float64]) -> None:
    """Add each sample's numbers, of which unknown ones, also nan, which equals nothing, are zero."""
    for row in rows:
        values = stored[row]
        for sample in range(len(values)):
            value = values[sample]
            sums[sample] += np.float32(value) if (value != of_unknown) & (value == value) else np.float32(0)


@njit(cache=True, nogil=True)
def _count_known(stored: Stored, of_unknown: Any, rows: NDArray[np.intp], counts: NDArray[np.int64]) -> None:
    """Count each sample's numbers that are known."""
    for row in rows:
        values = stored[row]
        for sample in range(len(values)):
            counts[sample] += (values[sample] != of_unknown) & (values[sample] == values[sample])


@njit(cache=True, nogil=True)
def _add_carried(
    genotypes: NDArray[np.uint8],
    rows: NDArray[np.intp],
    minor_is_ref: NDArray[np.bool_],
    kinds: NDArray[np.uint8],
    counts: NDArray[np.int64],
) -> None:
    """Count the calls that carry the minor allele, by what they are and by the kind of change."""
    for row in rows:
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
