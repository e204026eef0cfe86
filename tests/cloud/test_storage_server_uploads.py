"""Resumable uploads as Google defines them, seen by the client's own session and piece by piece."""

import base64
import io
import os

import google_crc32c
import pytest
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY

from tests.cloud.storage_faults import LostAnswer, Refusal, Reset

GRAIN = 256 * 1024
CONTENT = os.urandom(5 * GRAIN + 17)
QUICK = DEFAULT_RETRY.with_delay(initial=0.01, maximum=0.05).with_timeout(5)


@pytest.fixture
def client(storage_server):
    return storage.Client.create_anonymous_client()


@pytest.fixture
def session(client):
    """Give the address of an upload that was begun."""
    return client.bucket("lab").blob("long").create_resumable_upload_session(size=len(CONTENT))


def send(client, session, start, end, **headers):
    span = f"bytes {start}-{end - 1}/{len(CONTENT)}"
    return client._http.put(session, data=CONTENT[start:end], headers={"Content-Range": span, **headers})


def ask(client, session):
    return client._http.put(session, headers={"Content-Range": f"bytes */{len(CONTENT)}"})


def kept(answer):
    assert answer.status_code == 308
    return answer.headers.get("Range")


def test_pieces_add_up(client, session):
    assert kept(ask(client, session)) is None
    assert kept(send(client, session, 0, 2 * GRAIN)) == f"bytes=0-{2 * GRAIN - 1}"
    assert kept(send(client, session, 2 * GRAIN, 5 * GRAIN)) == f"bytes=0-{5 * GRAIN - 1}"
    assert not client.bucket("lab").blob("long").exists()
    done = send(client, session, 5 * GRAIN, len(CONTENT))
    assert (done.status_code, done.json()["size"]) == (200, str(len(CONTENT)))
    assert ask(client, session).json() == done.json()
    assert client.bucket("lab").blob("long").download_as_bytes() == CONTENT


def test_bytes_that_are_kept_are_passed_over_and_gaps_refused(client, session):
    send(client, session, 0, 2 * GRAIN)
    assert kept(send(client, session, GRAIN, 3 * GRAIN)) == f"bytes=0-{3 * GRAIN - 1}"
    assert send(client, session, 4 * GRAIN, 5 * GRAIN).status_code == 400
    assert send(client, session, 3 * GRAIN, len(CONTENT)).status_code == 200
    assert client.bucket("lab").blob("long").download_as_bytes() == CONTENT


def test_a_piece_is_made_of_whole_grains(client, session):
    assert send(client, session, 0, GRAIN + 1).status_code == 400


def test_a_reset_keeps_whole_grains_of_the_piece(client, session, storage_server):
    storage_server.faults.add(Reset("PUT", "upload_id", after_bytes=GRAIN + 100))
    with pytest.raises(OSError, match="onnection"):
        send(client, session, 0, 4 * GRAIN)
    assert kept(ask(client, session)) == f"bytes=0-{GRAIN - 1}"


def test_a_wrong_checksum_at_the_end_is_refused(client, session):
    wrong = base64.b64encode(google_crc32c.Checksum(b"other").digest()).decode()
    answer = send(client, session, 0, len(CONTENT), **{"x-goog-hash": f"crc32c={wrong}"})
    assert answer.status_code == 400
    assert not client.bucket("lab").blob("long").exists()


def test_a_precondition_holds_at_the_start_and_at_the_end(client, storage_server):
    blob = client.bucket("lab").blob("long")
    session = blob.create_resumable_upload_session(size=len(CONTENT), if_generation_match=0)
    client.bucket("lab").blob("long").upload_from_string(b"someone else")
    assert send(client, session, 0, len(CONTENT)).status_code == 412
    with pytest.raises(Exception, match="412"):
        blob.create_resumable_upload_session(size=len(CONTENT), if_generation_match=0)
    assert blob.download_as_bytes() == b"someone else"


def test_an_upload_can_be_cancelled_or_expire(client, session, storage_server):
    assert client._http.delete(session).status_code == 499
    assert ask(client, session).status_code == 410
    another = client.bucket("lab").blob("long").create_resumable_upload_session(size=len(CONTENT))
    storage_server.uploads.expire()
    assert send(client, another, 0, GRAIN).status_code == 410


@pytest.mark.parametrize(
    "fault",
    [
        Refusal("PUT", after=1, times=2),
        Reset("PUT", after=1, after_bytes=300 * 1024),
        LostAnswer("PUT", after=1),
        LostAnswer("PUT", after=2),
        LostAnswer("POST"),
    ],
    ids=["refused", "reset", "answer lost", "last answer lost", "first answer lost"],
)
def test_the_client_goes_on_after_a_fault(client, storage_server, fault):
    storage_server.faults.add(fault)
    blob = client.bucket("lab").blob("long", chunk_size=2 * GRAIN)
    blob.upload_from_file(io.BytesIO(CONTENT), checksum="crc32c", retry=QUICK)
    assert storage_server.faults.waiting == []
    assert blob.download_as_bytes() == CONTENT
    assert len(storage_server.uploads.unfinished) == (1 if fault.method == "POST" else 0)
