"""Files appear whole, folders are held by one process."""

import subprocess
import sys

import pytest

from infra.local_files import FolderInUseError, copy_whole, lock_folder, write_whole


def test_content_is_replaced_whole(tmp_path):
    path = tmp_path / "deep" / "file"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [one.name for one in path.parent.iterdir()] == ["file"]


def test_a_copied_folder_replaces_the_old_one(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    (source / "new").write_text("new")
    target.mkdir()
    (target / "old").write_text("old")
    copy_whole(source, target)
    assert [one.name for one in target.iterdir()] == ["new"]


def test_a_held_folder_refuses_a_second_process(tmp_path):
    program = (
        "from pathlib import Path; from infra.local_files import lock_folder\n"
        f"with lock_folder(Path({str(tmp_path)!r})): pass"
    )
    with lock_folder(tmp_path):
        second = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "FolderInUseError" in second.stderr
    third = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert third.returncode == 0, third.stderr


def test_the_lock_is_free_after_an_error(tmp_path):
    with pytest.raises(ValueError, match="inside"), lock_folder(tmp_path):
        raise ValueError("inside")
    with lock_folder(tmp_path):
        pass


def test_one_process_cannot_hold_a_folder_twice(tmp_path):
    with lock_folder(tmp_path), pytest.raises(FolderInUseError), lock_folder(tmp_path):
        pass
