"""Scripted faults strike the requests that they wait for, so many of them, and as they say."""

import pytest
import requests

from tests.cloud.storage_faults import (
    CutDownload,
    FlippedDownload,
    FlippedUpload,
    LostAnswer,
    Refusal,
    Reset,
    ShortDownload,
)

CONTENT = b"0123456789"
BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture
def media(storage_server):
    (storage_server.root / "lab" / "a").write_bytes(CONTENT)
    return f"{storage_server.address}/storage/v1/b/lab/o/a?alt=media"


@pytest.fixture
def upload(storage_server):
    return f"{storage_server.address}/upload/storage/v1/b/lab/o?uploadType=media&name=new"


def test_a_refusal_strikes_as_often_as_it_says_and_where(storage_server, media, upload):
    storage_server.faults.add(Refusal("GET", "o/a", times=2, after=1, status=429, reason="rateLimitExceeded"))
    statuses = []
    for _ in range(4):
        statuses.append(requests.get(media, timeout=10).status_code)
        assert requests.post(upload, data=b"", timeout=10).status_code == 200
    assert statuses == [200, 429, 429, 200]


def test_a_refusal_tells_its_reason_as_google_does(storage_server, media):
    storage_server.faults.add(Refusal(status=503, reason="backendError", message="try later"))
    told = requests.get(media, timeout=10).json()["error"]
    assert (told["code"], told["message"], told["errors"][0]["reason"]) == (503, "try later", "backendError")


def test_a_refused_write_did_not_happen_but_one_whose_answer_is_lost_did(storage_server, upload):
    storage_server.faults.add(Refusal("POST"), Reset("POST"), LostAnswer("POST"))
    written = []
    assert requests.post(upload, data=CONTENT, timeout=10).status_code == 503
    written.append((storage_server.root / "lab" / "new").exists())
    for _ in range(2):
        with pytest.raises(BROKEN):
            requests.post(upload, data=CONTENT, timeout=10)
        written.append((storage_server.root / "lab" / "new").exists())
    assert written == [False, False, True]


def test_a_cut_download_breaks_and_a_short_one_does_not(storage_server, media):
    storage_server.faults.add(CutDownload(after_bytes=4), ShortDownload(after_bytes=4))
    with pytest.raises(BROKEN):
        requests.get(media, timeout=10)
    assert requests.get(media, timeout=10).content == CONTENT[:4]
    assert requests.get(media, timeout=10).content == CONTENT


def test_a_flipped_download_differs_in_one_bit(storage_server, media):
    storage_server.faults.add(FlippedDownload(at_byte=3))
    assert requests.get(media, timeout=10).content == b"0122456789"


def test_a_flipped_upload_is_refused_if_the_server_looks(storage_server, upload):
    storage_server.faults.add(FlippedUpload(), FlippedUpload(noticed=False))
    checksum = {"x-goog-hash": "md5=eB5eJF1ptWaXm4bijSPyxw=="}
    assert requests.post(upload, data=CONTENT, headers=checksum, timeout=10).status_code == 400
    assert requests.post(upload, data=CONTENT, headers=checksum, timeout=10).status_code == 200
    assert (storage_server.root / "lab" / "new").read_bytes() == b"1123456789"


def test_the_connection_serves_on_after_an_error(storage_server, media):
    storage_server.faults.add(Refusal())
    with requests.Session() as session:
        assert session.post(media, data=b"x" * 100_000, timeout=10).status_code == 503
        assert session.get(media, timeout=10).content == CONTENT
