"""The loopback Dataproc does what it says, as the real client library sees it."""

import os
import threading

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import dataproc_v1 as dp
from google.cloud import storage

from tests.cloud.dataproc_server_fixture import PROJECT, REGION, dataproc, until
from tests.cloud.dataproc_server_spark import Scripted, SparkSubmit, to_bucket

__all__ = ["dataproc"]

PARENT = f"projects/{PROJECT}/regions/{REGION}"
State = dp.JobStatus.State


@pytest.fixture
def client(dataproc):
    channel = grpc.insecure_channel(f"127.0.0.1:{dataproc.port}")

    def of(kind):
        return kind(transport=kind.get_transport_class("grpc")(channel=channel))

    yield of
    channel.close()


def cluster(name="warm", idle=600, whole=3600, **labels):
    limits = dp.LifecycleConfig(idle_delete_ttl={"seconds": idle}, auto_delete_ttl={"seconds": whole})
    config = dp.ClusterConfig(config_bucket="lab", lifecycle_config=limits)
    return dp.Cluster(project_id=PROJECT, cluster_name=name, config=config, labels=labels)


def job(cluster_name="warm", job_id="", **labels):
    return dp.Job(
        reference=dp.JobReference(job_id=job_id),
        placement=dp.JobPlacement(cluster_name=cluster_name),
        pyspark_job=dp.PySparkJob(main_python_file_uri="gs://lab/main.py", args=["gs://lab/study.yaml"]),
        labels=labels,
    )


def workflow(**labels):
    config = dp.ClusterConfig(config_bucket="lab")
    return dp.WorkflowTemplate(
        placement=dp.WorkflowTemplatePlacement(
            managed_cluster=dp.ManagedCluster(cluster_name="progex", config=config, labels=labels)
        ),
        jobs=[dp.OrderedJob(step_id="run", pyspark_job=job().pyspark_job, labels=labels)],
    )


def instantiate(client, template, request_id=""):
    request = dp.InstantiateInlineWorkflowTemplateRequest(parent=PARENT, template=template, request_id=request_id)
    return client(dp.WorkflowTemplateServiceClient).instantiate_inline_workflow_template(request=request)


def create(client, one):
    clusters = client(dp.ClusterControllerClient)
    return clusters.create_cluster(project_id=PROJECT, region=REGION, cluster=one).result()


def submit(client, one):
    return client(dp.JobControllerClient).submit_job(project_id=PROJECT, region=REGION, job=one)


def get_job(client, name):
    return client(dp.JobControllerClient).get_job(project_id=PROJECT, region=REGION, job_id=name)


def test_a_workflow_runs_its_job_on_a_cluster_that_is_gone_afterwards(dataproc, client):
    operation = instantiate(client, workflow(progex="yes"))
    operation.result()
    node = operation.metadata.graph.nodes[0]
    assert node.state == dp.WorkflowNode.NodeState.COMPLETED
    done = get_job(client, node.job_id)
    assert done.status.state == State.DONE
    assert dict(done.labels) == {"progex": "yes"}
    assert list(dataproc.clusters.gone) == [done.placement.cluster_name]
    assert not dataproc.clusters.there


def test_a_workflow_that_fails_deletes_its_cluster_too(dataproc, client):
    dataproc.jobs.runner = Scripted(["out of memory"], status=1)
    operation = instantiate(client, workflow())
    with pytest.raises(exceptions.FailedPrecondition, match="Job failed with message"):
        operation.result()
    assert not dataproc.clusters.there


def test_a_cluster_in_error_fails_the_workflow_and_is_deleted(dataproc, client):
    dataproc.clusters.broken.append("initialization action failed")
    with pytest.raises(exceptions.FailedPrecondition, match="initialization action failed"):
        instantiate(client, workflow()).result()
    assert not dataproc.clusters.there
    assert not dataproc.jobs.there


def test_one_request_id_makes_one_workflow_while_it_runs(dataproc, client):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    first, second = (instantiate(client, workflow(), "same") for _ in range(2))
    assert first.operation.name == second.operation.name
    gate.set()
    first.result()
    again = instantiate(client, workflow(), "same")
    assert again.operation.name != first.operation.name
    again.result()
    assert len(dataproc.jobs.started) == 2


