"""The gene store read so that genes which share a variant come together.

The store deals genes to files by what they cost, so linked genes may lie anywhere. Unlinked ones, which most are, are
read file by file; the others afterwards, as many sets at a time as memory is meant for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.meta.linked_genes import sets_of_linked
from association.scan import variant_names
from hail_pipelines.places import Place, readable
from hail_pipelines.scan_shares import CARRIERS_AT_ONCE, GENES, GENES_AT_ONCE, Share, read_share
from hail_pipelines.store_files import ORDER

Integers = NDArray[np.int64]

_COLUMNS = ["gene", "contig", "start", "file", "carriers"]


def read_linked(store: Place) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Read all genes of a store and their variants, genes that share a variant together.

    Parameters
    ----------
    store
        The gene store.

    Returns
    -------
    Iterator
        gene, contig and start of some genes, and the store's rows of these, sorted by gene; no more at a time than
        memory is meant for, but for a set of linked genes that is larger by itself.
    """
    genes = pq.read_table(readable(store / GENES), columns=_COLUMNS)
    if not genes.num_rows:
        return
    names, gene = np.unique(np.array(genes["gene"].to_pylist(), dtype=object), return_inverse=True)
    sets = _sets(store, names, np.unique(genes["file"].to_numpy()))
    linked = np.bincount(sets)[sets] > 1
    files = tuple(np.unique(genes["file"].to_numpy()[~linked[gene]]).tolist())
    yield from read_share(store, Share(files, int((~linked).sum()), without=tuple(names[linked].tolist())))
    carriers = np.bincount(gene, genes["carriers"].to_numpy(), minlength=names.size).astype(np.int64)
    for pack in _packs(sets, linked, carriers):
        yield _read_genes(store, genes, names[pack].tolist())


def _sets(store: Place, names: NDArray[np.object_], files: Integers) -> Integers:
    """Give the set of linked genes of each gene, from nothing but the names of genes and variants (genes)."""
    pairs: list[tuple[Integers, NDArray[np.uint64]]] = []
    for file in files.tolist():
        part = pq.read_table(readable(store / f"part-{file:05d}.parquet"), columns=list(ORDER))
        # Two variants of one hash link two genes that need not be: nothing worse.
        hashes = pd.util.hash_array(np.array(variant_names(part).to_pylist(), dtype=object))
        gene = np.searchsorted(names, np.array(part["gene"].to_pylist(), dtype=object))
        pairs.append((gene.astype(np.int64), hashes))
    genes, variants = (np.concatenate(both) for both in zip(*pairs, strict=True))
    return sets_of_linked(genes, np.unique(variants, return_inverse=True)[1].ravel(), names.size)


def _packs(sets: Integers, linked: NDArray[np.bool_], carriers: Integers) -> Iterator[Integers]:
    """Put sets of linked genes together, as many as may be read at a time."""
    order = np.flatnonzero(linked)
    order = order[np.argsort(sets[order], kind="stable")]
    pack: list[int] = []
    for own in np.split(order, np.flatnonzero(np.diff(sets[order])) + 1) if order.size else []:
        together = [*pack, *own.tolist()]
        if pack and (len(together) > GENES_AT_ONCE or carriers[together].sum() > CARRIERS_AT_ONCE):
            yield np.array(pack)
            together = own.tolist()
        pack = together
    if pack:
        yield np.array(pack)


def _read_genes(store: Place, genes: pa.Table, names: list[str]) -> tuple[pa.Table, pa.Table]:
    """Read some genes from the files that they are in."""
    own = genes.filter(pc.is_in(genes["gene"], pa.array(names))).sort_by("gene")
    parts = [
        pq.read_table(readable(store / f"part-{file:05d}.parquet"), filters=[("gene", "in", names)])
        for file in np.unique(own["file"].to_numpy()).tolist()
    ]
    variants = pa.concat_tables(parts).sort_by([(column, "ascending") for column in ORDER])
    return own.select(["gene", "contig", "start"]), variants
