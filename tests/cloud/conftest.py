"""What tests of the cloud share."""

from tests.cloud.storage_fixture import storage_server

__all__ = ["storage_server"]
