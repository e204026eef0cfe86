"""A stage: declared inputs and outputs, a key that says what it was made from, and a manifest written last.

The key is the SHA-256 of the stage's name, schema, settings, input fingerprints, upstream keys, versions and code.
The outputs live in a folder under that key; the manifest is created once they are complete (`jobs.stage_folder`).
What has no manifest is what a killed run left behind, and the stage is done again. The same key is never done twice,
and nothing is overwritten in place.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.provenance import Fingerprint, canonical_json, code_digest, fingerprint, versions
from infra.storage import Place, Transferred
from jobs.places import made_here
from jobs.stage_folder import Manifest, begin, claim, discard, forget_broken, read_whole

# Raise it when the shape of a stage's output changes.
SCHEMA = 1

Counts = dict[str, Any]
Folders = dict[str, Place]


@dataclass(frozen=True)
class Stage:
    """One step of a run.

    Attributes
    ----------
    name
        As an operator sees it.
    settings
        The part of the study that it depends on, ready for JSON.
    inputs
        Fingerprints of the user's files that it reads.
    after
        Stages whose outputs it reads.
    outputs
        Files and folders it promises to write.
    code
        Packages and modules that compute it.
    work
        Does it: takes its own folder and the folders of earlier stages by name, gives counts. Its own folder is on
        this machine, and is put in a bucket at the end, unless the stage is done `by_workers`.
    contents
        Single outputs of earlier stages that it reads, as pairs of stage and file: it is done again where one of
        these has other content, not where the stage was merely done again.
    by_workers
        Whether workers write outputs, each some of them, so that its folder must be where these are to be.
    """

    name: str
    settings: Any
    inputs: tuple[Fingerprint, ...]
    after: tuple[str, ...]
    outputs: tuple[str, ...]
    code: tuple[str, ...]
    work: Callable[[Any, Folders], Counts]
    contents: tuple[tuple[str, str], ...] = ()
    by_workers: bool = False


@dataclass(frozen=True)
class StageRecord:
    """What became of a stage.

    Attributes
    ----------
    name, key
        Which stage, made from what.
    folder
        Where its outputs are.
    reused
        Whether an earlier run had made them.
    seconds
        What making them took.
    counts
        What the stage reports of itself.
    """

    name: str
    key: str
    folder: Place
    reused: bool
    seconds: float
    counts: Counts = field(default_factory=dict)


def stage_key(stage: Stage, upstream: dict[str, str], folders: Folders | None = None) -> str:
    """Give the key of a stage, from all that its outputs depend on.

    Parameters
    ----------
    stage
        The stage.
    upstream
        Keys of the stages before it.
    folders
        Their folders, where it reads single outputs of them.
    """
    read = [fingerprint((folders or {})[name] / file) for name, file in stage.contents]
    made_from = {
        "stage": stage.name,
        "schema": SCHEMA,
        "settings": stage.settings,
        "inputs": list(stage.inputs),
        "upstream": {name: upstream[name] for name in stage.after},
        "contents": read,
        "versions": versions(),
        "code": code_digest(stage.code),
    }
    return hashlib.sha256(canonical_json(made_from).encode()).hexdigest()


def finished(stage: Stage, key: str, store: Place) -> StageRecord | None:
    """Give the record of a stage that was finished before with this key and is still whole, else None."""
    found = read_whole(_home(stage, key, store), key, stage.outputs)
    if found is None:
        return None
    manifest, folder = found
    return StageRecord(stage.name, key, folder, True, manifest["seconds"], manifest["counts"])


def perform(
    stage: Stage, key: str, store: Place, folders: Folders, report: Callable[[Transferred], None] | None = None
) -> StageRecord:
    """Do a stage from scratch; of one that fails nothing is left.

    In a bucket, where two runs may be at the same stage, the one that is finished first is taken.

    Parameters
    ----------
    stage, key
        The stage, and what it is made from.
    store
        Folder of all stages.
    folders
        Of the stages before it.
    report
        Told how far its outputs have been sent to a bucket.

    Raises
    ------
    RuntimeError
        If it ends without an output that it promised.
    """
    home = _home(stage, key, store)
    folder = begin(home)
    began = time.monotonic()
    try:
        counts = _work(stage, folder, folders, report)
        record = StageRecord(stage.name, key, folder, False, time.monotonic() - began, counts)
        while not claim(home, folder, _manifest(stage, record)):
            if (others := finished(stage, key, store)) is not None:
                discard(folder)
                return others
            forget_broken(home, key, stage.outputs)
    except BaseException:
        discard(folder)
        raise
    return record


def _work(stage: Stage, folder: Place, folders: Folders, report: Callable[[Transferred], None] | None) -> Counts:
    """Do a stage's work in its folder, and see that nothing is missing."""
    if stage.by_workers:
        folder.mkdir(parents=True)
    with nullcontext(folder) if stage.by_workers else made_here(folder, report) as place:
        counts = stage.work(place, folders)
        if missing := [output for output in stage.outputs if not (place / output).exists()]:
            raise RuntimeError(f"stage {stage.name} ended without {', '.join(missing)}")
    return counts


def _home(stage: Stage, key: str, store: Place) -> Place:
    return home_of(stage.name, key, store)


def home_of(name: str, key: str, store: Place) -> Place:
    """Give the folder of a stage among all stages, from its name and its key."""
    return store / f"{name.replace(' ', '_')}-{key[:16]}"


def _manifest(stage: Stage, record: StageRecord) -> Manifest:
    return {
        "stage": stage.name,
        "key": record.key,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(record.seconds, 3),
        "inputs": list(stage.inputs),
        "outputs": list(stage.outputs),
        "counts": record.counts,
    }
