"""Before work starts: do all nodes have the pinned versions? A package that differs gives other results, or none."""

from __future__ import annotations

import importlib.metadata
import platform
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from association.problems import InputError, Problem

# Long enough that no worker does two tasks while another has none.
SECONDS_PER_TASK = 0.2
TASKS_PER_CORE = 2
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
    """

    node: str
    versions: dict[str, str | None]


def check_nodes(context: Any, expected: Mapping[str, str]) -> int:
    """Compare the driver's packages and the workers' with what is pinned; gives how many nodes were seen.

    Parameters
    ----------
    context
        Spark's context.
    expected
        Version of each package.

    Raises
    ------
    InputError
        Naming each node that differs, and in what.
    """
    names = sorted(expected)
    tasks = TASKS_PER_CORE * max(1, context.defaultParallelism)
    found = context.parallelize(range(tasks), tasks).map(lambda _: versions_here(names, SECONDS_PER_TASK)).collect()
    nodes = {one.node: one for one in (*found, versions_here(names))}
    if problems := differences(nodes.values(), expected):
        raise InputError("cluster", problems)
    return len(nodes)


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
    return NodeVersions(socket.gethostname(), found)


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
