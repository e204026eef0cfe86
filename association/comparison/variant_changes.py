"""Variants of a gene store in two runs: gained, lost, described otherwise, in other masks; and genes renamed.

A row is a pair of gene and variant. Rows are told by 64-bit hashes, 28 bytes a row, so that tens of millions fit in
memory; among ten million that two differ and agree in their hash has a chance of 3 in a million.

Axes: r rows of a store, g genes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Booleans = NDArray[np.bool_]
Hashes = NDArray[np.uint64]
Places = NDArray[np.intp]

# A gene that shares more than this of its variants with one of another name is the same.
SAME_GENE = 0.5
# Rows are joined a bucket at a time, for the sake of memory.
BUCKETS = 16
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class StoredVariants:
    """The rows of a gene store.

    Attributes
    ----------
    site
        Hash of contig, position, ref and alt (r).
    gene
        Place of the gene in `genes` (r).
    annotation, masks
        Hashes of what annotation says of the row, and of the masks that it is in (r).
    genes
        Names (g).
    """

    site: Hashes
    gene: NDArray[np.int32]
    annotation: Hashes
    masks: Hashes
    genes: Sequence[str]

    def rows(self, renamed: dict[str, str] | None = None) -> Hashes:
        """Give a hash of gene and variant (r); genes under other names where they are renamed."""
        names = [(renamed or {}).get(name, name) for name in self.genes]
        named = pd.util.hash_array(np.array(names, object)) if names else np.zeros(0, np.uint64)
        mixed: Hashes = named[self.gene] * _MIX ^ self.site
        return mixed


@dataclass(frozen=True)
class VariantChanges:
    """What became of a store's rows.

    Attributes
    ----------
    gained
        Rows of the new store that the old one lacks.
    lost
        Rows of the old store that the new one lacks.
    reannotated, remasked
        Rows of the new store that are described otherwise than in the old one; that are in other masks.
    """

    gained: Places
    lost: Places
    reannotated: Places
    remasked: Places


def variant_changes(old: StoredVariants, new: StoredVariants, renamed: dict[str, str]) -> VariantChanges:
    """Find what changed about a store's rows.

    Parameters
    ----------
    old, new
        The rows of either run.
    renamed
        New names of old genes.
    """
    before, after = old.rows(renamed), new.rows()
    found = [_of_bucket(old, new, before, after, bucket) for bucket in range(BUCKETS)]
    return VariantChanges(*(np.sort(np.concatenate(part)) for part in zip(*found, strict=True)))


def _of_bucket(
    old: StoredVariants, new: StoredVariants, before: Hashes, after: Hashes, bucket: int
) -> tuple[Places, Places, Places, Places]:
    """Find what changed among the rows whose hashes end alike: what is gained, lost, reannotated, remasked."""
    here, there = (np.flatnonzero(hashes % np.uint64(BUCKETS) == bucket) for hashes in (before, after))
    _, one, other = np.intersect1d(before[here], after[there], assume_unique=True, return_indices=True)
    lost, gained = np.delete(here, one), np.delete(there, other)
    one, other = here[one], there[other]
    reannotated = other[new.annotation[other] != old.annotation[one]]
    return gained, lost, reannotated, other[new.masks[other] != old.masks[one]]


def renamed_genes(old: StoredVariants, new: StoredVariants) -> dict[str, str]:
    """Find genes that are in one run alone and share most of their variants: the new name of each old one."""
    only_old, only_new = (_rows_of(one, other) for one, other in ((old, new), (new, old)))
    pairs = only_old.merge(only_new, on="site", suffixes=("_old", "_new"))
    shared = pairs.groupby(["gene_old", "gene_new"]).size()
    sizes = tuple(table["gene"].value_counts() for table in (only_old, only_new))
    found = {
        (one, other): count
        for (one, other), count in shared.items()
        if count > SAME_GENE * sizes[0][one] and count > SAME_GENE * sizes[1][other]
    }
    return {old.genes[one]: new.genes[other] for one, other in found}


def _rows_of(own: StoredVariants, other: StoredVariants) -> pd.DataFrame:
    """Give site and gene of the rows whose gene the other run lacks."""
    known = set(other.genes)
    alone = np.array([name not in known for name in own.genes], np.bool_)
    rows = np.flatnonzero(alone[own.gene]) if own.gene.size else np.zeros(0, np.intp)
    return pd.DataFrame({"site": own.site[rows], "gene": own.gene[rows]})


def by_gene(stored: StoredVariants, rows: Places) -> dict[str, int]:
    """Count rows by gene, those with most first."""
    counted = np.bincount(stored.gene[rows], minlength=len(stored.genes)) if rows.size else np.zeros(0, np.int64)
    order = np.argsort(-counted, kind="stable")
    return {stored.genes[place]: int(counted[place]) for place in order if counted[place]}
