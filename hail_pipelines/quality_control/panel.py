"""The genotypes of a panel of known ancestry, at the cohort's common variants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import hail as hl
import pandas as pd
import pyarrow.parquet as pq

from hail_pipelines.load_calls import load_calls
from hail_pipelines.quality_control.measure import COMMON, COUNTS, write_common
from hail_pipelines.quality_control.sites import common_dosages
from hail_pipelines.reference_genome import ReferenceGenome


def measure_panel(
    vcfs: Sequence[Path], common: Path, output_dir: Path, *, reference_genome: ReferenceGenome
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
    """
    names = pq.read_table(common, columns=["contig", "position", "ref", "alt"]).to_pylist()
    row = hl.tstruct(locus=hl.tlocus(reference_genome), alleles=hl.tarray(hl.tstr))
    wanted = hl.Table.parallelize(
        [
            hl.Struct(
                locus=hl.Locus(one["contig"], one["position"], reference_genome), alleles=[one["ref"], one["alt"]]
            )
            for one in names
        ],
        row,
        key=["locus", "alleles"],
    )
    with TemporaryDirectory(prefix="panel.", dir=output_dir) as folder:
        calls = Path(folder) / "calls.mt"
        load_calls(vcfs, calls, reference_genome=reference_genome)
        mt = hl.read_matrix_table(str(calls)).semi_join_rows(wanted)
        dosages = mt.select_rows(dosages=hl.agg.collect(hl.coalesce(mt.GT.n_alt_alleles(), -1))).rows()
        samples = mt.s.collect()
        write_common(common_dosages(dosages), samples, output_dir / COMMON)
    pd.DataFrame({"sample": sorted(samples)}).to_parquet(output_dir / COUNTS, index=False)
    return {"samples": len(samples), "shared variants": pq.read_metadata(output_dir / COMMON).num_rows}
