"""What goes wrong in the cloud ends with a stated outcome, a remedy, and nothing left running."""

import os
import signal
import subprocess
import sys
import threading
from functools import partial

import grpc
import pytest
from google.auth import exceptions as auth
from google.cloud import dataproc_v1 as dp

from association.problems import InputError
from infra import storage
from infra.dataproc.faults import told
from infra.dataproc.service import Dataproc
from jobs import submit_follow
from tests.cloud.dataproc_server_fixture import PROJECT, REGION, dataproc, until
from tests.cloud.dataproc_server_spark import Scripted
from tests.cloud.dataproc_server_study import PINNED, cloud_study, cohort

__all__ = ["cloud_study", "cohort", "dataproc"]

WORKFLOW = "InstantiateInlineWorkflowTemplate"


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(submit_follow.follow, "__kwdefaults__", {"pause": 0.05})
    monkeypatch.setattr(Dataproc.__init__, "__kwdefaults__", {"patience": 2.0})


def nothing_runs(dataproc):
    until(lambda: not dataproc.clusters.there and all(job.done for job in dataproc.jobs.there.values()))
    return True


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.ABORTED,
    ],
)
def test_a_burst_of_passing_faults_is_waited_out(dataproc, cloud_study, code):
    for method in (WORKFLOW, "GetOperation", "GetJob"):
        dataproc.fail(method, code, times=3)
    done = cloud_study.progex("submit", "--follow")
    assert done.exit_code == 0, done.output
    assert len(dataproc.operations.there) == 1
    assert nothing_runs(dataproc)


def test_to_ask_too_often_is_waited_out_by_who_only_asks(dataproc, cloud_study):
    for method in ("GetOperation", "GetJob"):
        dataproc.fail(
            method, grpc.StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for 'Dataproc read requests'", times=3
        )
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    dataproc.fail("ListClusters", grpc.StatusCode.RESOURCE_EXHAUSTED, times=3)
    assert cloud_study.progex("sweep").exit_code == 0


def test_a_lost_answer_starts_nothing_twice_and_is_not_taken_for_somebody_else(dataproc, cloud_study):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    dataproc.lose_answer(WORKFLOW, 2)
    assert cloud_study.progex("submit").exit_code == 0
    assert len(dataproc.operations.there) == 1
    gate.set()
    assert nothing_runs(dataproc)
    group = dp.InstanceGroupConfig(num_instances=2, machine_type_uri="n2-standard-8")
    limits = dp.LifecycleConfig(auto_delete_ttl={"seconds": 3600})
    config = dp.ClusterConfig(lifecycle_config=limits, master_config=group, worker_config=group, config_bucket="lab")
    config.gce_cluster_config.metadata = {"progex-requirements": PINNED}
    dataproc.clusters.create(dp.Cluster(cluster_name="warm", config=config))
    dataproc.lose_answer("SubmitJob", 2)
    warm = cloud_study.progex("submit", "--cluster", "warm", "--follow")
    assert warm.exit_code == 0
    assert "submitted as job" in warm.output
    assert len(dataproc.jobs.there) == 2


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL]
)
def test_a_fault_that_lasts_says_that_the_command_may_be_repeated(dataproc, cloud_study, code):
    dataproc.fail(WORKFLOW, code, times=1000)
    refused = cloud_study.progex("submit")
    assert refused.exit_code == 2
    assert "the same study is never run twice at once" in refused.output
    dataproc._faults.clear()
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    assert len(dataproc.operations.there) == 1


def test_a_client_that_died_before_it_wrote_the_run_down_is_made_good_by_the_next(dataproc, cloud_study):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    assert cloud_study.progex("submit").exit_code == 0
    storage.remove(storage.place("gs://lab/progex/runs"))
    assert "no run of this study is known" in cloud_study.progex("status").output
    assert cloud_study.progex("submit").exit_code == 0
    assert len(dataproc.operations.there) == 1
    assert "starting" in cloud_study.progex("status").output or "running" in cloud_study.progex("status").output
    gate.set()
    assert nothing_runs(dataproc)


