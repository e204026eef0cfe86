"""The project's own storage against a server on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.storage import BucketSettings
from infra.storage.bucket_client import BucketClient
from infra.storage.bucket_path import BucketPath
from tests.cloud.storage_fixture import storage_server
from tests.cloud.storage_server import StorageServer

__all__ = ["storage_server"]

IMPATIENT = BucketSettings(patience=1.5, first_wait=0.01, longest_wait=0.05, piece=512 * 1024)


@pytest.fixture
def use(storage_server: StorageServer, monkeypatch: pytest.MonkeyPatch):
    """Give a function that makes a client the default, until the test ends."""

    def use_settings(settings: BucketSettings) -> BucketClient:
        client = BucketClient(settings)
        monkeypatch.setattr(BucketClient, "_default_client", client)
        return client

    return use_settings


@pytest.fixture
def lab(use) -> Iterator[BucketPath]:
    """Give an empty bucket, used without much patience."""
    use(IMPATIENT)
    return BucketPath("gs://lab")
