"""A study is submitted by one command: what it will cost is said, and it is found again by its file."""

import threading

import pytest
import yaml
from google.cloud import dataproc_v1 as dp

from infra import storage
from jobs.submit import prepare
from tests.cloud.dataproc_server_fixture import PROJECT, REGION, dataproc, until
from tests.cloud.dataproc_server_spark import Scripted
from tests.cloud.dataproc_server_study import cloud_study, cohort, finish, hurried

__all__ = ["cloud_study", "cohort", "dataproc", "hurried"]

WORKFLOW = "InstantiateInlineWorkflowTemplate"


def test_a_dry_run_prints_request_cost_and_time_and_sends_nothing(dataproc, cloud_study, storage_server):
    done = cloud_study.progex("submit", "--dry-run")
    assert done.exit_code == 0, done.output
    request = yaml.safe_load(done.output.split("\nestimate:")[0])["InstantiateInlineWorkflowTemplateRequest"]
    config = request["template"]["placement"]["managed_cluster"]["config"]
    assert config["secondary_worker_config"]["num_instances"] == 4
    assert config["lifecycle_config"]["auto_delete_ttl"]
    assert "list prices as of" in done.output
    assert "limit: the cluster ends after" in done.output
    assert dataproc.calls == []
    assert not (storage_server.root / "lab" / "progex").exists()


def test_submits_a_workflow_whose_files_are_in_the_bucket(dataproc, cloud_study, storage_server):
    done = cloud_study.progex("submit", "--follow")
    assert done.exit_code == 0, done.output
    assert "  hello\n" in done.output
    assert done.output.rstrip().endswith("done")
    (request,) = dataproc.called(WORKFLOW)
    job = request.template.jobs[0].pyspark_job
    for name in (job.main_python_file_uri, *job.python_file_uris, *job.args):
        assert (storage_server.root / name.removeprefix("gs://")).is_file()
    submitted = yaml.safe_load((storage_server.root / job.args[0].removeprefix("gs://")).read_text())
    assert submitted["output"] == "gs://lab/out"
    assert not dataproc.clusters.there


def test_names_and_labels_say_nothing_of_the_study(dataproc, cloud_study):
    cloud_study.set(name="Secret cohort of Milan")
    assert cloud_study.progex("submit").exit_code == 0
    (request,) = dataproc.called(WORKFLOW)
    assert "milan" not in str(request).lower()
    assert "secret" not in str(request).lower()
    finish(dataproc)


def test_an_output_that_is_a_whole_bucket_is_refused(cloud_study):
    cloud_study.set(output="gs://lab/")
    assert "is a whole bucket; name a folder in it" in cloud_study.progex("submit").output


def test_a_policy_that_lets_the_cluster_grow_counts_in_what_it_may_cost(dataproc, cloud_study):
    alone = prepare(cloud_study.path).expected.hourly
    name = f"projects/{PROJECT}/regions/{REGION}/autoscalingPolicies/progex"
    group = dp.InstanceGroupAutoscalingPolicyConfig
    dataproc.policies[name] = dp.AutoscalingPolicy(
        id="progex", worker_config=group(max_instances=2), secondary_worker_config=group(max_instances=500)
    )
    cloud_study.set(cloud={"autoscaling_policy": name, "max_cost": 40})
    grown = prepare(cloud_study.path)
    assert grown.expected.hourly > 20 * alone
    assert grown.cluster.life_seconds * grown.expected.hourly / 3600 <= 40
    cloud_study.set(cloud={"autoscaling_policy": f"{name}-2"})
    assert "asking for the autoscaling policy: there is no such thing" in cloud_study.progex("submit").output


def test_places_on_this_machine_are_refused_all_at_once(dataproc, cloud_study):
    cloud_study.set(output="out", participants={"path": "participants.tsv"})
    refused = cloud_study.progex("submit")
    assert refused.exit_code == 2
    assert "2 problems" in refused.output
    assert "participants.path: participants.tsv is on this machine, which a cluster can't reach" in refused.output
    assert dataproc.calls == []


def test_a_study_file_in_the_bucket_may_name_places_beside_it(dataproc, cloud_study):
    text = cloud_study.path.read_text().replace("gs://lab/cohort/", "").replace("gs://lab/out", "../out")
    storage.write_whole(storage.place("gs://lab/cohort/study.yaml"), text.encode())
    beside, spelt_out = prepare(storage.place("gs://lab/cohort/study.yaml")), prepare(cloud_study.path)
    assert beside.run == spelt_out.run


@pytest.mark.parametrize(
    ("cloud", "complaint"),
    [
        ({"max_cost": 0.01}, "cloud.max_cost: the run is estimated to cost $"),
        ({"worker_machine": "n2-highcpu-4"}, "too little for 4 tasks"),
        ({"worker_machine": "huge"}, "'huge' is no machine type known here"),
        ({"workers": 1}, "cloud.workers"),
        ({"labels": {"Team": "als"}}, "cloud.labels"),
        ({"budget": 3}, "unknown setting"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_starts(dataproc, cloud_study, cloud, complaint):
    cloud_study.set(cloud=cloud)
    refused = cloud_study.progex("submit")
    assert refused.exit_code == 2, refused.output
    assert complaint in refused.output
    assert dataproc.calls == []


def test_a_study_without_the_section_is_told_what_to_name(cloud_study):
    settings = yaml.safe_load(cloud_study.path.read_text())
    del settings["cloud"]
    cloud_study.path.write_text(yaml.safe_dump(settings))
    assert "name project, region, bucket and service_account" in cloud_study.progex("submit").output


def test_the_clusters_life_is_cut_to_what_it_may_cost(cloud_study):
    cloud_study.set(cloud={"max_cost": 3.0, "max_hours": 24})
    prepared = prepare(cloud_study.path)
    assert prepared.cluster.life_seconds * prepared.expected.hourly / 3600 == pytest.approx(3.0, abs=0.01)


def test_status_and_cancel_find_the_run_by_the_study(dataproc, cloud_study):
    assert "`progex submit` starts one" in cloud_study.progex("status").output
    dataproc.jobs.runner = Scripted(["at work"], gate=threading.Event())
    cloud_study.progex("submit")
    until(lambda: bool(dataproc.jobs.started))
    status = cloud_study.progex("status").output
    assert ": running" in status
    assert "so far" in status
    assert "driveroutput" in status
    assert "cancelled; finished stages are kept" in cloud_study.progex("cancel").output
    assert not dataproc.clusters.there
    assert "had ended before: cancelled" in cloud_study.progex("cancel").output
    assert ": cancelled" in cloud_study.progex("status").output
