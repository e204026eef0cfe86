"""Which allele is the rarer one, how many of it a call has, and who carries it.

Axes: v variants, n samples, c carriers of all the variants one after another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from association.genotypes.calls import ALTERNATES, NO_CALL, PLOIDY

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
    rows: NDArray[np.intp],
    minor_is_ref: NDArray[np.bool_],
    places: NDArray[np.uint8],
    expected: NDArray[np.bool_],
) -> Carriers:
    """List the carriers of some of the variants, and those whose call is missing.

    Parameters
    ----------
    genotypes
        Codes (v, n).
    rows
        Which variants, in the order to list them in.
    minor_is_ref, places
        Of all variants (v): which allele is the minor one, and what their places are to a man.
    expected
        Whether a sample should have a call, by place (p, n); without a Y there is none to miss.
    """
    found, lost = np.zeros(len(rows) + 1, np.int32), np.zeros(len(rows) + 1, np.int32)
    _count_carriers(genotypes, rows, minor_is_ref, places, expected, found, lost)
    starts, missing_starts = np.cumsum(found, dtype=np.int32), np.cumsum(lost, dtype=np.int32)
    numbers, dosages = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int8)
    missing = np.empty(missing_starts[-1], np.int32)
    _list_carriers(genotypes, rows, minor_is_ref, places, expected, numbers, dosages, missing)
    return Carriers(starts, numbers, dosages, missing_starts, missing)


@njit(cache=True, nogil=True)
def _count_carriers(
    genotypes: NDArray[np.uint8],
    rows: NDArray[np.intp],
    minor_is_ref: NDArray[np.bool_],
    places: NDArray[np.uint8],
    expected: NDArray[np.bool_],
    found: NDArray[np.int32],
    lost: NDArray[np.int32],
) -> None:
    """Count each variant's carriers and missing calls, one place further on than its own."""
    for number, row in enumerate(rows):
        by_ref, place = int(minor_is_ref[row]), places[row]
        for sample in range(genotypes.shape[1]):
            code = genotypes[row, sample]
            if code == NO_CALL:
                lost[number + 1] += expected[place, sample]
            elif MINOR_DOSAGE[by_ref, code] > 0:
                found[number + 1] += 1


@njit(cache=True, nogil=True)
def _list_carriers(
    genotypes: NDArray[np.uint8],
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
        by_ref, place = int(minor_is_ref[row]), places[row]
        for sample in range(genotypes.shape[1]):
            code = genotypes[row, sample]
            if code == NO_CALL:
                if expected[place, sample]:
                    missing[gap] = sample
                    gap += 1
            elif MINOR_DOSAGE[by_ref, code] > 0:
                numbers[carrier] = sample
                dosages[carrier] = MINOR_DOSAGE[by_ref, code]
                carrier += 1
