"""The server does what it says, as the real client library sees it."""

import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from google.api_core.exceptions import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    PreconditionFailed,
    RequestRangeNotSatisfiable,
)
from google.cloud import storage

from tests.cloud.stored_objects import Refused

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def client(storage_server):
    return storage.Client.create_anonymous_client()


@pytest.fixture
def bucket(client):
    return client.bucket("lab")


@pytest.fixture
def blob(bucket):
    """Give an object that is there."""
    there = bucket.blob("a/b c")
    there.upload_from_string(CONTENT, checksum="crc32c")
    return there


def names(listed):
    return [one.name for one in listed]


def test_objects_are_files_below_their_bucket(blob, storage_server):
    assert (storage_server.root / "lab" / "a" / "b c").read_bytes() == CONTENT
    assert blob.download_as_bytes(checksum="crc32c") == CONTENT


def test_a_file_that_someone_else_wrote_is_an_object(bucket, storage_server):
    (storage_server.root / "lab" / "part-0").write_bytes(b"by Hadoop")
    there = bucket.get_blob("part-0")
    assert (there.size, there.download_as_bytes()) == (9, b"by Hadoop")


def test_each_write_has_a_greater_generation_whoever_wrote(blob, bucket, storage_server):
    seen = [blob.generation]
    for number in range(3):
        blob.upload_from_string(CONTENT)
        seen.append(blob.generation)
        (storage_server.root / "lab" / "a" / "b c").write_bytes(b"x" * number)
        seen.append(bucket.get_blob("a/b c").generation)
    assert seen == sorted(set(seen))
    assert bucket.get_blob("a/b c").generation == seen[-1]


def test_facts_tell_size_checksums_and_kind(bucket, blob):
    there = bucket.get_blob("a/b c")
    assert (there.size, there.content_type, there.metageneration) == (len(CONTENT), "text/plain", 1)
    assert (there.crc32c, there.md5_hash) == (blob.crc32c, blob.md5_hash)
    assert there.updated.year > 2000


def test_listing_goes_by_prefix_and_delimiter(client, bucket):
    for name in ("a", "b/1", "b/2/x", "b/2/y", "b-1", "c/1"):
        bucket.blob(name).upload_from_string(b"")
    assert names(client.list_blobs("lab")) == ["a", "b-1", "b/1", "b/2/x", "b/2/y", "c/1"]
    assert names(client.list_blobs("lab", prefix="b/")) == ["b/1", "b/2/x", "b/2/y"]
    listed = client.list_blobs("lab", prefix="b/", delimiter="/")
    assert (names(listed), listed.prefixes) == (["b/1"], {"b/2/"})
    listed = client.list_blobs("lab", delimiter="/")
    assert (names(listed), listed.prefixes) == (["a", "b-1"], {"b/", "c/"})


def test_listing_comes_in_pages(client, bucket, storage_server):
    for number in range(7):
        bucket.blob(f"{number}/x").upload_from_string(b"")
    assert names(client.list_blobs("lab", page_size=3)) == [f"{number}/x" for number in range(7)]
    assert storage_server.count("GET", "/b/lab/o?") == 3
    listed = client.list_blobs("lab", page_size=3, delimiter="/")
    assert names(listed) == []
    assert len(listed.prefixes) == 7
    assert len(list(client.list_blobs("lab", max_results=2))) == 2


def test_a_folder_without_files_is_none(client, blob, storage_server):
    (storage_server.root / "lab" / "empty").mkdir()
    blob.delete()
    assert list(client.list_blobs("lab")) == []
    assert not (storage_server.root / "lab" / "a").exists()


def test_a_mark_of_a_folder_is_an_object_of_its_own(client, bucket, storage_server):
    for name in ("f/", "f/a", "g/"):
        bucket.blob(name).upload_from_string(b"")
    assert names(client.list_blobs("lab")) == ["f/", "f/a", "g/"]
    listed = client.list_blobs("lab", delimiter="/")
    assert (names(listed), listed.prefixes) == ([], {"f/", "g/"})
    bucket.blob("f/").delete()
    assert names(client.list_blobs("lab", prefix="f/")) == ["f/a"]
    assert [path.name for path in (storage_server.root / "lab").iterdir()] == ["f"]


@pytest.mark.parametrize(("start", "end"), [(0, 0), (10, 19), (255_990, None), (255_990, 10**9), (-5, None)])
def test_a_range_is_just_that(blob, start, end):
    expected = CONTENT[start:] if end is None else CONTENT[start : end + 1]
    assert blob.download_as_bytes(start=start, end=end) == expected


