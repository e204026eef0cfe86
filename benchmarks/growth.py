"""How the scan's cost and memory grow: from 300 to 300,000 samples, with a gene of 5,000 variants, with skewed genes.

Rare variants keep their frequency, so carriers per gene grow with the samples, from 15 to 15,000. Cost is core
microseconds per carrier and test, in fresh processes; memory is the most that such a process held beyond what it held
before the scan.

    python -m benchmarks.growth          up to 30,000 samples, and a gene of 1,000 variants among 50,000
    python -m benchmarks.growth --full   up to 300,000 samples, and a gene of 5,000 variants among 500,000
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from association.calibration.monte_carlo import Effort
from association.scan_settings import ScanSettings
from association.scan_trait_bytes import pack_trait
from benchmarks.random_store import MASKS, TESTS, random_scan_trait, write_random_store
from hail_pipelines.gene_scan import scan_share
from hail_pipelines.scan_shares import Share, costs, deal

SETTINGS = ScanSettings(MASKS[:1], TESTS, seed=1, effort=Effort(10_000, 100_000, 200))
GENES = {300: 2_000, 3_000: 1_000, 30_000: 400, 300_000: 100}


def measure(*, full: bool = False) -> pd.DataFrame:
    """Scan stores of more and more samples, and one of a single large gene."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    sizes = (300, 3_000, 30_000, 300_000) if full else (300, 3_000, 30_000)
    cases = [(samples, GENES[samples], 0) for samples in sizes]
    cases.append((500_000, 1, 5_000) if full else (50_000, 1, 1_000))
    rows = [
        {"samples": samples, "trait": kind, "genes": genes} | _in_fresh_process(kind, samples, genes, variants)
        for kind in ("survival", "quantitative")
        for samples, genes, variants in cases
    ]
    return pd.DataFrame(rows)


def measure_tail(*, genes: int = 4_000, workers: int = 2) -> pd.DataFrame:
    """Scan a store of small genes and one of 5,000 variants share by share: the slowest share beside the mean."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "genes"
        large = {genes // 2: np.full(5_000, 1.5e-3)}
        write_random_store(store, samples=300, genes=genes, files=16, large=large)
        packed = [pack_trait(random_scan_trait("survival", 300))]
        table = pq.read_table(store / "genes.parquet")
        expected = costs(table).sum() / 1000
        shares = deal(table, workers)
        seconds = []
        for share in (shares[-1], *shares):
            began = time.perf_counter()
            scan_share(store, share, packed, SETTINGS)
            seconds.append(time.perf_counter() - began)
        seconds = seconds[1:]
    # Who is free takes the next share, as a pool's processes do.
    free = np.zeros(workers)
    for one in seconds:
        free[free.argmin()] += one
    row = {"shares": len(shares), "seconds": sum(seconds), "expected": expected, "slowest share": max(seconds)}
    row |= {"mean share": float(np.mean(seconds)), "wall of two workers": free.max()}
    return pd.DataFrame([row | {"wall over ideal": free.max() / (sum(seconds) / workers)}])


def _in_fresh_process(kind: str, samples: int, genes: int, variants: int) -> dict[str, float]:
    """Scan in a process of its own; give core seconds, carriers and memory."""
    command = [sys.executable, "-m", "benchmarks.growth", "--one", kind, str(samples), str(genes), str(variants)]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def _scan_once(kind: str, samples: int, genes: int, variants: int) -> dict[str, float]:
    """Scan, once the kernels are there; give the second scan's core seconds and the memory of both."""
    with tempfile.TemporaryDirectory() as folder:
        small, store = Path(folder) / "small", Path(folder) / "genes"
        write_random_store(small, samples=samples, genes=20, files=1)
        trait = [pack_trait(random_scan_trait(kind, samples))]
        scan_share(small, Share((0,), 20), trait, SETTINGS)
        # Every other sample is a carrier: most variants have a few of them, and some have thousands.
        shape = np.exp(np.random.default_rng(2).uniform(np.log(1e-6), np.log(5e-3), variants))
        large = {0: np.maximum(shape * (0.25 / shape.sum()), 5 / samples)} if variants else None
        write_random_store(store, samples=samples, genes=genes, files=1, large=large)
        table = pq.read_table(store / "genes.parquet")
        carriers = int(table["carriers"].to_numpy().sum())
        before = _peak_mib(reset=True)
        began, wall = time.process_time(), time.perf_counter()
        scan_share(store, Share((0,), genes), trait, SETTINGS)
        seconds, wall = time.process_time() - began, time.perf_counter() - wall
    return {
        "variants": int(table["variants"].to_numpy().sum()),
        "carriers": carriers,
        "core seconds": round(seconds, 2),
        "wall": round(wall, 2),
        "ms per gene": round(seconds / genes * 1e3, 2),
        "us per carrier": round(seconds / carriers * 1e6, 3),
        "MiB before": round(before),
        "MiB at most": round(_peak_mib()),
    }


def _peak_mib(*, reset: bool = False) -> float:
    """Give the most memory that the process held, since it began or since it was last asked to forget."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next((line for line in lines if line.startswith("VmHWM")), None)
    return int(peak.split()[1]) / 1024 if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the tables, or one measurement."""
    if "--one" in sys.argv:
        kind, *numbers = sys.argv[sys.argv.index("--one") + 1 :]
        samples, genes, variants = map(int, numbers)
        print(json.dumps(_scan_once(kind, samples, genes, variants)))
        return
    full = "--full" in sys.argv
    print(f"load {os.getloadavg()[0]:.1f}")
    print(measure(full=full).to_string(index=False))
    print(measure_tail(genes=4_000 if full else 500).to_string(index=False))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
