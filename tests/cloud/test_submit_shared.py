"""Whoever submits, and from wherever: one run at a time writes to a folder, and everybody is told which."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from association.problems import InputError
from infra import storage
from infra.dataproc.service import Dataproc
from jobs.cloud_record import read_record, record_place
from jobs.submit import prepare
from jobs.submit_send import submit
from tests.cloud.dataproc_server_fixture import PROJECT, REGION, dataproc
from tests.cloud.dataproc_server_spark import Scripted
from tests.cloud.dataproc_server_study import cloud_study, cohort, finish, hurried, warm

__all__ = ["cloud_study", "cohort", "dataproc", "hurried"]

WORKFLOW = "InstantiateInlineWorkflowTemplate"
OUT = "gs://lab/out"


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


def test_an_upload_of_another_content_than_its_name_says_is_refused(dataproc, cloud_study):
    name = next(name for name in prepare(cloud_study.path).uploads if name.endswith(".zip"))
    storage.write_whole(storage.place(name), b"somebody's")
    refused = cloud_study.progex("submit")
    assert refused.exit_code == 2
    assert "has other content than its name says" in refused.output
    assert dataproc.calls == []


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
