"""A study is submitted by one command: what it will cost is said, it runs once, and it is found again by its file."""

import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from io import BytesIO
from pathlib import Path

import grpc
import pytest
import yaml
from google.cloud import dataproc_v1 as dp

from association.problems import InputError
from hail_pipelines.vcf.files import inspect_vcfs
from infra import storage
from infra.dataproc.machines import machine
from infra.dataproc.service import Dataproc
from jobs import submit_follow
from jobs.check import CheckedStudy
from jobs.clinical.read import read_clinical
from jobs.cloud_done import mark_done
from jobs.cloud_fetch import fetch_results
from jobs.cloud_package import PACKAGES, code_package, named
from jobs.cloud_record import read_record, record_place
from jobs.study.file import read_study
from jobs.submit import input_fingerprints, prepare
from jobs.submit_send import submit
from tests.cloud.dataproc_server_fixture import PROJECT, REGION, dataproc, until
from tests.cloud.dataproc_server_spark import Scripted
from tests.cloud.dataproc_server_study import cloud_study, cohort

__all__ = ["cloud_study", "cohort", "dataproc"]

WORKFLOW = "InstantiateInlineWorkflowTemplate"
PINNED = named(
    "requirements", "txt", resources.files("infra.dataproc").joinpath("requirements.txt").read_bytes()
).name
OUT = "gs://lab/out"


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(submit_follow, "SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setattr(submit_follow.follow, "__kwdefaults__", {"pause": 0.05})
    monkeypatch.setattr("jobs.cloud_status.cancel.__kwdefaults__", {"pause": 0.05})


def names_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def finish(dataproc):
    until(lambda: all(one.done for one in dataproc.operations.there.values()))


def warm(dataproc, name="warm", requirements=PINNED, **limits):
    limits = dp.LifecycleConfig({ending: {"seconds": 3600} for ending in limits or ("auto_delete_ttl",)})
    group = dp.InstanceGroupConfig(num_instances=2, machine_type_uri="https://x/zones/b/machineTypes/n2-standard-8")
    config = dp.ClusterConfig(config_bucket="lab", lifecycle_config=limits, master_config=group, worker_config=group)
    config.gce_cluster_config.metadata = {"progex-requirements": f"gs://else/{requirements}"} if requirements else {}
    return dataproc.clusters.create(dp.Cluster(cluster_name=name, config=config))


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


def test_the_same_study_submitted_twice_at_once_runs_once(dataproc, cloud_study):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    prepared = prepare(cloud_study.path)
    services = [Dataproc(PROJECT, REGION) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda service: submit(prepared, service), services))
    assert len({one.record.operation for one in done}) == 1
    assert len([one for one in done if one.message.startswith("submitted")]) == 1, [one.message for one in done]
    again = cloud_study.progex("submit")
    assert "this study is being run already" in again.output
    assert len(dataproc.operations.there) == 1
    gate.set()
    finish(dataproc)
    assert len(dataproc.jobs.started) == 1


def test_what_was_run_already_is_not_run_again_until_something_changes(dataproc, cloud_study):
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    storage.write_whole(storage.place(f"{OUT}/run.json"), b"{}")
    mark_done(storage.place(OUT), prepare(cloud_study.path).run)
    again = cloud_study.progex("submit")
    assert "nothing has changed since; `progex fetch`" in again.output
    cloud_study.set(cloud={"spot_workers": 6})
    assert "nothing has changed since" in cloud_study.progex("submit").output
    cloud_study.set(compute={"cores": 3})
    assert "nothing has changed since" in cloud_study.progex("submit").output
    cloud_study.set(alpha=0.01)
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    assert len(dataproc.jobs.started) == 2


def test_results_of_another_run_in_the_folder_are_not_taken_for_this_ones(dataproc, cloud_study):
    run = prepare(cloud_study.path).run
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    results = storage.place(f"{OUT}/run.json")
    for content, by in ((b"{}", None), (b"{}", "another"), (b"{}", run)):
        storage.write_whole(results, content)
        if by is not None:
            mark_done(storage.place(OUT), by)
        if by == run:
            assert "was run already" in cloud_study.progex("submit").output
            # As `progex run` does, here or there.
            storage.write_whole(results, content)
        assert "submitted as run" in cloud_study.progex("submit", "--follow").output


