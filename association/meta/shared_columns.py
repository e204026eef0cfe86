"""A gene's genotypes as they may be told of: no cell of fewer samples than a limit can be read off them.

What is summarised is not the genotypes but columns made of them, before the trait is looked at:

1. Variants with fewer carriers than the limit are collapsed, all that are in the same masks into one column: 1 for
   whoever carries one of them. A column that still has too few stays home.
2. Where fewer samples than the limit carry two columns, these samples count in the one with fewer carriers only.
3. Where fewer samples than the limit have two alleles of a variant, they count as having one.

So each number of carriers, of homozygotes and of samples that carry two columns is zero or at least the limit, and
differences and sums of what is told are too: masks share whole columns.

Axes: m variants of the gene, k masks, c columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.score import Carriers

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class SharedColumns:
    """Columns that may be told of.

    Attributes
    ----------
    carriers
        Their dosages, whole numbers (c columns).
    variants
        The variant that is a column by itself, or -1 where it collapses several (c).
    masks
        Which masks each column is in (k, c).
    withheld
        Masks some of whose carriers are told of in no column (k).
    """

    carriers: Carriers
    variants: Integers
    masks: Booleans
    withheld: Booleans


def shared_columns(carriers: Carriers, called: Booleans, masks: Booleans, *, at_least: int) -> SharedColumns:
    """Make the columns of a gene.

    Parameters
    ----------
    carriers
        The gene's variants (m).
    called
        Which entries are calls; imputed ones count as no minor allele.
    masks
        Which masks each variant is in (k, m); variants in none are left out.
    at_least
        The smallest number of samples that may be told of.
    """
    samples, place = np.unique(carriers.samples[called], return_inverse=True)
    variant = np.repeat(np.arange(carriers.offsets.size - 1), np.diff(carriers.offsets))[called]
    dosages = np.zeros((samples.size, carriers.offsets.size - 1), np.int8)
    dosages[place, variant] = np.rint(carriers.dosages[called])
    counts = (dosages > 0).sum(axis=0)
    asked = masks.any(axis=0) & (counts > 0)
    own = np.flatnonzero(asked & (counts >= at_least))
    rare = np.flatnonzero(asked & (counts < at_least))
    classes: dict[bytes, list[int]] = {}
    for one in rare.tolist():
        classes.setdefault(masks[:, one].tobytes(), []).append(one)
    collapsed = [(dosages[:, members] > 0).any(axis=1) for members in classes.values()]
    columns = np.column_stack([dosages[:, own], *collapsed]).astype(np.int8)
    variants = np.concatenate([own, np.full(len(classes), -1)])
    in_masks = masks[:, [*own.tolist(), *(members[0] for members in classes.values())]]
    _part_overlaps(columns, at_least)
    kept = (columns > 0).sum(axis=0) >= at_least
    columns, withheld = columns[:, kept], np.asarray(in_masks[:, ~kept].any(axis=1), np.bool_)
    few_homozygotes = (columns == 2).sum(axis=0) < at_least
    columns[:, few_homozygotes] = np.minimum(columns[:, few_homozygotes], 1)
    return SharedColumns(_compress(columns, samples), variants[kept], in_masks[:, kept], withheld)


def join_small_strata(strata: Integers, *, at_least: int) -> Integers:
    """Join strata of fewer samples than may be told of: with each other and, while that is not enough, the smallest.

    Parameters
    ----------
    strata
        Stratum of each sample (n): 0, 1, ...
    at_least
        The smallest number of samples that may be told of.

    Returns
    -------
    Integers
        Stratum of each sample (n): 0, 1, ..., each with so many samples if there are that many at all.
    """
    sizes = np.bincount(strata)
    order = np.argsort(sizes, kind="stable")
    joined = np.arange(sizes.size)
    if sizes[order[0]] < at_least:
        enough = np.searchsorted(np.cumsum(sizes[order]), at_least) + 1
        joined[order[: max(int(enough), int((sizes < at_least).sum()))]] = order[0]
    return np.unique(joined[strata], return_inverse=True)[1].astype(np.int64)


def _part_overlaps(columns: NDArray[np.int8], at_least: int) -> None:
    """Take from the column with more carriers those that too few share with another, until there are none."""
    carried = (columns > 0).astype(np.int64)
    shared = carried.T @ carried
    while True:
        few = np.triu((shared > 0) & (shared < at_least), 1)
        if not few.any():
            return
        one, other = np.unravel_index(int(few.argmax()), few.shape)
        larger = one if shared[one, one] > shared[other, other] else other
        both = (carried[:, one] > 0) & (carried[:, other] > 0)
        columns[both, larger], carried[both, larger] = 0, 0
        shared[larger] = shared[:, larger] = carried.T @ carried[:, larger]


def _compress(columns: NDArray[np.int8], samples: Integers) -> Carriers:
    column, row = np.nonzero(columns.T)
    offsets = np.concatenate(([0], np.cumsum(np.bincount(column, minlength=columns.shape[1])))).astype(np.int64)
    return Carriers(offsets, samples[row], columns[row, column].astype(np.float64))