def test_a_range_behind_the_end_is_refused(blob):
    with pytest.raises(RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=len(CONTENT))


def test_a_generation_that_is_gone_is_not_found(bucket, blob):
    old = bucket.blob("a/b c", generation=blob.generation)
    assert old.download_as_bytes() == CONTENT
    bucket.blob("a/b c").upload_from_string(b"new")
    for use in (old.download_as_bytes, old.reload, old.delete):
        with pytest.raises(NotFound):
            use()


def test_a_write_that_must_be_the_first_is_refused_to_the_second(bucket, storage_server):
    bucket.blob("new").upload_from_string(b"first", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("new").upload_from_string(b"second", if_generation_match=0)
    assert bucket.blob("new").download_as_bytes() == b"first"


def test_one_of_many_who_write_at_once_is_first(storage_server, often_switched):
    def write(number):
        try:
            storage_server.store.write("lab", f"new-{number // 8}", b"", {"ifGenerationMatch": "0"}, {})
        except Refused:
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(write, range(800))) == 100


def test_a_listing_passes_over_what_goes_meanwhile(storage_server, often_switched):
    store, number = storage_server.store, count()

    def come_and_go(_):
        name = f"temporary/{next(number)}/a/b"
        store.write("lab", name, b"", {}, {})
        store.delete("lab", name)

    store.write("lab", "zero", b"", {}, {})
    with ThreadPoolExecutor(4) as threads:
        going = [threads.submit(come_and_go, each) for each in range(2000)]
        while not all(one.done() for one in going):
            assert list(store.names("lab"))[-1] == "zero"
        assert [one.result() for one in going] == [None] * 2000


def test_a_client_that_is_killed_while_it_sends_leaves_nothing(storage_server):
    host, port = storage_server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        asked = b"POST /upload/storage/v1/b/lab/o?uploadType=media&name=cut HTTP/1.1\r\nHost: x\r\n"
        connection.sendall(asked + b"Content-Length: 100\r\n\r\nonly these")
        connection.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert storage_server.store.find("lab", "cut") is None
    assert storage_server.errors == []


