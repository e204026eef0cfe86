"""Fetch a run's results to this machine, each file verified by its checksum, all of one and the same run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from association.problems import InputError
from infra import storage
from infra.storage import Place, Transferred
from jobs.run import RUN_RECORD

# What names no patient; the rest of the output folder stays at the site unless it is asked for.
FOR_READERS = ("report", "results")
NEVER = ("stages", ".lock*", "*.partial")


@dataclass(frozen=True)
class Fetched:
    """What was fetched.

    Attributes
    ----------
    folder
        Where it is.
    files, bytes
        How much.
    """

    folder: Path
    files: int
    bytes: int


def fetch_results(
    output: Place, target: Path, *, everything: bool = False, report: Callable[[Transferred], None] | None = None
) -> Fetched:
    """Fetch what a run has written.

    Parameters
    ----------
    output
        The study's output folder, in a bucket.
    target
        A folder on this machine; what is there of the same content is not fetched again.
    everything
        Whether to fetch what holds rows of single patients too.
    report
        Told how far it is.

    Raises
    ------
    InputError
        If no run has finished there, or another one changed the results meanwhile.
    """
    if isinstance(output, Path):
        raise InputError.single("study", f"output: {output}", "is on this machine already; there is nothing to fetch")
    record = output / RUN_RECORD
    if not record.is_file():
        message = f"there is no {RUN_RECORD} yet: no run has finished there; `progex status` says how it stands"
        raise InputError.single("study", f"output: {output}", message)
    before = storage.fingerprint_of(record)
    sources: list[Any] = [output] if everything else [output / name for name in FOR_READERS]
    done = [
        storage.fetch(one, target if one is output else target / one.name, report, leave_out=NEVER)
        for one in sources
        if one is output or one.is_dir()
    ]
    storage.fetch(record, target / RUN_RECORD)
    if not record.is_file() or storage.fingerprint_of(record) != before:
        message = "another run replaced the results while they were fetched; fetch them again when it is done"
        raise InputError.single("study", f"output: {output}", message)
    return Fetched(target, sum(one.files for one in done) + (not everything), sum(one.bytes for one in done))
