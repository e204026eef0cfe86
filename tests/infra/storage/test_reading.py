"""An object is read in ranges, as little of it as is asked for."""

import io
import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.storage import StorageError, write_whole
from infra.storage.bucket_path import BucketPath
from tests.cloud.storage_faults import CutDownload, FlippedDownload, Refusal, ShortDownload
from tests.infra.storage.conftest import IMPATIENT

DOWNLOAD = "alt=media"
CONTENT = os.urandom(3 * 1024 * 1024 + 11)


@pytest.fixture
def long(lab):
    write_whole(lab / "long", CONTENT)
    return lab / "long"


def test_lines_are_those_of_a_file_here(lab):
    text = "".join(f"{number}\t{'x' * (number % 97)}\n" for number in range(20_000))
    (lab / "lines").write_text(text)
    with (lab / "lines").open() as stream:
        assert list(stream) == text.splitlines(keepends=True)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, len(CONTENT) + 5), st.integers(0, 700_000)), max_size=5))
def test_any_walk_reads_what_a_file_here_gives(walk):
    here = io.BytesIO(CONTENT)
    with BucketPath("gs://lab/long").open("rb") as there:
        for place, size in walk:
            assert there.seek(place) == here.seek(place)
            assert there.read(size) == here.read(size)
            assert there.tell() == here.tell()


@pytest.fixture(autouse=True)
def there(long):
    """Have the object there for each test."""


def test_places_are_counted_from_either_end(long):
    with long.open("rb") as stream:
        assert stream.seek(-3, io.SEEK_END) == len(CONTENT) - 3
        assert stream.read() == CONTENT[-3:]
        assert stream.read() == b""
        stream.seek(10)
        stream.seek(5, io.SEEK_CUR)
        assert stream.read(2) == CONTENT[15:17]
        with pytest.raises(ValueError, match="no place"):
            stream.seek(-1)


def test_a_piece_from_the_midst_fetches_no_more_than_one_piece(long, storage_server):
    sent = served_bytes(storage_server)
    with long.open("rb") as stream:
        stream.seek(2_000_000)
        stream.read(10)
    assert storage_server.count("GET", DOWNLOAD) == 1
    assert sum(sent) <= 256 * 1024 + 1


def test_pieces_grow_while_reading_goes_straight_on(long, storage_server, use):
    use(replace(IMPATIENT, piece=1024 * 1024))
    with BucketPath("gs://lab/long").open("rb") as stream:
        while stream.read(10_000):
            pass
    # 1/4, 1/2, 1, 1 and what is left of 3 MiB.
    assert storage_server.count("GET", DOWNLOAD) == 5


def test_reading_survives_cuts_and_refusals(long, storage_server):
    storage_server.faults.add(
        Refusal("GET", DOWNLOAD, times=2, after=1),
        CutDownload("GET", DOWNLOAD, after_bytes=1000, times=2),
        ShortDownload("GET", DOWNLOAD, after_bytes=1000, after=3),
        ShortDownload("GET", DOWNLOAD, after_bytes=0, after=4),
    )
    assert long.read_bytes() == CONTENT
    assert storage_server.faults.waiting == []


def test_a_flipped_bit_is_noticed_where_reading_reached_the_end(long, storage_server):
    storage_server.faults.add(FlippedDownload("GET", DOWNLOAD, at_byte=99, after=1))
    with pytest.raises(StorageError, match="checksum"), long.open("rb") as stream:
        for _ in iter(lambda: stream.read(100_000), b""):
            pass
    assert long.read_bytes() == CONTENT


def test_an_empty_object_is_read_without_a_request(lab, storage_server):
    (lab / "empty").write_bytes(b"")
    assert (lab / "empty").read_bytes() == b""
    assert storage_server.count("GET", DOWNLOAD) == 0


def served_bytes(server):
    """Keep account of how many bytes of content go out."""
    sent = []
    answer = server.service.answer

    def counted(request):
        answered = answer(request)
        if request.query.get("alt") == "media":
            sent.append(len(answered.body))
        return answered

    server.service.answer = counted
    return sent
