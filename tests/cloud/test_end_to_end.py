"""A study goes the whole way: submitted, run by Spark on places in a bucket, fetched; the same bytes as a run here.

Real all the way but for the other end of the wire: Google's clients for Dataproc and storage talk to servers on
loopback, and the job is `spark-submit` with a driver and two workers, each a process of its own. Hail writes to gs://
through Hadoop, which takes the server's folder for the bucket.
"""

from __future__ import annotations

import fnmatch
import os
import signal
import time

import hail as hl
import pytest
import yaml

from jobs import submit_follow
from jobs.run import run_study
from jobs.study.file import StudyLoader
from tests.cloud.dataproc_server_fixture import dataproc
from tests.cloud.dataproc_server_spark import SPARK_HOME, SparkSubmit, executors_of
from tests.cloud.dataproc_server_study import cloud_study, cohort
from tests.cloud.storage_faults import Refusal

__all__ = ["cloud_study", "cohort", "dataproc"]


# Enough to go through every stage.
BRIEF = {
    "masks": [{"name": "missense", "max_allele_frequency": [0.2]}],
    "tests": [{"test": "burden"}],
    "traits": [{"name": "survival", "type": "survival"}],
    "calibration": {"max_permutations": 2000},
}
# Where the bucket may name samples: what was put there, and the tables of single patients.
TABLES_OF_PATIENTS = (
    "cohort/*",
    "*/samples.parquet",
    "*/calls.mt/cols/*",
    "out/*/checks/*",
    "out/*/traits/*",
    "out/checks/*",
    "out/traits/*",
)


@pytest.fixture
def run_here(cohort, tmp_path):
    """The output folder of the same study, run on this machine without Spark."""
    settings = yaml.load((cohort / "study.yaml").read_text(), Loader=StudyLoader)
    for section in ("participants", "visits"):
        settings[section]["path"] = str(cohort / settings[section]["path"])
    settings["genotypes"] |= {"vcfs": [str(cohort / "vcf" / "chr1.vcf.gz")], "matrix_table": True}
    study = tmp_path / "here.yaml"
    study.write_text(yaml.safe_dump(settings | BRIEF | {"output": str(tmp_path / "here")}))
    run_study(study)
    return tmp_path / "here"


def contents(folder):
    """The bytes of every file that people read, by name; settings differ by places, times by the day."""
    files = (path for name in ("results", "follow_up") for path in (folder / name).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class Watching(SparkSubmit):
    """Spark, and what is done once its driver says that it works."""

    def __init__(self, buckets, act):
        super().__init__(buckets)
        self.act = act

    def __call__(self, job, emit, stop):
        def watch(line):
            emit(line)
            if b"nodes have the pinned versions" in line:
                self.act(self)

        return super().__call__(job, watch, stop)


def lose_a_worker(spark):
    """Take a worker away as a spot machine is."""
    (process, *_) = executors_of(spark.processes[-1])
    os.kill(process, signal.SIGKILL)
    spark.lost = True


def ids_of(cohort):
    rows = (cohort / "participants.tsv").read_text().splitlines()
    column = rows[0].split("\t").index("sample")
    return {row.split("\t")[column] for row in rows[1:]}


def said_by_workers(since):
    """Give what the workers of all applications since then have written to their logs."""
    logs = [path for path in (SPARK_HOME / "work").glob("app-*/*/std*") if path.stat().st_mtime >= since]
    assert logs
    return "".join(path.read_text() for path in logs)


def naming(bucket, samples):
    """Give the names of objects, among those that may name no sample, whose name or content does."""
    found = {path.relative_to(bucket).as_posix(): path for path in bucket.rglob("*") if path.is_file()}
    assert any("driveroutput" in name for name in found)
    return sorted(
        name
        for name, path in found.items()
        if any(sample in name for sample in samples)
        or (
            not any(fnmatch.fnmatch(name, pattern) for pattern in TABLES_OF_PATIENTS)
            and any(sample.encode() in path.read_bytes() for sample in samples)
        )
    )


@pytest.fixture
def submit(dataproc, cloud_study, storage_server, monkeypatch):
    """Give a function that submits the study to Spark, where something is done at its start."""
    monkeypatch.setattr(submit_follow.follow, "__kwdefaults__", {"pause": 0.2})
    cloud_study.set(**BRIEF, genotypes={"matrix_table": True})

    def submit(act):
        dataproc.jobs.runner = Watching(storage_server.root, act)
        return cloud_study.progex("submit", "--follow")

    return submit


@pytest.mark.slow
def test_a_submitted_study_gives_the_bytes_of_a_run_here(
    dataproc, cloud_study, cohort, run_here, storage_server, submit, tmp_path
):
    began = time.time()
    submitted = submit(lose_a_worker)
    assert submitted.exit_code == 0, submitted.output
    assert dataproc.jobs.runner.lost
    assert not dataproc.clusters.there

    fetched = cloud_study.progex("fetch", "--all", "--to", str(tmp_path / "fetched"))
    assert fetched.exit_code == 0, fetched.output
    assert contents(tmp_path / "fetched") == contents(run_here)
    assert contents(run_here)
    there, here = (hl.read_matrix_table(str(folder / "calls.mt")) for folder in (tmp_path / "fetched", run_here))
    assert there.count() == here.count()
    assert there._same(here)

    samples = ids_of(cohort)
    said = submitted.output + fetched.output + str(dataproc.calls) + said_by_workers(began)
    assert not [sample for sample in samples if sample in said]
    assert naming(storage_server.root / "lab", samples) == []
    assert list((storage_server.root / "lab" / "out" / "stages").glob("*/manifest.json"))
    assert "this study was run already" in cloud_study.progex("submit").output


@pytest.mark.slow
def test_a_refusal_that_a_worker_meets_is_told_as_it_is_and_names_no_sample(dataproc, cohort, storage_server, submit):
    # Calls are read by workers alone.
    message = "runner does not have storage.objects.get access to the Google Cloud Storage object."
    storage_server.faults.add(Refusal("GET", "/calls/part-", 10**6, status=403, reason="forbidden", message=message))
    began = time.time()
    failed = submit(lambda spark: None)
    storage_server.faults.clear()
    assert failed.exit_code != 0
    assert "permission: permission storage.objects.get is denied, or there is no gs://lab" in failed.output
    assert "Traceback" not in failed.output
    samples = ids_of(cohort)
    said = failed.output + str(dataproc.calls) + said_by_workers(began)
    assert not [sample for sample in samples if sample in said]
    assert naming(storage_server.root / "lab", samples) == []
