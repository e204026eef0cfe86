"""Do all nodes have the pinned versions? A package that differs gives other results, or none.

Before work starts, every executor that comes within two minutes is asked. What comes later, as spot machines do,
looks at itself before it opens a file.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from association.problems import InputError, Problem
from infra.dataproc.lock import locked_versions

PYTHON = "3.11"
# Set for the executors of a cluster whose nodes are to have what is pinned.
PINNED_NODE = "PROGEX_NODE"
# Long enough that no worker does two tasks while another has none.
SECONDS_PER_TASK = 0.2
TASKS_PER_CORE = 2
SECONDS_TO_WAIT = 120.0
SECONDS_BETWEEN_LOOKS = 1.0
MOST_NAMED = 5


@dataclass(frozen=True)
class NodeVersions:
    """What a node has.

    Attributes
    ----------
    node
        Its name.
    versions
        Version of each package; None where it is missing.
    executor
        Number of the process that started the one that looked: each executor has its own.
    """

    node: str
    versions: dict[str, str | None]
    executor: int = 0


def pinned() -> dict[str, str]:
    """Give the pinned version of each package of a node, and of Python."""
    return locked_versions() | {"python": PYTHON}


def check_nodes(
    context: Any, expected: Mapping[str, str], *, workers: int = 1, patience: float = SECONDS_TO_WAIT
) -> list[NodeVersions]:
    """Compare the driver's packages and each executor's with what is pinned; gives what was seen, the driver last.

    Parameters
    ----------
    context
        Spark's context.
    expected
        Version of each package.
    workers
        Machines with executors that are to come.
    patience
        Seconds to wait for them.

    Raises
    ------
    InputError
        Naming each node that differs, and in what.
    """
    names, end = sorted(expected), time.monotonic() + patience
    found: dict[tuple[str, int], NodeVersions] = {}
    while True:
        hosts = _executor_hosts(context)
        found |= {(one.node, one.executor): one for one in _asked(context, names, len(hosts))}
        everybody = len(set(hosts)) >= workers and len(found) >= len(hosts)
        if everybody or time.monotonic() >= end:
            break
        time.sleep(SECONDS_BETWEEN_LOOKS)
    seen = [*found.values(), versions_here(names)]
    if problems := differences(seen, expected):
        raise InputError("cluster", dict.fromkeys(problems))
    return seen


@lru_cache(maxsize=1)
def check_this_node() -> None:
    """Compare this process's packages with what is pinned, on a cluster that is to have it; once is enough.

    Raises
    ------
    InputError
        Naming this node, and what differs.
    """
    if os.environ.get(PINNED_NODE) and (problems := differences([versions_here(pinned())], pinned())):
        raise InputError("cluster", problems)


def _executor_hosts(context: Any) -> list[str]:
    """Give the host of each executor that is there; where the driver does the work, of the driver."""
    infos = list(context._jsc.sc().statusTracker().getExecutorInfos())
    driver = context._jsc.sc().env().blockManager().blockManagerId()
    addresses = [(info.host(), info.port()) for info in infos]
    others = [address for address in addresses if address != (driver.host(), driver.port())]
    return [host for host, _ in others or addresses]


def _asked(context: Any, names: list[str], executors: int) -> list[NodeVersions]:
    tasks = TASKS_PER_CORE * max(1, context.defaultParallelism, executors)
    versions = context.parallelize(range(tasks), tasks).map(lambda _: versions_here(names, SECONDS_PER_TASK))
    asked: list[NodeVersions] = versions.collect()
    return asked


def versions_here(names: Iterable[str], seconds: float = 0.0) -> NodeVersions:
    """Give the versions on the machine that this runs on.

    Parameters
    ----------
    names
        Packages.
    seconds
        How long to take at least.
    """
    time.sleep(seconds)
    found: dict[str, str | None] = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in names:
        if name == "python":
            continue
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return NodeVersions(socket.gethostname(), found, os.getppid())


def differences(nodes: Iterable[NodeVersions], expected: Mapping[str, str]) -> list[Problem]:
    """Name what differs on each node."""
    problems = []
    for one in sorted(nodes, key=lambda one: one.node):
        wrong = [name for name in sorted(expected) if one.versions.get(name) != expected[name]]
        if not wrong:
            continue
        named = [f"{name} is {one.versions.get(name) or 'missing'}, not {expected[name]}" for name in wrong]
        more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        message = (
            f"{', '.join(named[:MOST_NAMED])}{more}; submit without --cluster: a cluster that is made for the study "
            "has what is pinned"
        )
        problems.append(Problem(one.node, message))
    return problems
