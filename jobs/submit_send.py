"""Send a prepared study off: one run at a time writes to an output folder, whoever submits it, and from wherever.

The run's record is written as reserved before Dataproc is asked. Who finds it reserved for the same run asks too: the
request carries the run's own id, so that Dataproc starts one, even if the first who asked is gone.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from google.cloud import dataproc_v1 as dp

from association.problems import InputError
from infra.dataproc.faults import UnansweredError
from infra.dataproc.service import Dataproc
from infra.storage import AlreadyThereError, ChangedError, Place, fingerprint_of, write_new
from infra.storage.stored_content import content_of
from jobs.cloud_done import is_done
from jobs.cloud_record import KeptRecord, RunRecord, read_record, record_place, write_record
from jobs.cloud_runs import ENDED, run_state
from jobs.places import place_of
from jobs.submit import Prepared

MOST_TRIES = 10
SOMEONE_ELSE = "someone else submitted this study just now: it runs once"


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


def submit(prepared: Prepared, service: Dataproc) -> Submitted:
    """Send a study off, or find the run that does it already.

    Raises
    ------
    InputError
        If another study is writing to the same folder, or Dataproc refuses.
    """
    place = record_place(prepared.output)
    for _ in range(MOST_TRIES):
        last = read_record(place)
        if last is not None and (found := _already(prepared, service, last.record)) is not None:
            return found
        try:
            reserved = _reserve(prepared, service, place, last)
        except (AlreadyThereError, ChangedError):
            continue
        break
    else:
        raise _in_use(prepared, "others are submitting runs that write to this folder")
    try:
        for name, content in prepared.uploads.items():
            _upload(name, content)
        record, new = _ask(prepared, service)
    except UnansweredError:
        raise
    except InputError:
        kept = last is not None and last.record.phase == "sent"
        before = last.record if last is not None and kept else replace(reserved.record, phase="refused")
        with suppress(AlreadyThereError, ChangedError):
            write_record(place, before, replacing=reserved.generation)
        raise
    return _written_down(prepared, service, place, record, reserved.generation, new)


def _already(prepared: Prepared, service: Dataproc, record: RunRecord) -> Submitted | None:
    """Give the run that does it already; None if the folder is free, or reserved for this very run."""
    same = record.run == prepared.run
    if record.phase == "refused" or (same and _is_joined(record, prepared, service)):
        return None
    state = run_state(service, record)
    if state.step not in ENDED:
        if same and record.phase == "sent":
            message = f"this study is being run already, since {record.submitted}; nothing was submitted"
            return Submitted(record, message)
        raise _in_use(prepared, f"another run writes to this folder since {record.submitted}")
    if same and state.step == "done" and is_done(prepared.output, prepared.run):
        message = "this study was run already, and nothing has changed since; `progex fetch` gets its results"
        return Submitted(record, message)
    return None


def _is_joined(record: RunRecord, prepared: Prepared, service: Dataproc) -> bool:
    return record.phase == "reserved" and record.target == _new_record(prepared, service).target


def _reserve(prepared: Prepared, service: Dataproc, place: Place, last: KeptRecord | None) -> KeptRecord:
    if last is not None and last.record.run == prepared.run and _is_joined(last.record, prepared, service):
        return last
    record = replace(_new_record(prepared, service), phase="reserved")
    return KeptRecord(record, write_record(place, record, replacing=last.generation if last is not None else 0))


def _new_record(prepared: Prepared, service: Dataproc) -> RunRecord:
    request, job, cluster = prepared.request, "", ""
    if isinstance(request, dp.SubmitJobRequest):
        job, cluster = request.job.reference.job_id, request.job.placement.cluster_name
    now, hourly = datetime.now(UTC).isoformat(timespec="seconds"), float(round(prepared.expected.hourly, 4))
    return RunRecord(prepared.run, "", job, cluster, now, hourly, service.project, service.region)


def _ask(prepared: Prepared, service: Dataproc) -> tuple[RunRecord, bool | None]:
    """Ask Dataproc; gives the record, and whether it is new, which of a workflow only the record tells."""
    record, request = _new_record(prepared, service), prepared.request
    if isinstance(request, dp.SubmitJobRequest):
        return record, service.submit_job(request)
    return replace(record, operation=service.start_workflow(request)), None


def _written_down(
    prepared: Prepared, service: Dataproc, place: Place, record: RunRecord, generation: int, new: bool | None
) -> Submitted:
    """Write down what was started; who finds that somebody else has done so for the same was second."""
    words = f"submitted as job {record.job} on {record.cluster}" if record.job else f"submitted as run {record.run}"
    for _ in range(MOST_TRIES):
        try:
            write_record(place, record, replacing=generation)
            return Submitted(record, SOMEONE_ELSE if new is False else words)
        except (AlreadyThereError, ChangedError):
            now = read_record(place)
        if now is not None and (now.record.operation, now.record.job) == (record.operation, record.job):
            return Submitted(now.record, words if new else SOMEONE_ELSE)
        if now is not None and now.record.run != record.run and now.record.phase != "refused":
            break
        generation = now.generation if now is not None else 0
    if record.job:
        service.cancel_job(record.job)
    else:
        service.cancel_operation(record.operation)
    raise _in_use(prepared, "another run was submitted meanwhile that writes to this folder; this one was cancelled")


def _in_use(prepared: Prepared, what: str) -> InputError:
    return InputError.single("study", f"output: {prepared.output}", f"{what}; wait for it, or `progex cancel` it")


def _upload(name: str, content: bytes) -> None:
    """Put in the bucket what a run needs, under a name made from the content, unless it is there."""
    place = place_of(name)
    with suppress(AlreadyThereError):
        if not place.is_file():
            write_new(place, content)
            return
    if not fingerprint_of(place).same_bytes(content_of(io.BytesIO(content))):
        message = "has other content than its name says: somebody changed it; remove it (`gcloud storage rm`)"
        raise InputError.single(name, "upload", message)
