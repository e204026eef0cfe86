"""Read the genotypes of common variants that quality control measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from association.cohort.common_variants import (
    CommonGenotypes,
    Dosages,
    alternate_frequency,
    ld_pruned,
    outside_long_range_ld,
)
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.study.quality_control import CommonVariantQc

VARIANT = ("contig", "position", "ref", "alt")


def read_common(path: Place, samples: int) -> tuple[pd.DataFrame, Dosages]:
    """Read common variants (m) and their dosages (m, n), -1 where missing.

    Parameters
    ----------
    path
        `common.parquet`.
    samples
        How many samples (n) it is of.
    """
    file = pq.ParquetFile(readable(path))
    dosages = np.empty((file.metadata.num_rows, samples), np.int8)
    names, row = [], 0
    for batch in file.iter_batches(1_024):
        dosages[row : row + batch.num_rows] = (
            batch["dosages"].flatten().to_numpy(zero_copy_only=False).reshape(batch.num_rows, samples)
        )
        names.append(batch.select(list(VARIANT)).to_pandas())
        row += batch.num_rows
    variants = pd.concat(names, ignore_index=True) if names else pd.DataFrame(columns=list(VARIANT))
    return variants, dosages


def independent_variants(
    variants: pd.DataFrame, dosages: Dosages, *, reference_genome: str, settings: CommonVariantQc
) -> np.ndarray:
    """Choose the variants that are well called, outside long-range linkage and out of linkage with each other.

    Parameters
    ----------
    variants
        contig and position (m rows).
    dosages
        Of the samples to judge by (m, n).
    reference_genome
        The build of the positions.
    settings
        How common, how well called, and how little correlated they must be.

    Returns
    -------
    Their places, in order.
    """
    contig = variants["contig"].str.removeprefix("chr").to_numpy(object)
    genotypes = CommonGenotypes(dosages, contig, variants["position"].to_numpy(np.int64))
    _, call_rate = alternate_frequency(dosages)
    outside = outside_long_range_ld(contig, genotypes.position, reference_genome)
    usable = np.flatnonzero(outside & (call_rate >= settings.min_call_rate))
    pruned = ld_pruned(genotypes.take(usable), max_r2=settings.max_r2, min_maf=settings.min_allele_frequency)
    return np.sort(usable[pruned])
