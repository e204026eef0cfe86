"""What runs the jobs of the loopback Dataproc: `spark-submit` as on a cluster, or a script of lines and a status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import pyspark
from google.cloud import dataproc_v1 as dp
from google.cloud import storage

from tests.cloud.dataproc_server_jobs import Emit

SPARK_HOME = Path(pyspark.__file__).parent
HAIL_JAR = SPARK_HOME.parent / "hail" / "backend" / "hail-all-spark.jar"

# What holds on a cluster's machines alone: places of its own environment, and memory that this machine does not have.
OF_THE_CLUSTER = (
    "spark.driver.memory",
    "spark.dynamicAllocation.minExecutors",
    "spark.executor.cores",
    "spark.executor.memory",
    "spark.executor.memoryOverhead",
    "spark.pyspark.driver.python",
    "spark.pyspark.python",
    "spark.progex.workers",
)


class SparkSubmit:
    """Run a job by `spark-submit` on this machine, with its properties, files and arguments.

    Parameters
    ----------
    buckets
        Folder whose folders are the buckets. Hadoop reads and writes gs:// there, as the image's own connector would.
    master
        Spark's master; `local-cluster[2,1,1024]` starts two workers, each a process with memory of its own.
    environment
        Set for the driver, and for the executors that it starts.
    """

    def __init__(
        self, buckets: Path, master: str = "local-cluster[2,1,1024]", environment: dict[str, str] | None = None
    ) -> None:
        self.buckets = buckets
        self.master = master
        self.environment = environment or {}
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(self, job: dp.Job, emit: Emit, stop: threading.Event) -> int:
        with tempfile.TemporaryDirectory(prefix="dataproc-job-") as folder:
            command = self._command(job.pyspark_job, Path(folder))
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=os.environ | {"SPARK_HOME": str(SPARK_HOME), "PYSPARK_PYTHON": sys.executable} | self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.processes.append(process)
            watcher = threading.Thread(target=_kill_when_stopped, args=(process, stop), daemon=True)
            watcher.start()
            for line in process.stdout or ():
                emit(line)
            return process.wait()

    def _command(self, job: dp.PySparkJob, folder: Path) -> list[str]:
        properties = {name: value for name, value in job.properties.items() if name not in OF_THE_CLUSTER}
        properties |= {"spark.pyspark.python": sys.executable, "spark.ui.enabled": "false"}
        # Of the same code as that which is under test, and compiled by it already.
        properties["spark.executorEnv.NUMBA_CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"]
        properties |= {name: str(HAIL_JAR) for name in properties if name.endswith(".extraClassPath")}
        properties |= connector(self.buckets)
        command = [str(SPARK_HOME / "bin" / "spark-submit"), "--master", self.master]
        for name, value in sorted(properties.items()):
            command += ["--conf", f"{name}={value}"]
        if job.python_file_uris:
            command += ["--py-files", ",".join(fetched(uri, folder) for uri in job.python_file_uris)]
        return [*command, fetched(job.main_python_file_uri, folder), *job.args]


class Scripted:
    """Stand for a job whose work is beside the point: print lines, perhaps wait, end with a status.

    Parameters
    ----------
    lines
        What the driver prints.
    status
        How it ends.
    gate
        Waited for before the end, where given.
    """

    def __init__(self, lines: Sequence[str] = (), status: int = 0, gate: threading.Event | None = None) -> None:
        self.lines, self.status, self.gate = lines, status, gate

    def __call__(self, job: dp.Job, emit: Emit, stop: threading.Event) -> int:
        for line in self.lines:
            emit(line.encode() + b"\n")
        while self.gate is not None and not self.gate.wait(0.02):
            if stop.is_set():
                return 143
        return self.status


def connector(buckets: Path) -> dict[str, str]:
    """Give the properties by which Hadoop takes folders of this machine for buckets."""
    properties = {
        "spark.hadoop.fs.gs.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
        "spark.hadoop.fs.viewfs.overload.scheme.target.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    }
    for bucket in buckets.iterdir():
        properties[f"spark.hadoop.fs.viewfs.mounttable.{bucket.name}.linkFallback"] = bucket.as_uri()
    return properties


def fetched(uri: str, folder: Path) -> str:
    """Give a local copy of an object."""
    bucket, name = uri.removeprefix("gs://").split("/", 1)
    target = folder / Path(name).name
    storage.Client.create_anonymous_client().bucket(bucket).blob(name).download_to_filename(str(target))
    return str(target)


def to_bucket(name: str, content: bytes) -> None:
    """Write an object to the store that STORAGE_EMULATOR_HOST names."""
    bucket, path = name.removeprefix("gs://").split("/", 1)
    storage.Client.create_anonymous_client().bucket(bucket).blob(path).upload_from_string(content)


def executors_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Give the process ids of a driver's executors."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            if b"CoarseGrainedExecutorBackend" in command and os.getsid(int(folder.name)) == process.pid:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _kill_when_stopped(process: subprocess.Popen[bytes], stop: threading.Event) -> None:
    while process.poll() is None:
        if stop.wait(0.1):
            os.killpg(process.pid, signal.SIGKILL)
            return
