"""What a cohort was made from, so that a merge takes none that a later run has left behind.

`progex cohort` writes a record in `pooling/`. What it made last and what a run made last may be of different inputs:
a run that ended later decides, by the fingerprints of inputs, settings and gene store in its `run.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from association.problems import InputError, Problem
from infra.provenance import Fingerprint, canonical_json
from infra.storage import Place, remove
from jobs.check import CheckedStudy
from jobs.cloud_study import use_buckets_of
from jobs.consortium.definitions import definition_hash
from jobs.consortium.manifest import FILE as MANIFEST
from jobs.consortium.manifest import FOLDER
from jobs.output_folder import OF_A_COHORT, check_output
from jobs.run import RUN_RECORD
from jobs.study.file import read_study
from jobs.study.study import resolve

FILE = "made_from.json"
# Settings that change nothing of what is pooled.
ASIDE = ("name", "output", "cohort", "cloud", "compute")
AGAIN = "run `progex cohort study.yaml` again"


def take_back(path: Place) -> None:
    """Take back the manifest of an earlier `progex cohort`, so that one that fails leaves none for a merge to find.

    Parameters
    ----------
    path
        The study file.

    Raises
    ------
    InputError
        If the study file can't be used, or its output folder can't be written to.
    """
    study = read_study(path)
    use_buckets_of(study, path)
    check_output(study, path, OF_A_COHORT)
    remove(resolve(path, study.output) / FOLDER / MANIFEST)


def new_id() -> str:
    """Give what a manifest and the folder `pooling/` that belongs to it both say."""
    return uuid4().hex


def write_made_from(
    checked: CheckedStudy, inputs: Sequence[Fingerprint], gene_store: str, made: str, folder: Path
) -> None:
    """Write what a cohort was made from.

    Parameters
    ----------
    checked
        The study.
    inputs
        Of all stages of a run.
    gene_store
        Its key.
    made
        What the manifest says too.
    folder
        Where to.
    """
    record = {
        "made": made,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": contents_of(json.loads(canonical_json(list(inputs)))),
        "settings": settings_hash(checked.study.model_dump(mode="json")),
        "gene_store": gene_store,
    }
    (folder / FILE).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def contents_of(inputs: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Give sizes and checksums of input files, whatever they are called and in whatever order they are read."""
    return sorted([one["size"], one["crc32c"]] for one in inputs)


def settings_hash(settings: Mapping[str, Any]) -> str:
    """Hash the settings that change what is pooled or how it is analysed."""
    return definition_hash({name: value for name, value in settings.items() if name not in ASIDE})


def refuse_stale(folder: Place, pooling: Place, manifest: Mapping[str, Any]) -> None:
    """Refuse a cohort whose two folders don't belong together, or that a later run has left behind.

    Parameters
    ----------
    folder
        The output folder.
    pooling
        Its folder `pooling/`, with a record in it.
    manifest
        Of the cohort.

    Raises
    ------
    InputError
        With everything that is other in the later run.
    """
    record = json.loads((pooling / FILE).read_text())
    problems = list(_differences(folder, record))
    if record["made"] != manifest["made"]:
        message = f"was made at another time than {FOLDER}/{MANIFEST}; {AGAIN}, and take the folder as it is then"
        problems.append(Problem(pooling.name, message))
    if problems:
        raise InputError(str(folder), problems)


def _differences(folder: Place, record: Mapping[str, Any]) -> Iterator[Problem]:
    """Compare with the run in the same folder, if that ended later."""
    if not (folder / RUN_RECORD).is_file():
        return
    run = json.loads((folder / RUN_RECORD).read_text())
    if datetime.fromisoformat(run["ended"]) < datetime.fromisoformat(record["at"]):
        return
    keys = [stage["key"] for stage in run["stages"] if stage["name"] == "gene store"]
    compared = {
        "inputs": contents_of(run["inputs"]) == record["inputs"],
        "settings": settings_hash(run["settings"]) == record["settings"],
        "gene store": keys == [record["gene_store"]],
    }
    for name, same in compared.items():
        if not same:
            message = f"the run that ended {run['ended']} has other {name} than the cohort, which was made before it"
            yield Problem(f"{RUN_RECORD}, {name}", f"{message}; {AGAIN}")
