"""Calls on X and Y made to fit a sample's chromosomes.

Outside the pseudoautosomal regions somebody with one X, or one Y, has one copy: a homozygous diploid call there
stands for one allele, and a heterozygous one can't be right. Somebody with two X has no haploid call there, and
without a Y there is none at all. Where copies are not known calls stay as they are.

Axes: p places, as `association.genotypes.places` numbers them; n samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from association.genotypes.calls import (
    HAPLOID_ALTERNATE,
    HAPLOID_REFERENCE,
    HETEROZYGOUS,
    HOMOZYGOUS_ALTERNATE,
    HOMOZYGOUS_REFERENCE,
    NO_CALL,
)
from association.genotypes.places import ON_X, ON_Y, PLACES

UNKNOWN = -1
ANY, NONE, ONE, TWO = range(4)
# What a call becomes, by copies (ANY, NONE, ONE, TWO) and by its code.
FITTED = np.array(
    [
        [HOMOZYGOUS_REFERENCE, HETEROZYGOUS, HOMOZYGOUS_ALTERNATE, HAPLOID_REFERENCE, HAPLOID_ALTERNATE, NO_CALL],
        [NO_CALL] * 6,
        [HAPLOID_REFERENCE, NO_CALL, HAPLOID_ALTERNATE, HAPLOID_REFERENCE, HAPLOID_ALTERNATE, NO_CALL],
        [HOMOZYGOUS_REFERENCE, HETEROZYGOUS, HOMOZYGOUS_ALTERNATE, NO_CALL, NO_CALL, NO_CALL],
    ],
    np.uint8,
)


def copies_by_place(x_copies: NDArray[np.int8], y_copies: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Give the row of `FITTED` for each sample at each place (p, n).

    Parameters
    ----------
    x_copies, y_copies
        Copies of X and Y (n); `UNKNOWN` where the karyotype is unclear. Three X are called as two, and two Y, whose
        sequence is the same, as one.
    """
    rows = np.full((PLACES, len(x_copies)), ANY, np.uint8)
    by_number = np.array([NONE, ONE, TWO, TWO, ANY], np.uint8)
    rows[ON_X] = by_number[x_copies]
    rows[ON_Y] = by_number[np.minimum(y_copies, 1)]
    return rows


def of_others(copies: NDArray[np.uint8], included: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Leave no copy to samples that are not looked at (p, n).

    Parameters
    ----------
    copies
        As `copies_by_place` gives them (p, n).
    included
        Whether a sample is looked at (n).
    """
    return np.where(included, copies, np.uint8(NONE))


def any_copies(samples: int) -> NDArray[np.uint8]:
    """Give the rows of samples whose chromosomes are not known yet: calls stay as they are (p, n)."""
    unknown = np.full(samples, UNKNOWN, np.int8)
    return copies_by_place(unknown, unknown)


def may_be_single(samples: int) -> NDArray[np.bool_]:
    """Say who may have one copy at each place while sexes are not known: everybody on X and Y (p, n)."""
    single = np.zeros((PLACES, samples), np.bool_)
    single[[ON_X, ON_Y]] = True
    return single


def is_single(x_copies: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Say who has one copy at each place: those with one X, and on Y, where nobody has two, everybody (p, n).

    Parameters
    ----------
    x_copies
        Copies of X (n).
    """
    single = may_be_single(len(x_copies))
    single[ON_X] = x_copies == 1
    return single
