"""Judge the variants over the samples that stay, and write every metric, every reason and the carriers."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.call_files import KEY, SAMPLES
from hail_pipelines.places import Place, readable
from hail_pipelines.quality_control.attrition import AttritionRow, genotype_attrition, variant_attrition
from hail_pipelines.quality_control.final_counts import FinalCounts
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.kept_samples import classes_of, columns_of, kept_in_order, people_of
from hail_pipelines.quality_control.measure import SITES
from hail_pipelines.quality_control.sites import OF_THE_SITE, Metrics, column, metrics_in
from hail_pipelines.quality_control.variant_rules import VariantThresholds, failures, passing, reasons
from hail_pipelines.quality_control.variant_shares import (
    PLACES,
    call_fields,
    read_variants,
    shares_of,
    variant_facts,
)
from hail_pipelines.quality_control.variants import VariantWork, judge_share
from hail_pipelines.shares import Workers, do_shares
from hail_pipelines.whole_file import remove_partial_files, whole_file

log = logging.getLogger(__name__)

VARIANTS = "variants.parquet"
CARRIERS = "carriers"
ATTRITION = "attrition.json"


def judge_variants(
    calls: Place,
    measured: Place,
    samples: pd.DataFrame,
    output_dir: Place,
    *,
    genotype: GenotypeThresholds,
    variant: VariantThresholds,
    max_allele_frequency: float,
    sample_attrition: Sequence[AttritionRow] = (),
    workers: Workers = Workers(),
) -> list[AttritionRow]:
    """Write `variants.parquet` (a row per variant), `carriers/` (of those that are rare and pass), `attrition.json`.

    Parameters
    ----------
    calls
        The folder `calls/`.
    measured
        What `measure` wrote.
    samples
        A row per sample: sample, passes, batch, ancestry, unrelated, karyotype. Those that stay are numbered by the
        order of their ids.
    output_dir
        The folder to write to; it must not hold these files yet.
    genotype, variant
        Thresholds.
    max_allele_frequency
        Largest frequency of the minor allele of a variant whose carriers are kept.
    sample_attrition
        How many samples each rule took out, to stand in one table with the rest.
    workers
        Who does it.
    """
    names, kept = pq.read_table(readable(calls / SAMPLES))["sample"].to_pylist(), kept_in_order(samples)
    columns = columns_of(kept, names)
    variants = read_variants(calls, [*PLACES, "rsid", "filters"])
    sites = pq.read_table(readable(measured / SITES), columns=[*OF_THE_SITE, "genotype_qc"])
    of_site, classes = metrics_in(sites, variants), classes_of(kept, columns, len(names))
    facts = variant_facts(variants, passing(failures(of_site, variant)))
    (output_dir / CARRIERS).mkdir()
    work = VariantWork(
        people_of(kept, columns, len(names)),
        columns,
        classes,
        np.ascontiguousarray(classes.expected[:, classes.of_sample[columns]]),
        genotype.limits,
        variant,
        max_allele_frequency,
        output_dir / CARRIERS,
    )
    shares, counts = shares_of(calls, variants, facts), FinalCounts.zero(variants.num_rows, classes.batches)
    for share, counted in zip(shares, do_shares(partial(judge_share, work=work), shares, workers), strict=True):
        counts.put(share.variants, counted)
    remove_partial_files(output_dir / CARRIERS)
    metrics = of_site | counts.metrics(facts.places)
    failed = failures(metrics, variant)
    table = _table(variants, sites, metrics, counts, failed, variant)
    with whole_file(output_dir / VARIANTS) as path:
        pq.write_table(table, path, compression="zstd")
    attrition = [
        *genotype_attrition(_struct(sites["genotype_qc"]), call_fields(calls), genotype),
        *variant_attrition(metrics, failed, variant),
        *sample_attrition,
    ]
    text = json.dumps([asdict(row) for row in attrition], indent=2)
    (output_dir / ATTRITION).write_text(text + "\n", encoding="utf-8")
    for row in attrition:
        log.info("%s %s: %d before, %d excluded, %d after", row.unit, row.step, row.before, row.excluded, row.after)
    return attrition


def _table(
    variants: pa.Table,
    sites: pa.Table,
    metrics: Metrics,
    counts: FinalCounts,
    failed: Mapping[str, NDArray[np.bool_]],
    limits: VariantThresholds,
) -> pa.Table:
    """Make the table of variants."""
    measured = [name for name in metrics if name != "filters" and name not in OF_THE_SITE]
    before_rates = measured[: measured.index("hwe_p")]
    of_calls = _struct(sites["genotype_qc"])
    return pa.table(
        {
            **{name: variants[name] for name in (*KEY, "rsid", "filters")},
            **{name: sites[name] for name in OF_THE_SITE},
            **{name: column(metrics[name]) for name in before_rates},
            "batch_call_rates": _lists(counts.batch_call_rates()),
            "hwe_p": column(metrics["hwe_p"]),
            "reasons": reasons(failed, limits),
            "passes": passing(failed),
            "calls_present": of_calls.field("present").cast(pa.int64()),
            "calls_failed": of_calls.field("failed").cast(pa.int64()),
        }
    )


def _lists(rates: NDArray[np.float64]) -> pa.Array:
    """Make each row of an array a list, with null for nan."""
    offsets = np.arange(len(rates) + 1, dtype=np.int32) * rates.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), column(rates.reshape(-1)))


def _struct(counts: pa.ChunkedArray) -> pa.StructArray:
    """Give a column of structs as one array."""
    return pa.concat_arrays(counts.chunks) if counts.num_chunks else pa.array([], counts.type)
