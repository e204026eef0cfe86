"""The genotypes of a panel of known ancestry, at the cohort's common variants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.call_files import KEY, SAMPLES, part_path
from hail_pipelines.load_calls import load_calls
from hail_pipelines.places import Place, readable, temporary_folder
from hail_pipelines.quality_control.common_variants import CommonCodes, write_common
from hail_pipelines.quality_control.measure import COMMON, COUNTS
from hail_pipelines.quality_control.variant_shares import read_variants
from hail_pipelines.reference_genome import ReferenceGenome
from hail_pipelines.shares import Workers
from hail_pipelines.whole_file import whole_file


def measure_panel(
    vcfs: Sequence[Place],
    common: Place,
    output_dir: Place,
    *,
    reference_genome: ReferenceGenome,
    workers: Workers = Workers(),
) -> dict[str, int]:
    """Write a panel's genotypes at common variants as `common.parquet`, and its sample ids as `samples.parquet`.

    Parameters
    ----------
    vcfs
        Of the panel.
    common
        The cohort's `common.parquet`.
    output_dir
        The folder to write to.
    reference_genome
        The build of both.
    workers
        Who does it.
    """
    with temporary_folder(output_dir, "panel.") as folder:
        calls = folder / "calls"
        load_calls(vcfs, calls, reference_genome=reference_genome, workers=workers)
        variants = read_variants(calls)
        samples = pq.read_table(readable(calls / SAMPLES))["sample"].to_numpy(zero_copy_only=False)
        shared = _codes_of(variants, _shared(variants, pq.read_table(readable(common), columns=list(KEY))), calls)
        write_common(variants, shared, np.argsort(samples, kind="stable"), output_dir / COMMON)
    with whole_file(output_dir / COUNTS) as path:
        pd.DataFrame({"sample": sorted(samples)}).to_parquet(path, index=False)
    return {"samples": len(samples), "shared variants": len(shared.variants)}


def _shared(variants: pa.Table, wanted: pa.Table) -> NDArray[np.intp]:
    """Give the numbers of the variants that are wanted, in order."""
    numbered = variants.select(list(KEY)).append_column("number", pa.array(np.arange(variants.num_rows)))
    found = numbered.join(wanted, list(KEY), join_type="left semi", use_threads=False)
    return np.sort(found["number"].to_numpy())


def _codes_of(variants: pa.Table, numbers: NDArray[np.intp], calls: Place) -> CommonCodes:
    """Say where the calls of variants are."""
    part, row = variants["part"].to_numpy()[numbers], variants["row"].to_numpy()[numbers]
    parts, files = np.unique(part, return_inverse=True)
    paths = tuple(part_path(calls, one) for one in parts.tolist())
    return CommonCodes(numbers, files.astype(np.intp), row.astype(np.intp), paths)
