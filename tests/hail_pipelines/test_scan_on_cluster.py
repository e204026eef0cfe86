"""A scan on clusters with workers of their own: the bytes of its table, also where workers are killed meanwhile."""

import time

import numpy as np
import pyarrow.parquet as pq
import pytest

from association.calibration.monte_carlo import Effort
from association.scan_settings import ScanSettings
from association.scan_trait_bytes import pack_trait
from benchmarks.random_store import MASKS, TESTS, random_scan_trait, write_random_store
from benchmarks.scan_on_cluster import shuffled_bytes, start_scan, write_asked
from benchmarks.spark_cluster import StandaloneCluster, executors, kill, python_workers, wait_until
from hail_pipelines.gene_scan import scan_in_processes

SAMPLES = 300
SETTINGS = ScanSettings(MASKS[:2], TESTS, seed=1, effort=Effort(2_000, 2_000, 50), family_permutations=99)
# So that a worker is busy for half a minute: nothing stops early.
LONG = ScanSettings(MASKS[:1], TESTS, seed=1, effort=Effort(20_000, 20_000, 10**6))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store") / "genes"
    write_random_store(folder, samples=SAMPLES, genes=120, files=12, large={5: np.full(60, 2e-3)})
    return folder


@pytest.fixture(scope="module")
def traits():
    return [pack_trait(random_scan_trait(kind, SAMPLES)) for kind in ("survival", "slope")]


@pytest.fixture
def scan_by(store, traits, tmp_path):
    """Give a function that scans on a master, calls a witness meanwhile, and gives the bytes of the table."""

    def scan(master, settings, witness=lambda driver: None):
        write_asked(tmp_path / "asked", traits, settings)
        driver = start_scan(master, store, tmp_path / "asked")
        try:
            witness(driver)
            driver.wait()
        finally:
            driver.kill()
        assert driver.returncode == 0, (tmp_path / "asked" / "driver.log").read_text()[-5_000:]
        moved = shuffled_bytes(tmp_path / "asked")
        assert moved["tasks"] > 0
        assert moved["shuffle written"] == moved["shuffle read"] == 0
        return (tmp_path / "asked" / "results.parquet").read_bytes()

    return scan


@pytest.fixture(scope="module")
def in_processes(store, traits, tmp_path_factory):
    """Give a function that scans with processes and gives the bytes of the table."""

    def scan(settings):
        file = tmp_path_factory.mktemp("processes") / "results.parquet"
        pq.write_table(scan_in_processes(store, traits, settings, workers=2, report=lambda *_: None), file)
        return file.read_bytes()

    return scan


# A whole run on such a cluster, its scan included, is in tests/cloud/test_end_to_end.py.
@pytest.mark.slow
def test_executors_of_a_cluster_give_the_bytes_that_processes_give(scan_by, in_processes):
    assert scan_by("local-cluster[2,1,1024]", SETTINGS) == in_processes(SETTINGS)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_standalone_cluster_gives_the_same_bytes(scan_by, in_processes, tmp_path):
    with StandaloneCluster(tmp_path / "cluster") as cluster:
        assert scan_by(cluster.master, SETTINGS) == in_processes(SETTINGS)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("victims", ["executor", "executor and its Python", "worker and all of it"])
def test_a_scan_survives_that_a_worker_is_killed(scan_by, in_processes, tmp_path, victims):
    killed = []

    def strike(driver):
        del driver
        worker = cluster.workers[0]
        wait_until(lambda: any(len(python_workers(one)) > 1 for one in executors(worker)), "Python works")
        time.sleep(1)
        (executor,) = executors(worker)
        killed.append(executor)
        if victims != "executor":
            killed.extend(python_workers(executor))
        if victims == "worker and all of it":
            killed.append(worker)
        kill(*reversed(killed))

    with StandaloneCluster(tmp_path / "cluster") as cluster:
        assert scan_by(cluster.master, LONG, strike) == in_processes(LONG)
    assert killed


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_scan_survives_that_an_executor_of_a_local_cluster_is_killed(scan_by, in_processes):
    killed = []

    def strike(driver):
        wait_until(lambda: any(len(python_workers(one)) > 1 for one in executors(driver.pid)), "Python works")
        time.sleep(1)
        executor = next(one for one in executors(driver.pid) if len(python_workers(one)) > 1)
        killed.extend([executor, *python_workers(executor)])
        kill(*killed)

    assert scan_by("local-cluster[2,1,1024]", LONG, strike) == in_processes(LONG)
    assert killed
