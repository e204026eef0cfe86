"""Read a gene store's rows without their carriers, and what became of variants that it lost or gained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.comparison.variant_changes import StoredVariants, by_gene, renamed_genes, variant_changes
from association.gene_batch import FIELD_PREFIX, SCORE_PREFIX, read_annotations
from association.gene_tests.masks import Mask, below_ceiling, qualifying_variants
from association.scan_settings import MaskChoice
from hail_pipelines.call_files import KEY
from hail_pipelines.places import listed, readable
from infra.storage import Place
from jobs.comparison.compared_run import JUDGED, ComparedRun

Hashes = NDArray[np.uint64]

ROWS_AT_ONCE = 1 << 18
# What annotation says of every row; scores and fields are named by what begins their columns.
DESCRIBED = ("consequence", "loftee", "external_af")
KINDS = (SCORE_PREFIX, FIELD_PREFIX)
COUNTED = ("gene", *KEY, "allele_count", "allele_number")
# What a variant is in a run whose store lacks it.
ABSENT, FAILS, COMMON, NO_CARRIER = "absent", "fails quality control", "common", "carried by nobody"
NOT_IN_GENE = "not annotated in the gene"


def read_stored(run: ComparedRun, described: Sequence[str], masks: Sequence[MaskChoice]) -> StoredVariants:
    """Read a gene store's rows as hashes.

    Parameters
    ----------
    run
        Whose store.
    described
        Columns of annotation that count.
    masks
        Masks that count; a row's hash says in which of them it is.
    """
    names = run.genes["gene"].tolist()
    places = pd.Index(names)
    mixers = np.random.default_rng(0).integers(1, 1 << 63, size=len(masks), dtype=np.uint64)
    parts = [
        (
            hash_sites(rows),
            places.get_indexer(rows["gene"].to_pandas()).astype(np.int32),
            _hashed(rows.select(list(described))),
            _in_masks(rows, masks).T.astype(np.uint64) @ mixers,
        )
        for rows in _rows(run.store)
    ]
    empty = np.zeros(0, np.uint64)
    columns = zip(*parts, strict=True) if parts else ((empty,), (empty.astype(np.int32),), (empty,), (empty,))
    site, gene, annotation, chosen = (np.concatenate(column) for column in columns)
    return StoredVariants(site, gene, annotation, chosen, names)


def _rows(store: Place) -> Iterator[pa.Table]:
    for part in listed(store, "part-*.parquet"):
        file = pq.ParquetFile(readable(part))
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=[*COUNTED, *_annotation(file.schema_arrow.names)]):
            yield pa.table(batch)


def hash_sites(rows: pa.Table) -> Hashes:
    """Hash contig, position, ref and alt of rows."""
    return _hashed(rows.select(list(KEY)))


def _hashed(rows: pa.Table) -> Hashes:
    if not rows.num_columns:
        return np.zeros(rows.num_rows, np.uint64)
    return np.asarray(pd.util.hash_pandas_object(rows.to_pandas(), index=False), np.uint64)


def _in_masks(rows: pa.Table, masks: Sequence[MaskChoice]) -> NDArray[np.bool_]:
    """Say which rows are in each mask and below its ceiling (masks, rows)."""
    annotations = read_annotations(rows)
    counts, number, external = (
        np.asarray(rows[name].to_numpy(), np.float64) for name in ("allele_count", "allele_number", "external_af")
    )
    rules: dict[Mask, NDArray[np.bool_]] = {
        choice.mask: qualifying_variants(choice.mask, annotations) for choice in masks
    }
    chosen = [rules[one.mask] & below_ceiling(counts / number, external, one.max_af) for one in masks]
    return np.array(chosen, np.bool_).reshape(len(masks), rows.num_rows)


def described_alike(old: ComparedRun, new: ComparedRun) -> list[str]:
    """Give the columns of annotation that both stores have."""
    before, now = (_columns(run.store) for run in (old, new))
    return [name for name in now if name in before]


def _columns(store: Place) -> list[str]:
    """Give the columns of annotation of a store's files, which all have the same."""
    return _annotation(pq.read_schema(readable(listed(store, "part-*.parquet")[0])).names)


def _annotation(columns: Sequence[str]) -> list[str]:
    return [name for name in columns if name in DESCRIBED or name.startswith(KINDS)]


def masks_of_both(old: ComparedRun, new: ComparedRun) -> tuple[list[MaskChoice], ...]:
    """Give masks and ceilings that both runs have, as each of them rules them."""
    named = [{(choice.mask.name, choice.max_af): choice for choice in run.scan.masks} for run in (old, new)]
    both = [name for name in named[1] if name in named[0]]
    return tuple([side[name] for name in both] for side in named)


def stored_changes(old: ComparedRun, new: ComparedRun) -> tuple[dict[str, Any], dict[str, str]]:
    """Say what changed about the stored variants, by gene; and give the new names of old genes."""
    described = described_alike(old, new)
    rules = masks_of_both(old, new)
    before, now = (read_stored(run, described, own) for run, own in zip((old, new), rules, strict=True))
    renamed = renamed_genes(before, now)
    found = variant_changes(before, now, renamed)
    columns = [set(_columns(run.store)) for run in (old, new)]
    told = {
        "stored": [before.site.size, now.site.size],
        "gained": found.gained.size,
        "gained_because": _fates(old, now.site[found.gained], before.site),
        "lost": found.lost.size,
        "lost_because": _fates(new, before.site[found.lost], now.site),
        "reannotated": found.reannotated.size,
        "remasked": found.remasked.size,
        "scores_and_fields": {
            "added": sorted(columns[1] - columns[0]),
            "removed": sorted(columns[0] - columns[1]),
        },
        "genes": [len(before.genes), len(now.genes)],
        "genes_renamed": renamed,
        "genes_gained": sorted(set(now.genes) - set(before.genes) - set(renamed.values())),
        "genes_lost": sorted(set(before.genes) - set(now.genes) - set(renamed)),
        "by_gene": {
            "gained": by_gene(now, found.gained),
            "lost": by_gene(before, found.lost),
            "reannotated": by_gene(now, found.reannotated),
            "remasked": by_gene(now, found.remasked),
        },
    }
    return told, renamed


def _fates(run: ComparedRun, sites: Hashes, stored: Hashes) -> dict[str, int]:
    """Count variants that a run's store lacks by what they are in that run.

    Parameters
    ----------
    run
        The run.
    sites
        Hashes of the variants.
    stored
        Hashes of all variants in its store.
    """
    own, place = np.unique(sites, return_inverse=True)
    state = np.full(own.size, ABSENT, object)
    file = pq.ParquetFile(readable(run.folder / JUDGED))
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=[*KEY, "allele_count", "allele_number", "passes"]):
        rows = pa.table(batch)
        hashes = hash_sites(rows)
        among = np.isin(hashes, own)
        state[np.searchsorted(own, hashes[among])] = _states(rows.filter(pa.array(among)), run.ceiling)
    state[np.isin(own, stored)] = NOT_IN_GENE
    return dict(Counter(state[place].tolist()).most_common())


def _states(rows: pa.Table, ceiling: float) -> NDArray[np.object_]:
    """Say what judged variants are, whose carriers are not kept."""
    count, number = (np.asarray(rows[name].to_numpy(), np.float64) for name in ("allele_count", "allele_number"))
    minor = np.minimum(count, number - count)
    passes = np.asarray(rows["passes"], np.bool_)
    states = [minor <= 0, ~passes, minor > ceiling * number]
    return np.select(states, [NO_CARRIER, FAILS, COMMON], default=NOT_IN_GENE).astype(object)