@pytest.mark.parametrize(
    ("code", "said", "remedy"),
    [
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "Insufficient 'N2_CPUS' quota", "name fewer workers or spot_workers"),
        (grpc.StatusCode.PERMISSION_DENIED, "dataproc.workflowTemplates.instantiateInline", "roles/dataproc.editor"),
        (grpc.StatusCode.NOT_FOUND, "no such subnetwork", "check cloud.project, cloud.region"),
        (grpc.StatusCode.FAILED_PRECONDITION, "API disabled", "is the Dataproc API on"),
        (grpc.StatusCode.INVALID_ARGUMENT, "bad zone", "look at that setting of the section cloud"),
        (grpc.StatusCode.UNAUTHENTICATED, "no token", "gcloud auth application-default login"),
        (
            grpc.StatusCode.UNAVAILABLE,
            "Getting metadata from plugin failed with error: Reauthentication is needed.",
            "the sign-in has expired; run `gcloud auth application-default login`",
        ),
        (grpc.StatusCode.DATA_LOSS, "it is lost", "Dataproc failed, which says nothing of the study"),
        (grpc.StatusCode.OUT_OF_RANGE, "too far", "Dataproc refused the request"),
    ],
)
def test_a_refusal_is_not_repeated_and_names_the_remedy(dataproc, cloud_study, code, said, remedy):
    dataproc.fail(WORKFLOW, code, said)
    refused = cloud_study.progex("submit")
    assert refused.exit_code == 2
    assert remedy in refused.output
    assert said in refused.output
    assert len(dataproc.called(WORKFLOW)) == 1
    assert nothing_runs(dataproc)


@pytest.mark.parametrize(
    "error", [auth.RefreshError("invalid_grant"), auth.TransportError("no way"), auth.DefaultCredentialsError()]
)
def test_credentials_that_can_not_be_used_are_told_of(error):
    def sign_in():
        with told("signing in"):
            raise error

    with pytest.raises(InputError, match="gcloud auth application-default login"):
        sign_in()


@pytest.mark.parametrize("code", [grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND])
def test_to_cancel_what_has_ended_just_now_is_no_error(dataproc, cloud_study, monkeypatch, code):
    monkeypatch.setattr("jobs.cloud_status.cancel.__kwdefaults__", {"pause": 0.05})
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    cloud_study.progex("submit")
    until(lambda: bool(dataproc.jobs.started))
    dataproc.fail("CancelOperation", code)
    dataproc.before["CancelOperation"] = gate.set
    done = cloud_study.progex("cancel")
    assert done.exit_code == 0, done.output
    assert ": done; finished stages are kept" in done.output
    dataproc.fail("CancelJob", code)
    Dataproc(PROJECT, REGION).cancel_job("any")


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("Killed", "name a larger driver_machine"),
        ("java.lang.OutOfMemoryError: Java heap space", "name a larger driver_machine"),
        ("Container killed by YARN for exceeding memory limits.", "name a larger driver_machine"),
        ("error: study.yaml: another run is writing to this folder", "wait for that run"),
        ("error: cluster: 1 problem", "submit without --cluster"),
        ("the gene Killed has no quota", "finished stages are kept"),
        ("error: masks: Killed, quota and MemoryErrors is unknown", "mend it and submit again"),
        ("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9 GiB", "name a larger driver_machine"),
        ("error: participants.tsv: 1 problem", "mend it and submit again"),
        ("Traceback: nobody knows", "finished stages are kept"),
    ],
)
def test_a_job_that_fails_shows_the_end_of_its_log_and_the_remedy(dataproc, cloud_study, line, remedy):
    dataproc.jobs.runner = Scripted(["at work", line], status=1)
    failed = cloud_study.progex("submit", "--follow")
    assert failed.exit_code == 2
    told = failed.output[failed.output.index("error:") :]
    assert line in told
    assert remedy in told
    assert "the whole log: gs://lab/" in told
    assert nothing_runs(dataproc)


@pytest.mark.parametrize(
    ("cloud", "complaint"),
    [
        ({"region": "us-central1"}, "the bucket is in europe-west4, the cluster in us-central1"),
        ({"bucket": "nowhere"}, "there is no bucket gs://nowhere"),
    ],
)
def test_a_bucket_that_is_elsewhere_or_missing_is_told_of_before_anything_starts(
    dataproc, cloud_study, cloud, complaint
):
    cloud_study.set(cloud=cloud)
    refused = cloud_study.progex("submit")
    assert refused.exit_code == 2, refused.output
    assert complaint in refused.output
    assert dataproc.calls == []


