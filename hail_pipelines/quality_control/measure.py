"""Measure variants and samples: the two passes over the calls that quality control decides by.

What is written depends on the calls and the thresholds of genotypes and variants; who stays is decided from it
without reading the calls again.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import hail as hl
import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from association.problems import InputError
from hail_pipelines.quality_control.genotypes import GenotypeThresholds, judge_calls
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.samples import sample_counts
from hail_pipelines.quality_control.sex_chromosomes import with_sex_chromosomes
from hail_pipelines.quality_control.sites import common_dosages, site_table
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
    used_variants
        Variants that samples are judged by.
    common_variants
        Those of them whose genotypes tell relatives and ancestry.
    """

    samples: int
    variants: int
    used_variants: int
    common_variants: int


def measure(
    calls: Path,
    output_dir: Path,
    *,
    genotype: GenotypeThresholds,
    variant: VariantThresholds,
    regions: Regions,
    min_allele_frequency: float,
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
    genotype, variant, regions, min_allele_frequency
        As `site_table` takes them.

    Raises
    ------
    InputError
        If no variant passes the rules of its site.
    """
    mt = hl.read_matrix_table(str(calls))
    sites = site_table(
        mt, genotype=genotype, variant=variant, regions=regions, min_allele_frequency=min_allele_frequency
    )
    sites = sites.checkpoint(str(output_dir / SITES))
    total, of_site, typical = sites.aggregate(
        (
            hl.agg.count(),
            hl.agg.count_where(sites.passes),
            hl.agg.filter(sites.passes, hl.agg.approx_quantiles(sites.call_rate, 0.5)),
        )
    )
    if of_site == 0:
        raise _nothing_left(sites, total)
    # Samples without calls lower every variant's call rate: it is held against what is usual.
    least = (variant.min_call_rate or 0.0) * (typical if typical is not None else 1.0)
    used = sites.filter(sites.passes & (hl.coalesce(sites.call_rate, 1.0) >= least))
    write_common(common_dosages(used), mt.s.collect(), output_dir / COMMON)
    mt = mt.annotate_rows(**used.select("allele_count", "allele_number")[mt.row_key])
    mt = with_sex_chromosomes(mt.filter_rows(hl.is_defined(mt.allele_count)))
    samples = sample_counts(judge_calls(mt, genotype, mt.on_x | mt.on_y))
    samples.to_parquet(output_dir / COUNTS, index=False)
    common = pyarrow.parquet.read_metadata(output_dir / COMMON).num_rows
    counts = MeasureCounts(len(samples), total, used.count(), common)
    log.info("%d of %d variants are used, %d are common", counts.used_variants, total, common)
    return counts


def _nothing_left(sites: hl.Table, total: int) -> InputError:
    """Say that samples can't be judged, since no variant is left to judge them by."""
    reasons = sites.aggregate(hl.agg.explode(hl.agg.counter, sites.reasons))
    listed = "; ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items(), key=lambda one: -one[1]))
    message = f"none of the {total:,} variants passes ({listed}): samples can't be judged; loosen qc.variant"
    return InputError.single("quality control", "variants", message)


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
