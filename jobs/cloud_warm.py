"""A cluster that is there: what its machines are, and the number of the next attempt at a run on it."""

from __future__ import annotations

from google.cloud import dataproc_v1 as dp

from association.problems import InputError
from infra.dataproc.machines import machine
from infra.dataproc.plan import Hardware
from infra.dataproc.service import Dataproc

# A job that failed or was cancelled may be tried again; its id can't be taken again.
TRIED = (dp.JobStatus.State.ERROR, dp.JobStatus.State.CANCELLED, dp.JobStatus.State.DONE)


def warm_cluster(service: Dataproc, name: str) -> dp.Cluster:
    """Give a cluster that is there.

    Raises
    ------
    InputError
        If there is no such cluster, it is not running, or it may never end by itself.
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
    if not (limits.auto_delete_ttl or limits.auto_delete_time):
        message = (
            f"{name} has no end of its own, and a job that hangs would go on costing; give it one: gcloud dataproc "
            f"clusters update {name} --region {service.region} --max-age 12h"
        )
        raise InputError.single("Dataproc", "--cluster", message)
    return cluster


def check_warm_nodes(cluster: dp.Cluster, requirements: str) -> None:
    """See that a cluster's nodes were set up with the pinned packages.

    Parameters
    ----------
    cluster
        The cluster.
    requirements
        gs:// name of the lock file, which is made from its content.

    Raises
    ------
    InputError
        If they were set up with others, or with none.
    """
    found = cluster.config.gce_cluster_config.metadata.get("progex-requirements", "")
    if _name(found) == _name(requirements):
        return
    had = f"were set up with {_name(found)}" if found else "were not set up for progex"
    message = (
        f"the nodes of {cluster.cluster_name} {had}, and not with {_name(requirements)}; leave --cluster out, or "
        "make one as docs/cloud.md says under A cluster that is there"
    )
    raise InputError.single("Dataproc", "--cluster", message)


def warm_hardware(cluster: dp.Cluster) -> Hardware:
    """Give the machines of a cluster."""
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
    """Give the last part of an address: Dataproc answers with the whole one."""
    return uri.rsplit("/", 1)[-1]
