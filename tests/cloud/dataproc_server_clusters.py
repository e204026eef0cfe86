"""The clusters of the loopback Dataproc: made, listed by label, deleted, and gone when their time is over.

Idle and absolute limits are honoured by a clock that tests move forward; whether a limit is over is looked at before
each call, as a client can't tell the difference.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import grpc
from google.cloud import dataproc_v1 as dp

CLUSTER_NAME = re.compile(r"[a-z]([-a-z0-9]{0,49}[a-z0-9])?")
LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
SHORTEST_IDLE, SHORTEST_LIFE, LONGEST = 300, 600, 14 * 86_400


class RefusalError(Exception):
    """What the server answers in place of a result."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Clock:
    """The time of day, which a test may move forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass
class Life:
    """When a cluster began, and since when no job has run on it."""

    began: float
    idle_since: float
    busy: int = 0


@dataclass
class Clusters:
    """All clusters of one project and region."""

    clock: Clock
    there: dict[str, dp.Cluster] = field(default_factory=dict)
    lives: dict[str, Life] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    # Clusters of workflows stay in CREATING until it is set, where a test has put one here.
    gate: threading.Event | None = None
    on_delete: Callable[[str], None] = lambda name: None

    def create(self, cluster: dp.Cluster) -> dp.Cluster:
        """Make a cluster, which comes up at once where there is no gate."""
        if not CLUSTER_NAME.fullmatch(cluster.cluster_name):
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, f"bad cluster name {cluster.cluster_name!r}")
        if cluster.cluster_name in self.there:
            raise RefusalError(grpc.StatusCode.ALREADY_EXISTS, f"cluster {cluster.cluster_name} exists")
        check_labels(cluster.labels)
        check_lifecycle(cluster.config)
        cluster.cluster_uuid = str(uuid.uuid4())
        self.enter(cluster, dp.ClusterStatus.State.CREATING)
        now = self.clock.now()
        self.there[cluster.cluster_name] = cluster
        self.lives[cluster.cluster_name] = Life(now, now)
        if self.gate is None:
            self.come_up(cluster)
        return cluster

    def come_up(self, cluster: dp.Cluster) -> None:
        """Let a cluster run, or leave it in state ERROR where a test has put a reason into `broken`."""
        if self.broken:
            self.enter(cluster, dp.ClusterStatus.State.ERROR, self.broken.pop(0))
        else:
            self.enter(cluster, dp.ClusterStatus.State.RUNNING)

    def enter(self, cluster: dp.Cluster, state: dp.ClusterStatus.State, detail: str = "") -> None:
        since = datetime.fromtimestamp(self.clock.now(), UTC)
        cluster.status = dp.ClusterStatus(state=state, detail=detail, state_start_time=since)

    def get(self, name: str) -> dp.Cluster:
        if name not in self.there:
            raise RefusalError(grpc.StatusCode.NOT_FOUND, f"no cluster {name}")
        return self.there[name]

    def delete(self, name: str, why: str = "deleted") -> None:
        self.get(name)
        self.on_delete(name)
        self.there.pop(name)
        self.lives.pop(name)
        self.gone[name] = why

    def listed(self, wanted: str) -> list[dp.Cluster]:
        return [one for one in self.there.values() if matches(wanted, one.labels, one.status.state.name)]

    def busy(self, name: str, by: int) -> None:
        """Note that a job has begun (1) or ended (-1)."""
        if life := self.lives.get(name):
            life.busy += by
            life.idle_since = self.clock.now()

    def end_overdue(self) -> None:
        """Delete the clusters whose time is over."""
        now = self.clock.now()
        for name, life in list(self.lives.items()):
            limits = self.there[name].config.lifecycle_config
            idle, whole = limits.idle_delete_ttl, limits.auto_delete_ttl
            if whole and now - life.began >= whole.total_seconds():
                self.delete(name, "auto_delete_ttl")
            elif idle and not life.busy and now - life.idle_since >= idle.total_seconds():
                self.delete(name, "idle_delete_ttl")


def check_labels(labels: dict[str, str]) -> None:
    for key, value in labels.items():
        if not LABEL_KEY.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, f"bad label {key}={value}")


def check_lifecycle(config: dp.ClusterConfig) -> None:
    """Refuse limits that Dataproc would refuse."""
    limits = config.lifecycle_config
    for limit, shortest in ((limits.idle_delete_ttl, SHORTEST_IDLE), (limits.auto_delete_ttl, SHORTEST_LIFE)):
        if limit and not shortest <= limit.total_seconds() <= LONGEST:
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, f"lifecycle limit {limit} is out of range")


def matches(wanted: str, labels: dict[str, str], state: str) -> bool:
    """Say whether labels and state meet a filter: `labels.KEY = VALUE` (or `*`), `status.state = X`, AND alone."""
    for part in filter(None, re.split(r"\s+AND\s+", wanted.strip())):
        if found := re.fullmatch(r"labels\.([\w-]+)\s*=\s*([\w-]+|\*)", part):
            if found[1] not in labels or found[2] not in ("*", labels[found[1]]):
                return False
        elif found := re.fullmatch(r"status\.state\s*=\s*(\w+)", part):
            active = state in ("PENDING", "SETUP_DONE", "RUNNING", "CREATING", "UPDATING")
            if state != found[1] and not (found[1] == "ACTIVE" and active):
                return False
        else:
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, f"filter {part!r} is not understood")
    return True
