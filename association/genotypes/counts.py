"""How many calls of each code a variant has, in all or class of samples by class.

Axes: v variants, n samples, k classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.genotypes.calls import (
    ALTERNATES,
    HETEROZYGOUS,
    HOMOZYGOUS_ALTERNATE,
    HOMOZYGOUS_REFERENCE,
    NO_CALL,
    PLOIDY,
)
from association.kernels import njit

CODES = 6


@dataclass(frozen=True)
class CallCounts:
    """A variant's calls, those that are missing left out (v each).

    Attributes
    ----------
    calls
        How many there are.
    allele_count, allele_number
        Alternate alleles in them, and alleles in all.
    homozygous_reference, heterozygous, homozygous_alternate
        Diploid calls of each kind.
    """

    calls: NDArray[np.int32]
    allele_count: NDArray[np.int32]
    allele_number: NDArray[np.int32]
    homozygous_reference: NDArray[np.int32]
    heterozygous: NDArray[np.int32]
    homozygous_alternate: NDArray[np.int32]


def call_counts(by_code: NDArray[np.int32]) -> CallCounts:
    """Sum up calls of each code.

    Parameters
    ----------
    by_code
        Calls of each code (v, 6).
    """
    return CallCounts(
        calls=by_code[:, :NO_CALL].sum(axis=1, dtype=np.int32),
        allele_count=(by_code * ALTERNATES).sum(axis=1, dtype=np.int32),
        allele_number=(by_code * PLOIDY).sum(axis=1, dtype=np.int32),
        homozygous_reference=by_code[:, HOMOZYGOUS_REFERENCE],
        heterozygous=by_code[:, HETEROZYGOUS],
        homozygous_alternate=by_code[:, HOMOZYGOUS_ALTERNATE],
    )


def by_class(genotypes: NDArray[np.uint8], classes: NDArray[np.int32], number: int) -> NDArray[np.int32]:
    """Count the calls of each code in each class of samples (v, k, 6).

    Parameters
    ----------
    genotypes
        Codes (v, n).
    classes
        Each sample's class (n), from 0; one that is not counted has the number of classes itself.
    number
        How many classes there are (k).
    """
    counts = np.zeros((len(genotypes), number + 1, CODES), np.int32)
    counts[:, :, HOMOZYGOUS_REFERENCE] = np.bincount(classes, minlength=number + 1)
    _count(genotypes, classes, counts)
    return counts[:, :number]


@njit(cache=True, nogil=True)
def _count(genotypes: NDArray[np.uint8], classes: NDArray[np.int32], counts: NDArray[np.int32]) -> None:
    """Move every call that is not homozygous for the reference, as nearly all are, to the count of its own code."""
    for row in range(genotypes.shape[0]):
        for sample in range(genotypes.shape[1]):
            code = genotypes[row, sample]
            if code != HOMOZYGOUS_REFERENCE:
                counts[row, classes[sample], HOMOZYGOUS_REFERENCE] -= 1
                counts[row, classes[sample], code] += 1
