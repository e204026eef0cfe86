"""Genes that share a variant, connected transitively: what is told of one can be subtracted from the other.

Axes: v rows of a batch (pairs of gene and variant), g genes of a set, k masks, m variants of a set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from association.scan import variant_names

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class LinkedGenes:
    """A set of linked genes; most are of one gene.

    Attributes
    ----------
    genes
        Their names, in order (g).
    rows
        A row of the batch for each of their variants (m); others of the same variant have the same carriers.
    masks
        Which masks of each gene each variant is in (g, k, m).
    """

    genes: tuple[str, ...]
    rows: Integers
    masks: Booleans


def sets_of_linked(genes: Integers, variants: Integers, count: int) -> Integers:
    """Give the sets of linked genes by number.

    Parameters
    ----------
    genes, variants
        Pairs of them, each by number.
    count
        How many genes there are.

    Returns
    -------
    Integers
        The set of each gene (count); genes without a variant are sets of their own.
    """
    places = np.unique(variants, return_inverse=True)[1].ravel() + count
    size = count + (int(places.max()) + 1 - count if places.size else 0)
    links = coo_array((np.ones(genes.size, np.int8), (genes, places)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1][:count], np.int64)


def link_genes(variants: pa.Table, chosen: Booleans, used: Booleans) -> Iterator[LinkedGenes]:
    """Give the sets of linked genes of a batch that have a variant in use.

    Parameters
    ----------
    variants
        Rows of the gene store, sorted by gene; genes that are linked are all among them.
    chosen
        Which masks each row is in (k, v).
    used
        Rows whose variant is carried and in a mask (v).
    """
    rows = np.flatnonzero(used)
    if not rows.size:
        return
    own = variants.take(rows)
    names, gene = np.unique(np.array(own["gene"].to_pylist(), dtype=object), return_inverse=True)
    key = pc.dictionary_encode(variant_names(own)).combine_chunks().indices.to_numpy().astype(np.int64)
    of_gene = sets_of_linked(gene, key, names.size)
    order = np.argsort(of_gene[gene], kind="stable")
    ends = np.cumsum(np.bincount(of_gene[gene]))
    for begin, end in zip(np.concatenate([[0], ends[:-1]]).tolist(), ends.tolist(), strict=True):
        within = order[begin:end]
        members, gene_of = np.unique(gene[within], return_inverse=True)
        _, first, place = np.unique(key[within], return_index=True, return_inverse=True)
        # Variants in order of their first row.
        rank = np.argsort(np.argsort(first))
        masks = np.zeros((members.size, chosen.shape[0], first.size), np.bool_)
        masks[gene_of, :, rank[place]] = chosen[:, rows[within]].T
        yield LinkedGenes(tuple(names[members].tolist()), rows[within][np.sort(first)], masks)
