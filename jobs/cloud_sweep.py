"""What is left in the cloud: clusters that progex made and that are still there, found by their label."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from google.cloud import dataproc_v1 as dp

from association.problems import InputError
from infra.dataproc.machines import machine
from infra.dataproc.plan import Hardware
from infra.dataproc.prices import hourly_cost
from infra.dataproc.requests import MADE_BY
from infra.dataproc.service import Dataproc

ACTIVE = (
    dp.JobStatus.State.PENDING,
    dp.JobStatus.State.SETUP_DONE,
    dp.JobStatus.State.RUNNING,
    dp.JobStatus.State.CANCEL_PENDING,
    dp.JobStatus.State.CANCEL_STARTED,
)


@dataclass(frozen=True)
class Left:
    """A cluster that is still there.

    Attributes
    ----------
    name, state
        Its name and what Dataproc says of it.
    hours
        How long it has been in that state.
    hourly
        US dollars per hour, estimated; None for machines that are not known here.
    busy
        Whether a job runs on it.
    """

    name: str
    state: str
    hours: float
    hourly: float | None
    busy: bool

    def __str__(self) -> str:
        """Say it in a line."""
        price = "cost unknown" if self.hourly is None else f"about ${self.hourly:,.2f} an hour"
        return f"{self.name}  {self.state} for {self.hours:.1f} h  {price}{'  a job is running' if self.busy else ''}"


def left_over(service: Dataproc) -> list[Left]:
    """List the clusters that progex made and that are still there."""
    active = {job.placement.cluster_name for job in service.jobs(f"labels.{MADE_BY}:*") if job.status.state in ACTIVE}
    return [_left(one, service.region, one.cluster_name in active) for one in service.clusters(f"labels.{MADE_BY}:*")]


def delete(service: Dataproc, clusters: Sequence[Left]) -> None:
    """Delete clusters, with what runs on them."""
    for one in clusters:
        service.delete_cluster(one.name)


def _left(cluster: dp.Cluster, region: str, busy: bool) -> Left:
    since = cluster.status.state_start_time
    hours = (time.time() - since.timestamp()) / 3600 if since else 0.0
    state = cluster.status.state.name.lower()
    return Left(cluster.cluster_name, state, max(0.0, hours), _hourly(cluster.config, region), busy)


def _hourly(config: dp.ClusterConfig, region: str) -> float | None:
    try:
        hardware = Hardware(
            machine(config.master_config.machine_type_uri.rsplit("/", 1)[-1]),
            machine(config.worker_config.machine_type_uri.rsplit("/", 1)[-1]),
            config.worker_config.num_instances,
            config.secondary_worker_config.num_instances,
        )
    except InputError:
        return None
    return hourly_cost(hardware, region).total
