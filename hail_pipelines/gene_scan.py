"""Scan a gene store: its files spread over this machine's processes, or over a cluster's workers.

Each file holds whole genes, and `association.scan` depends on nothing but a gene, a trait and the settings; so the
rows are the same however the files were cut and whoever scans them. No genotype is shuffled: a worker reads its own
files and hands back result rows. Files are scanned several at a time, for each share of them makes the stream of
permutations anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.family import adjust_for_family
from association.results import SCAN_SCHEMA
from association.scan import scan
from association.scan_settings import ScanSettings
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.processes import process_pool

Report = Callable[[int, int], None]
ScanShare = Callable[[Path, Sequence[int], Sequence[bytes], ScanSettings], pa.Table]

# So many genes with their statistics for one trait take a few hundred megabytes.
GENES_AT_ONCE = 2_000


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
    return adjust_for_family(
        in_order(in_processes(scan_files, store, traits, settings, workers=workers, report=report))
    )


def in_processes(
    scan_share: ScanShare,
    store: Path,
    traits: Sequence[bytes],
    settings: ScanSettings,
    *,
    workers: int,
    report: Report,
) -> list[pa.Table]:
    """Deal a store's files out to processes, and collect what they make of them, in any order.

    Parameters
    ----------
    scan_share
        What a process does with the files of its share.
    store, traits, settings, workers, report
        As for `scan_in_processes`.
    """
    sizes = _genes_by_file(store)
    total = sum(sizes.values())
    tables, finished = [], 0
    report(0, total)
    dealt = deal(sizes, workers)
    with process_pool(max(1, min(workers, len(dealt)))) as pool:
        futures = {pool.submit(scan_share, store, files, traits, settings): files for files in dealt}
        for future in as_completed(futures):
            tables.append(future.result())
            finished += sum(sizes[file] for file in futures[future])
            report(finished, total)
    return tables


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
    dealt = deal(_genes_by_file(store), spark.sparkContext.defaultParallelism)
    packed = spark.sparkContext.broadcast(list(traits))
    place = str(store)

    def scan_shares(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for files in batch["files"].to_pylist():
                yield from scan_files(Path(place), files, packed.value, settings).to_batches()

    shares = spark.sparkContext.parallelize([(files,) for files in dealt], max(1, len(dealt)))
    rows = spark.createDataFrame(shares, "files array<int>").mapInArrow(scan_shares, from_arrow_schema(SCAN_SCHEMA))
    rows.write.parquet(str(scratch))
    parts = [pq.read_table(part).cast(SCAN_SCHEMA) for part in sorted(scratch.glob("part-*.parquet"))]
    return adjust_for_family(in_order(parts))


def deal(sizes: Mapping[int, int], workers: int) -> list[list[int]]:
    """Deal files out in shares: as few as fill the workers and a worker's memory.

    Parameters
    ----------
    sizes
        Genes in each file.
    workers
        How many shares are scanned at a time.
    """
    count = min(len(sizes), max(workers, math.ceil(sum(sizes.values()) / GENES_AT_ONCE)))
    files = sorted(sizes)
    return [files[share::count] for share in range(count)]


def scan_files(store: Path, files: Sequence[int], traits: Sequence[bytes], settings: ScanSettings) -> pa.Table:
    """Scan the genes of some files of a store."""
    columns = ["gene", "contig", "start"]
    genes = pq.read_table(store / "genes.parquet", columns=columns, filters=[("file", "in", list(files))])
    variants = pa.concat_tables([pq.read_table(store / f"part-{file:05d}.parquet") for file in files])
    ordered = variants.take(pc.sort_indices(variants["gene"]))
    return scan(genes, ordered, [unpack_trait(trait) for trait in traits], settings)


def _genes_by_file(store: Path) -> dict[int, int]:
    files = pq.read_table(store / "genes.parquet", columns=["file"])["file"]
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(files).to_pylist()}


def in_order(tables: Sequence[pa.Table]) -> pa.Table:
    """Put result rows in order of genes; a gene's own rows, which stand together, keep their order."""
    rows = pa.concat_tables(tables) if tables else SCAN_SCHEMA.empty_table()
    numbered = pa.table({"gene": rows["gene"], "row": pa.array(range(rows.num_rows))})
    return rows.take(pc.sort_indices(numbered, sort_keys=[("gene", "ascending"), ("row", "ascending")]))
