"""A Dataproc on loopback in place of Google's, reached by the real client library."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.cloud.dataproc_server import DataprocServer
from tests.cloud.dataproc_server_spark import Scripted, to_bucket
from tests.cloud.storage_server import StorageServer

# Where the buckets of the storage on loopback are.
PROJECT, REGION = "als-lab", "europe-west4"


@pytest.fixture
def dataproc(storage_server: StorageServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataprocServer]:
    """Give a server whose jobs print one line and end well, and which the project's own client reaches."""
    server = DataprocServer(Scripted(["hello"]), to_bucket).start()
    monkeypatch.setenv("DATAPROC_EMULATOR_HOST", f"127.0.0.1:{server.port}")
    yield server
    server.stop()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
