"""The scan on Spark: two workers against one, bytes that are shuffled, and whether the table is the same.

A standalone master on the loopback with one worker, then with two, of one core each; then Spark's own
`local-cluster[2,1,1024]`; then processes without Spark. Seconds are the better of two scans in one session: Spark's
start and the first start of Python are not counted. Bytes are from Spark's event log. Permutations go as far as
those of a study do by default.

    python -m benchmarks.cluster          6,000 genes
    python -m benchmarks.cluster --full   12,000 genes
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from association.calibration.monte_carlo import Effort
from association.scan_settings import ScanSettings
from association.scan_trait_bytes import pack_trait
from benchmarks.random_store import MASKS, TESTS, random_scan_trait, write_random_store
from benchmarks.scan_on_cluster import shuffled_bytes, start_scan, write_asked
from benchmarks.spark_cluster import StandaloneCluster
from hail_pipelines.gene_scan import scan_in_processes

SAMPLES = 300
REPEATS = 2
SETTINGS = ScanSettings(MASKS, TESTS, seed=1, effort=Effort(100_000, 1_000_000, 200), family_permutations=1_000)


def measure(*, genes: int = 6_000) -> pd.DataFrame:
    """Scan the same store everywhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = folder / "genes"
        write_random_store(store, samples=SAMPLES, genes=genes, files=32)
        traits = [pack_trait(random_scan_trait("survival", SAMPLES))]
        rows = []
        for workers in (1, 2):
            with StandaloneCluster(folder / f"cluster-{workers}", workers=workers) as cluster:
                where = f"standalone, {workers} workers"
                rows.append({"where": where} | _on_spark(cluster.master, store, folder / f"asked-{workers}", traits))
        rows.append(
            {"where": "local-cluster"} | _on_spark("local-cluster[2,1,1024]", store, folder / "local", traits)
        )
        for workers in (1, 2):
            where = f"processes, {workers}"
            rows.append({"where": where} | _in_processes(store, folder / f"{where}.parquet", traits, workers))
    table = pd.DataFrame(rows)
    same = table.pop("bytes")
    return table.assign(
        **{"times one worker": table["seconds"].iloc[0] / table["seconds"], "same bytes": same == same.iloc[0]}
    )


def _on_spark(master: str, store: Path, asked: Path, traits: list[bytes]) -> dict[str, object]:
    write_asked(asked, traits, SETTINGS)
    driver = start_scan(master, store, asked, repeats=REPEATS)
    if driver.wait():
        raise RuntimeError((asked / "driver.log").read_text()[-2_000:])
    seconds = min(json.loads((asked / "seconds.json").read_text()))
    return {"seconds": seconds, "bytes": (asked / "results.parquet").read_bytes()} | shuffled_bytes(asked)


def _in_processes(store: Path, file: Path, traits: list[bytes], workers: int) -> dict[str, object]:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        table = scan_in_processes(store, traits, SETTINGS, workers=workers, report=lambda *_: None)
        times.append(time.perf_counter() - began)
    pq.write_table(table, file)
    return {"seconds": min(times), "bytes": file.read_bytes()}


def main() -> None:
    """Print the table."""
    print(f"load {os.getloadavg()[0]:.1f}")
    print(measure(genes=12_000 if "--full" in sys.argv else 6_000).to_string(index=False))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
