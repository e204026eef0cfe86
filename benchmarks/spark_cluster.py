"""A Spark cluster on the loopback: a standalone master and its workers, started, looked into, killed and stopped.

For tests and benchmarks of anything that runs on a cluster. Linux alone: processes are found in /proc.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pyspark

from hail_pipelines.java import find_java_home
from hail_pipelines.processes import ONE_THREAD

HERE = "127.0.0.1"
# Java takes a second or two to start, on a busy machine half a minute.
PATIENCE = 300.0
EXECUTOR, PYTHON_WORKER = "CoarseGrainedExecutorBackend", "pyspark.daemon"


class StandaloneCluster:
    """A master and workers; a context that stops what it started.

    Parameters
    ----------
    folder
        For logs, and for what executors write.
    workers
        How many.
    cores
        Of each worker.
    memory_mib
        Of each worker; an executor takes 1,024 of it.
    """

    def __init__(self, folder: Path, *, workers: int = 2, cores: int = 1, memory_mib: int = 1536) -> None:
        self._folder, self._count, self._cores, self._memory = folder, workers, cores, memory_mib
        self._master_port, self._page = _free_port(), _free_port()
        self._started: list[subprocess.Popen[bytes]] = []

    @property
    def master(self) -> str:
        """The master in Spark's notation."""
        return f"spark://{HERE}:{self._master_port}"

    @property
    def workers(self) -> list[int]:
        """Process ids of the workers, in the order of their start."""
        return [process.pid for process in self._started[1:]]

    def __enter__(self) -> StandaloneCluster:
        """Start the master, then the workers, and wait until they know each other."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            ports = ("--port", self._master_port, "--webui-port", self._page)
            self._start("org.apache.spark.deploy.master.Master", "--host", HERE, *ports)
            wait_until(lambda: self._alive() is not None, "the master answers")
            for _ in range(self._count):
                self.add_worker()
            wait_until(lambda: self._alive() == self._count, "all workers are registered")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything, executors included."""
        for process in reversed(self._started):
            kill(process.pid, *descendants(process.pid))
            process.wait()

    def add_worker(self) -> int:
        """Start one worker more; give its process id."""
        resources = ("--cores", self._cores, "--memory", f"{self._memory}m", "--work-dir", self._folder / "work")
        ports = ("--host", HERE, "--port", _free_port(), "--webui-port", _free_port())
        return self._start("org.apache.spark.deploy.worker.Worker", *ports, *resources, self.master)

    def _start(self, role: str, *options: object) -> int:
        home = Path(pyspark.__file__).parent
        command = [str(home / "bin" / "spark-class"), role, *map(str, options)]
        log = self._folder / f"{role.rpartition('.')[2].lower()}-{len(self._started)}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment(SPARK_HOME=str(home)))
        self._started.append(process)
        return process.pid

    def _alive(self) -> int | None:
        """Give how many workers the master knows of; None while it does not answer."""
        with suppress(OSError, ValueError), urllib.request.urlopen(f"http://{HERE}:{self._page}/json/") as page:
            return int(json.load(page)["aliveworkers"])
        return None


def environment(**more: str) -> dict[str, str]:
    """Give the environment for processes of Spark: Java, Python, the loopback, one thread of linear algebra."""
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    return {
        **os.environ, **ONE_THREAD, **python, "JAVA_HOME": str(find_java_home()), "SPARK_LOCAL_IP": HERE, **more,
    }  # fmt: skip


def wait_until(happens: Callable[[], bool], what: str) -> None:
    """Wait for something.

    Raises
    ------
    TimeoutError
        If it does not happen within `PATIENCE` seconds.
    """
    end = time.monotonic() + PATIENCE
    while not happens():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE:.0f} s until {what}")
        time.sleep(0.05)


def descendants(pid: int) -> list[int]:
    """Give the processes that a process started, and those that these did."""
    children: dict[int, list[int]] = {}
    for process, parent in _parents():
        children.setdefault(parent, []).append(process)
    found, waiting = [], [pid]
    while waiting:
        own = children.get(waiting.pop(), [])
        found += own
        waiting += own
    return found


def executors(pid: int) -> list[int]:
    """Give the executors below a worker or, where Spark runs a cluster by itself, a driver."""
    return [process for process in descendants(pid) if EXECUTOR in _command(process)]


def python_workers(executor: int) -> list[int]:
    """Give the processes that run Python for an executor: a server, and those that it forked."""
    return [process for process in descendants(executor) if PYTHON_WORKER in _command(process)]


def kill(*processes: int) -> None:
    """Kill processes outright, those that are gone already aside."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError, IndexError):
                # The name of the command stands in brackets, and may hold anything.
                yield int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])


def _command(process: int) -> str:
    with suppress(OSError):
        return (Path("/proc") / str(process) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HERE, 0))
        return int(one.getsockname()[1])
