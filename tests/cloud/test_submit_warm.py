"""A study runs on a cluster that is there, if that ends by itself and its nodes have what is pinned."""

import threading

import pytest

from infra import storage
from infra.dataproc.machines import machine
from infra.dataproc.service import Dataproc
from jobs.submit import prepare
from jobs.submit_send import submit
from tests.cloud.dataproc_server_fixture import PROJECT, REGION, dataproc, until
from tests.cloud.dataproc_server_spark import Scripted
from tests.cloud.dataproc_server_study import PINNED, cloud_study, cohort, hurried, warm

__all__ = ["cloud_study", "cohort", "dataproc", "hurried"]


def test_a_warm_cluster_runs_the_same_study_once(dataproc, cloud_study):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    warm(dataproc)
    first = cloud_study.progex("submit", "--cluster", "warm")
    assert "submitted as job progex-" in first.output, first.output
    assert "is being run already" in cloud_study.progex("submit", "--cluster", "warm").output
    gate.set()
    until(lambda: all(job.done for job in dataproc.jobs.there.values()))
    assert len(dataproc.called("SubmitJob")) == 1
    assert "warm" in dataproc.clusters.there


def test_two_who_submit_to_a_warm_cluster_at_once_are_told(dataproc, cloud_study):
    warm(dataproc)
    services = [Dataproc(PROJECT, REGION) for _ in range(2)]
    both = [prepare(cloud_study.path, "warm", service) for service in services]
    submit(both[0], services[0])
    # The second looks before the first has written down what it did.
    storage.remove(storage.place("gs://lab/progex/runs"))
    assert "someone else submitted this study just now: it runs once" in submit(both[1], services[1]).message
    assert len(dataproc.jobs.there) == 1


def test_a_failed_job_is_tried_again_under_a_new_id(dataproc, cloud_study):
    warm(dataproc)
    dataproc.jobs.runner = Scripted(status=1)
    assert cloud_study.progex("submit", "--cluster", "warm", "--follow").exit_code == 2
    dataproc.jobs.runner = Scripted()
    assert cloud_study.progex("submit", "--cluster", "warm", "--follow").exit_code == 0
    assert [name[-2:] for name in dataproc.jobs.started] == ["-1", "-2"]


def test_a_warm_cluster_must_be_there_and_end_by_itself(dataproc, cloud_study):
    assert "there is no cluster cold" in cloud_study.progex("submit", "--cluster", "cold").output
    warm(dataproc, "endless", idle_delete_ttl=True)
    refused = cloud_study.progex("submit", "--cluster", "endless").output
    assert "endless has no end of its own" in refused
    assert f"clusters update endless --region {REGION} --max-age" in refused
    dataproc.clusters.broken.append("a node is missing")
    warm(dataproc, "broken")
    assert "broken is error a node is missing" in cloud_study.progex("submit", "--cluster", "broken").output


@pytest.mark.parametrize(
    ("requirements", "complaint"),
    [("requirements-0000.txt", "were set up with requirements-0000.txt"), ("", "were not set up for progex")],
)
def test_a_warm_cluster_whose_nodes_have_other_packages_is_refused(dataproc, cloud_study, requirements, complaint):
    warm(dataproc, requirements=requirements)
    refused = cloud_study.progex("submit", "--cluster", "warm")
    assert refused.exit_code == 2
    assert complaint in refused.output
    assert PINNED in refused.output
    assert not dataproc.called("SubmitJob")


def test_memory_of_a_warm_cluster_is_that_of_its_machines(dataproc, cloud_study):
    warm(dataproc)
    cloud_study.set(cloud={"worker_machine": "n2-highmem-16"})
    request = prepare(cloud_study.path, "warm", Dataproc(PROJECT, REGION)).request
    total = machine("n2-standard-8").memory_gib * 1024
    assert int(request.job.pyspark_job.properties["spark.executor.memory"][:-1]) < total / 2