def test_progexs_own_error_is_shown_without_what_spark_says_after_it(dataproc, cloud_study):
    own = ["error: cluster: 1 problem", "  node-3: numpy is 2.0, not 2.4.6; submit without --cluster"]
    sparks = ["2026-11-29 07:17:06.620 WARN  Master:72 - Got status update", "java.io.IOException: Failed to send"]
    dataproc.jobs.runner = Scripted([*sparks, *own, *sparks], status=2)
    output = cloud_study.progex("submit", "--follow").output
    assert "the nodes of the cluster differ from what is pinned: submit without --cluster" in output
    assert "mend it and submit again" not in output
    # Once as it came, and once more at the end, without Spark's.
    assert output.count(own[1]) == 2
    assert output.count("IOException") == 2
    assert output.index("its end:") > output.rindex("IOException")


def test_what_a_driver_prints_can_not_move_the_terminal(dataproc, cloud_study):
    dataproc.jobs.runner = Scripted(["\x1b]0;title\x07\x1b[2Jwiped", "\ta table\x9b1A"])
    output = cloud_study.progex("submit", "--follow").output
    assert "?]0;title??[2Jwiped" in output
    assert "\ta table?1A" in output
    assert not set(output) & set("\x1b\x07\x9b")


def test_a_node_that_can_not_be_set_up_ends_the_run_and_its_cluster(dataproc, cloud_study):
    dataproc.clusters.broken.append("Initialization action failed on node progex-w-1")
    failed = cloud_study.progex("submit", "--follow")
    assert failed.exit_code == 2
    assert "a node could not be set up: see docs/cloud.md, Nodes" in failed.output
    assert "mend it" not in failed.output
    assert nothing_runs(dataproc)


def test_a_run_that_failed_may_be_submitted_again(dataproc, cloud_study):
    dataproc.jobs.runner = Scripted(status=1)
    assert cloud_study.progex("submit", "--follow").exit_code == 2
    dataproc.jobs.runner = Scripted()
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    assert len(dataproc.jobs.started) == 2


def test_a_cluster_that_is_taken_away_is_told_of_and_the_run_goes_on_when_submitted_again(dataproc, cloud_study):
    dataproc.jobs.runner = Scripted(["at work"], gate=threading.Event())
    cloud_study.progex("submit")
    until(lambda: bool(dataproc.jobs.started))
    dataproc.clusters.delete(dataproc.jobs.there[dataproc.jobs.started[0]].placement.cluster_name)
    failed = cloud_study.progex("status", "--follow")
    assert failed.exit_code == 2
    assert "submit it again: finished stages are kept" in failed.output
    dataproc.jobs.runner = Scripted()
    assert cloud_study.progex("submit", "--follow").exit_code == 0


def test_who_follows_may_be_killed_and_the_cluster_ends_all_the_same(dataproc, cloud_study):
    dataproc.jobs.runner = Scripted(["at work"], gate=threading.Event())
    command = [sys.executable, "-c", "from jobs.cli import main; main()", "submit", str(cloud_study.path), "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert any("at work" in line for line in client.stdout)
        client.send_signal(signal.SIGKILL)
    assert client.returncode == -signal.SIGKILL
    (cluster,) = dataproc.clusters.there.values()
    assert ": running" in cloud_study.progex("status").output
    dataproc.clock.advance(cluster.config.lifecycle_config.auto_delete_ttl.total_seconds())
    cloud_study.progex("status")
    assert dataproc.clusters.gone == {cluster.cluster_name: "auto_delete_ttl"}
    assert nothing_runs(dataproc)


def test_an_interrupted_follower_says_that_the_run_goes_on(dataproc, cloud_study):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(["at work"], gate=gate)
    command = [sys.executable, "-c", "from jobs.cli import main; main()", "submit", str(cloud_study.path), "--follow"]
    # Where the tests themselves run in the background, shells have them and all their children ignore the signal.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heed) as client:
        assert any("at work" in line for line in client.stdout)
        client.send_signal(signal.SIGINT)
        rest = client.stdout.read()
    assert client.returncode == 130
    assert "the run goes on" in rest
    gate.set()
    assert nothing_runs(dataproc)


def test_the_server_that_stands_for_dataproc_must_be_on_this_machine(monkeypatch):
    monkeypatch.setitem(os.environ, "DATAPROC_EMULATOR_HOST", "dataproc.example.org:443")
    with pytest.raises(ValueError, match=r"must name a port of 127\.0\.0\.1"):
        Dataproc(PROJECT, REGION)
