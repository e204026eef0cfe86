"""Follow a run: tell each change of state, and what the driver prints, until it has ended.

Nothing depends on who follows: a terminal that is closed ends the following, not the run, and the cluster has its own
limits.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import takewhile
from typing import Any

from association.problems import InputError
from infra.dataproc.service import Dataproc
from infra.provenance import fingerprint
from jobs.cloud_record import RunRecord
from jobs.cloud_runs import ENDED, RunState, run_state
from jobs.places import place_of

Show = Callable[[str], None]
SECONDS_BETWEEN_LOOKS = 10.0
LINES_OF_A_FAILURE = 20

# Spark's log; what goes wrong in the project is told without a time before it.
_ASIDE = re.compile(r"^\d[-/:. \d]+ (?:INFO|WARN) ")
_OUT_OF_MEMORY = (
    re.compile(
        r"^(?:[\w.]+\.)?\w*MemoryError\b|java\.lang\.OutOfMemoryError|^Killed$|\bexit (?:status|code):? 137\b"
        r"|exceeding (?:physical )?memory limits",
        re.M,
    ),
    "the driver or a worker ran out of memory: name a larger driver_machine or worker_machine",
)
# What Dataproc says, of what happens before or around the driver.
_OF_DATAPROC = (
    (re.compile(r"initialization action", re.I), "a node could not be set up: see docs/cloud.md, Nodes"),
    (
        re.compile(r"\bquota\b", re.I),
        "a quota does not allow it: name fewer workers, another region, or ask for more",
    ),
)
# What progex says before it ends.
_OWN = (
    (
        re.compile(r"^error: cluster:"),
        "the nodes of the cluster differ from what is pinned: submit without --cluster",
    ),
    (re.compile(r"another run is writing"), "wait for that run, or give this study an output of its own"),
    (re.compile(r"^error:"), "what is named above is wrong with the study or its inputs: mend it and submit again"),
)
_OTHERWISE = "submit it again: finished stages are kept, and the run goes on from them"


def printable(line: str) -> str:
    """Give a line as a terminal may show it: what moves its cursor or changes its title becomes a question mark."""
    return re.sub(r"[^\S\t ]|[\x00-\x08\x0e-\x1f\x7f-\x9f]", "?", line.rstrip())


class DriverLog:
    """What a driver prints, read as far as it is there.

    Parameters
    ----------
    name
        Beginning of the names of its objects; empty as long as there is none.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.lines: list[str] = []
        self._read: dict[str, int] = {}
        self._rest = b""

    def new_lines(self, *, at_end: bool = False) -> list[str]:
        """Give the lines that were added; a line that is not over yet only at the end."""
        if not self.name:
            return []
        place = place_of(self.name)
        found = sorted(place.parent.glob(f"{place.name}.*"), key=lambda one: one.name)
        self._rest += b"".join(self._new_bytes(one) for one in found)
        *whole, self._rest = self._rest.split(b"\n")
        if at_end and self._rest:
            whole, self._rest = [*whole, self._rest], b""
        lines = [printable(line.decode(errors="replace")) for line in whole]
        self.lines += lines
        return lines

    def _new_bytes(self, place: Any) -> bytes:
        size, read = fingerprint(place).size, self._read.get(place.name, 0)
        if size <= read:
            return b""
        with place.open("rb") as stream:
            stream.seek(read)
            added: bytes = stream.read()
        self._read[place.name] = read + len(added)
        return added


def follow(service: Dataproc, record: RunRecord, show: Show, *, pause: float = SECONDS_BETWEEN_LOOKS) -> RunState:
    """Tell what a run does until it has ended.

    Parameters
    ----------
    service, record
        Dataproc, and the run.
    show
        Takes a line.
    pause
        Seconds between two looks.

    Returns
    -------
    RunState
        How it ended.

    Raises
    ------
    InputError
        If it failed: with the end of the driver's log, and what to do.
    """
    log, told = DriverLog(), ""
    while (state := run_state(service, record)).step not in ENDED:
        if (now := _words(state)) != told:
            show(now)
            told = now
        _show_log(log, state, show)
        time.sleep(pause)
    _show_log(log, state, show)
    show(_words(state))
    if state.step == "failed":
        raise failure(state, log)
    return state


def _show_log(log: DriverLog, state: RunState, show: Show) -> None:
    log.name = log.name or state.log
    for line in log.new_lines(at_end=state.step in ENDED):
        show(f"  {line}")


def failure(state: RunState, log: DriverLog) -> InputError:
    """Make the error for a run that failed, from what Dataproc and the driver's log say."""
    end = _what_matters(log.lines)
    remedy = _remedy(state.details, "\n".join(end))
    shown = "".join(f"\n    {line}" for line in end)
    where = f"\n  the whole log: {log.name}.*" if log.name else ""
    message = f"failed: {remedy}\n  Dataproc: {state.details}{where}"
    return InputError.single(
        "run", state.job or state.cluster or "cluster", message + (shown and f"\n  its end:{shown}")
    )


def _remedy(details: str, said: str) -> str:
    """Give what to do, from what Dataproc says of a failure and what the driver said last."""
    own = [(said, *one) for one in _OWN] if said.startswith("error:") else []
    tried = [(said, *_OUT_OF_MEMORY), *own, *((details, *one) for one in (*_OF_DATAPROC, _OUT_OF_MEMORY))]
    return next((remedy for text, signs, remedy in tried if signs.search(text)), _OTHERWISE)


def _what_matters(lines: list[str]) -> list[str]:
    """Give progex's own error, where it tells of one, or else the end, without Spark's farewell."""
    told = next((number for number, line in enumerate(lines) if line.startswith("error:")), None)
    if told is not None:
        own = takewhile(lambda line: line.startswith(("error:", " ")), lines[told:])
        return list(own)[:LINES_OF_A_FAILURE]
    return [line for line in lines if line.strip() and not _ASIDE.search(line)][-LINES_OF_A_FAILURE:]


def _words(state: RunState) -> str:
    of = f" on {state.cluster}" if state.cluster else ""
    return {
        "starting": f"starting{of or ': the cluster is being made'}",
        "running": f"running{of}",
        "done": "done",
        "failed": "failed",
        "cancelled": "cancelled",
        "gone": "ended; Dataproc has no record of it any more",
    }[state.step]
