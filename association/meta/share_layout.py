"""How rows of a trait's shared tables belong to genes, and pairs within groups as rows of a triangle.

Axes: g genes, m columns of a gene, q patterns of a gene.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Where rows of genes are.

    Attributes
    ----------
    genes
        Number of each row's gene, by table; -1 where the table of genes has no such gene.
    names
        Of the genes (g).
    columns, patterns
        How many each gene has (g).
    """

    genes: Mapping[str, Integers]
    names: Sequence[str]
    columns: Integers
    patterns: Integers

    @classmethod
    def of(cls, tables: Mapping[str, pa.Table]) -> Layout:
        """Look up the genes of all rows."""
        known = tables["genes"]["gene"].combine_chunks()
        genes = {
            name: pc.fill_null(pc.index_in(tables[name]["gene"], known), -1).to_numpy().astype(np.int64)
            for name in ("variants", "patterns", "covariances")
        }
        counts = [
            np.bincount(genes[name][genes[name] >= 0], minlength=len(known)) for name in ("variants", "patterns")
        ]
        return cls(genes, known.to_pylist(), *counts)

    def gene(self, table: str, row: int) -> str:
        """Name the gene of a row."""
        return self.names[int(self.genes[table][row])]


def leaves(lists: pa.ChunkedArray) -> pa.Array:
    """Give what is in lists, one after another."""
    return pc.list_flatten(lists).combine_chunks()


def begins_of(sizes: Integers) -> Integers:
    """Give where each of groups begins that follow one another."""
    return np.asarray(np.concatenate([[0], np.cumsum(sizes)])[:-1], np.int64)


def places_within(sizes: Integers) -> Integers:
    """Give the number of each member within its group, from 0."""
    return np.asarray(np.arange(sizes.sum()) - np.repeat(begins_of(sizes), sizes), np.int64)


def triangle(sizes: Integers) -> tuple[Integers, Integers]:
    """Give each pair of members of one group, itself and itself too, as places among all; row by row.

    Parameters
    ----------
    sizes
        Of the groups, whose members follow one another.
    """
    # From each member on, these are left in its group.
    left = np.repeat(sizes, sizes) - places_within(sizes)
    first = np.repeat(np.arange(left.size), left)
    return first, first + places_within(left)
