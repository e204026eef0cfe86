"""Files and folders of a run, wherever they are kept: on this machine, or in a bucket.

Who works on this machine alone never waits for what reaches buckets to be loaded.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hail_pipelines.places import Place
from hail_pipelines.shares import unprepared
from infra import local_files, provenance
from infra.provenance import Fingerprint

BUCKETS = "gs://"


def place_of(text: str) -> Place:
    """Give the place that a text names: an address that begins with gs://, or a path on this machine."""
    if not text.startswith(BUCKETS):
        return Path(text)
    from infra import storage

    bucket, _, name = text.removeprefix(BUCKETS).partition("/")
    return storage.place(f"{BUCKETS}{bucket}{posixpath.normpath('/' + name.lstrip('/'))}")


def preparation(places: Iterable[Place]) -> Callable[[], None]:
    """Give what another process must do before it opens some of these places; it may be sent there."""
    if all(isinstance(place, Path) for place in places):
        return unprepared
    from infra import storage

    return partial(storage.use_buckets, storage.settings_in_use())


def fingerprint(place: Place) -> Fingerprint:
    """Fingerprint a file; one in a bucket by what the bucket says of it."""
    return provenance.fingerprint(place) if isinstance(place, Path) else _keeper(place).fingerprint_of(place)


def lock_folder(folder: Place) -> AbstractContextManager[None]:
    """Hold a folder against other runs (`infra.local_files.lock_folder`)."""
    return _keeper(folder).lock_folder(folder)


def write_new(place: Place, content: bytes) -> None:
    """Write a file whole that is not there yet.

    Raises
    ------
    FileExistsError
        If another run has written it to a bucket in the meantime; on this machine the folder's lock sees to that.
    """
    if isinstance(place, Path):
        local_files.write_whole(place, content)
    else:
        _keeper(place).write_new(place, content)


def write_whole(place: Place, content: bytes) -> None:
    """Write a file whole, in the place of the one before it."""
    _keeper(place).write_whole(place, content)


def copy_whole(source: Place, target: Place, *, leave_out: Sequence[str] = ()) -> None:
    """Copy a file or a folder, in the place of the one before it; within a bucket, nothing passes through here."""
    _keeper(target).copy_whole(source, target, leave_out=leave_out)


def put_in_place(partial_folder: Place, target: Place) -> None:
    """Put a folder that is complete in the place of the one before it."""
    _keeper(target).put_in_place(partial_folder, target)


def remove(place: Place) -> None:
    """Remove a file or a folder, if it is there."""
    _keeper(place).remove(place)


@contextmanager
def made_here(folder: Place) -> Iterator[Path]:
    """Make a folder, and give one on this machine to write to: itself, or what is copied to its bucket at the end."""
    if isinstance(folder, Path):
        folder.mkdir(parents=True)
        yield folder
        return
    with TemporaryDirectory(prefix="progex.") as name:
        yield Path(name)
        copy_whole(Path(name), folder)


def _keeper(place: Place) -> Any:
    """Give the module that has the functions for a place."""
    if isinstance(place, Path):
        return local_files
    from infra import storage

    return storage
