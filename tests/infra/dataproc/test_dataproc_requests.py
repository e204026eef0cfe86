"""Templates become the client's own messages, and hold what keeps a cluster small, private and short-lived."""

from importlib import resources

import pytest
import yaml
from google.cloud import dataproc_v1 as dp

from infra.dataproc.machines import machine
from infra.dataproc.plan import ClusterPlan, Hardware, RunFiles, RunPlan
from infra.dataproc.requests import cluster_config, job_request, spark_job, workflow_request
from infra.dataproc.templates import message_from, plain_values, read_template

FILES = RunFiles(
    main="gs://lab/progex/code/main.py",
    code="gs://lab/progex/code/progex-12ab.zip",
    study="gs://lab/progex/studies/34cd/study.yaml",
    init_action="gs://lab/progex/code/init.sh",
    requirements="gs://lab/progex/code/requirements.txt",
)
HARDWARE = Hardware(machine("n2-highmem-8"), machine("n2-standard-8"), 2, 10)
RUN = RunPlan("als-lab", "europe-west1", "0123456789abcdef", FILES, labels={"team": "als"})


@pytest.fixture
def cluster():
    return ClusterPlan(
        hardware=HARDWARE,
        bucket="lab",
        temp_bucket="lab-temporary",
        idle_seconds=900,
        life_seconds=4 * 3600,
        service_account="runner@als-lab.iam.gserviceaccount.com",
        subnet="projects/als-lab/regions/europe-west1/subnetworks/inside",
        tags=("no-way-in",),
        kms_key="projects/als-lab/locations/europe-west1/keyRings/r/cryptoKeys/k",
        autoscaling_policy="projects/als-lab/regions/europe-west1/autoscalingPolicies/progex",
    )


def test_the_workflow_asks_for_two_plain_workers_and_spot_ones_on_internal_addresses(cluster):
    request = workflow_request(cluster, RUN)
    managed = request.template.placement.managed_cluster
    config = managed.config
    assert request.request_id == "progex-0123456789abcdef"
    assert config.worker_config.num_instances == 2
    assert config.worker_config.preemptibility == dp.InstanceGroupConfig.Preemptibility.PREEMPTIBILITY_UNSPECIFIED
    assert config.secondary_worker_config.num_instances == 10
    assert config.secondary_worker_config.preemptibility == dp.InstanceGroupConfig.Preemptibility.SPOT
    assert config.gce_cluster_config.internal_ip_only
    assert config.gce_cluster_config.service_account == cluster.service_account
    assert list(config.gce_cluster_config.tags) == ["no-way-in"]
    assert config.software_config.image_version == "2.3.17-debian12"
    assert not config.endpoint_config.enable_http_port_access
    assert config.encryption_config.kms_key == cluster.kms_key
    assert (config.config_bucket, config.temp_bucket) == ("lab", "lab-temporary")
    assert config.autoscaling_config.policy_uri == cluster.autoscaling_policy
    assert dict(managed.labels) == {"team": "als", "progex": "run", "progex-run": "0123456789abcdef"}


def test_the_cluster_never_outlives_its_limits(cluster):
    limits = workflow_request(cluster, RUN).template.placement.managed_cluster.config.lifecycle_config
    assert limits.idle_delete_ttl.total_seconds() == 900
    assert limits.auto_delete_ttl.total_seconds() == 4 * 3600


def test_every_node_is_to_be_looked_at(cluster):
    properties = workflow_request(cluster, RUN).template.jobs[0].pyspark_job.properties
    assert properties["spark.progex.workers"] == "12"
    # Two executors of four cores on each worker of eight.
    assert properties["spark.dynamicAllocation.minExecutors"] == "24"
    assert properties["spark.executorEnv.PROGEX_NODE"] == "pinned"
    assert properties["spark.progex.run"] == RUN.run


def test_what_is_not_said_is_left_to_dataproc():
    bare = ClusterPlan(hardware=HARDWARE, bucket="lab", idle_seconds=900, life_seconds=3600)
    config = cluster_config(bare, RUN)
    assert {"encryption_config", "autoscaling_config"}.isdisjoint(config)
    assert {"service_account", "subnetwork_uri", "zone_uri", "tags"}.isdisjoint(config["gce_cluster_config"])


def test_the_study_file_is_the_only_argument(cluster):
    for job in (
        workflow_request(cluster, RUN).template.jobs[0].pyspark_job,
        job_request("warm", HARDWARE, RUN, 1).job.pyspark_job,
    ):
        assert list(job.args) == [FILES.study]
        assert list(job.python_file_uris) == [FILES.code]


def test_a_job_on_a_warm_cluster_has_an_id_that_is_taken_once():
    first, second = (job_request("warm", HARDWARE, RUN, 1) for _ in range(2))
    assert first == second
    assert first.job.reference.job_id == "progex-0123456789abcdef-1"
    assert job_request("warm", HARDWARE, RUN, 2).job.reference.job_id == "progex-0123456789abcdef-2"


def test_requester_pays_names_who_pays_only_where_somebody_does():
    paid = RunPlan("als-lab", "europe-west1", "1", FILES, requester_pays_project="als-billing")
    assert spark_job(HARDWARE, paid)["properties"]["spark.hadoop.fs.gs.requester.pays.project.id"] == "als-billing"
    assert not [name for name in spark_job(HARDWARE, RUN)["properties"] if "requester" in name]


TEMPLATES = {
    "cluster": dp.ClusterConfig,
    "workflow": dp.WorkflowTemplate,
    "job": dp.PySparkJob,
    "autoscaling": dp.AutoscalingPolicy,
}


def places_of(node):
    """Give what to fill every place of a template with: nothing, so that only what is fixed stays."""

    class Nothing(dict):
        def __missing__(self, name):
            return None

    return Nothing()


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_builds_its_message(name):
    message = message_from(TEMPLATES[name], read_template(name, places_of(name)))
    assert plain_values(message)


def test_every_template_is_tested():
    there = {one.name.removesuffix(".yaml") for one in resources.files("infra.templates").iterdir()}
    assert {name for name in there if not name.startswith("__")} == set(TEMPLATES)


def fields_of(node, place=()):
    """Give the place of every mapping of a template whose keys are a message's fields."""
    if isinstance(node, dict):
        yield place
        for key, value in node.items():
            if key not in ("properties", "metadata", "labels"):
                yield from fields_of(value, (*place, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from fields_of(value, (*place, number))


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_unknown_field_anywhere_is_refused(name):
    text = resources.files("infra.templates").joinpath(f"{name}.yaml").read_text()
    for place in fields_of(yaml.safe_load(text)):
        content = yaml.safe_load(text)
        spot = content
        for step in place:
            spot = spot[step]
        spot["no_such_field"] = "x"
        with pytest.raises(ValueError, match="no_such_field"):
            message_from(TEMPLATES[name], without_places(content))


def without_places(node):
    if isinstance(node, dict):
        cleaned = {key: without_places(value) for key, value in node.items()}
        return {key: value for key, value in cleaned.items() if value is not None}
    if isinstance(node, list):
        return [one for one in map(without_places, node) if one is not None]
    return None if isinstance(node, str) and "${" in node else node


def test_a_value_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="num_instances"):
        message_from(dp.ClusterConfig, {"worker_config": {"num_instances": "two"}})
