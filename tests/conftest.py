"""How tests are shared out where several workers run them (`pytest -n 2`).

A file's tests stay together, since they share what is costly to make: a scan, a simulated cohort; a finished run is
shared by a folder's.
Files that use Hail in the test's own process stay together too, so that one worker alone starts Java. What takes
longest comes first, lest one worker wait for the other at the end.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

# Java is started by a fork, for which gRPC would stop its threads: where its servers run, Java may not come up.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

IN_ONE_SESSION = "tests that share Java"
# All of them look at one finished run.
IN_ONE_RUN = "tests/jobs/run/"
USES_JAVA = (
    "tests/hail_pipelines/annotation/test_hail_",
    "tests/hail_pipelines/test_gene_scan.py",
    "tests/hail_pipelines/test_matrix_table.py",
    "tests/hail_pipelines/test_session.py",
)
# The longest but for those that share Java.
LONGEST = (
    IN_ONE_RUN,
    "tests/jobs/test_on_buckets.py",
    "tests/jobs/test_report_for_others.py",
    "tests/jobs/consortium/test_merge_runs.py",
    "tests/jobs/consortium/test_share.py",
    "tests/jobs/power/test_progex_power.py",
    "tests/jobs/test_full_disk.py",
    "tests/test_wheel.py",
    "tests/jobs/test_self_check.py",
    "tests/jobs/test_killed_runs.py",
    "tests/association/test_calibration.py",
    "tests/jobs/bad_input/test_awkward_cohort.py",
    "tests/association/test_large_sample.py",
)


def group_of(nodeid: str) -> str:
    """Name the group that a test belongs to."""
    if nodeid.startswith(IN_ONE_RUN):
        return IN_ONE_RUN
    return IN_ONE_SESSION if nodeid.startswith(USES_JAVA) else nodeid.split("::")[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest groups first, in a worker's collection; the order within a group stays."""
    if hasattr(config, "workerinput"):
        turns = {group: turn for turn, group in enumerate((IN_ONE_SESSION, *LONGEST))}
        items.sort(key=lambda item: turns.get(group_of(item.nodeid), len(turns)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Deal groups to workers in the order of collection."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return GroupScheduling(config, log)