def test_every_kind_of_input_makes_another_run_when_it_changes(cloud_study):
    cohort = "gs://lab/cohort"
    files = {
        "participants.tsv": None,
        "visits.tsv": None,
        "vcf/chr1.vcf.gz": None,
        "panel.vcf.gz": storage.place(f"{cohort}/vcf/chr1.vcf.gz").read_bytes(),
        "panel.tsv": b"sample\tancestry\n",
        "targets.bed": b"chr1\t0\t1000000\n",
        "exclude.tsv": b"sample\treason\n",
        "genes.txt": b"GENE1\n",
        "scores.ht/rows/metadata.json.gz": b"parts",
    }
    for name, content in files.items():
        if content is not None:
            storage.write_whole(storage.place(f"{cohort}/{name}"), content)
    samples = {"exclude": f"{cohort}/exclude.tsv"}
    panel = {"vcfs": [f"{cohort}/panel.vcf.gz"], "labels": f"{cohort}/panel.tsv"}
    cloud_study.set(
        qc={"sample": samples, "ancestry": {"panel": panel}, "variant": {"targets": [f"{cohort}/targets.bed"]}},
        gene_lists=[{"name": "known", "path": f"{cohort}/genes.txt"}],
        annotation={
            "source": "table",
            "path": f"{cohort}/scores.ht",
            "columns": {"gene": "gene", "consequence": "consequence"},
        },
    )
    study = with_files_that_may_be_empty(cloud_study.path)
    before = input_fingerprints(study)
    assert before == input_fingerprints(study)
    for name in files:
        place = storage.place(f"{cohort}/{name}")
        content = place.read_bytes()
        storage.write_whole(place, content + b"\n")
        assert input_fingerprints(study) != before, name
        storage.write_whole(place, content)
    assert input_fingerprints(study) == before


def with_files_that_may_be_empty(path):
    """The study as checked, without looking into its files: what is asked here is which of them count."""
    study = read_study(path)
    vcfs, panel = (storage.place(f"gs://lab/cohort/{name}") for name in ("vcf/chr1.vcf.gz", "panel.vcf.gz"))
    summary = inspect_vcfs([vcfs], reference_genome="GRCh38", header_types={}, info_fields=())
    clinical = read_clinical(study, path)
    return CheckedStudy(study, path, (vcfs,), summary, clinical, (), panel_vcfs=(panel,))


def test_changed_inputs_make_another_run(cloud_study):
    before = prepare(cloud_study.path).run
    assert prepare(cloud_study.path).run == before
    table = storage.place("gs://lab/cohort/participants.tsv")
    storage.write_whole(table, table.read_bytes() + b"\n")
    assert prepare(cloud_study.path).run != before


def test_two_studies_with_one_output_submitted_at_once_are_not_both_run(dataproc, cloud_study):
    dataproc.jobs.runner = Scripted(gate=threading.Event())
    both = [prepare(cloud_study.path)]
    cloud_study.set(alpha=0.01)
    both.append(prepare(cloud_study.path))

    def attempt(one):
        try:
            return submit(one, Dataproc(PROJECT, REGION)).message
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(attempt, both), key=lambda text: not text.startswith("submitted"))
    assert said[0].startswith("submitted as run")
    assert "another run writes to this folder" in said[1]
    assert len(dataproc.operations.there) == 1


def test_the_same_study_on_two_clusters_at_once_runs_on_one(dataproc, cloud_study):
    dataproc.jobs.runner = Scripted(gate=threading.Event())
    warm(dataproc)
    service = Dataproc(PROJECT, REGION)
    own, on_warm = prepare(cloud_study.path), prepare(cloud_study.path, "warm", service)
    dataproc.before["InstantiateInlineWorkflowTemplate"] = lambda: refused.append(refusal(on_warm, service))
    refused = []
    assert submit(own, service).message.startswith("submitted as run")
    assert "another run writes to this folder" in refused[0]
    assert not dataproc.called("SubmitJob")


def refusal(prepared, service):
    with pytest.raises(InputError) as refused:
        submit(prepared, service)
    return str(refused.value)


