"""The same study on a Spark cluster: the same rows, also where executors and workers are killed in its midst."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pandas as pd
import pyarrow.parquet as pq
import pytest

from benchmarks.spark_cluster import StandaloneCluster, environment, executors, kill, python_workers, wait_until

RUN = "from jobs.cli import main; main()"
# Outputs of every stage that works on a cluster: what they read of one another is in their rows.
COMPARED = {
    "load": ("calls/variants.parquet", "calls/part-*.parquet"),
    "measure": ("sites.parquet", "samples.parquet", "common.parquet"),
    "variants": ("variants.parquet", "carriers/part-*.parquet"),
    "annotate": ("genes.parquet",),
    "gene_store": ("genes/*.parquet",),
    "scan_survival": ("gene_tests.parquet",),
}


@pytest.fixture(scope="module")
def here(simulated, copy_of, tmp_path_factory):
    """Run a small study on this machine."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("here") / "cohort")
    folder.set(
        masks=[{"name": "missense", "max_allele_frequency": [0.2]}],
        calibration={"max_permutations": 2000},
        compute={"cores": 1, "driver_memory_gib": 1},
    )
    run(folder)
    return folder


@pytest.fixture
def elsewhere(here, copy_of, tmp_path):
    """Give the same study without anything that was run."""
    folder = copy_of(here.path, tmp_path / "cohort")
    folder.set(output="fresh")
    folder.output = folder.path / "fresh"
    return folder


def start(folder):
    command = [sys.executable, "-c", RUN, "run", str(folder.study)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment())


def run(folder):
    process = start(folder)
    _, told = process.communicate()
    assert process.returncode == 0, told[-5_000:]


def stage_folder(folder, stage):
    (found,) = folder.output.glob(f"stages/{stage}-*")
    return found


def alike(folder, other):
    """Compare what every stage wrote, table by table."""
    for stage, patterns in COMPARED.items():
        for pattern in patterns:
            own = sorted(stage_folder(folder, stage).glob(pattern))
            its = sorted(stage_folder(other, stage).glob(pattern))
            assert own
            assert [path.name for path in own] == [path.name for path in its]
            for one, two in zip(own, its, strict=True):
                assert pq.read_table(one).equals(pq.read_table(two)), f"{stage}: {one.name}"
    results = [pd.read_parquet(one.output / "results" / "gene_tests.parquet") for one in (folder, other)]
    pd.testing.assert_frame_equal(*results, check_exact=True)
    assert not [path for path in folder.output.rglob("*.partial*")]


# Results of such a cluster are compared with those of one machine in tests/cloud/test_end_to_end.py too.
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_cluster_gives_what_one_machine_gives(here, elsewhere):
    elsewhere.set(compute={"master": "local-cluster[2,1,1024]", "driver_memory_gib": 1})
    run(elsewhere)
    alike(elsewhere, here)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("victim", ["executor", "worker"])
def test_a_run_survives_that_it_loses_an_executor_or_a_worker_in_every_stage(here, elsewhere, tmp_path, victim):
    """Kill one in each of load, measure, variants and a scan, as soon as the stage has begun."""
    with StandaloneCluster(tmp_path / "cluster", workers=2) as cluster:
        elsewhere.set(compute={"master": cluster.master, "driver_memory_gib": 1})
        process, killed, told = start(elsewhere), [], []
        reader = threading.Thread(target=lambda: told.append(process.stderr.read()))
        reader.start()
        for stage in ("load", "measure", "variants", "scan_survival"):
            wait_until(lambda name=stage: list(elsewhere.output.glob(f"stages/{name}-*")), f"{stage} begins")
            wait_until(lambda: any(python_workers(one) for pid in cluster.workers for one in executors(pid)), "work")
            time.sleep(0.2)
            busy = next(pid for pid in cluster.workers if executors(pid))
            lost = executors(busy)
            for executor in lost:
                kill(*python_workers(executor), executor)
            killed += lost
            if victim == "worker":
                kill(busy)
                cluster.add_worker()
        process.wait()
        reader.join()
    assert process.returncode == 0, told[0][-5_000:]
    assert len(killed) >= 4
    alike(elsewhere, here)
    record = json.loads((elsewhere.output / "run.json").read_text())
    assert not any(stage["reused"] for stage in record["stages"])
