"""A study goes the whole way: submitted, run by Spark on places in a bucket, fetched; the same bytes as a run here.

Real all the way but for the other end of the wire: Google's clients for Dataproc and storage talk to servers on
loopback, and the job is `spark-submit` with a driver and two workers, each a process of its own.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import yaml

from jobs import submit_follow
from jobs.run import run_study
from jobs.study.file import StudyLoader
from tests.cloud.dataproc_server_fixture import dataproc
from tests.cloud.dataproc_server_spark import SparkSubmit, executors_of
from tests.cloud.dataproc_server_study import cloud_study, cohort

__all__ = ["cloud_study", "cohort", "dataproc"]


# Enough to go through every stage; most of the time goes to kernels, which the workers compile for themselves.
BRIEF = {
    "masks": [{"name": "missense", "max_allele_frequency": [0.2]}],
    "tests": [{"test": "burden"}],
    "traits": [{"name": "survival", "type": "survival"}],
    "calibration": {"max_permutations": 2000},
}


@pytest.fixture
def run_here(cohort, tmp_path):
    """The output folder of the same study, run on this machine without Spark."""
    settings = yaml.load((cohort / "study.yaml").read_text(), Loader=StudyLoader)
    for section in ("participants", "visits"):
        settings[section]["path"] = str(cohort / settings[section]["path"])
    settings["genotypes"]["vcfs"] = [str(cohort / "vcf" / "chr1.vcf.gz")]
    study = tmp_path / "here.yaml"
    study.write_text(yaml.safe_dump(settings | BRIEF | {"output": str(tmp_path / "here")}))
    run_study(study)
    return tmp_path / "here"


def contents(folder):
    """The bytes of every file that people read, by name; settings differ by places, times by the day."""
    files = (path for name in ("results", "follow_up") for path in (folder / name).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class LosesAWorker(SparkSubmit):
    """Spark, one of whose workers is taken away as a spot machine is: killed, once the driver says that it works."""

    lost = 0

    def __call__(self, job, emit, stop):
        def watch(line):
            emit(line)
            if b"nodes have the pinned versions" in line:
                for process in executors_of(self.processes[-1])[:1]:
                    os.kill(process, signal.SIGKILL)
                    self.lost += 1

        return super().__call__(job, watch, stop)


def ids_of(cohort):
    rows = (cohort / "participants.tsv").read_text().splitlines()
    column = rows[0].split("\t").index("sample")
    return {row.split("\t")[column] for row in rows[1:]}


def test_a_submitted_study_gives_the_bytes_of_a_run_here(
    dataproc, cloud_study, cohort, run_here, storage_server, tmp_path, monkeypatch
):
    monkeypatch.setattr(submit_follow.follow, "__kwdefaults__", {"pause": 0.2})
    cloud_study.set(**BRIEF)
    runner = LosesAWorker(storage_server.root)
    dataproc.jobs.runner = runner
    submitted = cloud_study.progex("submit", "--follow")
    assert submitted.exit_code == 0, submitted.output
    assert runner.lost == 1
    assert not dataproc.clusters.there

    fetched = cloud_study.progex("fetch", "--all", "--to", str(tmp_path / "fetched"))
    assert fetched.exit_code == 0, fetched.output
    assert contents(tmp_path / "fetched") == contents(run_here)
    assert contents(run_here)

    said = submitted.output + fetched.output + str(dataproc.calls)
    names = [str(path.relative_to(storage_server.root)) for path in Path(storage_server.root).rglob("*")]
    manifests = [path.read_text() for path in Path(storage_server.root).rglob("manifest.json")]
    assert manifests
    for sample in ids_of(cohort):
        assert sample not in said
        assert not [name for name in names if sample in name]
        assert not [text for text in manifests if sample in text]
