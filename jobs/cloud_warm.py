"""A cluster that is there: what its machines are, and the number of the next attempt at a run on it."""

from __future__ import annotations

from google.cloud import dataproc_v1 as dp

from association.problems import InputError
from infra.dataproc.machines import machine
from infra.dataproc.plan import Hardware
from infra.dataproc.service import Dataproc

# A job that failed or was cancelled may be tried again; its id can't be taken again.
TRIED = (dp.JobStatus.State.ERROR, dp.JobStatus.State.CANCELLED, dp.JobStatus.State.DONE)


def warm_hardware(service: Dataproc, name: str) -> Hardware:
    """Give the machines of a cluster.

    Raises
    ------
    InputError
        If there is no such cluster, it is not running, or it would never end by itself.
    """
    cluster = service.cluster(name)
    if cluster is None:
        message = (
            f"there is no cluster {name} in {service.region} of {service.project}; leave --cluster out to make one"
        )
        raise InputError.single("Dataproc", "--cluster", message)
    if cluster.status.state != dp.ClusterStatus.State.RUNNING:
        message = (
            f"{name} is {cluster.status.state.name.lower()} {cluster.status.detail}; leave --cluster out to make one"
        )
        raise InputError.single("Dataproc", "--cluster", message)
    limits = cluster.config.lifecycle_config
    if not (limits.idle_delete_ttl or limits.auto_delete_ttl or limits.auto_delete_time):
        message = (
            f"{name} has no limit and would go on costing; give it one: gcloud dataproc clusters update --max-idle"
        )
        raise InputError.single("Dataproc", "--cluster", message)
    config = cluster.config
    return Hardware(
        machine(_name(config.master_config.machine_type_uri), "--cluster"),
        machine(_name(config.worker_config.machine_type_uri), "--cluster"),
        config.worker_config.num_instances,
        config.secondary_worker_config.num_instances,
    )


def next_attempt(service: Dataproc, run: str) -> int:
    """Give the number of the attempt to make, or of the one that is being made."""
    attempt = 1
    while (job := service.job(f"progex-{run}-{attempt}")) is not None and job.status.state in TRIED:
        attempt += 1
    return attempt


def _name(uri: str) -> str:
    """Give a machine type's name: Dataproc answers with its whole address."""
    return uri.rsplit("/", 1)[-1]
