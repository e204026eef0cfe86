"""Transfer of files and folders between this machine and buckets, several files at a time, every checksum verified.

A file that is there already with the same content is not sent again, so a transfer that was broken off goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

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
        Told after every file how far the transfer is.
    leave_out
        Patterns of names inside a folder that are not fetched.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `source`.
    StorageError
        If a checksum is wrong again and again. Files that had arrived stay; the others are not there.
    """
    contents = {name: content for name, content in _contents(source).items() if not _left_out(name, leave_out)}
    account = _Account({name: content.size for name, content in contents.items()}, report)

    def fetch_one(name: str) -> None:
        there, here = (source / name, target / name) if name else (source, target)
        needed = not (here.is_file() and _same(here, contents[name]))
        if needed:
            there.fetch(here, contents[name])
        account.add(name, transferred=needed)

    source.client.in_threads(fetch_one, contents)
    return account.so_far


def put(
    source: Path, target: BucketPath, report: Report | None = None, *, leave_out: Sequence[str] = ()
) -> Transferred:
    """Send a file or a folder to a bucket.

    Parameters
    ----------
    source, target
        What to send, and the name that it gets.
    report
        Told after every file how far the transfer is.
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
    account = _Account(sizes, report)

    def put_one(name: str) -> None:
        here, there = files[name], target / name if name else target
        needed = name not in before or not _same(here, before[name])
        if needed:
            with here.open("rb") as stream:
                there.send(stream)
        account.add(name, transferred=needed)

    target.client.in_threads(put_one, sizes)
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
    found = place.client.contents(place)
    if not found:
        raise FileNotFoundError(f"no such object or folder: {place}")
    return found


def _left_out(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(part, pattern) for part in name.split("/") for pattern in patterns)


def _same(here: Path, content: StoredContent) -> bool:
    return here.stat().st_size == content.size and content_of_file(here).same_bytes(content)
