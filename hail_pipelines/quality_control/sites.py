"""What is known of every variant's site, and the verdict on it over all samples.

Who is related to whom, of what ancestry and sex, and whose calls are poor is not known yet. So variants are judged
here by their sites alone: call rates, batches and Hardy-Weinberg wait for the samples that stay. An excess of
heterozygous calls, the mark of sites where reads of two places are piled up, is seen by the inbreeding coefficient.

Axes: v variants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hail_pipelines.quality_control.regions import Regions, look_up
from hail_pipelines.quality_control.variant_shares import PLACES, genome_of

Metrics = dict[str, NDArray[Any]]

# Where INFO has these, a variant is judged by them; by allele where GATK wrote them so.
QUALITY_BY_DEPTH = ("AS_QD", "QD")
VQSLOD = ("AS_VQSLOD", "VQSLOD")
# Columns of the variants that tell of their sites, the fields of INFO where they were loaded.
SITE_COLUMNS = (*PLACES, "filters", "a_index", *(f"info.{name}" for name in (*QUALITY_BY_DEPTH, *VQSLOD)))
# What is found of a variant's site whoever is looked at, with its type in files.
OF_THE_SITE = {
    "quality_by_depth": pa.float64(),
    "vqslod": pa.float64(),
    "low_complexity": pa.bool_(),
    "segmental_duplication": pa.bool_(),
    "in_targets": pa.bool_(),
}


def site_metrics(variants: pa.Table, regions: Regions) -> Metrics:
    """Give the metrics that need no calls (v each); those that nothing tells of are absent.

    Parameters
    ----------
    variants
        Of `calls/`: `SITE_COLUMNS`.
    regions
        BED files to look them up in.

    Raises
    ------
    InputError
        With the lines of a BED file that are no intervals.
    """
    contigs, positions = variants["contig"].to_numpy(zero_copy_only=False), variants["position"].to_numpy()
    found = {"quality_by_depth": info_values(variants, QUALITY_BY_DEPTH), "vqslod": info_values(variants, VQSLOD)}
    known: Metrics = {name: values for name, values in found.items() if values is not None}
    filters = pc.fill_null(pc.list_value_length(variants["filters"]), 0).to_numpy()
    return {"filters": filters, **known, **look_up(contigs, positions, regions, genome_of(variants))}


def info_values(variants: pa.Table, names: tuple[str, ...]) -> NDArray[np.float64] | None:
    """Take the first INFO field that a variant has a value in; of several values the one of its allele (v).

    Parameters
    ----------
    variants
        Of `calls/`: a_index and, if any was loaded, info.
    names
        Fields, those to ask first in front; None is given where no field was loaded.
    """
    if "info" not in variants.column_names:
        return None
    of_type = variants.schema.field("info").type
    loaded = [name for name in names if of_type.get_field_index(name) >= 0]
    if not loaded:
        return None
    found = [np.empty(0)]
    for some in variants.select(["info", "a_index"]).to_batches():
        values = [_of_allele(some["info"].field(name), some["a_index"].to_numpy()) for name in loaded]
        found.append(pc.coalesce(*values).to_numpy(zero_copy_only=False).astype(np.float64))
    return np.concatenate(found)


def _of_allele(field: pa.Array, allele: NDArray[np.int32]) -> pa.Array:
    """Give a field's value, or that of the variant's own allele, null where it has none."""
    if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
        starts, length = field.offsets.to_numpy()[:-1], pc.fill_null(pc.list_value_length(field), 0).to_numpy()
        place = pa.array(starts + allele - 1, mask=length < allele)
        field = field.values.take(place)
    return pc.cast(field, pa.float64())


def site_columns(metrics: Mapping[str, NDArray[Any]], variants: int) -> dict[str, pa.Array]:
    """Give the metrics of sites as columns, null where nothing tells."""
    return {
        name: column(metrics[name], of_type) if name in metrics else pa.nulls(variants, of_type)
        for name, of_type in OF_THE_SITE.items()
    }


def column(values: NDArray[Any], of_type: pa.DataType | None = None) -> pa.Array:
    """Make a column of a metric, null where it is nan."""
    return pa.array(values, of_type, from_pandas=True)


def metrics_in(sites: pa.Table, variants: pa.Table) -> Metrics:
    """Read the metrics of sites back from `sites.parquet`.

    Parameters
    ----------
    sites
        `OF_THE_SITE`; a column without a value in it is as good as absent.
    variants
        Of `calls/`: filters.
    """
    known = [name for name in OF_THE_SITE if sites[name].null_count < sites.num_rows]
    filters = pc.fill_null(pc.list_value_length(variants["filters"]), 0).to_numpy()
    return {"filters": filters, **{name: sites[name].to_numpy(zero_copy_only=False) for name in known}}
