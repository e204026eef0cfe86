"""Files and folders that appear whole or not at all, on this machine and in buckets.

On this machine content is written under another name and put in place by renaming. In a bucket every object appears
whole by itself; a folder there is no thing of its own, so its objects are replaced one by one, and those that the new
folder lacks go last.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

from infra.storage.errors import AlreadyThereError
from infra.storage.stored_content import StoredContent
from infra.storage.transfer import below, fetch, put

if TYPE_CHECKING:
    from infra.storage.bucket_path import BucketPath

Place: TypeAlias = "Path | BucketPath"


def write_whole(place: Place, content: bytes) -> None:
    """Write a file so that a reader, or a crash, meets the old content or the new, nothing between."""
    if not isinstance(place, Path):
        place.send(io.BytesIO(content))
        return
    partial = _written_beside(place, content)
    partial.replace(place)


def write_new(place: Place, content: bytes) -> None:
    """Write a file, whole, where there is none; of two who try at once one alone succeeds.

    Raises
    ------
    AlreadyThereError
        If there is one.
    """
    if not isinstance(place, Path):
        place.send(io.BytesIO(content), replacing=0)
        return
    partial = _written_beside(place, content)
    try:
        os.link(partial, place)
    except FileExistsError:
        raise AlreadyThereError(f"already there: {place}") from None
    finally:
        partial.unlink()


def _written_beside(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    try:
        with partial.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return partial


def copy_whole(source: Place, target: Place, *, leave_out: Sequence[str] = ()) -> None:
    """Copy a file or a folder, and put it whole in the place of the one before it.

    Parameters
    ----------
    source, target
        What to copy where, on this machine or in a bucket.
    leave_out
        Patterns of names inside a folder that are not copied.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    """
    if isinstance(target, Path):
        partial = target.with_name(f".{target.name}.partial")
        remove(partial)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _copy_here(source, partial, leave_out)
        except BaseException:
            remove(partial)
            raise
        put_in_place(partial, target)
        return
    if isinstance(source, Path):
        put(source, target, leave_out=leave_out)
    else:
        _copy_within_buckets(source, target, leave_out)
    if source.is_dir():
        _remove_others(source, target, leave_out)


def _copy_here(source: Place, target: Path, leave_out: Sequence[str]) -> None:
    """Copy to this machine."""
    if not isinstance(source, Path):
        fetch(source, target, leave_out=leave_out)
    elif source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*leave_out))
    else:
        shutil.copyfile(source, target)


def put_in_place(partial: Place, target: Place) -> None:
    """Put a file or a folder that is complete in the place of the one before it.

    On this machine nobody meets half of either. Both have to be on the same side.
    """
    if isinstance(target, Path) and isinstance(partial, Path):
        if partial.is_file():
            partial.replace(target)
            return
        old = target.with_name(f".{target.name}.old")
        remove(old)
        if target.exists():
            target.rename(old)
        partial.rename(target)
        remove(old)
        return
    copy_whole(partial, target)
    remove(partial)


def remove(place: Place) -> None:
    """Remove a file or a folder, if it is there."""
    if not isinstance(place, Path):
        place.client.remove(place)
    elif place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def remove_unchanged(place: BucketPath, content: StoredContent) -> bool:
    """Remove an object that is what it was when it was looked at, and say whether it was there.

    Parameters
    ----------
    place
        In a bucket.
    content
        What it held, with its generation.

    Raises
    ------
    ChangedError
        If it is another by now.
    """
    return place.client.objects.delete(place.bucket, place.blob, generation=content.generation)


def _copy_within_buckets(source: BucketPath, target: BucketPath, leave_out: Sequence[str]) -> None:
    names = below(source, leave_out)
    pairs = [(source / name, target / name) if name else (source, target) for name in names]
    source.client.in_threads(lambda pair: source.client.copy(*pair), pairs)


def _remove_others(source: Place, target: BucketPath, leave_out: Sequence[str]) -> None:
    """Remove from a folder in a bucket what the folder that was copied does not have."""
    others = set(target.client.contents(target)) - set(below(source, leave_out)) - {""}
    target.client.in_threads(lambda name: target.client.remove(target / name), sorted(others))
