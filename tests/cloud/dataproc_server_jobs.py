"""The jobs of the loopback Dataproc: each is a real process, and what it prints goes to the bucket as it comes."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import grpc
from google.cloud import dataproc_v1 as dp

from tests.cloud.dataproc_server_clusters import Clusters, RefusalError, check_labels, matches

State = dp.JobStatus.State
ENDED = (State.DONE, State.ERROR, State.CANCELLED)

Emit = Callable[[bytes], None]
# Does a job: writes its output through `emit`, ends early when `stop` is set, gives the exit status.
Runner = Callable[[dp.Job, Emit, threading.Event], int]
# Writes an object of the bucket, by its gs:// name.
Store = Callable[[str, bytes], None]


@dataclass
class Jobs:
    """All jobs of one project and region; they stay when their cluster is gone."""

    clusters: Clusters
    runner: Runner
    store: Store
    there: dict[str, dp.Job] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    _stops: dict[str, threading.Event] = field(default_factory=dict)

    def submit(self, job: dp.Job) -> dp.Job:
        """Take a job on, and start it."""
        cluster = self.clusters.get(job.placement.cluster_name)
        job.reference.job_id = job.reference.job_id or str(uuid.uuid4())
        name = job.reference.job_id
        if name in self.there:
            raise RefusalError(grpc.StatusCode.ALREADY_EXISTS, f"job {name} exists")
        if not job.pyspark_job.main_python_file_uri:
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, "only PySpark jobs run here")
        check_labels(job.labels)
        bucket = cluster.config.config_bucket
        if bucket:
            folder = f"gs://{bucket}/google-cloud-dataproc-metainfo/{cluster.cluster_uuid}/jobs/{name}"
            job.driver_output_resource_uri = f"{folder}/driveroutput"
        self.there[name] = job
        self._stops[name] = threading.Event()
        self._enter(job, State.PENDING)
        return job

    def run(self, job: dp.Job) -> bool:
        """Run a job to its end; say whether it did what it should."""
        name, cluster = job.reference.job_id, job.placement.cluster_name
        stop, output = self._stops[name], _Output(job.driver_output_resource_uri, self.store)
        if stop.is_set():
            return False
        self.started.append(name)
        self.clusters.busy(cluster, 1)
        self._enter(job, State.RUNNING)
        try:
            status = self.runner(job, output.write, stop)
        except Exception as error:
            output.write(f"{type(error).__name__}: {error}\n".encode())
            status = 1
        self.clusters.busy(cluster, -1)
        if stop.is_set():
            self._enter(job, State.CANCELLED, "Job cancelled")
        elif status:
            details = (
                f"Job failed with message [exit status {status}]. Additional details can be found at: {output.uri}"
            )
            self._enter(job, State.ERROR, details)
        else:
            self._enter(job, State.DONE)
        return status == 0 and not stop.is_set()

    def get(self, name: str) -> dp.Job:
        if name not in self.there:
            raise RefusalError(grpc.StatusCode.NOT_FOUND, f"no job {name}")
        return self.there[name]

    def cancel(self, name: str) -> dp.Job:
        job = self.get(name)
        if job.status.state not in ENDED:
            self._stops[name].set()
            if job.status.state == State.PENDING:
                self._enter(job, State.CANCELLED, "Job cancelled")
            else:
                self._enter(job, State.CANCEL_PENDING)
        return job

    def end_all(self, seconds: float = 30) -> None:
        """Stop all jobs, and wait until none writes any more: the store may be gone afterwards."""
        for name in list(self.there):
            self.cancel(name)
        end = time.monotonic() + seconds
        while not all(job.done for job in self.there.values()):
            if time.monotonic() > end:
                raise TimeoutError("a job goes on though it was cancelled")
            time.sleep(0.01)

    def end_all_on(self, cluster: str) -> None:
        """Stop the jobs of a cluster that is going away."""
        for name, job in self.there.items():
            if job.placement.cluster_name == cluster and job.status.state not in ENDED:
                self.cancel(name)

    def listed(self, cluster: str, wanted: str) -> list[dp.Job]:
        return [
            job
            for job in self.there.values()
            if cluster in ("", job.placement.cluster_name) and matches(wanted, job.labels, job.status.state.name)
        ]

    def _enter(self, job: dp.Job, state: State, details: str = "") -> None:
        now = datetime.fromtimestamp(self.clusters.clock.now(), UTC)
        if job.status.state in ENDED:
            return
        if job.status.state:
            job.status_history.append(job.status)
        job.status = dp.JobStatus(state=state, details=details, state_start_time=now)
        job.done = state in ENDED


class _Output:
    """What a driver prints, as numbered objects below one name."""

    def __init__(self, uri: str, store: Store) -> None:
        self.uri, self._store, self._parts = uri, store, 0

    def write(self, text: bytes) -> None:
        if self.uri:
            self._store(f"{self.uri}.{self._parts:09d}", text)
            self._parts += 1
