"""A study is submitted by one command: what it will cost is said, it runs once, and it is found again by its file."""

import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from google.cloud import dataproc_v1 as dp

from infra import storage
from infra.dataproc.machines import machine
from infra.dataproc.service import Dataproc
from jobs import submit_follow
from jobs.cloud_fetch import fetch_results
from jobs.cloud_package import PACKAGES, code_package
from jobs.submit import prepare, submit
from tests.cloud.dataproc_server_fixture import PROJECT, REGION, dataproc, until
from tests.cloud.dataproc_server_spark import Scripted
from tests.cloud.dataproc_server_study import cloud_study, cohort

__all__ = ["cloud_study", "cohort", "dataproc"]

WORKFLOW = "InstantiateInlineWorkflowTemplate"


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(submit_follow, "SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setattr(submit_follow.follow, "__kwdefaults__", {"pause": 0.05})
    monkeypatch.setattr("jobs.cloud_status.cancel.__kwdefaults__", {"pause": 0.05})


def names_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def finish(dataproc):
    until(lambda: all(one.done for one in dataproc.operations.there.values()))


def warm(dataproc, name="warm", limit=3600):
    limits = dp.LifecycleConfig(auto_delete_ttl={"seconds": limit}) if limit else dp.LifecycleConfig()
    group = dp.InstanceGroupConfig(num_instances=2, machine_type_uri="https://x/zones/b/machineTypes/n2-standard-8")
    config = dp.ClusterConfig(config_bucket="lab", lifecycle_config=limits, master_config=group, worker_config=group)
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
    again = cloud_study.progex("submit")
    assert "this study is being run already" in again.output
    assert len(dataproc.operations.there) == 1
    gate.set()
    finish(dataproc)
    assert len(dataproc.jobs.started) == 1


def test_what_was_run_already_is_not_run_again_until_something_changes(dataproc, cloud_study):
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    storage.write_whole(storage.place("gs://lab/out/run.json"), b"{}")
    again = cloud_study.progex("submit")
    assert "nothing has changed since; `progex fetch`" in again.output
    cloud_study.set(cloud={"spot_workers": 6})
    assert "nothing has changed since" in cloud_study.progex("submit").output
    cloud_study.set(alpha=0.01)
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    assert len(dataproc.jobs.started) == 2


def test_changed_inputs_make_another_run(cloud_study):
    before = prepare(cloud_study.path).run
    assert prepare(cloud_study.path).run == before
    table = storage.place("gs://lab/cohort/participants.tsv")
    storage.write_whole(table, table.read_bytes() + b"\n")
    assert prepare(cloud_study.path).run != before


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
    warm(dataproc, "endless", limit=0)
    assert "endless has no limit" in cloud_study.progex("submit", "--cluster", "endless").output
    dataproc.clusters.broken.append("a node is missing")
    warm(dataproc, "broken")
    assert "broken is error a node is missing" in cloud_study.progex("submit", "--cluster", "broken").output


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
    for name, labels in (("progex-1", {"progex": "run"}), ("progex-2", {"progex": "run"}), ("theirs", {})):
        warm(dataproc, name).labels.update(labels)
    refused = cloud_study.progex("sweep", answer="n\n").output
    assert "nothing was deleted" in refused
    assert "progex-1  running for 0.0 h  about $" in refused
    assert "theirs" not in refused
    assert "deleted progex-1, progex-2" in cloud_study.progex("sweep", answer="y\n").output
    assert list(dataproc.clusters.there) == ["theirs"]


def test_sweep_leaves_clusters_that_work(dataproc, cloud_study):
    gate = threading.Event()
    dataproc.jobs.runner = Scripted(gate=gate)
    cloud_study.progex("submit")
    until(lambda: bool(dataproc.jobs.started))
    assert "all of them are at work" in cloud_study.progex("sweep", "--yes").output
    assert "deleted progex-" in cloud_study.progex("sweep", "--yes", "--busy").output
    assert not dataproc.clusters.there
    gate.set()


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