def test_cancelling_the_operation_ends_job_and_cluster(dataproc, client):
    dataproc.jobs.runner = Scripted(gate=threading.Event())
    operation = instantiate(client, workflow())
    until(lambda: bool(dataproc.jobs.started))
    client(dp.WorkflowTemplateServiceClient).cancel_operation({"name": operation.operation.name})
    with pytest.raises(exceptions.Cancelled):
        operation.result()
    assert get_job(client, dataproc.jobs.started[0]).status.state == State.CANCELLED
    assert not dataproc.clusters.there


def test_a_job_id_is_taken_once(dataproc, client):
    create(client, cluster())
    submit(client, job(job_id="one"))
    with pytest.raises(exceptions.AlreadyExists):
        submit(client, job(job_id="one"))
    until(lambda: get_job(client, "one").done)
    assert dataproc.jobs.started == ["one"]


def test_a_request_that_is_made_again_gets_its_own_job(dataproc, client):
    create(client, cluster())
    requests = client(dp.JobControllerClient)
    first, second = (
        requests.submit_job(
            request={"project_id": PROJECT, "region": REGION, "job": job(job_id="one"), "request_id": "same"}
        )
        for _ in range(2)
    )
    assert first.reference == second.reference
    until(lambda: get_job(client, "one").done)
    assert dataproc.jobs.started == ["one"]


def test_an_answer_may_be_lost_after_the_work_was_done(dataproc, client):
    create(client, cluster())
    dataproc.lose_answer("SubmitJob")
    jobs = client(dp.JobControllerClient)
    with pytest.raises(exceptions.ServiceUnavailable):
        jobs.submit_job(project_id=PROJECT, region=REGION, job=job(job_id="one"), retry=None)
    until(lambda: get_job(client, "one").done)


def test_a_job_needs_its_cluster(client):
    with pytest.raises(exceptions.NotFound, match="no cluster warm"):
        submit(client, job())


def test_what_the_driver_prints_lies_where_the_job_says(dataproc, client):
    create(client, cluster())
    dataproc.jobs.runner = Scripted(["one", "two"])
    submit(client, job(job_id="talks"))
    until(lambda: get_job(client, "talks").done)
    prefix = get_job(client, "talks").driver_output_resource_uri.removeprefix("gs://lab/")
    blobs = storage.Client.create_anonymous_client().list_blobs("lab", prefix=prefix)
    assert b"".join(blob.download_as_bytes() for blob in blobs) == b"one\ntwo\n"


def test_jobs_and_clusters_are_listed_by_label_and_state(client):
    create(client, cluster("mine", progex="yes"))
    create(client, cluster("other"))
    submit(client, job("mine", "a", run="x"))
    submit(client, job("mine", "b", run="y"))
    clusters = client(dp.ClusterControllerClient)
    listed = clusters.list_clusters(request={"project_id": PROJECT, "region": REGION, "filter": "labels.progex = *"})
    assert [one.cluster_name for one in listed] == ["mine"]
    jobs = client(dp.JobControllerClient)
    listed = jobs.list_jobs(request={"project_id": PROJECT, "region": REGION, "filter": "labels.run = x"})
    assert [one.reference.job_id for one in listed] == ["a"]


@pytest.mark.parametrize("wanted", ["labels.progex:*", "labels.progex", "progex = yes", "NOT labels.progex = yes"])
def test_refuses_a_filter_that_dataproc_does_not_know(client, wanted):
    create(client, cluster("mine", progex="yes"))
    with pytest.raises(exceptions.InvalidArgument, match="is not understood"):
        list(
            client(dp.ClusterControllerClient).list_clusters(
                request={"project_id": PROJECT, "region": REGION, "filter": wanted}
            )
        )


def test_a_workflows_cluster_comes_up_when_its_gate_opens(dataproc, client):
    dataproc.clusters.gate = threading.Event()
    operation = instantiate(client, workflow())
    until(lambda: bool(dataproc.clusters.there))
    (coming,) = client(dp.ClusterControllerClient).list_clusters(
        request={"project_id": PROJECT, "region": REGION, "filter": "status.state = CREATING"}
    )
    assert not dataproc.jobs.started
    dataproc.clusters.gate.set()
    operation.result()
    assert list(dataproc.clusters.gone) == [coming.cluster_name]


