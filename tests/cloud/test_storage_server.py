"""The server does what it says, as the real client library sees it."""

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import storage


@pytest.fixture
def client(storage_server):
    return storage.Client.create_anonymous_client()


def test_gives_back_what_it_was_given(client, storage_server):
    blob = client.bucket("lab").blob("a/b c")
    blob.upload_from_string(b"content", checksum="crc32c")
    assert (storage_server.root / "lab" / "a" / "b c").read_bytes() == b"content"
    assert blob.download_as_bytes() == b"content"


def test_says_that_a_bucket_is_missing(client):
    with pytest.raises(NotFound):
        client.bucket("nowhere").blob("a").upload_from_string(b"")
