"""Scan a gene store on this machine: its files spread over processes, no JVM.

Each file holds whole genes, and `association.scan` depends on nothing but a gene, a trait and the settings; so the
rows are the same however the files were cut and whoever scans them.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.scan import ScanSettings, ScanTrait, scan
from jobs.trait_files import read_scan_trait

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class ScanTask:
    """One file's share of a scan.

    Attributes
    ----------
    file
        A Parquet file of the gene store.
    genes
        The genes that belong to it, those without a variant included.
    """

    file: Path
    genes: pa.Table


def scan_store(
    store: Path,
    traits_folder: Path,
    traits: Sequence[str],
    settings: ScanSettings,
    *,
    workers: int,
    report: Report,
) -> pa.Table:
    """Scan every gene of a store.

    Parameters
    ----------
    store
        The gene store.
    traits_folder, traits
        Where prepared traits are, and which.
    settings
        Masks, tests and permutations.
    workers
        Processes.
    report
        Told how many genes are finished, and how many there are.

    Returns
    -------
    pa.Table
        Result rows, genes in the order of `genes.parquet`.
    """
    genes = pq.read_table(store / "genes.parquet")
    tasks = list(scan_tasks(store, genes))
    tables = []
    finished = 0
    report(0, genes.num_rows)
    # Spawned, not forked: the parent may hold a JVM and its threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, len(tasks)), context, _prepare_worker, (traits_folder, tuple(traits))
    ) as pool:
        futures = {pool.submit(_scan_task, task, settings): task for task in tasks}
        for future in as_completed(futures):
            tables.append(future.result())
            finished += futures[future].genes.num_rows
            report(finished, genes.num_rows)
    return _in_order(pa.concat_tables(tables), genes)


def scan_tasks(store: Path, genes: pa.Table) -> Iterator[ScanTask]:
    """Cut a scan into tasks, one per file of the store."""
    for number in pc.unique(genes["file"]).to_pylist():
        own = genes.filter(pc.equal(genes["file"], number)).select(["gene", "contig", "start"])
        yield ScanTask(store / f"part-{number:05d}.parquet", own)


_worker_traits: list[ScanTrait] = []


def _prepare_worker(folder: Path, names: Sequence[str]) -> None:
    """Read the traits once per process."""
    os.environ["OMP_NUM_THREADS"] = "1"
    _worker_traits[:] = [read_scan_trait(folder, name) for name in names]


def _scan_task(task: ScanTask, settings: ScanSettings) -> pa.Table:
    return scan(task.genes, pq.read_table(task.file), _worker_traits, settings)


def _in_order(results: pa.Table, genes: pa.Table) -> pa.Table:
    """Sort rows by gene as `genes` has them, keeping each gene's own order."""
    rank = pc.index_in(results["gene"], value_set=genes["gene"].combine_chunks())
    order = pc.sort_indices(
        pa.table({"rank": rank, "row": pa.array(range(results.num_rows))}),
        sort_keys=[("rank", "ascending"), ("row", "ascending")],
    )
    return results.take(order)
