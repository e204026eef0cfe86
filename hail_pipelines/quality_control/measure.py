"""Measure variants and samples: the two passes over the calls that quality control decides by.

What is written depends on the calls, the thresholds of genotypes and variants, and the batches; who stays is decided
from it without reading the calls again.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import hail as hl
import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from hail_pipelines.quality_control.genotypes import GenotypeThresholds, call_passes_expr, genotype_failures_expr
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.samples import sample_counts
from hail_pipelines.quality_control.sites import CommonSites, common_dosages, site_table
from hail_pipelines.quality_control.variant_rules import VariantThresholds
from hail_pipelines.session import write_parquet

log = logging.getLogger(__name__)

SITES = "sites.ht"
COUNTS = "samples.parquet"
COMMON = "common.parquet"


@dataclass(frozen=True)
class MeasureCounts:
    """What was measured.

    Attributes
    ----------
    samples, variants
        In the calls.
    passing_variants
        Variants that no rule excludes as far as is known without ancestry and sex.
    common_variants
        Those of them whose genotypes tell relatives and ancestry.
    """

    samples: int
    variants: int
    passing_variants: int
    common_variants: int


def measure(
    calls: Path,
    output_dir: Path,
    *,
    genotype: GenotypeThresholds,
    variant: VariantThresholds,
    regions: Regions,
    batches: Mapping[str, str],
    common: CommonSites,
) -> MeasureCounts:
    """Measure every variant and sample.

    Writes `sites.ht` (every variant over all samples), `samples.parquet` (a row per sample, in order of sample ids)
    and `common.parquet` (a row per common variant: contig, position, ref, alt and dosages, alternate alleles by
    sample in that order, -1 for a missing call).

    Parameters
    ----------
    calls
        `calls.mt`.
    output_dir
        The folder to write to; it must not hold these files yet.
    genotype, variant, regions, batches, common
        As `site_table` takes them.
    """
    mt = hl.read_matrix_table(str(calls))
    sites = site_table(mt, genotype=genotype, variant=variant, regions=regions, batches=batches, common=common)
    sites = sites.checkpoint(str(output_dir / SITES))
    write_common(common_dosages(sites), mt.s.collect(), output_dir / COMMON)
    used = mt.annotate_rows(**sites.select("passes", "allele_count", "allele_number")[mt.row_key])
    used = used.filter_rows(used.passes)
    passes = call_passes_expr(genotype_failures_expr(used, genotype))
    used = used.annotate_entries(GT=hl.or_missing(passes, used.GT), present=hl.is_defined(used.GT))
    samples = sample_counts(used)
    samples.to_parquet(output_dir / COUNTS, index=False)
    total, passing = sites.aggregate((hl.agg.count(), hl.agg.count_where(sites.passes)))
    counts = MeasureCounts(len(samples), total, passing, pyarrow.parquet.read_metadata(output_dir / COMMON).num_rows)
    log.info("%d of %d variants pass, %d are common", passing, total, counts.common_variants)
    return counts


def write_common(table: hl.Table, columns: list[str], path: Path) -> None:
    """Write the genotypes of common variants, in order of position and of sample ids.

    Parameters
    ----------
    table
        What `common_dosages` gives.
    columns
        Sample ids in the order of the dosages.
    path
        The Parquet file to write.
    """
    unsorted = path.with_name(f"unsorted_{path.name}")
    write_parquet(table, unsorted, files=1)
    in_order = np.argsort(np.array(columns, object), kind="stable")
    schema = pa.schema(
        [
            ("contig", pa.string()),
            ("position", pa.int32()),
            ("ref", pa.string()),
            ("alt", pa.string()),
            ("dosages", pa.list_(pa.int8())),
        ]
    )
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in pyarrow.dataset.dataset(unsorted, format="parquet").to_batches(batch_size=1_024):
            dosages = batch["dosages"].flatten().to_numpy(zero_copy_only=False).astype(np.int8)
            dosages = dosages.reshape(batch.num_rows, len(columns))[:, in_order] if batch.num_rows else dosages
            offsets = np.arange(batch.num_rows + 1, dtype=np.int32) * len(columns)
            lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(dosages.reshape(-1)))
            writer.write_batch(pa.record_batch([*(batch[name] for name in schema.names[:-1]), lists], schema=schema))
    shutil.rmtree(unsorted)
