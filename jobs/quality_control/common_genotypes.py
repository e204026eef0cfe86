"""Read the genotypes of common variants that quality control measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from association.cohort.common_variants import CommonGenotypes, Dosages, ld_pruned, outside_long_range_ld

VARIANT = ("contig", "position", "ref", "alt")


def read_common(path: Path, samples: int) -> tuple[pd.DataFrame, Dosages]:
    """Read common variants (m) and their dosages (m, n), -1 where missing.

    Parameters
    ----------
    path
        `common.parquet`.
    samples
        How many samples (n) it is of.
    """
    file = pq.ParquetFile(path)
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
    variants: pd.DataFrame, dosages: Dosages, *, reference_genome: str, max_r2: float, min_allele_frequency: float
) -> np.ndarray:
    """Choose the variants that lie outside long-range linkage and are out of linkage with each other.

    Parameters
    ----------
    variants
        contig and position (m rows).
    dosages
        Of the samples that linkage is measured in (m, n).
    reference_genome
        The build of the positions.
    max_r2, min_allele_frequency
        As `ld_pruned` takes them.

    Returns
    -------
    Their places, in order.
    """
    contig = variants["contig"].str.removeprefix("chr").to_numpy(object)
    genotypes = CommonGenotypes(dosages, contig, variants["position"].to_numpy(np.int64))
    far = np.flatnonzero(outside_long_range_ld(contig, genotypes.position, reference_genome))
    return np.sort(far[ld_pruned(genotypes.take(far), max_r2=max_r2, min_maf=min_allele_frequency)])