@pytest.fixture
def often_switched():
    """Let threads run a moment each, so that they meet in between."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_preconditions_hold_for_every_kind_of_request(bucket, blob):
    wrong = blob.generation + 1
    for use in (
        lambda **match: blob.upload_from_string(b"", **match),
        lambda **match: blob.download_as_bytes(**match),
        lambda **match: blob.reload(**match),
        lambda **match: blob.delete(**match),
        lambda **match: blob.patch(**match),
        lambda **match: bucket.copy_blob(blob, bucket, "a/b c", **match),
    ):
        with pytest.raises(PreconditionFailed):
            use(if_generation_match=wrong)
    assert blob.download_as_bytes(if_generation_match=blob.generation) == CONTENT
    blob.delete(if_generation_match=blob.generation)


def test_what_has_not_changed_is_not_sent_again(client, blob):
    url = f"{client.api_endpoint}/storage/v1/b/lab/o/a%2Fb%20c?alt=media&ifGenerationNotMatch={blob.generation}"
    answer = client._http.get(url)
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("kind", ["crc32c", "md5Hash"])
def test_a_wrong_checksum_is_refused(bucket, blob, kind):
    wrong = bucket.blob("wrong")
    wrong._patch_property(kind, getattr(blob, {"crc32c": "crc32c", "md5Hash": "md5_hash"}[kind]))
    with pytest.raises(BadRequest, match="doesn't match calculated"):
        wrong.upload_from_string(b"other", checksum=None)
    assert not wrong.exists()


def test_metadata_is_kept_until_the_content_changes(bucket, blob, storage_server):
    blob.metadata = {"colour": "red"}
    blob.patch()
    assert (bucket.get_blob("a/b c").metadata, bucket.get_blob("a/b c").metageneration) == ({"colour": "red"}, 2)
    (storage_server.root / "lab" / "a" / "b c").write_bytes(b"")
    assert bucket.get_blob("a/b c").metadata is None


def test_copies_and_rewrites_have_the_same_bytes(bucket, blob, storage_server):
    storage_server.make_bucket("other")
    copied = bucket.copy_blob(blob, bucket.client.bucket("other"), "copied")
    token, done, whole = bucket.blob("rewritten").rewrite(blob, if_source_generation_match=blob.generation)
    assert (token, done, whole) == (None, len(CONTENT), len(CONTENT))
    assert copied.download_as_bytes() == bucket.blob("rewritten").download_as_bytes() == CONTENT
    with pytest.raises(PreconditionFailed):
        bucket.blob("third").rewrite(blob, if_source_generation_match=1)


def test_composing_puts_one_behind_the_other(bucket):
    for name in "ab":
        bucket.blob(name).upload_from_string(name * 3)
    bucket.blob("ab").compose([bucket.blob("a"), bucket.blob("b")])
    assert bucket.blob("ab").download_as_bytes() == b"aaabbb"


def test_the_key_of_encryption_is_recorded(bucket, storage_server):
    key = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
    bucket.blob("own", kms_key_name=key).upload_from_string(b"")
    assert bucket.get_blob("own").kms_key_name == f"{key}/cryptoKeyVersions/1"
    storage_server.store.bucket("lab").default_kms_key = "default"
    bucket.blob("default").upload_from_string(b"")
    assert bucket.get_blob("default").kms_key_name.startswith("default/")


def test_a_missing_bucket_and_a_missing_object_are_told_apart(client, bucket):
    with pytest.raises(NotFound, match="bucket does not exist"):
        client.bucket("nowhere").blob("a").upload_from_string(b"")
    with pytest.raises(NotFound, match="bucket does not exist"):
        list(client.list_blobs("nowhere"))
    with pytest.raises(NotFound, match="No such object: lab/a"):
        bucket.blob("a").download_as_bytes()


def test_a_bucket_knows_its_place(client, storage_server):
    storage_server.make_bucket("far", location="US-CENTRAL1")
    assert client.get_bucket("far").location == "US-CENTRAL1"
    client.create_bucket("made", project="p", location="europe-west1")
    assert client.get_bucket("made").location == "EUROPE-WEST1"
    with pytest.raises(Conflict):
        client.create_bucket("made", project="p")
    assert sorted(names(client.list_buckets(project="p"))) == ["far", "lab", "made"]


@pytest.mark.parametrize(
    ("permission", "use"),
    [
        ("storage.objects.get", lambda blob: blob.download_as_bytes()),
        ("storage.objects.get", lambda blob: blob.reload()),
        ("storage.objects.list", lambda blob: list(blob.bucket.list_blobs())),
        ("storage.objects.create", lambda blob: blob.bucket.blob("new").upload_from_string(b"")),
        ("storage.objects.delete", lambda blob: blob.upload_from_string(b"another")),
        ("storage.objects.delete", lambda blob: blob.delete()),
        ("storage.objects.update", lambda blob: blob.patch()),
        ("storage.buckets.get", lambda blob: blob.bucket.reload()),
    ],
)
def test_what_is_denied_is_refused_by_name(blob, storage_server, permission, use):
    storage_server.store.bucket("lab").denied.add(permission)
    with pytest.raises(Forbidden, match=permission):
        use(blob)


def test_a_requester_pays_bucket_wants_a_project(client, blob, storage_server):
    storage_server.store.bucket("lab").requester_pays = True
    for use in (blob.download_as_bytes, blob.reload, lambda: blob.upload_from_string(b"")):
        with pytest.raises(BadRequest, match="requester pays"):
            use()
    assert client.bucket("lab", user_project="payer").blob("a/b c").download_as_bytes() == CONTENT


@pytest.mark.parametrize("name", ["/a", "a//b", "a/../b", "a", "a/b c/d", "a/b/"])
def test_names_that_no_folder_can_show_are_names_of_objects(bucket, blob, name):
    bucket.blob(name).upload_from_string(b"odd")
    assert bucket.blob(name).download_as_bytes() == b"odd"
    assert sorted(one.name for one in bucket.list_blobs()) == sorted(["a/b c", name])
    assert blob.download_as_bytes() == CONTENT
    bucket.blob(name).delete()
    assert [one.name for one in bucket.list_blobs()] == ["a/b c"]


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_is_none_is_refused(client, name):
    url = f"{client.api_endpoint}/upload/storage/v1/b/lab/o"
    answer = client._http.post(url, params={"uploadType": "media", "name": name}, data=b"")
    assert answer.status_code == 400


def test_ten_megabytes_come_back(bucket):
    content = os.urandom(10 * 1024 * 1024)
    bucket.blob("long").upload_from_string(content, checksum="crc32c")
    assert bucket.blob("long").download_as_bytes(checksum="crc32c") == content
