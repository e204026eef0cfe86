"""What quality control knows of the variants of profiled genes.

Axes: v variants.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.gene_profile.sites import QUALITY
from association.genotypes.stored_calls import known
from hail_pipelines.call_files import KEY, SAMPLES, VARIANTS, part_path, read_stored
from hail_pipelines.places import Place, readable

GENOTYPE_QUALITY = "mean_gq"


def site_quality(variants: pa.Table, store: Place, judged: Place | None, calls: Place | None) -> pa.Table:
    """Give call rate, balance of reads and the carriers' mean genotype quality, as far as they are known.

    Parameters
    ----------
    variants
        Rows of the gene store (v).
    store
        The gene store, whose samples the carriers are.
    judged
        Quality control's table of variants; None where there is none.
    calls
        The folder of calls; None where there is none.

    Returns
    -------
    pa.Table
        Columns of `association.gene_profile.sites.QUALITY`, in the order of the variants.
    """
    keys = variants.select(list(KEY)).to_pandas()
    known = {} if judged is None else _judged(keys, judged)
    if calls is not None:
        known[GENOTYPE_QUALITY] = _genotype_quality(keys, variants["carriers"].to_pylist(), store, calls)
    return pa.table({name: pa.array(values, pa.float64(), from_pandas=True) for name, values in known.items()})


def _judged(keys: pd.DataFrame, judged: Place) -> dict[str, NDArray[np.float64]]:
    """Read the columns that quality control has."""
    there = pq.read_schema(readable(judged)).names
    asked = [name for name in QUALITY if name in there]
    wanted = [("position", "in", sorted(set(keys["position"])))]
    table = pq.read_table(readable(judged), columns=[*KEY, *asked], filters=wanted).to_pandas()
    found = keys.merge(table.drop_duplicates(list(KEY)), on=list(KEY), how="left")
    return {name: found[name].to_numpy(np.float64) for name in asked}


def _genotype_quality(
    keys: pd.DataFrame, carriers: Sequence[Sequence[int]], store: Place, calls: Place
) -> NDArray[np.float64]:
    """Average the genotype quality of the carriers' calls (v); nan where the VCFs have none."""
    column = _columns_of(store, calls)
    wanted = [("position", "in", sorted(set(keys["position"])))]
    stored = pq.read_table(readable(calls / VARIANTS), columns=[*KEY, "part", "row"], filters=wanted).to_pandas()
    places = keys.assign(variant=np.arange(len(keys))).merge(stored, on=list(KEY))
    found = np.full(len(keys), np.nan)
    for part, own in places.groupby("part"):
        variant = own["variant"].to_numpy()
        for read, called in read_stored(part_path(calls, int(part)), own["row"].to_numpy(np.intp)):
            if called.quality is not None:
                for one, quality in zip(variant[read], known(called.quality), strict=True):
                    values = quality[column[carriers[one]]].astype(np.float64)
                    found[one] = values[np.isfinite(values)].mean() if np.isfinite(values).any() else np.nan
    return found


def _columns_of(store: Place, calls: Place) -> NDArray[np.int64]:
    """Say which column of the calls each sample of the store is."""
    first, second = (pd.read_parquet(readable(place / SAMPLES))["sample"] for place in (store, calls))
    return np.asarray(pd.Index(second).get_indexer(pd.Index(first)), np.int64)
