"""Where a run's files are: on this machine, or in a bucket."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hail_pipelines.shares import unprepared
from infra.storage import SCHEME, BucketSettings, Place, Transferred, in_bucket, place, put, use_buckets
from jobs.cloud_probe import check_this_node


def place_of(text: str) -> Place:
    """Give the place that a text names: an address that begins with gs://, or a path on this machine.

    Raises
    ------
    InputError
        If it is no address.
    """
    if not in_bucket(text):
        return Path(text)
    bucket, _, name = text.removeprefix(SCHEME).partition("/")
    return place(f"{SCHEME}{bucket}{posixpath.normpath('/' + name.lstrip('/'))}")


def preparation(places: Iterable[Place]) -> Callable[[], None]:
    """Give what another process must do before it opens any of these places."""
    for one in places:
        if not isinstance(one, Path):
            return partial(prepare_worker, one.client.settings)
    return unprepared


def prepare_worker(settings: BucketSettings) -> None:
    """Make another process ready: look at what it has, where that is pinned, and use buckets in the same way."""
    check_this_node()
    use_buckets(settings)


@contextmanager
def made_here(folder: Place, report: Callable[[Transferred], None] | None = None) -> Iterator[Path]:
    """Make a folder, and give one on this machine to write to: itself, or what is copied to its bucket at the end.

    Parameters
    ----------
    folder
        Where it is to be.
    report
        Told how far the copy is.
    """
    if isinstance(folder, Path):
        folder.mkdir(parents=True)
        yield folder
        return
    with TemporaryDirectory(prefix="progex.") as name:
        yield Path(name)
        put(Path(name), folder, report)
