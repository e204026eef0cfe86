"""The mark of a run in the cloud that has ended well: which run made what now lies in the output folder."""

from __future__ import annotations

import json

from infra.provenance import canonical_json
from infra.storage import Place, fingerprint_of, write_whole
from jobs.cloud_record import record_place
from jobs.run import RUN_RECORD


def mark_done(output: Place, run: str) -> None:
    """Write down that what lies in an output folder is of this run."""
    mark = {"run": run, "generation": fingerprint_of(output / RUN_RECORD).generation}
    write_whole(_mark_place(output), canonical_json(mark).encode())


def is_done(output: Place, run: str) -> bool:
    """Say whether what lies in an output folder is of this run; what nobody marked is of another."""
    try:
        mark = json.loads(_mark_place(output).read_bytes())
        return bool(mark == {"run": run, "generation": fingerprint_of(output / RUN_RECORD).generation})
    except (FileNotFoundError, ValueError):
        return False


def _mark_place(output: Place) -> Place:
    return record_place(output).with_suffix(".done.json")
