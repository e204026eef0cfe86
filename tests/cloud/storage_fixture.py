"""A store on loopback in place of Google's, reached by the real client library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.storage_server import StorageServer


@pytest.fixture
def storage_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StorageServer]:
    """Give a server with the bucket `lab`, which this process takes for Google Cloud Storage."""
    root = tmp_path / "buckets"
    root.mkdir()
    with StorageServer(root) as server:
        server.make_bucket("lab")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.address)
        yield server
        assert server.errors == []
