"""Runs in the cloud: what identifies one, and how it stands.

A run is identified by the study, its inputs' content and the code: the same three give the same run, which Dataproc
does not run twice at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from google.cloud import dataproc_v1 as dp

from infra.dataproc.requests import RUN
from infra.dataproc.service import Dataproc
from infra.provenance import Fingerprint, canonical_json
from jobs.cloud_record import RunRecord

Step = Literal["starting", "running", "done", "failed", "cancelled", "gone"]
ENDED: tuple[Step, ...] = ("done", "failed", "cancelled", "gone")
CANCELLED = 1  # The number of google.rpc.Code.CANCELLED.
# For so long a client may be asking Dataproc: two minutes of tries, and what the last one takes.
RESERVED_SECONDS = 300.0

_OF_A_JOB: dict[int, Step] = {
    dp.JobStatus.State.PENDING: "starting",
    dp.JobStatus.State.SETUP_DONE: "starting",
    dp.JobStatus.State.DONE: "done",
    dp.JobStatus.State.ERROR: "failed",
    dp.JobStatus.State.CANCELLED: "cancelled",
}


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


def run_state(service: Dataproc, record: RunRecord) -> RunState:
    """Ask how a run stands, where it was submitted to."""
    asked = service if service.place == _place(record) else Dataproc(record.project, record.region)
    job = asked.job(record.job) if record.job else None
    if job is not None:
        return _state_of_job(job)
    if record.phase == "reserved":
        return _state_of_reserved(asked, record)
    operation = asked.operation(record.operation) if record.operation else None
    if operation is None:
        return RunState("gone", record.cluster, record.job)
    return _state_of_workflow(asked, operation)


def _place(record: RunRecord) -> dict[str, str]:
    return {"project_id": record.project, "region": record.region}


def _state_of_reserved(service: Dataproc, record: RunRecord) -> RunState:
    """Say what became of a run of which nobody wrote down whether Dataproc took it."""
    there = [
        one.cluster_name
        for one in service.clusters(f"labels.{RUN} = {record.run}")
        if one.status.state != dp.ClusterStatus.State.DELETING
    ]
    if there:
        return RunState("running", there[0])
    return RunState("starting" if record.age_seconds < RESERVED_SECONDS else "gone", record.cluster)


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
