"""Scan a gene store: its files spread over this machine's processes, or over a cluster's workers.

Each file holds whole genes, and `association.scan` depends on nothing but a gene, a trait and the settings; so the
rows are the same however the files were cut and whoever scans them. No genotype is shuffled: a worker reads its own
files (`scan_shares`) and hands back result rows. Genes are scanned many at a time, for the stream of permutations is
made anew each time.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.family import adjust_for_family
from association.results import SCAN_SCHEMA
from association.scan import scan
from association.scan_settings import ScanSettings
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.places import Place, listed, readable
from hail_pipelines.processes import process_pool
from hail_pipelines.scan_shares import Share, deal_store, read_share
from hail_pipelines.shares import unprepared
from hail_pipelines.whole_file import whole_file

Report = Callable[[int, int], None]
ScanShare = Callable[[Place, Share, Sequence[bytes], ScanSettings], pa.Table]


def scan_in_processes(
    store: Place,
    traits: Sequence[bytes],
    settings: ScanSettings,
    *,
    workers: int,
    report: Report,
    prepare: Callable[[], None] = unprepared,
) -> pa.Table:
    """Scan a store on this machine, without a JVM.

    Parameters
    ----------
    store
        The gene store.
    traits
        From `association.scan_trait_bytes.pack_trait`.
    settings
        Masks, tests and permutations.
    workers
        Processes.
    report
        Told how many genes are finished, and how many there are.
    prepare
        What each process does first (`hail_pipelines.shares.Workers`).

    Returns
    -------
    pa.Table
        Result rows, genes in order of name.
    """
    tables = in_processes(scan_share, store, traits, settings, workers=workers, report=report, prepare=prepare)
    return _adjusted(tables)


def in_processes(
    scan_share: ScanShare,
    store: Place,
    traits: Sequence[bytes],
    settings: ScanSettings,
    *,
    workers: int,
    report: Report,
    prepare: Callable[[], None] = unprepared,
) -> list[pa.Table]:
    """Deal a store out to processes, and collect what they make of them, in any order.

    Parameters
    ----------
    scan_share
        What a process does with a share.
    store, traits, settings, workers, report, prepare
        As for `scan_in_processes`.
    """
    dealt = deal_store(store, workers)
    total = sum(share.genes for share in dealt)
    tables, finished = [], 0
    report(0, total)
    with process_pool(max(1, min(workers, len(dealt))), prepare) as pool:
        futures = {pool.submit(scan_share, store, share, traits, settings): share for share in dealt}
        for future in as_completed(futures):
            tables.append(future.result())
            finished += futures[future].genes
            report(finished, total)
    return tables


def scan_on_spark(
    store: Place,
    traits: Sequence[bytes],
    settings: ScanSettings,
    scratch: Place,
    prepare: Callable[[], None] = unprepared,
) -> pa.Table:
    """Scan a store on the workers of the running Spark session.

    Parameters
    ----------
    store
        The gene store, where every worker can read it.
    traits, settings
        As for `scan_in_processes`.
    scratch
        A folder that does not exist, where every worker can write.
    prepare
        What each worker does first (`hail_pipelines.shares.Workers`).

    Returns
    -------
    pa.Table
        The same rows as `scan_in_processes`.
    """
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    dealt = deal_store(store, spark.sparkContext.defaultParallelism)
    packed = spark.sparkContext.broadcast(list(traits))

    def scan_dealt(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        prepare()
        for batch in batches:
            for number in batch["id"].to_pylist():
                with whole_file(scratch / f"part-{number:05d}.parquet") as path:
                    pq.write_table(scan_share(store, dealt[number], packed.value, settings), path)
            yield batch

    # A range, not a list of Python's: that would start Python twice for each share.
    shares = spark.range(0, len(dealt), 1, max(1, len(dealt)))
    scratch.mkdir()
    shares.mapInArrow(scan_dealt, shares.schema).collect()
    parts = [pq.read_table(readable(part)) for part in listed(scratch, "part-*.parquet")]
    return _adjusted(parts)


def scan_share(store: Place, share: Share, traits: Sequence[bytes], settings: ScanSettings) -> pa.Table:
    """Scan the genes of a share."""
    unpacked = [unpack_trait(trait) for trait in traits]
    with no_search_for_cycles():
        tables = [scan(genes, variants, unpacked, settings) for genes, variants in read_share(store, share)]
    return pa.concat_tables(tables) if tables else SCAN_SCHEMA.empty_table()


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Let Python not look for cyclic garbage: rows of genes make none, and looking takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _adjusted(tables: Sequence[pa.Table]) -> pa.Table:
    """Adjust all rows for the family of genes, and put them in order: in this order, for what is ordered is less."""
    rows = pa.concat_tables(tables) if tables else SCAN_SCHEMA.empty_table()
    return in_order([adjust_for_family(rows)])


def in_order(tables: Sequence[pa.Table]) -> pa.Table:
    """Put result rows in order of genes; a gene's own rows, which stand together, keep their order."""
    rows = pa.concat_tables(tables) if tables else SCAN_SCHEMA.empty_table()
    numbered = pa.table({"gene": rows["gene"], "row": np.arange(rows.num_rows)})
    ordered = pc.sort_indices(numbered, sort_keys=[("gene", "ascending"), ("row", "ascending")])
    # In one piece, so that equal tables are written as equal bytes.
    return rows.take(ordered).combine_chunks()
