"""The CPU seconds of a process with all that it starts, as Linux counts them."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np

SECONDS_BETWEEN_LOOKS = 0.1


class ProcessorClock:
    """The CPU seconds that a process and its descendants have used, looked at over and over from a thread.

    Parameters
    ----------
    root
        The process's id.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self._times: list[float] = [time.time()]
        self._used: list[float] = [0.0]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def used(self, start: float, end: float) -> float:
        """Give the CPU seconds used between two moments, in seconds since the epoch."""
        before, after = np.interp([start, end], self._times, self._used)
        return float(after - before)

    def stop(self) -> dict[str, float]:
        """Stop watching; give wall and CPU seconds of all."""
        self._ended.set()
        self._thread.join()
        return {"wall": self._times[-1] - self._times[0], "cpu": self._used[-1]}

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            # A process that has just ended is counted with its parent a moment later.
            self._used.append(max(self._used[-1], processor_seconds(self._root)))
            self._times.append(time.time())


def processor_seconds(root: int) -> float:
    """Sum what a process, its living descendants and the ended children of all of them have used.

    Parameters
    ----------
    root
        The process's id; zero seconds if there is no such process.
    """
    parents, ticks = {}, {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold blanks.
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(entry.parent.name)
        parents[number], ticks[number] = int(fields[1]), sum(map(int, fields[11:15]))
    tree = {root}
    while more := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(ticks.get(one, 0) for one in tree) / os.sysconf("SC_CLK_TCK")
