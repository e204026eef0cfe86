"""Tell the person at the terminal what is happening: a line per stage, and a sign of life while it works."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console

# On a terminal the line is rewritten; in a log file a new one is worth its place only so often.
_SECONDS_BETWEEN_LOG_LINES = 15.0
_SECONDS_BETWEEN_UPDATES = 0.5

Tally = Callable[[], str]


class Progress:
    """Lines about a run, on standard error.

    Parameters
    ----------
    stages
        Names of the run's stages.
    """

    def __init__(self, stages: Sequence[str]) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._stages = len(stages)
        self._width = max(map(len, stages), default=0)
        self._number = 0

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(text, markup=False)

    def reused(self, name: str, counts: str) -> None:
        """Report a stage that an earlier run had done."""
        self._number += 1
        self.say(f"{self._label(name)}         current  {counts}")

    @contextmanager
    def stage(self, name: str, tally: Tally) -> Iterator[Callable[[str], None]]:
        """Show a stage at work; the caller reports its counts at the end through what this yields.

        Parameters
        ----------
        name
            The stage.
        tally
            Says how far the work is.
        """
        self._number += 1
        began = time.monotonic()
        counts: list[str] = []
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(self._label(name), began, tally, done), daemon=True)
        watcher.start()
        try:
            yield counts.append
        finally:
            done.set()
            watcher.join()
        self.say(f"{self._label(name)} {_duration(time.monotonic() - began)}  {' '.join(counts)}")

    def _label(self, name: str) -> str:
        number = str(self._number).rjust(len(str(self._stages)))
        return f"[{number}/{self._stages}] {name:<{self._width}}"

    def _watch(self, label: str, began: float, tally: Tally, done: threading.Event) -> None:
        if self._console.is_terminal:
            with self._console.status(label, spinner="dots") as status:
                while not done.wait(_SECONDS_BETWEEN_UPDATES):
                    status.update(f"{label} {_duration(time.monotonic() - began)}  {tally()}")
        else:
            while not done.wait(_SECONDS_BETWEEN_LOG_LINES):
                self.say(f"{label} {_duration(time.monotonic() - began)}  {tally()} ...")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes):3d} min {rest:4.1f} s" if minutes else f"        {rest:4.1f} s"


def warn(text: str) -> None:
    """Print one line on standard error, outside any run."""
    print(text, file=sys.stderr)


def spark_tally() -> str:
    """Say how far Spark is with the stage at work."""
    session = sys.modules.get("hail_pipelines.session")
    finished, total = session.spark_progress() if session is not None else (0, 0)
    return f"{finished:,} of {total:,} tasks" if total else "working"