def test_who_finds_the_folder_reserved_by_a_client_that_died_starts_the_same_run(dataproc, cloud_study):
    service = Dataproc(PROJECT, REGION, patience=0.2)
    dataproc.fail(WORKFLOW, grpc.StatusCode.UNAVAILABLE, times=1000)
    prepared = prepare(cloud_study.path)
    with pytest.raises(InputError, match="whether the request arrived is not known"):
        submit(prepared, service)
    assert read_record(record_place(prepared.output)).record.phase == "reserved"
    assert ": starting" in cloud_study.progex("status").output
    assert "is being submitted" in cloud_study.progex("cancel").output
    dataproc._faults.clear()
    assert submit(prepared, service).message.startswith("submitted as run")
    assert read_record(record_place(prepared.output)).record.phase == "sent"


def test_what_dataproc_refuses_leaves_the_folder_free(dataproc, cloud_study):
    dataproc.fail(WORKFLOW, grpc.StatusCode.PERMISSION_DENIED)
    assert cloud_study.progex("submit").exit_code == 2
    assert "no run of this study is known" in cloud_study.progex("status").output
    cloud_study.set(alpha=0.01)
    assert "submitted as run" in cloud_study.progex("submit", "--follow").output
    cloud_study.set(alpha=0.02)
    dataproc.fail(WORKFLOW, grpc.StatusCode.PERMISSION_DENIED)
    assert cloud_study.progex("submit").exit_code == 2
    assert ": done" in cloud_study.progex("status").output


def test_a_run_is_asked_after_where_it_was_submitted_to(dataproc, cloud_study):
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    cloud_study.set(cloud={"project": "other-lab", "region": "us-central1", "bucket": "elsewhere"})
    assert ": done" in cloud_study.progex("status").output
    assert {request.project_id for request in dataproc.called("GetJob")} == {PROJECT}
    assert {request.region for request in dataproc.called("GetJob")} == {REGION}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'{"run": ', "is damaged"),
        (b"[]", "is damaged"),
        (b'{"format": 1, "run": "1"}', "is damaged"),
        (b'{"format": 2, "what": "else"}', "was written by a later progex"),
    ],
)
def test_a_record_that_can_not_be_read_is_told_of(dataproc, cloud_study, content, complaint):
    storage.write_whole(record_place(storage.place(OUT)), content)
    for command in ("submit", "status", "cancel"):
        told = cloud_study.progex(command)
        assert told.exit_code == 2, told.output
        assert complaint in told.output
    assert dataproc.calls == []


def test_an_output_that_is_a_whole_bucket_is_refused(cloud_study):
    cloud_study.set(output="gs://lab/")
    assert "is a whole bucket; name a folder in it" in cloud_study.progex("submit").output


def test_an_upload_of_another_content_than_its_name_says_is_refused(dataproc, cloud_study):
    name = next(name for name in prepare(cloud_study.path).uploads if name.endswith(".zip"))
    storage.write_whole(storage.place(name), b"somebody's")
    refused = cloud_study.progex("submit")
    assert refused.exit_code == 2
    assert "has other content than its name says" in refused.output
    assert dataproc.calls == []


def test_a_policy_that_lets_the_cluster_grow_counts_in_what_it_may_cost(dataproc, cloud_study):
    alone = prepare(cloud_study.path).expected.hourly
    name = f"projects/{PROJECT}/regions/{REGION}/autoscalingPolicies/progex"
    group = dp.InstanceGroupAutoscalingPolicyConfig
    dataproc.policies[name] = dp.AutoscalingPolicy(
        id="progex", worker_config=group(max_instances=2), secondary_worker_config=group(max_instances=500)
    )
    cloud_study.set(cloud={"autoscaling_policy": name, "max_cost": 20})
    grown = prepare(cloud_study.path)
    assert grown.expected.hourly > 20 * alone
    assert grown.cluster.life_seconds * grown.expected.hourly / 3600 <= 20
    cloud_study.set(cloud={"autoscaling_policy": f"{name}-2"})
    assert "asking for the autoscaling policy: there is no such thing" in cloud_study.progex("submit").output


def test_a_folder_that_another_run_writes_to_is_refused(dataproc, cloud_study):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    assert cloud_study.progex("submit").exit_code == 0
    cloud_study.set(alpha=0.01)
    refused = cloud_study.progex("submit")
    assert refused.exit_code == 2
    assert "another run writes to this folder" in refused.output
    gate.set()
    finish(dataproc)


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


