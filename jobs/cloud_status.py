"""How a study's run stands, in words; and ending it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from association.problems import InputError
from infra.dataproc.service import Dataproc
from infra.storage import Place
from jobs.cloud_record import RunRecord, read_record, record_place
from jobs.cloud_runs import ENDED, RunState, run_state

SECONDS_TO_END = 300.0
SECONDS_BETWEEN_LOOKS = 2.0


def known_record(output: Place) -> RunRecord:
    """Give the record of a study's last run.

    Raises
    ------
    InputError
        If it was never submitted.
    """
    kept = read_record(record_place(output))
    if kept is None or kept.record.phase == "refused":
        message = "no run of this study is known; `progex submit` starts one"
        raise InputError.single("study", f"output: {output}", message)
    return kept.record


def describe(record: RunRecord, state: RunState) -> Iterator[str]:
    """Say how a run stands, a line for each fact."""
    yield f"run {record.run}: {state.step}"
    spent = f", about ${record.age_seconds / 3600 * record.hourly:,.2f} so far" if state.step not in ENDED else ""
    yield f"  submitted  {record.submitted}{spent}"
    for name, value in (("cluster", state.cluster), ("job", state.job), ("log", state.log and f"{state.log}.*")):
        if value:
            yield f"  {name:<9}  {value}"
    if state.details:
        yield f"  Dataproc   {state.details}"


def cancel(service: Dataproc, record: RunRecord, *, pause: float = SECONDS_BETWEEN_LOOKS) -> str:
    """End a run, wait until it has ended, and say how it did.

    Parameters
    ----------
    service, record
        Dataproc, and the run.
    pause
        Seconds between two looks.

    Raises
    ------
    InputError
        If it is not known yet whether Dataproc has taken it.
    """
    if (state := run_state(service, record)).step in ENDED:
        return f"run {record.run} had ended before: {state.step}"
    if record.job:
        service.cancel_job(record.job)
    elif not record.operation:
        message = "is being submitted; submit the same study again, which starts nothing twice, and cancel it then"
        raise InputError.single("run", record.run, message)
    else:
        service.cancel_operation(record.operation)
    end = time.monotonic() + SECONDS_TO_END
    while (state := run_state(service, record)).step not in ENDED and time.monotonic() < end:
        time.sleep(pause)
    if state.step not in ENDED:
        return f"run {record.run} is being cancelled; `progex status` says when it has ended"
    return f"run {record.run}: {state.step}; finished stages are kept, and the next run goes on from them"
