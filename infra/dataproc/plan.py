"""What is asked of Dataproc for one study, in plain words."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.dataproc.machines import Machine


@dataclass(frozen=True)
class Hardware:
    """The machines of a cluster.

    Attributes
    ----------
    driver, worker
        Machine types.
    workers
        Plain workers.
    spot_workers
        Workers that may be taken away.
    """

    driver: Machine
    worker: Machine
    workers: int = 2
    spot_workers: int = 0

    @property
    def worker_vcpus(self) -> int:
        """Virtual processors of all workers."""
        return self.worker.vcpus * (self.workers + self.spot_workers)


@dataclass(frozen=True)
class ClusterPlan:
    """A cluster for one study.

    Attributes
    ----------
    hardware
        Its machines.
    bucket
        For the driver's log, without `gs://`.
    temp_bucket
        For what is temporary; None takes the same.
    service_account, subnet, zone, tags, kms_key, autoscaling_policy
        As Dataproc wants them; None leaves the choice to it.
    idle_seconds, life_seconds
        After how long without a job, and how long after its start, it is deleted.
    """

    hardware: Hardware
    bucket: str
    idle_seconds: int
    life_seconds: int
    temp_bucket: str | None = None
    service_account: str | None = None
    subnet: str | None = None
    zone: str | None = None
    tags: tuple[str, ...] = ()
    kms_key: str | None = None
    autoscaling_policy: str | None = None


@dataclass(frozen=True)
class RunFiles:
    """What a run needs in the bucket, as gs:// names.

    Attributes
    ----------
    main, code
        The program that starts on the driver, and the package that all nodes import.
    study
        The study file.
    init_action, requirements
        What sets up each node, and the pinned packages.
    wheels
        A folder that holds those packages; None: nodes fetch them from PyPI.
    """

    main: str
    code: str
    study: str
    init_action: str
    requirements: str
    wheels: str | None = None


@dataclass(frozen=True)
class RunPlan:
    """A run of a study.

    Attributes
    ----------
    project, region
        Where.
    run
        What identifies it: the same study, inputs and code give the same.
    files
        What it needs.
    requester_pays_project
        Who is billed for reading from buckets whose readers pay.
    labels
        Of jobs and clusters; what sweeps and statuses go by is added.
    """

    project: str
    region: str
    run: str
    files: RunFiles
    requester_pays_project: str | None = None
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def parent(self) -> str:
        """The region as Dataproc names it."""
        return f"projects/{self.project}/regions/{self.region}"