def test_fetches_results_verified_and_leaves_patients_rows(cloud_study, tmp_path):
    assert "no run has finished there" in cloud_study.progex("fetch").output
    out = storage.place("gs://lab/out")
    shown = ["report/report.html", "results/gene_tests.tsv", "run.json"]
    for name in (*shown, "report/null_models.html", "qc/samples.parquet", "stages/a/x"):
        storage.write_whole(out / name, name.encode())
    done = cloud_study.progex("fetch", "--to", str(tmp_path / "here"))
    assert done.exit_code == 0, done.output
    assert names_in(tmp_path / "here") == shown
    assert "fetched 3 files" in done.output
    assert "1 of 1 files, 22 bytes of 22 bytes" in done.output
    cloud_study.progex("fetch", "--all", "--to", str(tmp_path / "all"))
    assert names_in(tmp_path / "all") == ["qc/samples.parquet", "report/null_models.html", *shown]


def fetched_from(folder, tmp_path, *names):
    """Fetch what a run made of these names, to a folder that an earlier fetch may have filled."""
    storage.remove(folder)
    for name in (*names, "run.json"):
        storage.write_whole(folder / name, str(names).encode())
    return fetch_results(folder, tmp_path / "here", everything=False)


def test_what_an_earlier_run_left_is_removed_where_it_was_fetched_to(cloud_study, tmp_path):
    out, here = storage.place("gs://lab/out"), tmp_path / "here"
    (here / "results").mkdir(parents=True)
    (here / "results" / "mine.txt").write_text("not fetched")
    assert fetched_from(out, tmp_path, "results/a", "results/b/c", "report/report.html").removed == 0
    assert (here / "results" / "mine.txt").is_file()
    storage.write_whole(here / "report" / "null_models.html", b"of the earlier run")
    storage.write_whole(here / "notes.txt", b"mine")
    fetched_from(out, tmp_path, "results/a/x", "results/b", "report/report.html", "report/null_models.html")
    assert names_in(here) == ["notes.txt", "report/report.html", "results/a/x", "results/b", "run.json"]


def test_sweep_lists_what_is_left_and_deletes_it_when_told(dataproc, cloud_study):
    assert "nothing is left over" in cloud_study.progex("sweep").output
    dataproc.clock.advance(-600)
    for name, labels in (("progex-1", {"progex": "run"}), ("progex-2", {"progex": "run"}), ("theirs", {})):
        warm(dataproc, name).labels.update(labels)
    refused = cloud_study.progex("sweep", answer="n\n").output
    assert "nothing was deleted" in refused
    assert "progex-1  running for 0.2 h  about $" in refused
    assert "theirs" not in refused
    assert "deleted progex-1, progex-2" in cloud_study.progex("sweep", answer="y\n").output
    assert list(dataproc.clusters.there) == ["theirs"]


def test_sweep_leaves_clusters_that_work(dataproc, cloud_study):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    cloud_study.progex("submit")
    until(lambda: bool(dataproc.jobs.started))
    assert "at work" in cloud_study.progex("sweep", "--yes").output
    assert dataproc.clusters.there
    assert "deleted progex-" in cloud_study.progex("sweep", "--yes", "--busy").output
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


def test_what_was_left_beside_the_code_is_not_in_the_package():
    left = [Path(__file__).parents[2] / "jobs" / name for name in ("participants.txt", "notes~", "copy.vcf.gz")]
    before = code_package().name
    try:
        for path in left:
            path.write_bytes(b"somebody's")
        assert code_package().name == before
    finally:
        for path in left:
            path.unlink()


def test_the_code_package_is_the_same_bytes_from_the_same_code(tmp_path):
    here = code_package()
    script = "from jobs.cloud_package import code_package; print(code_package().name)"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == here.name
    inside = set(zipfile.ZipFile(BytesIO(here.content)).namelist())
    root = Path(__file__).parents[2]
    tree = {
        path.relative_to(root).as_posix()
        for package in PACKAGES
        for path in (root / package).rglob("*")
        if path.is_file() and not {"__pycache__", "terraform"} & set(path.parts)
    }
    assert {name for name in inside if ".dist-info/" not in name} == tree
