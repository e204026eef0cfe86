"""Places of files: on this machine, or in a bucket.

A place in a bucket is a path of cloudpathlib, whose names are put together, listed and opened as those of `pathlib`
are. What differs is here and in `whole_file`: Arrow reads it as a stream of byte ranges, a folder there is no more
than the beginning of its files' names, and nothing in it can be renamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

if TYPE_CHECKING:
    from cloudpathlib import CloudPath

# A text, so that who works on this machine alone need not wait for cloudpathlib.
Place: TypeAlias = "Path | CloudPath"


def readable(place: Place) -> Path | IO[Any]:
    """Give what Arrow reads a file by: its name on this machine, a stream of what is asked for in a bucket."""
    return place if isinstance(place, Path) else place.open("rb")


def listed(folder: Place, pattern: str) -> list[Place]:
    """List the files of a folder whose names are of a pattern, in the order of names."""
    return sorted(folder.glob(pattern), key=lambda place: place.name)


@contextmanager
def temporary_folder(parent: Place, prefix: str) -> Iterator[Place]:
    """Make a folder within another, and remove it with all that is in it at the end."""
    if isinstance(parent, Path):
        with TemporaryDirectory(prefix=prefix, dir=parent) as name:
            yield Path(name)
        return
    folder = parent / f"{prefix}{uuid4().hex}"
    try:
        yield folder
    finally:
        remove_folder(folder)


@contextmanager
def whole_folder(folder: Place) -> Iterator[Place]:
    """Give a folder to write to, which takes `folder`'s place at the end; after an error it is removed.

    In a bucket it is `folder` itself: there, what has no manifest beside it is not whole.

    Parameters
    ----------
    folder
        Where the folder is to be; it must not exist.
    """
    partial = folder.with_name(f".{folder.name}.partial") if isinstance(folder, Path) else folder
    remove_folder(partial)
    partial.mkdir()
    try:
        yield partial
    except BaseException:
        remove_folder(partial)
        raise
    if isinstance(partial, Path) and isinstance(folder, Path):
        partial.rename(folder)


def remove_folder(folder: Place) -> None:
    """Remove a folder and all that is in it, if it is there."""
    if isinstance(folder, Path):
        rmtree(folder, ignore_errors=True)
    elif folder.is_dir():
        folder.rmtree()
