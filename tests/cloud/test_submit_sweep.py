"""What progex left in a project is found and deleted; what somebody needs is left alone."""

import threading

import grpc
import pytest
from google.cloud import dataproc_v1 as dp

from tests.cloud.dataproc_server_fixture import PROJECT, REGION, dataproc, until
from tests.cloud.dataproc_server_spark import Scripted
from tests.cloud.dataproc_server_study import cloud_study, cohort, finish, hurried, warm

__all__ = ["cloud_study", "cohort", "dataproc", "hurried"]


def test_sweep_lists_what_is_left_and_deletes_it_when_told(dataproc, cloud_study):
    assert "nothing is left over" in cloud_study.progex("sweep").output
    dataproc.clock.advance(-600)
    for name, labels in (("progex-1", {"progex": "run"}), ("progex-2", {"progex": "run"}), ("theirs", {})):
        warm(dataproc, name).labels.update(labels)
    refused = cloud_study.progex("sweep", answer="n\n").output
    assert "nothing was deleted" in refused
    assert "progex-1  running for 0.2 h  about $" in refused
    assert "theirs" not in refused
    assert "deleting progex-1, progex-2" in cloud_study.progex("sweep", answer="y\n").output
    assert list(dataproc.clusters.there) == ["theirs"]


def test_sweep_leaves_clusters_that_work(dataproc, cloud_study):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    cloud_study.progex("submit")
    until(lambda: bool(dataproc.jobs.started))
    assert "at work" in cloud_study.progex("sweep", "--yes").output
    assert dataproc.clusters.there
    assert "deleting progex-" in cloud_study.progex("sweep", "--yes", "--busy").output
    assert not dataproc.clusters.there
    gate.set()


def test_sweep_leaves_clusters_that_come_up(dataproc, cloud_study):
    dataproc.clock.advance(-3600)
    dataproc.clusters.gate = threading.Event()
    cloud_study.progex("submit")
    until(lambda: bool(dataproc.clusters.there))
    kept = cloud_study.progex("sweep", "--yes").output
    assert "creating for 1.0 h" in kept
    assert "all of them come up or are at work" in kept
    assert dataproc.clusters.there
    dataproc.clusters.gate.set()
    finish(dataproc)
    assert len(dataproc.jobs.started) == 1


@pytest.mark.parametrize("state", ["STARTING", "UPDATING", "REPAIRING"])
def test_sweep_leaves_clusters_that_are_being_changed(dataproc, cloud_study, state):
    dataproc.clock.advance(-600)
    cluster = warm(dataproc, "theirs")
    cluster.labels.update({"progex": "run"})
    dataproc.clusters.enter(cluster, dp.ClusterStatus.State[state])
    assert "all of them come up or are at work" in cloud_study.progex("sweep", "--yes").output
    dataproc.clusters.enter(cluster, dp.ClusterStatus.State.DELETING)
    assert "nothing is left over" in cloud_study.progex("sweep", "--busy", "--yes").output


def test_sweep_leaves_a_cluster_on_which_somebody_else_runs_a_job_of_their_own(dataproc, cloud_study):
    dataproc.clock.advance(-600)
    dataproc.jobs.runner = Scripted(gate=threading.Event())
    warm(dataproc, "shared").labels.update({"progex": "run"})
    job = dp.Job(
        placement=dp.JobPlacement(cluster_name="shared"),
        pyspark_job=dp.PySparkJob(main_python_file_uri="gs://lab/theirs.py"),
    )
    dataproc.submit_job(dp.SubmitJobRequest(project_id=PROJECT, region=REGION, job=job))
    assert "all of them come up or are at work" in cloud_study.progex("sweep", "--yes").output


def test_one_cluster_that_may_not_be_deleted_does_not_keep_the_others(dataproc, cloud_study):
    for name in ("progex-1", "progex-2"):
        warm(dataproc, name).labels["progex"] = "run"
    dataproc.clock.advance(600)
    dataproc.fail("DeleteCluster", grpc.StatusCode.PERMISSION_DENIED)
    told = cloud_study.progex("sweep", "--yes", "--busy")
    assert told.exit_code == 2
    assert "refused" in told.output
    assert list(dataproc.clusters.there) == ["progex-1"]
