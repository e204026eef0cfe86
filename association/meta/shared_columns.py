"""Genotypes as they may be told of: nothing that can be worked out from what is told is of too few samples.

What is told of a trait are sums over samples of columns times what is known of each sample (one, its residual, its
information), and of products of two columns of a gene. Genes that share a variant, connected transitively, are
linked. A sample's *pattern* is its dosages over all columns that are told of a set of linked genes. The rule:

    everything a reader can compute linearly from what is told is a sum over patterns;
    so every pattern other than all zeros must be of at least the limit of samples.

A difference of two columns, of a variant in two genes, or of nested masks is then a sum over whole patterns. To get
there, on genotypes alone:

1. Variants with fewer carriers than the limit are collapsed, within each gene all that are in the same masks into one
   column: 1 for whoever carries one of them.
2. Of a pattern that too few samples have, two alleles of a variant count as one.
3. If it is still too rare, its samples count in the column of theirs with the fewest carriers that then has enough
   samples with no other column, else in the largest part of their pattern that has enough.
4. Else they count in the collapsed columns of their variants' masks, or in part of these, and else in none.

Samples only ever leave patterns that are too rare, for ones that have enough then, so that one pass through the
columns is enough. Nothing of it looks at a trait: under the null hypothesis what is told is independent of the trait,
and every test keeps its level. What it costs is power, where carriers are dropped from a column.

Axes: c samples that carry something, m variants of the linked genes, g genes, k masks, j columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Booleans = NDArray[np.bool_]
Dosages = NDArray[np.int8]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class SharedColumns:
    """Columns of linked genes that may be told of.

    Attributes
    ----------
    patterns
        Each sample's dosages, as they are told (c, j); all zero where it counts as carrying nothing.
    variants
        The variant that is a column by itself, or -1 where it collapses several (j).
    masks
        Which masks of each gene each column is in (g, k, j).
    """

    patterns: Dosages
    variants: Integers
    masks: Booleans


def shared_columns(dosages: Dosages, masks: Booleans, *, at_least: int) -> SharedColumns:
    """Make the columns of linked genes.

    Parameters
    ----------
    dosages
        Minor alleles that were called (c, m); every variant is carried and in a mask.
    masks
        Which masks of each gene each variant is in (g, k, m).
    at_least
        The smallest number of samples that may be told of.
    """
    own = np.flatnonzero((dosages > 0).sum(axis=0) >= at_least)
    rare = np.setdiff1d(np.arange(dosages.shape[1]), own)
    members, of_classes = _classes(masks)
    carried = (dosages > 0).astype(np.int64)
    collapsed = carried[:, rare] @ members[rare] > 0
    patterns = np.column_stack([dosages[:, own], collapsed]).astype(np.int8)
    everything = np.column_stack([np.zeros((dosages.shape[0], own.size)), carried @ members > 0]).astype(np.int8)
    _make_safe(patterns, everything, at_least)
    kept = patterns.any(axis=0)
    return SharedColumns(
        np.ascontiguousarray(patterns[:, kept]),
        np.concatenate([own, np.full(of_classes.shape[2], -1)])[kept],
        np.concatenate([masks[:, :, own], of_classes], axis=2)[:, :, kept],
    )


def number_patterns(patterns: Dosages) -> Integers:
    """Give equal patterns one number (c): 0 for all zeros, and from 1 on for the others."""
    return np.where(patterns.any(axis=1), _groups(patterns)[0] + 1, 0)


def _classes(masks: Booleans) -> tuple[Integers, Booleans]:
    """Give the sets of masks that variants of a gene are in: which variants have each (m, classes), and it."""
    found: dict[tuple[int, bytes], list[int]] = {}
    for gene, variant in np.argwhere(masks.any(axis=1)).tolist():
        found.setdefault((gene, masks[gene, :, variant].tobytes()), []).append(variant)
    members = np.zeros((masks.shape[2], len(found)), np.int64)
    of_classes = np.zeros((*masks.shape[:2], len(found)), np.bool_)
    for number, ((gene, _), variants) in enumerate(found.items()):
        members[variants, number] = 1
        of_classes[gene, :, number] = masks[gene, :, variants[0]]
    return members, of_classes


def _make_safe(patterns: Dosages, everything: Dosages, at_least: int) -> None:
    """Change patterns, in place, until each that is not all zeros has enough samples.

    Parameters
    ----------
    patterns
        Of each sample (c, j).
    everything
        Of each sample, if all of its variants are collapsed (c, j).
    at_least
        The fewest samples.
    """
    rare = _too_rare(patterns, at_least)
    patterns[rare] = np.minimum(patterns[rare], 1)
    for collapse in (False, True):
        if collapse:
            patterns[rare] = everything[rare]
        for count in (_count_in_one_column, _count_in_a_known_part):
            rare = _too_rare(patterns, at_least) if rare.any() else rare
            count(patterns, rare, at_least)
        rare = _too_rare(patterns, at_least) if rare.any() else rare
    patterns[rare] = 0


def _too_rare(patterns: Dosages, at_least: int) -> Booleans:
    """Say which samples have a pattern, not all zeros, that too few have (c)."""
    place, counts = _groups(patterns)
    return np.asarray(patterns.any(axis=1) & (counts[place] < at_least), np.bool_)


def _groups(patterns: Dosages) -> tuple[Integers, Integers]:
    """Give each sample's pattern by number (c), in one order whatever the samples', and how many have it."""
    rows = _rows(patterns)
    number = {row: at for at, row in enumerate(sorted(set(rows)))}
    place = np.fromiter((number[row] for row in rows), np.int64, len(rows))
    return place, np.bincount(place, minlength=1)


def _distinct(patterns: Dosages) -> Dosages:
    """Give the distinct patterns, in one order."""
    rows = sorted(set(_rows(patterns)))
    return np.frombuffer(b"".join(rows), np.int8).reshape(len(rows), patterns.shape[1])


def _rows(patterns: Dosages) -> list[bytes]:
    """Give rows as bytes: for as few as carry something, sets of these are faster than sorting arrays."""
    width, content = patterns.shape[1], patterns.tobytes()
    return [content[at * width : (at + 1) * width] for at in range(patterns.shape[0])]


def _count_in_one_column(patterns: Dosages, rare: Booleans, at_least: int) -> None:
    """Let samples of rare patterns count in one column of theirs, the rarest first, where that has enough then."""
    if not rare.any():
        return
    carried = patterns > 0
    alone = patterns.sum(axis=1) == 1
    moving = rare & ~alone
    for column in np.argsort(carried.sum(axis=0), kind="stable").tolist():
        own = moving & carried[:, column]
        if own.any() and own.sum() + (alone & carried[:, column]).sum() >= at_least:
            patterns[own] = 0
            patterns[own, column] = 1
            moving &= ~own


def _count_in_a_known_part(patterns: Dosages, rare: Booleans, at_least: int) -> None:
    """Let samples of rare patterns have the largest part of theirs that enough samples have."""
    if not rare.any():
        return
    known = _distinct(patterns[~rare & patterns.any(axis=1)])
    for pattern in _distinct(patterns[rare]):
        parts = known[(known <= pattern).all(axis=1)]
        if len(parts):
            size = 2 * (parts > 0).sum(axis=1) * parts.shape[1] + parts.sum(axis=1)
            patterns[rare & (patterns == pattern).all(axis=1)] = parts[int(size.argmax())]
