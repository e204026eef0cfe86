"""What hailctl 0.2.139 sets on a cluster beside what is set here: each difference is wanted, and the docs say why."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from hailtop.hailctl.dataproc import start as hailctl

from infra.dataproc.machines import machine
from infra.dataproc.plan import ClusterPlan, Hardware, RunFiles, RunPlan
from infra.dataproc.requests import cluster_config, spark_job

DOCS = Path(__file__).parents[3] / "docs" / "cloud.md"
DRIVER, WORKER = "n1-highmem-8", "n1-standard-8"

# hailctl sets them to another value, or at all; docs/cloud.md has a row for each.
OTHER_VALUE = {
    "spark.driver.memory",
    "spark.executor.memory",
    "spark.executor.memoryOverhead",
    "spark.executorEnv.HAIL_WORKER_OFF_HEAP_MEMORY_PER_CORE_MB",
    "spark.speculation",
    "yarn.nodemanager.resource.memory-mb",
    "yarn.scheduler.maximum-allocation-mb",
}
ONLY_HAILCTL = {"dfs.replication"}
ONLY_HERE = {
    "dataproc.logging.stackdriver.job.driver.enable",
    "spark.driver.extraClassPath",
    "spark.dynamicAllocation.minExecutors",
    "spark.executor.extraClassPath",
    "spark.executorEnv.NUMBA_CACHE_DIR",
    "spark.executorEnv.OMP_NUM_THREADS",
    "spark.executorEnv.OPENBLAS_NUM_THREADS",
    "spark.executorEnv.PROGEX_NODE",
    "spark.log.level",
    "spark.progex.run",
    "spark.progex.workers",
    "spark.pyspark.driver.python",
    "spark.pyspark.python",
}


@pytest.fixture(scope="module")
def theirs():
    """What `hailctl dataproc start` asks gcloud for, by itself: its command is printed, not run."""
    from unittest.mock import patch

    from hailtop.hailctl.dataproc.cli import app
    from typer.testing import CliRunner

    with (
        patch("hailtop.hailctl.dataproc.gcloud.get_version", return_value=(500, 0, 0)),
        patch("hailtop.hailctl.dataproc.gcloud.get_config", return_value=None),
    ):
        asked = ["start", "x", "--region", "europe-west1", "--dry-run", "--worker-machine-type", WORKER]
        printed = CliRunner().invoke(app, asked)
    assert printed.exit_code == 0, printed.output
    text = re.search(r"--properties=\^\|\|\|\^(.*?)'? \\\n", printed.output)[1]
    return without_prefix(dict(pair.split("=", 1) for pair in text.split("|||")))


@pytest.fixture(scope="module")
def ours():
    hardware = Hardware(machine(DRIVER), machine(WORKER))
    run = RunPlan("p", "r", "1", RunFiles("gs://b/m.py", "gs://b/c.zip", "gs://b/s.yaml", "gs://b/i", "gs://b/r"))
    plan = ClusterPlan(hardware, "b", 900, 3600)
    of_the_cluster = cluster_config(plan, run)["software_config"]["properties"]
    return without_prefix(of_the_cluster) | spark_job(hardware, run)["properties"]


def without_prefix(properties):
    return {name.split(":", 1)[-1]: value for name, value in properties.items()}


def test_compares_with_the_version_that_is_pinned(theirs):
    assert version("hail") == "0.2.139"
    assert hailctl.IMAGE_VERSION == "2.3.17-debian12"
    assert set(without_prefix(hailctl.DEFAULT_PROPERTIES)) <= set(theirs)


def test_the_image_is_hailctls():
    plan = ClusterPlan(Hardware(machine(DRIVER), machine(WORKER)), "b", 900, 3600)
    run = RunPlan("p", "r", "1", RunFiles("m", "c", "s", "i", "r"))
    assert cluster_config(plan, run)["software_config"]["image_version"] == hailctl.IMAGE_VERSION


def test_properties_differ_only_where_that_is_wanted(ours, theirs):
    assert set(theirs) - set(ours) == ONLY_HAILCTL
    assert set(ours) - set(theirs) == ONLY_HERE
    assert {name for name in set(ours) & set(theirs) if ours[name] != theirs[name]} == OTHER_VALUE


def test_the_page_gives_the_reason_of_each_difference():
    rows = [line for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    for name in OTHER_VALUE | ONLY_HAILCTL | ONLY_HERE:
        assert any(f"`{name}`" in row for row in rows), name
