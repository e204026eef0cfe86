"""Scan a gene store: its files spread over this machine's processes, or over a cluster's workers.

Each file holds whole genes, and `association.scan` depends on nothing but a gene, a trait and the settings; so the
rows are the same however the files were cut and whoever scans them. No genotype is shuffled: a worker reads its own
files and hands back result rows.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.results import SCHEMA
from association.scan import scan
from association.scan_settings import ScanSettings
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.threads import ONE_THREAD

Report = Callable[[int, int], None]


def scan_in_processes(
    store: Path, traits: Sequence[bytes], settings: ScanSettings, *, workers: int, report: Report
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

    Returns
    -------
    pa.Table
        Result rows, genes in order of name.
    """
    genes = pq.read_table(store / "genes.parquet", columns=["file"])["file"]
    sizes = {entry["values"]: entry["counts"] for entry in pc.value_counts(genes).to_pylist()}
    tables, finished = [], 0
    report(0, len(genes))
    os.environ.update(ONE_THREAD)
    # Spawned, not forked: the parent may hold a JVM and its threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, min(workers, len(sizes))), context) as pool:
        futures = {pool.submit(scan_file, store, file, traits, settings): file for file in sizes}
        for future in as_completed(futures):
            tables.append(future.result())
            finished += sizes[futures[future]]
            report(finished, len(genes))
    return in_order(tables)


def scan_on_spark(store: Path, traits: Sequence[bytes], settings: ScanSettings, scratch: Path) -> pa.Table:
    """Scan a store on the workers of the running Spark session.

    Parameters
    ----------
    store
        The gene store, where every worker can read it.
    traits, settings
        As for `scan_in_processes`.
    scratch
        A folder that does not exist, where every worker can write.

    Returns
    -------
    pa.Table
        The same rows as `scan_in_processes`.
    """
    from pyspark.sql import SparkSession
    from pyspark.sql.pandas.types import from_arrow_schema

    spark = SparkSession.builder.getOrCreate()
    files = sorted(set(pq.read_table(store / "genes.parquet", columns=["file"])["file"].to_pylist()))
    packed = spark.sparkContext.broadcast(list(traits))
    place = str(store)

    def scan_files(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for file in batch["file"].to_pylist():
                yield from scan_file(Path(place), file, packed.value, settings).to_batches()

    numbers = spark.sparkContext.parallelize([(file,) for file in files], max(1, len(files)))
    rows = spark.createDataFrame(numbers, "file int").mapInArrow(scan_files, from_arrow_schema(SCHEMA))
    rows.write.parquet(str(scratch))
    return in_order([pq.read_table(part).cast(SCHEMA) for part in sorted(scratch.glob("part-*.parquet"))])


def scan_file(store: Path, file: int, traits: Sequence[bytes], settings: ScanSettings) -> pa.Table:
    """Scan the genes of one file of a store."""
    genes = pq.read_table(store / "genes.parquet", columns=["gene", "contig", "start"], filters=[("file", "=", file)])
    variants = pq.read_table(store / f"part-{file:05d}.parquet")
    return scan(genes, variants, [unpack_trait(trait) for trait in traits], settings)


def in_order(tables: Sequence[pa.Table]) -> pa.Table:
    """Put result rows in order of genes; a gene's own rows, which stand together, keep their order."""
    rows = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    numbered = pa.table({"gene": rows["gene"], "row": pa.array(range(rows.num_rows))})
    return rows.take(pc.sort_indices(numbered, sort_keys=[("gene", "ascending"), ("row", "ascending")]))
