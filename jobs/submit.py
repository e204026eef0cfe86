"""Submit a study: check it here, say what it will cost, put code and study into the bucket, ask Dataproc to run it.

Whatever is asked for carries the run's own id, so that two who submit the same study at once get one run, and a
request whose answer was lost can be made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import yaml
from google.cloud import dataproc_v1 as dp

from association.problems import InputError
from infra.dataproc.estimate import Estimate, estimate
from infra.dataproc.memory import check_driver
from infra.dataproc.plan import ClusterPlan, Hardware, RunFiles, RunPlan
from infra.dataproc.requests import job_request, workflow_request
from infra.dataproc.service import Dataproc
from infra.dataproc.templates import plain_values
from infra.provenance import Fingerprint, fingerprint
from infra.storage import Place, write_new
from jobs.check import CheckedStudy, check_study
from jobs.cloud_package import CodeFile, code_package, named
from jobs.cloud_plan import check_buckets, check_budget, cluster_plan, hardware_of
from jobs.cloud_runs import ENDED, RunRecord, read_record, record_place, run_key, run_state, write_record
from jobs.cloud_study import cloud_of, submitted_study
from jobs.cloud_warm import next_attempt, warm_hardware
from jobs.output_folder import input_settings
from jobs.places import place_of
from jobs.run import RUN_RECORD
from jobs.study.cloud import Cloud
from jobs.study.file import read_study
from jobs.study.study import resolve

Request = dp.InstantiateInlineWorkflowTemplateRequest | dp.SubmitJobRequest


@dataclass(frozen=True)
class Prepared:
    """A study that is ready to be submitted; nothing has been sent yet.

    Attributes
    ----------
    cloud
        Where it is to run.
    output
        The folder that it writes to.
    uploads
        What the bucket must have first, by place.
    request
        What Dataproc is asked for.
    run
        What identifies the run.
    expected
        Time and cost.
    cluster
        Its own cluster; None where one is there.
    """

    cloud: Cloud
    output: Place
    uploads: dict[str, bytes]
    request: Request
    run: str
    expected: Estimate
    cluster: ClusterPlan | None

    def describe(self) -> str:
        """Give the whole request as YAML, and what it is expected to take."""
        kind = type(self.request).__name__
        request = yaml.safe_dump({kind: plain_values(self.request)}, sort_keys=False, width=118)
        limit = f"limit: the cluster ends after {self.cluster.life_seconds / 3600:.1f} h" if self.cluster else ""
        return "\n".join(part for part in (request, str(self.expected), limit) if part)


@dataclass(frozen=True)
class Submitted:
    """What became of a submission.

    Attributes
    ----------
    record
        The run, new or found.
    message
        What to tell the user.
    """

    record: RunRecord
    message: str


def prepare(path: Place, cluster: str | None = None, service: Dataproc | None = None) -> Prepared:
    """Check a study and put its request together.

    Parameters
    ----------
    path
        The study file.
    cluster
        The name of a cluster that is there; None makes one for the study.
    service
        Dataproc; needed for a cluster that is there.

    Raises
    ------
    InputError, ExceptionGroup
        If the study or its inputs can't be used, are not in a bucket, or would cost too much.
    """
    settings = read_study(path)
    cloud = cloud_of(settings, path)
    study = submitted_study(settings, path)
    hardware = warm_hardware(service, cluster) if service is not None and cluster else hardware_of(cloud)
    checked = check_study(path)
    check_buckets(cloud, (checked.output, *checked.vcfs))
    expected = _expected(checked, hardware, cloud)
    package = code_package()
    run = run_key(_without_cloud(study), package.name, list(_fingerprints(checked)))
    uploads = _uploads(cloud, package, study)
    plan = RunPlan(
        cloud.project,
        cloud.region,
        run,
        _files(cloud, list(uploads)),
        cloud.requester_pays_project,
        dict(cloud.labels),
    )
    own = None
    request: Request
    if service is not None and cluster:
        check_budget(cloud, expected)
        request = job_request(cluster, hardware, plan, next_attempt(service, run))
    else:
        own = cluster_plan(cloud, hardware, expected)
        request = workflow_request(own, plan)
    return Prepared(cloud, checked.output, uploads, request, run, expected, own)


def submit(prepared: Prepared, service: Dataproc) -> Submitted:
    """Send a study off, or find the run that does it already.

    Raises
    ------
    InputError
        If another study is writing to the same folder, or Dataproc refuses.
    """
    place = record_place(prepared.cloud, prepared.output)
    if (found := _already(prepared, service, place)) is not None:
        return found
    for name, content in prepared.uploads.items():
        _upload(name, content)
    record, message = _send(prepared, service)
    write_record(place, record)
    return Submitted(record, message)


def _already(prepared: Prepared, service: Dataproc, place: Place) -> Submitted | None:
    record = read_record(place)
    if record is None:
        return None
    state = run_state(service, record)
    if state.step not in ENDED:
        if record.run == prepared.run:
            return Submitted(
                record, f"this study is being run already, since {record.submitted}; nothing was submitted"
            )
        message = f"another run writes to this folder since {record.submitted}; wait for it, or `progex cancel` it"
        raise InputError.single("study", f"output: {prepared.output}", message)
    if record.run == prepared.run and state.step == "done" and (prepared.output / RUN_RECORD).is_file():
        return Submitted(
            record, "this study was run already, and nothing has changed since; `progex fetch` gets its results"
        )
    return None


def _send(prepared: Prepared, service: Dataproc) -> tuple[RunRecord, str]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    request, hourly = prepared.request, round(prepared.expected.hourly, 4)
    if isinstance(request, dp.SubmitJobRequest):
        job, cluster = request.job.reference.job_id, request.job.placement.cluster_name
        new = service.submit_job(request)
        message = (
            f"submitted as job {job} on {cluster}"
            if new
            else "someone else submitted this study just now: it runs once"
        )
        return RunRecord(prepared.run, "", job, cluster, now, hourly), message
    operation = service.start_workflow(request)
    return RunRecord(prepared.run, operation, "", "", now, hourly), f"submitted as run {prepared.run}"


def _expected(checked: CheckedStudy, hardware: Hardware, cloud: Cloud) -> Estimate:
    size = sum(fingerprint(vcf).size for vcf in checked.vcfs)
    samples = len(checked.summary.samples)
    expected = estimate(size, samples, hardware, cloud.region)
    check_driver(hardware.driver, samples, expected.calls / max(1, samples))
    return expected


def _fingerprints(checked: CheckedStudy) -> Iterator[Fingerprint]:
    """Fingerprint the inputs, as the bucket knows them; a folder goes by its name."""
    named = (resolve(checked.path, name) for setting, name in input_settings(checked.study) if "vcfs" not in setting)
    yield from (fingerprint(place) for place in (*checked.vcfs, *(one for one in named if one.is_file())))


def _without_cloud(study: bytes) -> bytes:
    settings: dict[str, Any] = yaml.safe_load(study)
    return yaml.safe_dump({name: one for name, one in settings.items() if name != "cloud"}, sort_keys=True).encode()


def _uploads(cloud: Cloud, package: CodeFile, study: bytes) -> dict[str, bytes]:
    """Give what a run needs in the bucket, named by content: main program, code, init action, pins, study."""
    of_infra = resources.files("infra.dataproc")
    code = (
        named("main", "py", resources.files("jobs").joinpath("cloud_main.py").read_bytes()),
        package,
        named("init", "sh", of_infra.joinpath("init_action.sh").read_bytes()),
        named("requirements", "txt", of_infra.joinpath("requirements.txt").read_bytes()),
    )
    folder = f"gs://{cloud.bucket}/progex"
    own = named("study", "yaml", study)
    return {f"{folder}/code/{one.name}": one.content for one in code} | {f"{folder}/studies/{own.name}": own.content}


def _files(cloud: Cloud, names: list[str]) -> RunFiles:
    main, code, init, requirements, study = names
    return RunFiles(main, code, study, init, requirements, cloud.wheels)


def _upload(name: str, content: bytes) -> None:
    place = place_of(name)
    if place.is_file():
        return
    try:
        write_new(place, content)
    except FileExistsError:
        # What has this name has this content: someone else was faster.
        return
