"""Files and folders appear whole, here and in buckets."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.storage import (
    AlreadyThereError,
    Transferred,
    copy_whole,
    fetch,
    fingerprint_of,
    put,
    put_in_place,
    remove,
    write_new,
    write_whole,
)
from infra.storage.transfer import below
from tests.cloud.storage_faults import Refusal


@pytest.fixture(params=["here", "bucket"])
def base(request, lab, tmp_path):
    """Give a folder of either kind."""
    return tmp_path / "here" if request.param == "here" else lab / "base"


@pytest.fixture
def sides(lab, tmp_path):
    return {"here": tmp_path / "one", "bucket": lab / "one"}


def fill(folder, *names):
    for name in names:
        write_whole(folder / name, name.encode())


def contents(folder):
    return {name: (folder / name).read_bytes() for name in below(folder)}


def test_content_is_replaced_whole(base):
    write_whole(base / "deep" / "file", b"old")
    write_whole(base / "deep" / "file", b"new")
    assert contents(base) == {"deep/file": b"new"}


def test_one_of_many_creates_a_file(base):
    def create(number):
        try:
            write_new(base / "file", str(number).encode())
        except AlreadyThereError:
            return None
        return str(number).encode()

    with ThreadPoolExecutor(8) as threads:
        winners = [made for made in threads.map(create, range(16)) if made is not None]
    assert len(winners) == 1
    assert contents(base) == {"file": winners[0]}


@pytest.mark.parametrize(("start", "end"), list(itertools.product(["here", "bucket"], repeat=2)))
def test_a_copied_folder_replaces_the_old_one(sides, start, end):
    source, target = sides[start] / "source", sides[end] / "target"
    fill(source, "new", "deep/new", "deep/left.crc")
    fill(target, "old", "deep/old")
    copy_whole(source, target, leave_out=("*.crc",))
    assert contents(target) == {"new": b"new", "deep/new": b"deep/new"}
    assert sorted(path.name for path in target.parent.iterdir()) in (["source", "target"], ["target"])


@pytest.mark.parametrize(("start", "end"), list(itertools.product(["here", "bucket"], repeat=2)))
def test_a_copied_file_replaces_the_old_one(sides, start, end):
    source, target = sides[start] / "source", sides[end] / "target"
    write_whole(source, b"new")
    write_whole(target, b"old")
    copy_whole(source, target)
    assert target.read_bytes() == b"new"
    with pytest.raises(FileNotFoundError):
        copy_whole(sides[start] / "missing", target)
    assert target.read_bytes() == b"new"


def test_a_copy_that_google_makes_in_steps_is_asked_for_until_it_is_done(lab, storage_server):
    storage_server.make_bucket("archive", location="US")
    fill(lab / "source", "new")
    copy_whole(lab / "source", lab.client.CloudPath("gs://archive/target"))
    assert (storage_server.root / "archive" / "target" / "new").read_bytes() == b"new"
    assert storage_server.count("POST", "/rewriteTo/") == 2
    assert storage_server.count("POST", "rewriteToken=") == 1


def test_a_folder_that_is_put_in_place_leaves_nothing_behind(base):
    fill(base / "partial", "new")
    fill(base / "target", "old")
    put_in_place(base / "partial", base / "target")
    assert contents(base) == {"target/new": b"new"}


def test_removing_takes_files_and_folders_and_nothing(base):
    fill(base, "folder/a", "folder/b/c", "file", "kept")
    for name in ("folder", "file", "nothing"):
        remove(base / name)
    assert contents(base) == {"kept": b"kept"}


def test_a_fingerprint_is_the_same_here_and_in_a_bucket(lab, tmp_path, storage_server):
    write_whole(tmp_path / "digits", b"123456789")
    write_whole(lab / "digits", b"123456789")
    here, there = fingerprint_of(tmp_path / "digits"), fingerprint_of(lab / "digits")
    assert here.same_bytes(there)
    # The check value of CRC-32C in the catalogue of parametrised CRC algorithms.
    assert (there.size, there.crc32c) == (9, "e3069283")
    assert (here.generation, there.generation) == (0, int(storage_server.store.find("lab", "digits")["generation"]))
    assert storage_server.count("GET", "alt=media") == 0


def test_a_transfer_reports_and_goes_on_where_it_was_broken_off(lab, tmp_path, storage_server):
    names = [f"{number}/file" for number in range(6)]
    fill(tmp_path / "here", *names)
    reports = []
    whole = put(tmp_path / "here", lab / "there", reports.append)
    assert whole == Transferred(files=6, bytes=36, all_files=6, all_bytes=36, already_there=0)
    assert [one.files for one in reports] == [0, 1, 2, 3, 4, 5, 6]
    assert put(tmp_path / "here", lab / "there").already_there == 6

    storage_server.faults.add(Refusal("GET", "4/file", status=403, reason="forbidden", message="no"))
    with pytest.raises(Exception, match="permission"):
        fetch(lab / "there", tmp_path / "fetched")
    assert not [path for path in (tmp_path / "fetched").rglob("*") if "partial" in path.name]
    arrived = len(below(tmp_path / "fetched")) if (tmp_path / "fetched").exists() else 0
    again = fetch(lab / "there", tmp_path / "fetched")
    assert again.already_there == arrived
    assert contents(tmp_path / "fetched") == contents(tmp_path / "here")


def test_a_file_of_other_content_and_the_same_size_is_fetched(lab, tmp_path):
    write_whole(lab / "file", b"right")
    write_whole(tmp_path / "file", b"wrong")
    fetch(lab / "file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"right"


def test_fetching_nothing_is_an_error(lab, tmp_path):
    with pytest.raises(FileNotFoundError):
        fetch(lab / "nothing", tmp_path / "fetched")
    with pytest.raises(FileNotFoundError):
        put(tmp_path / "nothing", lab / "sent")
