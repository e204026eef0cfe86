"""Runs in the cloud: what identifies one, the record of it in the bucket, and how it stands.

A run is identified by the study, its inputs' content and the code: the same three give the same run, which Dataproc
does not run twice at once. The record lies under a name made from the study's output folder, for one run at a time
writes there: whoever has the study file finds the run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from google.cloud import dataproc_v1 as dp

from infra.dataproc.service import Dataproc
from infra.provenance import Fingerprint, canonical_json
from infra.storage import Place, write_whole
from jobs.places import place_of
from jobs.study.cloud import Cloud

Step = Literal["starting", "running", "done", "failed", "cancelled", "gone"]
ENDED: tuple[Step, ...] = ("done", "failed", "cancelled", "gone")
CANCELLED = 1  # The number of google.rpc.Code.CANCELLED.

_OF_A_JOB: dict[int, Step] = {
    dp.JobStatus.State.PENDING: "starting",
    dp.JobStatus.State.SETUP_DONE: "starting",
    dp.JobStatus.State.DONE: "done",
    dp.JobStatus.State.ERROR: "failed",
    dp.JobStatus.State.CANCELLED: "cancelled",
}


@dataclass(frozen=True)
class RunRecord:
    """What is kept of a submitted run.

    Attributes
    ----------
    run
        What identifies it.
    operation
        The workflow's operation; empty on a cluster that was there.
    job
        The job's id on a cluster that was there; empty for a workflow.
    cluster
        That cluster's name.
    submitted
        When, in ISO 8601.
    hourly
        US dollars per hour of its own cluster, estimated.
    """

    run: str
    operation: str
    job: str
    cluster: str
    submitted: str
    hourly: float


@dataclass(frozen=True)
class RunState:
    """How a run stands.

    Attributes
    ----------
    step
        Where it is; "gone" is what Dataproc knows nothing of any more.
    cluster, job
        Names, as far as there are any yet.
    log
        Beginning of the gs:// names of what the driver prints.
    details
        What Dataproc says of a failure.
    """

    step: Step
    cluster: str = ""
    job: str = ""
    log: str = ""
    details: str = ""


def run_key(study: bytes, code: str, inputs: Sequence[Fingerprint]) -> str:
    """Give what identifies a run: the study as submitted, the code package's name, and what the inputs hold."""
    made_from = {"study": hashlib.sha256(study).hexdigest(), "code": code, "inputs": list(inputs)}
    return hashlib.sha256(canonical_json(made_from).encode()).hexdigest()[:16]


def record_place(cloud: Cloud, output: Place) -> Place:
    """Give where the record of the run lies that writes to an output folder."""
    digest = hashlib.sha256(str(output).encode()).hexdigest()[:16]
    return place_of(f"gs://{cloud.bucket}/progex/runs/{digest}.json")


def read_record(place: Place) -> RunRecord | None:
    """Read the record of the last run, if there was any."""
    return RunRecord(**json.loads(place.read_bytes())) if place.is_file() else None


def write_record(place: Place, record: RunRecord) -> None:
    """Write the record of a run, in the place of the one before."""
    write_whole(place, canonical_json(asdict(record)).encode())


def run_state(service: Dataproc, record: RunRecord) -> RunState:
    """Ask how a run stands."""
    if record.job:
        job = service.job(record.job)
        return RunState("gone", record.cluster, record.job) if job is None else _state_of_job(job)
    operation = service.operation(record.operation)
    if operation is None:
        return RunState("gone")
    return _state_of_workflow(service, operation)


def _state_of_workflow(service: Dataproc, operation: Any) -> RunState:
    metadata = dp.WorkflowMetadata.deserialize(operation.metadata.value)
    names = [node.job_id for node in metadata.graph.nodes if node.job_id]
    job = service.job(names[-1]) if names else None
    state = RunState("starting", metadata.cluster_name) if job is None else _state_of_job(job)
    if not operation.done:
        # The cluster is still being deleted after the job: until then the run is not over.
        return state if state.step not in ENDED else _with_step(state, "running")
    if not operation.error.code:
        return _with_step(state, "done")
    step: Step = "cancelled" if operation.error.code == CANCELLED else "failed"
    return RunState(step, state.cluster, state.job, state.log, operation.error.message)


def _state_of_job(job: dp.Job) -> RunState:
    step = _OF_A_JOB.get(job.status.state, "running")
    log = job.driver_output_resource_uri
    return RunState(step, job.placement.cluster_name, job.reference.job_id, log, job.status.details)


def _with_step(state: RunState, step: Step) -> RunState:
    return RunState(step, state.cluster, state.job, state.log)
