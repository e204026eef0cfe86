"""Which allele is the rarer one, how many of it a call has, and who carries it.

Axes: v variants, n samples, c carriers of all the variants one after another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.genotypes.calls import (
    ALTERNATES,
    HAPLOID_ALTERNATE,
    HAPLOID_REFERENCE,
    HOMOZYGOUS_ALTERNATE,
    HOMOZYGOUS_REFERENCE,
    NO_CALL,
    PLOIDY,
)
from association.kernels import njit

# Minor alleles in a call by whether the reference is the minor allele, and by code.
MINOR_DOSAGE = np.stack([ALTERNATES, PLOIDY - ALTERNATES])


@dataclass(frozen=True)
class Carriers:
    """Who carries the minor allele of variants, and whose call is missing; samples by number, in order.

    Attributes
    ----------
    starts
        Where each variant's carriers begin in `numbers` and `dosages`, and at last where they end (v + 1).
    numbers, dosages
        Carriers, and their minor alleles (c).
    missing_starts, missing
        The same of those whose call is missing.
    """

    starts: NDArray[np.int32]
    numbers: NDArray[np.int32]
    dosages: NDArray[np.int8]
    missing_starts: NDArray[np.int32]
    missing: NDArray[np.int32]


def minor_is_reference(
    allele_count: NDArray[np.int32], allele_number: NDArray[np.int32], reference_first: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Say whether the reference is the rarer allele (v).

    Where both are equally common the one that comes first in the alphabet is taken, so that exchanging REF and ALT
    names the same allele.

    Parameters
    ----------
    allele_count, allele_number
        Alternate alleles, and alleles in all (v).
    reference_first
        Whether the reference comes before the alternate in the alphabet (v).
    """
    twice = 2 * allele_count.astype(np.int64)
    return np.asarray(np.where(twice == allele_number, reference_first, twice > allele_number))


def minor_count(allele_count: NDArray[np.int32], allele_number: NDArray[np.int32]) -> NDArray[np.int32]:
    """Count the rarer alleles (v)."""
    return np.asarray(np.minimum(allele_count, allele_number - allele_count))


def carriers_of(
    genotypes: NDArray[np.uint8],
    columns: NDArray[np.intp],
    rows: NDArray[np.intp],
    minor_is_ref: NDArray[np.bool_],
    places: NDArray[np.uint8],
    expected: NDArray[np.bool_],
) -> Carriers:
    """List the carriers of some of the variants, and those whose call is missing.

    Parameters
    ----------
    genotypes
        Codes (v, all samples).
    columns
        Where those of the samples stand that have a number, in the order of the numbers (n).
    rows
        Which variants, in the order to list them in.
    minor_is_ref, places
        Of all variants (v): which allele is the minor one, and what their places are to a man.
    expected
        Whether a sample should have a call, by place (p, n); without a Y there is none to miss.
    """
    found, lost = np.zeros(len(rows) + 1, np.int32), np.zeros(len(rows) + 1, np.int32)
    _count_carriers(genotypes, columns, rows, minor_is_ref, places, expected, found, lost)
    starts, missing_starts = np.cumsum(found, dtype=np.int32), np.cumsum(lost, dtype=np.int32)
    numbers, dosages = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int8)
    missing = np.empty(missing_starts[-1], np.int32)
    _list_carriers(genotypes, columns, rows, minor_is_ref, places, expected, numbers, dosages, missing)
    return Carriers(starts, numbers, dosages, missing_starts, missing)


@njit(cache=True, nogil=True)
def _count_carriers(
    genotypes: NDArray[np.uint8],
    columns: NDArray[np.intp],
    rows: NDArray[np.intp],
    minor_is_ref: NDArray[np.bool_],
    places: NDArray[np.uint8],
    expected: NDArray[np.bool_],
    found: NDArray[np.int32],
    lost: NDArray[np.int32],
) -> None:
    """Count each variant's carriers and missing calls, one place further on than its own."""
    for number, row in enumerate(rows):
        codes, place = genotypes[row], places[row]
        of_major, haploid_major = minor_codes(not minor_is_ref[row])
        carriers, missing = 0, 0
        for sample in range(len(columns)):
            code = codes[columns[sample]]
            if code == NO_CALL:
                missing += expected[place, sample]
            elif code not in (of_major, haploid_major):
                carriers += 1
        found[number + 1], lost[number + 1] = carriers, missing


@njit(cache=True, nogil=True)
def _list_carriers(
    genotypes: NDArray[np.uint8],
    columns: NDArray[np.intp],
    rows: NDArray[np.intp],
    minor_is_ref: NDArray[np.bool_],
    places: NDArray[np.uint8],
    expected: NDArray[np.bool_],
    numbers: NDArray[np.int32],
    dosages: NDArray[np.int8],
    missing: NDArray[np.int32],
) -> None:
    """Write down what `_count_carriers` counted."""
    carrier, gap = 0, 0
    for row in rows:
        codes, place, by_ref = genotypes[row], places[row], int(minor_is_ref[row])
        of_major, haploid_major = minor_codes(not minor_is_ref[row])
        for sample in range(len(columns)):
            code = codes[columns[sample]]
            if code in (of_major, haploid_major):
                continue
            if code != NO_CALL:
                numbers[carrier] = sample
                dosages[carrier] = MINOR_DOSAGE[by_ref, code]
                carrier += 1
            elif expected[place, sample]:
                missing[gap] = sample
                gap += 1


@njit(cache=True, nogil=True)
def minor_codes(minor_is_ref: bool) -> tuple[int, int]:
    """Give the codes of homozygous and haploid calls of the minor allele."""
    return (HOMOZYGOUS_REFERENCE, HAPLOID_REFERENCE) if minor_is_ref else (HOMOZYGOUS_ALTERNATE, HAPLOID_ALTERNATE)
