"""Time and memory of merging cohorts, by their number: `python -m benchmarks.merging`.

Each cohort has 1,000 samples and 100,000 rare variants of a few carriers each, a third of the possible sites, so that
cohorts share some variants and lack others. With two kits, half of the cohorts are callable at half of the sites
only, and have their variants there. Each number of cohorts is merged in a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.merging.merge import merge_cohorts
from hail_pipelines.quality_control.carrier_files import CARRIERS
from hail_pipelines.quality_control.genotypes import GenotypeThresholds

SAMPLES, VARIANTS, SITES = 1_000, 100_000, 300_000
NUMBERS = (2, 5, 10)


def made_up_cohort(folder: Path, name: str, sites: int, generator: np.random.Generator) -> tuple[Cohort, int]:
    """Write what a cohort callable at some sites leaves after annotation; give it, and how many carriers it has."""
    for part in ("calls", "qc/carriers"):
        (folder / part).mkdir(parents=True)
    position = np.sort(generator.choice(sites, VARIANTS, replace=False)).astype(np.int32) + 1
    count = np.minimum(generator.geometric(0.4, VARIANTS) + 1, 20).astype(np.int32)
    starts, variant = np.append(0, np.cumsum(count)).astype(np.int32), np.repeat(np.arange(VARIANTS), count)
    carriers = generator.integers(0, SAMPLES, starts[-1]).astype(np.int32)
    carriers = carriers[np.lexsort((carriers, variant))]
    number = np.arange(VARIANTS, dtype=np.int32)
    keys = {"contig": ["chr1"] * VARIANTS, "position": position, "ref": ["A"] * VARIANTS, "alt": ["C"] * VARIANTS}
    calls = pa.table(keys | {"part": np.zeros_like(number), "row": number})
    pq.write_table(
        calls.replace_schema_metadata({"reference_genome": "GRCh38"}), folder / "calls" / "variants.parquet"
    )
    none = pa.array([[]] * VARIANTS, pa.list_(pa.string()))
    counted = {"allele_count": count, "allele_number": np.full(VARIANTS, 2 * SAMPLES, np.int32)}
    judged = keys | counted | {"passes": np.ones(VARIANTS, np.bool_), "reasons": none}
    pq.write_table(pa.table(judged), folder / "qc" / "variants.parquet")
    lists = [pa.ListArray.from_arrays(starts, values) for values in (carriers, np.ones(len(carriers), np.int8))]
    columns = [pa.array(number), pa.array(np.zeros(VARIANTS, np.bool_)), *lists, none.cast(pa.list_(pa.int32()))]
    pq.write_table(pa.table(columns, schema=CARRIERS), folder / "qc" / "carriers" / "part-00000.parquet")
    genes = [f"G{place // 50}" for place in position.tolist()]
    pq.write_table(pa.table({"variant": number, "gene": genes}), folder / "genes.parquet")
    ids = [f"{name}{sample:05d}" for sample in range(SAMPLES)]
    people = pd.DataFrame({"sample": ids, "passes": True, "karyotype": "XX"})
    places = (folder / "calls", folder / "qc", folder / "genes.parquet")
    regions = {"chr1": np.array([[1, sites]])}
    return Cohort(name, *places, people, GenotypeThresholds(), regions), len(carriers)


def measure(number: int, kits: int) -> None:
    """Merge a number of cohorts of one kit or two, and print what it took."""
    generator = np.random.default_rng(1)
    with TemporaryDirectory() as name:
        made = [
            made_up_cohort(Path(name) / f"c{place}", f"c{place}", SITES // (1 + place % kits), generator)
            for place in range(number)
        ]
        out = Path(name) / "merged"
        out.mkdir()
        began, busy = time.perf_counter(), time.process_time()
        counts = merge_cohorts([cohort for cohort, _ in made], out, max_allele_frequency=0.01)
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
        size = sum(part.stat().st_size for part in (out / "carriers").iterdir()) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    carriers = sum(carried for _, carried in made)
    print(
        f"{number:2d} cohorts, kits: {kits}: {counts.variants:,} variants, {carriers:,} carriers, "
        f"{counts.calls['missing'].sum():,} calls missing, {seconds:.1f} s ({busy:.1f} s of processor), "
        f"peak {peak:,.0f} MiB with making them up, carriers on disk {size:.0f} MiB"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]), int(sys.argv[2]))
    else:
        for asked in product(("1", "2"), map(str, NUMBERS)):
            subprocess.run([sys.executable, "-m", "benchmarks.merging", *reversed(asked)], check=True)
