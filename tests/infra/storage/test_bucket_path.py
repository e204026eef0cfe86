"""A place in a bucket is used as one on this machine is."""

import io
import os
import pickle
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from association.problems import InputError
from infra.storage import AlreadyThereError, StorageError, place
from infra.storage.bucket_path import BucketPath


def test_text_names_a_place_here_or_in_a_bucket(lab):
    assert place("a/b") == Path("a/b")
    assert place("gs://lab/a/b/") == lab / "a" / "b"


@pytest.mark.parametrize("text", ["gs://", "gs://L/a", "gs://lab/../other"])
def test_text_that_names_no_bucket_is_refused(text):
    with pytest.raises(InputError, match="BUCKET/NAME"):
        place(text)


def test_what_is_written_is_read(lab, storage_server):
    (lab / "a" / "text").write_text("é\n")
    assert (storage_server.root / "lab" / "a" / "text").read_bytes() == "é\n".encode()
    assert (lab / "a" / "text").read_text() == "é\n"
    with (lab / "a" / "bytes").open("wb") as stream:
        stream.write(b"one")
        stream.write(b"two")
    assert (lab / "a" / "bytes").read_bytes() == b"onetwo"


def test_files_and_folders_are_told_apart(lab):
    (lab / "folder" / "file").write_bytes(b"")
    (lab / "folder-2").write_bytes(b"")
    assert (lab / "folder" / "file").is_file()
    assert (lab / "folder").is_dir()
    assert not (lab / "folder").is_file()
    assert (lab / "folder").exists()
    assert not (lab / "fold").exists()
    assert lab.is_dir()
    assert lab.exists()


def test_a_folder_is_listed_as_pathlib_lists_it(lab, tmp_path):
    for base in (lab, tmp_path / "here"):
        for name in ("a.tsv", "b.parquet", "deep/c.parquet", "deep/er/d.parquet"):
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            (base / name).write_bytes(b"x")
    here = tmp_path / "here"

    def names(paths, base):
        return sorted(path.relative_to(base).as_posix() for path in paths)

    assert names(lab.iterdir(), lab) == names(here.iterdir(), here) == ["a.tsv", "b.parquet", "deep"]
    for pattern in ("*", "*.parquet", "deep/*.parquet", "**/*.parquet", "*/c.*"):
        assert names(lab.glob(pattern), lab) == names(here.glob(pattern), here), pattern
    assert names(lab.rglob("*"), lab) == names(here.rglob("*"), here)


def test_a_missing_file_raises_what_pathlib_raises(lab):
    missing = lab / "missing"
    for use in (missing.read_bytes, missing.stat, missing.unlink, missing.content, lambda: os.fspath(missing)):
        with pytest.raises(FileNotFoundError):
            use()
    with pytest.raises(FileNotFoundError):
        missing.rename(lab / "other")
    missing.unlink(missing_ok=True)


def test_size_and_time_are_known_without_reading(lab, storage_server):
    (lab / "file").write_bytes(b"12345")
    status = (lab / "file").stat()
    assert status.st_size == 5
    assert status.st_mtime > 1e9
    assert storage_server.count("GET", "alt=media") == 0


def test_a_renamed_file_takes_the_place_of_another(lab):
    (lab / "old").write_bytes(b"old")
    (lab / "new").write_bytes(b"new")
    (lab / "new").replace(lab / "old")
    assert (lab / "old").read_bytes() == b"new"
    assert not (lab / "new").exists()


def test_a_removed_folder_is_gone_with_all_below(lab):
    for name in ("f/a", "f/b/c", "f2"):
        (lab / name).write_bytes(b"")
    (lab / "f").rmtree()
    assert [path.name for path in lab.iterdir()] == ["f2"]


def test_marks_of_folders_are_passed_over_and_go_with_their_folder(lab, storage_server):
    """The console and Google's Hadoop connector make objects whose names end in a slash."""
    (lab / "f" / "a").write_bytes(b"")
    for mark in ("f/", "f/g/", "empty/"):
        storage_server.store.write("lab", mark, b"", {}, {})
    assert (lab / "f").is_dir()
    assert not (lab / "f" / "g").exists()
    assert not (lab / "empty").exists()
    assert [str(path) for path in (lab / "f").rglob("*")] == ["gs://lab/f/a"]
    assert list(lab.client.contents(lab)) == ["f/a"]
    (lab / "f").rmtree()
    assert list(storage_server.store.names("lab")) == ["empty/"]


def test_making_a_folder_does_nothing(lab):
    (lab / "f").mkdir(parents=True, exist_ok=True)
    assert not (lab / "f").exists()


def test_a_place_is_pickled_as_its_text_alone(lab):
    _ = lab.client.client
    pickled = pickle.dumps(lab / "a" / "b")
    assert pickle.loads(pickled) == lab / "a" / "b"
    assert len(pickled) < 300
    for secret in (b"redential", b"Client", b"oken"):
        assert secret not in pickled


def test_another_process_reads_a_pickled_place(lab):
    (lab / "a").write_bytes(b"content")
    program = "import pickle, sys; sys.stdout.buffer.write(pickle.load(sys.stdin.buffer).read_bytes())"
    told = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(lab / "a"), capture_output=True, check=True
    )
    assert told.stdout == b"content"


