"""Some genes of a store, and all of its variants one by one; by processes, never by a JVM."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.scan_settings import ScanSettings
from association.scan_trait_bytes import unpack_trait
from association.single_variants import SCHEMA, scan_variants
from hail_pipelines.gene_scan import Report, in_order, in_processes
from hail_pipelines.places import Place, readable
from hail_pipelines.scan_shares import Share, read_share
from hail_pipelines.shares import unprepared


def read_genes(store: Place, genes: Collection[str]) -> pa.Table:
    """Read the variants of some genes, sorted by gene, each gene whole."""
    wanted = [("gene", "in", sorted(genes))]
    listed = pq.read_table(readable(store / "genes.parquet"), columns=["file"], filters=wanted)
    files = set(listed["file"].to_pylist())
    parts = [pq.read_table(readable(store / f"part-{file:05d}.parquet"), filters=wanted) for file in sorted(files)]
    variants = pa.concat_tables(parts)
    return variants.take(pc.sort_indices(variants["gene"]))


def scan_all_variants(
    store: Place,
    traits: Sequence[bytes],
    settings: ScanSettings,
    *,
    workers: int,
    report: Report,
    prepare: Callable[[], None] = unprepared,
) -> pa.Table:
    """Test every variant of a store by itself.

    Parameters
    ----------
    store, traits, settings, workers, report, prepare
        As for `hail_pipelines.gene_scan.scan_in_processes`.

    Returns
    -------
    pa.Table
        `association.single_variants.SCHEMA`, genes in order of name.
    """
    tables = in_processes(
        scan_variants_of_share, store, traits, settings, workers=workers, report=report, prepare=prepare
    )
    return in_order(tables) if tables else SCHEMA.empty_table()


def scan_variants_of_share(store: Place, share: Share, traits: Sequence[bytes], settings: ScanSettings) -> pa.Table:
    """Test the variants in the genes of a share."""
    unpacked = [unpack_trait(trait) for trait in traits]
    tables = [scan_variants(variants, unpacked, settings) for _, variants in read_share(store, share)]
    return pa.concat_tables(tables) if tables else SCHEMA.empty_table()