def test_a_cancelled_job_ends_as_cancelled(dataproc, client):
    create(client, cluster())
    dataproc.jobs.runner = Scripted(gate=threading.Event())
    submit(client, job(job_id="long"))
    until(lambda: get_job(client, "long").status.state == State.RUNNING)
    client(dp.JobControllerClient).cancel_job(project_id=PROJECT, region=REGION, job_id="long")
    until(lambda: get_job(client, "long").status.state == State.CANCELLED)


def test_clusters_end_at_their_limits(dataproc, client):
    create(client, cluster("idle", idle=600, whole=7200))
    create(client, cluster("old", idle=3600, whole=1200))
    dataproc.clock.advance(700)
    with pytest.raises(exceptions.NotFound):
        client(dp.ClusterControllerClient).get_cluster(project_id=PROJECT, region=REGION, cluster_name="idle")
    dataproc.clock.advance(700)
    client(dp.ClusterControllerClient).list_clusters(project_id=PROJECT, region=REGION)
    assert dataproc.clusters.gone == {"idle": "idle_delete_ttl", "old": "auto_delete_ttl"}


def test_a_busy_cluster_is_not_idle(dataproc, client):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    create(client, cluster(idle=600, whole=7200))
    submit(client, job(job_id="long"))
    until(lambda: get_job(client, "long").status.state == State.RUNNING)
    dataproc.clock.advance(3600)
    assert get_job(client, "long").status.state == State.RUNNING
    gate.set()
    until(lambda: get_job(client, "long").done)
    dataproc.clock.advance(700)
    client(dp.ClusterControllerClient).list_clusters(project_id=PROJECT, region=REGION)
    assert dataproc.clusters.gone == {"warm": "idle_delete_ttl"}


@pytest.mark.parametrize(
    ("one", "complaint"),
    [
        (cluster("Bad_Name"), "bad cluster name"),
        (cluster("a", idle=60), "out of range"),
        (cluster("a", Owner="x"), "bad label"),
    ],
)
def test_refuses_what_dataproc_refuses(client, one, complaint):
    with pytest.raises(exceptions.InvalidArgument, match=complaint):
        create(client, one)


def test_refuses_fields_that_the_client_does_not_know(client):
    one = dp.Cluster.pb(cluster())
    # A field number that no version of the message has.
    one.config.MergeFromString(b"\xf8\xff\x03\x01")
    with pytest.raises(exceptions.InvalidArgument, match=r"unknown fields in CreateClusterRequest\.cluster\.config"):
        create(client, one)


def test_fails_as_scripted_and_then_no_more(dataproc, client):
    create(client, cluster())
    dataproc.fail("SubmitJob", grpc.StatusCode.RESOURCE_EXHAUSTED, "Quota 'CPUS' exceeded")
    with pytest.raises(exceptions.ResourceExhausted, match="CPUS"):
        submit(client, job(job_id="a"))
    assert submit(client, job(job_id="a")).reference.job_id == "a"


def test_runs_a_job_as_a_real_spark_process(dataproc, client, storage_server):
    create(client, cluster())
    dataproc.jobs.runner = SparkSubmit(storage_server.root, "local[1]", {"GREETING": "hello"})
    to_bucket("gs://lab/extra.py", b"def double(x):\n    return 2 * x\n")
    to_bucket(
        "gs://lab/main.py",
        b"import os, sys\n"
        b"from pyspark import SparkContext\n"
        b"from extra import double\n"
        b"context = SparkContext.getOrCreate()\n"
        b"print(context.getConf().get('spark.progex.test'), os.environ['GREETING'], *sys.argv[1:])\n"
        b"print(context.parallelize([1, 2, 3], 1).map(double).sum())\n",
    )
    one = job(job_id="spark")
    one.pyspark_job.python_file_uris = ["gs://lab/extra.py"]
    one.pyspark_job.properties = {"spark.progex.test": "passed", "spark.executor.memory": "900g"}
    submit(client, one)
    until(lambda: get_job(client, "spark").done, 120)
    prefix = get_job(client, "spark").driver_output_resource_uri.removeprefix("gs://lab/")
    blobs = storage.Client.create_anonymous_client().list_blobs("lab", prefix=prefix)
    lines = b"".join(blob.download_as_bytes() for blob in blobs).decode().splitlines()
    assert get_job(client, "spark").status.state == State.DONE, lines
    assert "passed hello gs://lab/study.yaml" in lines
    assert "12" in lines
    assert os.environ.get("GREETING") is None
