"""Before work starts, a node whose packages differ from the pinned ones is named, and nothing starts."""

import importlib.metadata
import threading

import pytest
from google.cloud import dataproc_v1 as dp

from association.problems import InputError
from jobs.cloud_package import code_package
from jobs.cloud_probe import NodeVersions, check_this_node, differences, versions_here
from tests.cloud.dataproc_server_spark import SparkSubmit, to_bucket

PINNED = {"numpy": "2.4.6", "pandas": "2.3.3", "python": "3.11"}

PROGRAM = b"""
from pyspark import SparkContext
from jobs.cloud_probe import _executor_hosts, check_nodes
import time
context = SparkContext.getOrCreate()
print("workers import", context.parallelize([0], 1).map(lambda _: __import__("jobs").__file__).first())
while len(_executor_hosts(context)) < 2:
    time.sleep(0.1)
seen = check_nodes(context, {"numpy": NUMPY})
print(len({one.executor for one in seen[:-1]}), "executors are alike")
check_nodes(context, {"numpy": NUMPY}, workers=5, patience=1)
print("nobody waits for ever")
try:
    check_nodes(context, {"numpy": "1.0"})
except Exception as error:
    print("found:", error)

def late(_):
    import jobs.cloud_probe as probe
    probe.pinned = lambda: {"numpy": "1.0"}
    from infra.storage import BucketSettings
    from jobs.places import prepare_worker
    try:
        prepare_worker(BucketSettings())
    except Exception as error:
        return str(error)

print("late:", context.parallelize([0], 1).map(late).first())
"""


def test_a_node_that_differs_is_named_with_what_it_has():
    nodes = [
        NodeVersions("w-0", PINNED),
        NodeVersions("w-1", PINNED | {"numpy": "2.0.0"}),
        NodeVersions("w-2", {"python": "3.11", "numpy": "2.4.6", "pandas": None}),
    ]
    problems = differences(nodes, PINNED)
    assert [problem.place for problem in problems] == ["w-1", "w-2"]
    assert "numpy is 2.0.0, not 2.4.6" in problems[0].message
    assert "pandas is missing, not 2.3.3" in problems[1].message
    assert "submit without --cluster" in problems[0].message


def test_a_node_that_differs_in_everything_is_told_of_briefly():
    wanted = {f"package{number}": "1" for number in range(40)}
    (problem,) = differences([NodeVersions("w-0", {})], wanted)
    assert "and 35 more" in problem.message


def test_finds_what_is_installed_and_what_is_not():
    found = versions_here(["numpy", "no-such-package"])
    assert found.versions["numpy"] == importlib.metadata.version("numpy")
    assert found.versions["no-such-package"] is None


# A study that is submitted asks them too, in tests/cloud/test_end_to_end.py.
@pytest.mark.slow
def test_spark_workers_are_asked_with_the_code_that_was_shipped(storage_server):
    package = code_package()
    to_bucket(f"gs://lab/{package.name}", package.content)
    to_bucket("gs://lab/main.py", PROGRAM.replace(b"NUMPY", repr(importlib.metadata.version("numpy")).encode()))
    job = dp.PySparkJob(main_python_file_uri="gs://lab/main.py", python_file_uris=[f"gs://lab/{package.name}"])
    printed = []
    job.properties = {"spark.executorEnv.PROGEX_NODE": "pinned"}
    status = SparkSubmit(storage_server.root)(dp.Job(pyspark_job=job), printed.append, threading.Event())
    said = b"".join(printed).decode()
    assert status == 0, said
    assert f"{package.name}/jobs/__init__.py" in said, said
    assert "2 executors are alike" in said, said
    assert "nobody waits for ever" in said
    for when in ("found:", "late:"):
        assert f"{when} cluster: 1 problem" in said, said
    assert said.count(f"numpy is {importlib.metadata.version('numpy')}, not 1.0") == 2


def test_a_process_of_another_machine_is_not_asked_what_it_has(monkeypatch):
    check_this_node.cache_clear()
    monkeypatch.setattr("jobs.cloud_probe.pinned", lambda: {"numpy": "1.0"})
    check_this_node()
    check_this_node.cache_clear()
    monkeypatch.setenv("PROGEX_NODE", "pinned")
    with pytest.raises(InputError, match=r"not 1\.0"):
        check_this_node()
    check_this_node.cache_clear()
