"""Local files that appear whole or not at all, and a lock that dies with its holder."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class FolderInUseError(Exception):
    """Another process holds the folder's lock."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, meets the old content or the new, nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def copy_whole(source: Path, target: Path, *, leave_out: Sequence[str] = ()) -> None:
    """Copy a file or a folder, and put it whole in the place of the one before it.

    Parameters
    ----------
    source, target
        What to copy where.
    leave_out
        Patterns of names inside a folder that are not copied.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    remove(partial)
    if source.is_dir():
        shutil.copytree(source, partial, ignore=shutil.ignore_patterns(*leave_out))
        put_in_place(partial, target)
    else:
        shutil.copyfile(source, partial)
        partial.replace(target)


def put_in_place(partial: Path, target: Path) -> None:
    """Put a folder that is complete in the place of the one before it: nobody meets half of either."""
    old = target.with_name(f".{target.name}.old")
    remove(old)
    if target.exists():
        target.rename(old)
    partial.rename(target)
    remove(old)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold a folder against other runs; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    FolderInUseError
        If another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(str(folder)) from None
        yield
