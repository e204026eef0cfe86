"""Transfer of files and folders between this machine and buckets, several files at a time, every checksum verified.

A file that is there already with the same content is not sent again, so a transfer that was broken off goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from association.problems import InputError
from infra.storage.stored_content import StoredContent, content_of_file

if TYPE_CHECKING:
    from infra.storage.bucket_path import BucketPath


@dataclass(frozen=True)
class Transferred:
    """How far a transfer is.

    Attributes
    ----------
    files, bytes
        What has arrived, or was there already.
    all_files, all_bytes
        What there is to transfer.
    already_there
        Files that needed no transfer.
    """

    files: int = 0
    bytes: int = 0
    all_files: int = 0
    all_bytes: int = 0
    already_there: int = 0


Report = Callable[[Transferred], None]


class _Account:
    """Adds up what threads have transferred, and tells of it."""

    def __init__(self, sizes: dict[str, int], report: Report | None) -> None:
        self.so_far = Transferred(all_files=len(sizes), all_bytes=sum(sizes.values()))
        self._sizes, self._report, self._lock = sizes, report, threading.Lock()

    def begin(self) -> None:
        """Tell how much there is to do."""
        if self._report is not None:
            self._report(self.so_far)

    def add(self, name: str, *, transferred: bool) -> None:
        """Count a file."""
        with self._lock:
            before = self.so_far
            self.so_far = replace(
                before,
                files=before.files + 1,
                bytes=before.bytes + self._sizes[name],
                already_there=before.already_there + (not transferred),
            )
            if self._report is not None:
                self._report(self.so_far)


def fetch(
    source: BucketPath, target: Path, report: Report | None = None, *, leave_out: Sequence[str] = ()
) -> Transferred:
    """Fetch an object or a folder of them to this machine.

    Parameters
    ----------
    source, target
        What to fetch, and the name that it gets.
    report
        Told at the start and after every file how far the transfer is.
    leave_out
        Patterns of names inside a folder that are not fetched.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `source`.
    InputError
        If a name in the bucket is none that a file may have.
    StorageError
        If a checksum is wrong again and again. Files that had arrived stay; the others are not there.
    """
    contents = {name: content for name, content in _contents(source).items() if not _left_out(name, leave_out)}
    _refuse_files_in_files(source, contents)

    def fetch_one(name: str) -> bool:
        there, here = (source / name, target / name) if name else (source, target)
        needed = not (here.is_file() and _same(here, contents[name]))
        if needed:
            there.fetch(here, contents[name])
        return needed

    return _transfer(source, {name: content.size for name, content in contents.items()}, fetch_one, report)


def put(
    source: Path, target: BucketPath, report: Report | None = None, *, leave_out: Sequence[str] = ()
) -> Transferred:
    """Send a file or a folder to a bucket.

    Parameters
    ----------
    source, target
        What to send, and the name that it gets.
    report
        Told at the start and after every file how far the transfer is.
    leave_out
        Patterns of names inside a folder that are not sent.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `source`.
    InputError, StorageError
        If the bucket refuses it, or a checksum is wrong again and again. Files that had arrived stay.
    """
    files = _files(source)
    sizes = {name: path.stat().st_size for name, path in files.items() if not _left_out(name, leave_out)}
    before = target.client.contents(target)

    def put_one(name: str) -> bool:
        here, there = files[name], target / name if name else target
        needed = name not in before or not _same(here, before[name])
        if needed:
            with here.open("rb") as stream:
                there.send(stream)
        return needed

    return _transfer(target, sizes, put_one, report)


def _transfer(
    bucket: BucketPath, sizes: dict[str, int], one: Callable[[str], bool], report: Report | None
) -> Transferred:
    """Transfer files, several at a time, each by `one`, which says whether that was needed."""
    account = _Account(sizes, report)
    account.begin()

    def count_one(name: str) -> None:
        account.add(name, transferred=one(name))

    bucket.client.in_threads(count_one, sizes)
    return account.so_far


def below(place: Path | BucketPath, leave_out: Sequence[str] = ()) -> list[str]:
    """Give the names of all files in a folder, as seen from it; a file itself has the empty name.

    Raises
    ------
    FileNotFoundError
        If there is neither file nor folder.
    """
    found = _files(place) if isinstance(place, Path) else _contents(place)
    return [name for name in found if not _left_out(name, leave_out)]


def _files(place: Path) -> dict[str, Path]:
    if place.is_file():
        return {"": place}
    if not place.is_dir():
        raise FileNotFoundError(f"no such file or folder: {place}")
    return {path.relative_to(place).as_posix(): path for path in sorted(place.rglob("*")) if path.is_file()}


def _contents(place: BucketPath) -> dict[str, StoredContent]:
    found = contents_of(place)
    if not found:
        raise FileNotFoundError(f"no such object or folder: {place}")
    return found


def contents_of(place: BucketPath) -> dict[str, StoredContent]:
    """Say what all objects below a folder hold, by their names as seen from it; of none where there is no folder.

    Raises
    ------
    InputError
        If one has a name that no file in a folder can have: who writes to a bucket must not choose where files go.
    """
    found = place.client.contents(place)
    for name in found:
        if name and any(part in ("", ".", "..") for part in name.split("/")):
            message = f"the object {name!r} there can't be a file: a part of its name is empty, . or ..; rename it"
            raise InputError.single(str(place), "name", message)
    return found


def _refuse_files_in_files(place: BucketPath, names: Iterable[str]) -> None:
    """Refuse an object that would have to be a file and a folder too.

    Raises
    ------
    InputError
        Naming it.
    """
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    for name in names:
        if name in folders:
            message = f"the object {name!r} there is a file, and a folder of others too; rename it"
            raise InputError.single(str(place), "name", message)


def _left_out(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(part, pattern) for part in name.split("/") for pattern in patterns)


def _same(here: Path, content: StoredContent) -> bool:
    return here.stat().st_size == content.size and content_of_file(here).same_bytes(content)
