"""The record of a study's run in the cloud: what was asked for and where, kept in the bucket of the output folder.

It lies under a name made from that folder, for one run at a time writes there: whoever has the study file finds the
run. It is written before Dataproc is asked, and each change is made only if nobody else made one meanwhile.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from association.problems import InputError
from infra.provenance import canonical_json
from infra.storage import Place
from jobs.places import place_of

FORMAT = 1
# Before Dataproc is asked; when it has said yes; when it has said no.
Phase = Literal["reserved", "sent", "refused"]


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
    project, region
        Where Dataproc was asked.
    phase
        How far that has come.
    """

    run: str
    operation: str
    job: str
    cluster: str
    submitted: str
    hourly: float
    project: str
    region: str
    phase: Phase = "sent"

    @property
    def target(self) -> tuple[str, str, str]:
        """Where it runs."""
        return self.project, self.region, self.cluster

    @property
    def age_seconds(self) -> float:
        """Time since it was submitted."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.submitted)).total_seconds()


@dataclass(frozen=True)
class KeptRecord:
    """A record as the bucket has it.

    Attributes
    ----------
    record
        The record.
    generation
        The number by which it can be replaced, and no other.
    """

    record: RunRecord
    generation: int


def record_place(output: Place) -> Place:
    """Give where the record of the run lies that writes to an output folder.

    Raises
    ------
    InputError
        If that is on this machine.
    """
    if isinstance(output, Path):
        raise InputError.single(
            "study", f"output: {output}", "is on this machine; a run in the cloud writes to gs://"
        )
    digest = hashlib.sha256(str(output).encode()).hexdigest()[:16]
    return place_of(f"gs://{output.bucket}/progex/runs/{digest}.json")


def read_record(place: Place) -> KeptRecord | None:
    """Read the record of the last run, if there was any.

    Raises
    ------
    InputError
        If it can't be read as one.
    """
    assert not isinstance(place, Path)
    try:
        # The number first: where another record is written between the two, replacing this one fails.
        generation = place.content().generation
        content = place.read_bytes()
    except FileNotFoundError:
        return None
    return KeptRecord(_record_from(content, place), generation)


def write_record(place: Place, record: RunRecord, *, replacing: int) -> int:
    """Write a record in the place of the one that was read; gives its generation.

    Parameters
    ----------
    place, record
        What to write where.
    replacing
        Generation of the record that was read; 0 if there was none.

    Raises
    ------
    AlreadyThereError, ChangedError
        If somebody else has written one meanwhile.
    """
    assert not isinstance(place, Path)
    content = canonical_json({"format": FORMAT} | asdict(record)).encode()
    return place.send(io.BytesIO(content), replacing=replacing).generation


def _record_from(content: bytes, place: Place) -> RunRecord:
    try:
        values: dict[str, Any] = json.loads(content)
        written_as = int(values.pop("format"))
        if written_as <= FORMAT:
            record = RunRecord(**values)
            datetime.fromisoformat(record.submitted)
            if all(isinstance(getattr(record, one.name), float if one.name == "hourly" else str) for one in _FIELDS):
                return record
    except (AttributeError, KeyError, TypeError, ValueError):
        written_as = FORMAT
    message = "was written by a later progex; use that one"
    if written_as <= FORMAT:
        message = "is damaged; when `progex sweep` shows nothing at work, remove it (`gcloud storage rm`), and submit"
    raise InputError.single(str(place), "record of the last run", message)


_FIELDS = fields(RunRecord)
