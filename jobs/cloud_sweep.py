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
from infra.dataproc.requests import MADE_AS, MADE_BY
from infra.dataproc.service import Dataproc

ACTIVE = (
    dp.JobStatus.State.PENDING,
    dp.JobStatus.State.SETUP_DONE,
    dp.JobStatus.State.RUNNING,
    dp.JobStatus.State.CANCEL_PENDING,
    dp.JobStatus.State.CANCEL_STARTED,
)
# A cluster that comes up, or is being changed, is somebody's, though no job runs on it yet.
COMING = (
    dp.ClusterStatus.State.CREATING,
    dp.ClusterStatus.State.STARTING,
    dp.ClusterStatus.State.UPDATING,
    dp.ClusterStatus.State.REPAIRING,
)
# A workflow's job comes a moment after its cluster is up.
JUST_UP_HOURS = 5 / 60


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
        Whether somebody needs it: it comes up, or a job runs on it.
    """

    name: str
    state: str
    hours: float
    hourly: float | None
    busy: bool

    def __str__(self) -> str:
        """Say it in a line."""
        price = "cost unknown" if self.hourly is None else f"about ${self.hourly:,.2f} an hour"
        return f"{self.name}  {self.state} for {self.hours:.1f} h  {price}{'  at work' if self.busy else ''}"


def left_over(service: Dataproc) -> list[Left]:
    """List the clusters that progex made and that are still there."""
    found = service.clusters(f"labels.{MADE_BY} = {MADE_AS}")
    return [_left(service, one) for one in found if one.status.state != dp.ClusterStatus.State.DELETING]


def delete(service: Dataproc, clusters: Sequence[Left]) -> list[str]:
    """Ask for clusters to be deleted, with what runs on them, and give the names of these.

    Raises
    ------
    ExceptionGroup
        Of the InputErrors of those that Dataproc would not delete, when all have been asked for.
    """
    asked: list[str] = []
    refused: list[InputError] = []
    for one in clusters:
        try:
            service.delete_cluster(one.name)
            asked.append(one.name)
        except InputError as error:
            refused.append(error)
    if refused:
        others = f"; {', '.join(asked)} are being deleted" if asked else ""
        raise ExceptionGroup(f"{len(refused)} clusters are still there{others}", refused)
    return asked


def _left(service: Dataproc, cluster: dp.Cluster) -> Left:
    name, state, since = cluster.cluster_name, cluster.status.state, cluster.status.state_start_time
    hours = max(0.0, (time.time() - since.timestamp()) / 3600) if since else 0.0
    just_up = state == dp.ClusterStatus.State.RUNNING and hours < JUST_UP_HOURS
    busy = state in COMING or just_up or any(job.status.state in ACTIVE for job in service.jobs_on(name))
    return Left(name, state.name.lower(), hours, _hourly(cluster.config, service.region), busy)


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
