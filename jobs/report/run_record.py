"""The run's record in words: when, how long, from which seed and which files, and at what price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from jobs.report import numbers

KIBI = 1024


def run_record(run: Mapping[str, Any]) -> dict[str, Any]:
    """Give the cells of the run's record, as far as there is one.

    Parameters
    ----------
    run
        As in run.json: began, ended, seed, stages, inputs (name, size, crc32c); cost in US dollars, where a cloud was
        paid.

    Returns
    -------
    dict
        `facts`, pairs of words; `inputs`, a row per file, without the folder that it was in.
    """
    facts = []
    if run.get("began"):
        facts.append(("begun", _moment(run["began"])))
    if run.get("ended"):
        facts.append(("ended", _moment(run["ended"])))
    if seconds := sum(stage["seconds"] for stage in run.get("stages", ()) if not stage.get("reused")):
        facts.append(("time of all stages", _duration(seconds)))
    if run.get("seed") is not None:
        facts.append(("seed", str(run["seed"])))
    if run.get("cost") is not None:
        facts.append(("cost, US dollars, estimated", numbers.number(run["cost"], 2)))
    inputs = [
        {"name": PurePosixPath(str(one["name"])).name, "size": _size(one["size"]), "crc32c": one.get("crc32c", "")}
        for one in run.get("inputs", ())
    ]
    return {"facts": facts, "inputs": inputs}


def _moment(written: str) -> str:
    """Write a moment of ISO 8601 as people do, to the minute."""
    return datetime.fromisoformat(written).strftime("%Y-%m-%d %H:%M %Z").strip()


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{numbers.number(seconds, 2)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _size(size: float) -> str:
    """Write a number of bytes."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < KIBI:
            return f"{numbers.number(size, 3) if size % 1 else f'{size:.0f}'} {unit}"
        size /= KIBI
    return f"{numbers.number(size, 3)} TiB"
