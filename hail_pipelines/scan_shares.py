"""Shares of a gene store: what one worker scans at a time, dealt out by what it costs.

What a gene costs is known beforehand: something for being a gene, something for each carrier, and for many variants
the decomposition of their covariance. Files are dealt so that shares cost about the same, several for each worker,
the dearest first; so no worker is left with much to do when the others have finished. Each share makes the trait's
permutations anew, so a small store is dealt in no more shares than there are workers. A gene that alone costs more
than a share (titin, among thousands of small ones) is a share of its own.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.places import Place, readable

# Milliseconds on one core, as benchmarks/growth.py finds them: for a gene, a carrier, and a cubed variant.
GENE, CARRIER, CUBED_VARIANT = 3.0, 1e-3, 5e-7
SHARES_PER_WORKER = 4
# Below so many milliseconds nothing is worth a start of its own.
WORTH_A_SHARE = 2_000.0
# So many genes with their statistics for one trait, and so many carriers, take a few hundred megabytes each.
GENES_AT_ONCE = 2_000
CARRIERS_AT_ONCE = 2_000_000

GENES = "genes.parquet"
_COLUMNS = ["gene", "contig", "start", "file", "variants", "carriers"]


@dataclass(frozen=True)
class Share:
    """What one worker scans at a time.

    Attributes
    ----------
    files
        Files of the store.
    genes
        How many genes of theirs.
    only
        The one gene that is scanned; None for all of the files'.
    without
        Genes of theirs that are shares of their own.
    """

    files: tuple[int, ...]
    genes: int
    only: str | None = None
    without: tuple[str, ...] = ()


def deal_store(store: Place, workers: int) -> list[Share]:
    """Deal a store out (`deal`)."""
    return deal(pq.read_table(readable(store / GENES), columns=_COLUMNS), workers)


def deal(genes: pa.Table, workers: int) -> list[Share]:
    """Deal genes out in shares that cost about the same, the dearest first.

    Parameters
    ----------
    genes
        gene, file, variants and carriers of every gene.
    workers
        How many shares are scanned at a time.
    """
    cost, file = costs(genes), genes["file"].to_numpy()
    if not cost.size:
        return []
    at_once = max(1, workers) * SHARES_PER_WORKER
    fair = max(cost.sum() / at_once, WORTH_A_SHARE)
    alone = (cost > fair) & (np.bincount(file)[file] > 1)
    names = genes["gene"].to_pylist()
    shares = [(cost[at], Share((int(file[at]),), 1, only=names[at])) for at in np.flatnonzero(alone)]
    left = np.bincount(file[~alone], minlength=file.max() + 1)
    load = np.bincount(file, np.where(alone, 0.0, cost)).astype(np.float64)
    worth = max(workers, math.ceil(cost.sum() / WORTH_A_SHARE))
    count = max(min(at_once, worth), math.ceil(left.sum() / GENES_AT_ONCE))
    for total, files in _level(load, np.flatnonzero(left), count):
        without = tuple(names[at] for at in np.flatnonzero(alone) if file[at] in files)
        shares.append((total, Share(tuple(sorted(files)), int(left[files].sum()), without=without)))
    return [share for _, share in sorted(shares, key=lambda one: (-one[0], one[1].files, one[1].only or ""))]


def costs(genes: pa.Table) -> NDArray[np.float64]:
    """Give what each gene costs, in milliseconds on one core."""
    variants, carriers = (genes[name].to_numpy().astype(np.float64) for name in ("variants", "carriers"))
    return np.asarray(GENE + CARRIER * carriers + CUBED_VARIANT * variants**3, np.float64)


def _level(load: NDArray[np.float64], files: NDArray[np.int64], count: int) -> list[tuple[float, list[int]]]:
    """Put files together so that they cost about the same: the dearest first, each to what is cheapest so far."""
    heap: list[tuple[float, int, list[int]]] = [(0.0, number, []) for number in range(min(count, files.size))]
    for one in sorted(files.tolist(), key=lambda number: (-load[number], number)):
        total, number, own = heapq.heappop(heap)
        heapq.heappush(heap, (total + load[one], number, [*own, one]))
    return [(total, own) for total, _, own in heap]


def read_share(store: Place, share: Share) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Read the genes of a share and their variants, no more at a time than memory is meant for.

    Parameters
    ----------
    store
        The gene store.
    share
        Of `deal`.

    Returns
    -------
    Iterator
        gene, contig and start of some genes, and the store's rows of these, sorted by gene.
    """
    waiting: list[tuple[pa.Table, pa.Table]] = []
    for file in share.files:
        filters = [("file", "==", file), *_filters(share)]
        genes = pq.read_table(readable(store / GENES), columns=_COLUMNS, filters=filters).sort_by("gene")
        variants = pq.read_table(readable(store / f"part-{file:05d}.parquet"), filters=_filters(share) or None)
        begin = 0
        while begin < genes.num_rows:
            end = begin + _room(genes.slice(begin), waiting)
            if end == begin:
                yield _join(waiting)
                waiting = []
                continue
            own = genes.slice(begin, end - begin)
            waiting.append((own, _rows_of(variants, own["gene"][0].as_py(), own["gene"][-1].as_py())))
            begin = end
    if waiting:
        yield _join(waiting)


def read_store(store: Place) -> Iterator[pa.Table]:
    """Read the variants of a whole store, a few genes at a time, each gene whole, sorted by gene."""
    for share in deal_store(store, 1):
        for _, variants in read_share(store, share):
            yield variants


def _filters(share: Share) -> list[tuple[str, str, str | list[str]]]:
    if share.only is not None:
        return [("gene", "==", share.only)]
    return [("gene", "not in", list(share.without))] if share.without else []


def _room(genes: pa.Table, waiting: list[tuple[pa.Table, pa.Table]]) -> int:
    """Say how many of some genes may join those that wait; one always may be alone."""
    held = sum(own.num_rows for own, _ in waiting)
    carriers = sum(int(own["carriers"].to_numpy().sum()) for own, _ in waiting)
    total = carriers + np.cumsum(genes["carriers"].to_numpy(), dtype=np.int64)
    fitting = int(np.searchsorted(total, CARRIERS_AT_ONCE, side="right"))
    least = 0 if waiting else 1
    return int(max(min(fitting, GENES_AT_ONCE - held), least))


def _rows_of(variants: pa.Table, first: str, last: str) -> pa.Table:
    """Give the rows from one gene to another, both whole, of a file that is sorted by gene."""
    names = variants["gene"].to_numpy()
    begin, end = np.searchsorted(names, first, side="left"), np.searchsorted(names, last, side="right")
    return variants.slice(begin, end - begin)


def _join(parts: list[tuple[pa.Table, pa.Table]]) -> tuple[pa.Table, pa.Table]:
    genes, variants = (pa.concat_tables(tables) for tables in zip(*parts, strict=True))
    ordered = variants if len(parts) == 1 else variants.take(pc.sort_indices(variants["gene"]))
    return genes.select(["gene", "contig", "start"]), ordered
