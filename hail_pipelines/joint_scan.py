"""Scan a gene store for several traits at once, its files spread over this machine's processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from association.scan_settings import ScanSettings, ScanTrait
from association.scan_trait_bytes import unpack_trait
from association.traits_together.joint_scan import empty_table, scan_together
from hail_pipelines.gene_scan import Report, in_processes, no_search_for_cycles
from hail_pipelines.places import Place
from hail_pipelines.scan_shares import Share, read_share
from hail_pipelines.shares import unprepared


def scan_store_together(
    store: Place,
    traits: Sequence[bytes],
    settings: ScanSettings,
    *,
    harms: Sequence[int],
    workers: int,
    report: Report,
    prepare: Callable[[], None] = unprepared,
) -> pa.Table:
    """Scan a store for several traits at once.

    Parameters
    ----------
    store, traits, workers, report, prepare
        As for `hail_pipelines.gene_scan.scan_in_processes`.
    harms
        Which way each trait is worse (`ScanTrait.harm`).
    settings
        Of `association.traits_together.joint_scan.together_settings`.

    Returns
    -------
    pa.Table
        Rows of `scan_together`, genes in order of name.
    """
    scan_share = partial(_scan_share, harms=harms)
    tables = in_processes(scan_share, store, traits, settings, workers=workers, report=report, prepare=prepare)
    rows = pa.concat_tables([empty_table(len(traits)), *tables])
    # Sorting keeps the order of a gene's own rows, which stand together.
    return rows.take(pc.sort_indices(rows["gene"])).combine_chunks()


def unpack_traits(traits: Sequence[bytes], harms: Sequence[int]) -> list[ScanTrait]:
    """Read packed traits, each with which way it is worse."""
    return [replace(unpack_trait(trait), harm=harm) for trait, harm in zip(traits, harms, strict=True)]


def _scan_share(
    store: Place, share: Share, traits: Sequence[bytes], settings: ScanSettings, harms: Sequence[int]
) -> pa.Table:
    """Scan the genes of a share."""
    unpacked = unpack_traits(traits, harms)
    with no_search_for_cycles():
        tables = [scan_together(genes, variants, unpacked, settings) for genes, variants in read_share(store, share)]
    return pa.concat_tables([empty_table(len(traits)), *tables])
