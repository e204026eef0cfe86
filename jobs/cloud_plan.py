"""From the section `cloud` to what is asked of Dataproc, within what it may cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from association.problems import InputError, Problem
from infra.dataproc.estimate import Estimate
from infra.dataproc.machines import machine
from infra.dataproc.memory import worker_memory
from infra.dataproc.plan import ClusterPlan, Hardware
from infra.dataproc.requests import SHORTEST_WORK
from infra.dataproc.service import Dataproc
from infra.storage import Place, check_bucket, check_key
from jobs.places import place_of
from jobs.study.cloud import Cloud


def hardware_of(cloud: Cloud) -> Hardware:
    """Give the machines that a study asks for.

    Raises
    ------
    InputError
        If one of them is unknown, or too small for any work.
    """
    hardware = Hardware(
        machine(cloud.driver_machine, "cloud.driver_machine"),
        machine(cloud.worker_machine, "cloud.worker_machine"),
        cloud.workers,
        cloud.spot_workers,
    )
    worker_memory(hardware.worker)
    return hardware


def at_most(hardware: Hardware, policy: str | None, service: Dataproc) -> Hardware:
    """Give the machines that a cluster may grow to by an autoscaling policy, if it has one."""
    if not policy:
        return hardware
    found = service.policy(policy)
    return replace(
        hardware,
        workers=max(hardware.workers, found.worker_config.max_instances),
        spot_workers=max(hardware.spot_workers, found.secondary_worker_config.max_instances),
    )


def cluster_plan(cloud: Cloud, hardware: Hardware, expected: Estimate) -> ClusterPlan:
    """Give the cluster; it ends before it can have cost more than `max_cost`, whatever happens.

    Raises
    ------
    InputError
        If the run is expected to cost more, or to take longer.
    """
    check_budget(cloud, expected)
    return ClusterPlan(
        hardware=hardware,
        bucket=cloud.bucket,
        temp_bucket=cloud.temp_bucket,
        idle_seconds=cloud.idle_minutes * 60,
        life_seconds=_life_seconds(cloud, expected),
        service_account=cloud.service_account,
        subnet=cloud.subnet,
        zone=cloud.zone,
        tags=tuple(cloud.tags),
        kms_key=cloud.kms_key,
        autoscaling_policy=cloud.autoscaling_policy,
    )


def check_buckets(cloud: Cloud, places: Iterable[Place]) -> None:
    """See that the buckets are there, and near the cluster; of others' buckets that may not be known.

    Parameters
    ----------
    cloud
        The section `cloud`.
    places
        The output folder first, then what is read.

    Raises
    ------
    InputError
        Naming a bucket that is missing or elsewhere, or is written to and encrypts with another key than `kms_key`.
    """
    own = {cloud.bucket}
    buckets = [place.bucket for place in places if not isinstance(place, Path)]
    for bucket in sorted(own | set(buckets[:1])):
        check_key(place_of(f"gs://{bucket}/progex"))
    for bucket in sorted(own | set(buckets)):
        try:
            check_bucket(place_of(f"gs://{bucket}/progex"), region=cloud.region)
        except InputError as error:
            if bucket in own or error.problems[0].place != "permission":
                raise


def check_budget(cloud: Cloud, expected: Estimate) -> None:
    """Refuse a run that is expected to go beyond what it may cost or take.

    Raises
    ------
    InputError
        With what is expected, and what to change.
    """
    problems = []
    if expected.cost > cloud.max_cost:
        message = (
            f"the run is estimated to cost ${expected.cost:,.2f}, more than ${cloud.max_cost:,.2f}; raise it, or "
            "name fewer or smaller machines (two workers are the least; spot_workers cost less)"
        )
        problems.append(Problem("cloud.max_cost", message))
    if expected.hours > cloud.max_hours:
        message = (
            f"the run is estimated to take {expected.hours:.1f} hours, longer than {cloud.max_hours:g}; raise it, or "
            "name more spot_workers"
        )
        problems.append(Problem("cloud.max_hours", message))
    if not problems and _life_seconds(cloud, expected) < SHORTEST_WORK:
        message = f"${cloud.max_cost:,.2f} do not last for ten minutes at ${expected.hourly:,.2f} an hour; raise it"
        problems.append(Problem("cloud.max_cost", message))
    if problems:
        raise InputError("cloud", problems)


def _life_seconds(cloud: Cloud, expected: Estimate) -> int:
    return int(3600 * min(cloud.max_hours, cloud.max_cost / expected.hourly))