def test_a_forked_process_has_a_client_of_its_own(lab):
    (lab / "a").write_bytes(b"content")
    before = (lab.client.client, lab.client.objects)
    fetched = Path(os.fspath(lab / "a"))
    child = os.fork()
    if child == 0:
        own = lab.client.client is not before[0] and lab.client.objects is not before[1]
        os._exit(0 if own and (lab / "a").read_bytes() == b"content" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert fetched.read_bytes() == b"content"


def test_arrow_opens_a_fetched_copy(lab):
    table = pyarrow.table({"x": [1, 2, 3]})
    with (lab / "t.parquet").open("wb") as stream:
        pyarrow.parquet.write_table(table, stream)
    assert pyarrow.parquet.read_table(lab / "t.parquet").equals(table)
    with (lab / "t.parquet").open("rb") as stream:
        assert pyarrow.parquet.read_table(stream).equals(table)


def test_a_fetched_copy_is_private_and_of_the_present_content(lab, storage_server):
    (lab / "file").write_bytes(b"old")
    first = Path(os.fspath(lab / "file"))
    assert first.name == "file"
    assert Path(os.fspath(lab / "file")) == first
    assert storage_server.count("GET", "alt=media") == 1
    (lab / "file").write_bytes(b"new")
    second = Path(os.fspath(lab / "file"))
    assert (first.read_bytes(), second.read_bytes()) == (b"old", b"new")
    assert stat.S_IMODE(first.stat().st_mode) & 0o277 == 0
    assert stat.S_IMODE(lab.client._local_cache_dir.stat().st_mode) == 0o700


def test_fetched_copies_go_with_their_process(lab):
    (lab / "file").write_bytes(b"old")
    program = "import os; from infra.storage import place; print(os.fspath(place('gs://lab/file')))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    fetched = Path(told.stdout.strip())
    assert fetched.name == "file"
    assert not fetched.parents[2].exists()


def test_after_an_error_nothing_is_written(lab):
    (lab / "file").write_bytes(b"old")
    for mode, other in (("wb", "text"), ("w", b"bytes")):
        with pytest.raises(TypeError), (lab / "file").open(mode) as stream:
            stream.writelines(["half" if mode == "w" else b"half", other])
    left = (lab / "file").open("w")
    left.write("half")
    del left
    assert (lab / "file").read_bytes() == b"old"


def test_exclusive_creation_leaves_what_is_there(lab):
    with (lab / "file").open("xb") as stream:
        stream.write(b"first")
    with pytest.raises(AlreadyThereError), (lab / "file").open("x") as stream:
        stream.write("second")
    assert (lab / "file").read_bytes() == b"first"


@pytest.mark.parametrize("mode", ["a", "r+", "w+b"])
def test_a_mode_that_would_change_an_object_is_refused(lab, mode):
    with pytest.raises(io.UnsupportedOperation):
        (lab / "file").open(mode)


def test_a_touched_file_is_there_and_unchanged(lab):
    (lab / "file").touch()
    assert (lab / "file").read_bytes() == b""
    (lab / "file").write_bytes(b"x")
    (lab / "file").touch()
    assert (lab / "file").read_bytes() == b"x"
    with pytest.raises(FileExistsError):
        (lab / "file").touch(exist_ok=False)


def test_threads_share_a_client(lab, storage_server, caplog):
    for number in range(12):
        (lab / f"{number}").write_bytes(bytes([number]) * 1000)
    read = lab.client.in_threads(lambda number: (lab / f"{number}").read_bytes(), range(12))
    assert read == [bytes([number]) * 1000 for number in range(12)]
    copies = lab.client.in_threads(lambda _: os.fspath(lab / "3"), range(12))
    assert len(set(copies)) == 1
    assert storage_server.count("GET", "/3?alt=media") == 2
    with ThreadPoolExecutor(24) as threads:
        assert set(threads.map(lambda _: (lab / "3").read_bytes(), range(100))) == {bytes([3]) * 1000}
    assert "discarding connection" not in caplog.text


def test_compare_and_swap_lets_one_of_two_win(lab):
    (lab / "file").write_bytes(b"0")
    seen = (lab / "file").content().generation
    (lab / "file").send(io.BytesIO(b"first"), replacing=seen)
    with pytest.raises(StorageError, match="someone else"):
        (lab / "file").send(io.BytesIO(b"second"), replacing=seen)
    assert (lab / "file").read_bytes() == b"first"


def test_joined_paths_keep_their_kind(lab):
    assert isinstance((lab / "a").parent, BucketPath)
    assert (lab / "a" / "b").with_name("c") == lab / "a" / "c"
    assert (lab / "a" / "b.vcf.gz").suffixes == [".vcf", ".gz"]
    assert (lab / "a" / "b").relative_to(lab).as_posix() == "a/b"
    assert sorted([lab / "b", lab / "a"]) == [lab / "a", lab / "b"]


def test_a_file_or_folder_is_sent_and_fetched_whatever_was_there(lab, tmp_path):
    (tmp_path / "f" / "g").mkdir(parents=True)
    (tmp_path / "f" / "g" / "file").write_bytes(b"here")
    os.utime(tmp_path / "f" / "g" / "file", (0, 0))
    (lab / "file").write_bytes(b"newer")
    (lab / "file").upload_from(tmp_path / "f" / "g" / "file")
    assert (lab / "file").read_bytes() == b"here"
    (lab / "h").upload_from(tmp_path / "f")
    assert [str(path) for path in lab.rglob("file")] == ["gs://lab/file", "gs://lab/h/g/file"]
    (lab / "h").download_to(tmp_path / "back")
    assert (tmp_path / "back" / "g" / "file").read_bytes() == b"here"
