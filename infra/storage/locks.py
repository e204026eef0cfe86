"""A lock on a folder against other runs.

On this machine the system lets go of it when its holder ends, however it ends. A bucket knows no such thing: there
the lock is an object that its holder writes anew every half minute. Who meets one waits for a sign of life. One that
shows none for minutes, and none while it is watched either, is taken over by whoever is first to replace just that
generation of it.
"""

from __future__ import annotations

import fcntl
import io
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from association.problems import InputError
from infra.storage.errors import AlreadyThereError, ChangedError, FolderInUseError

if TYPE_CHECKING:
    from infra.storage.bucket_path import BucketPath

log = logging.getLogger(__name__)

LOCK = ".lock"


@dataclass(frozen=True)
class LockTimes:
    """How the lock on a folder in a bucket is kept, in seconds.

    Attributes
    ----------
    refresh
        From one sign of life to the next.
    silence
        Without a sign of life after which the holder may be dead.
    watch
        To watch for one before the lock is taken over, as clocks may differ; longer than `refresh`.
    """

    refresh: float = 30.0
    silence: float = 180.0
    watch: float = 45.0


@contextmanager
def lock_folder(
    folder: Path | BucketPath, times: LockTimes | None = None, tell: Callable[[str], None] = log.warning
) -> Iterator[Callable[[], None]]:
    """Hold a folder against other runs, and give a check that it is still held, for before anything is changed there.

    Parameters
    ----------
    folder
        On this machine or in a bucket.
    times
        How the lock in a bucket is kept.
    tell
        Told for whom or what this waits.

    Raises
    ------
    FolderInUseError
        If another run holds it; in a bucket also by the check and at the end, if another took it over.
    """
    if isinstance(folder, Path):
        with _held_here(folder):
            yield _surely_held
        return
    with BucketLock(folder / LOCK, times or LockTimes(), tell) as lock:
        yield lock.check


@contextmanager
def _held_here(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(str(folder)) from None
        yield


def _surely_held() -> None:
    """Say nothing: the system itself holds a lock on this machine."""


class BucketLock:
    """A lock that is an object.

    Parameters
    ----------
    place
        Of the object.
    times
        How it is kept.
    tell
        Told for whom or what this waits.
    """

    def __init__(self, place: BucketPath, times: LockTimes, tell: Callable[[str], None]) -> None:
        self._place, self._times, self._tell = _impatient(place, times), times, tell
        self._run = uuid4().hex
        self._generation, self._written = 0, 0.0
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._lost = False
        self._thread = threading.Thread(target=self._stay_alive, name="lock of a folder", daemon=True)

    def __enter__(self) -> BucketLock:
        """Take the lock.

        Raises
        ------
        FolderInUseError
            If another run holds it.
        """
        try:
            self._write(replacing=0)
        except AlreadyThereError:
            self._take_over()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Give the lock back.

        Raises
        ------
        FolderInUseError
            If another run took it over meanwhile, unless there is an error already.
        """
        self._ended.set()
        self._thread.join()
        if not self._lost:
            self._give_back()
        if kind is None:
            self._refuse_lost()

    def check(self) -> None:
        """See that the lock is still held, if need be by writing it anew.

        Raises
        ------
        FolderInUseError
            If another run took it over.
        InputError, StorageError
            If no sign of life got through for so long that one may have, and none does now.
        """
        self._refuse_lost()
        if time.monotonic() - self._written > self._times.silence / 2:
            self._refresh()
            self._refuse_lost()

    def _refuse_lost(self) -> None:
        if self._lost:
            raise FolderInUseError(f"{self._place.parent}: another run took it over")

    def _give_back(self) -> None:
        place = self._place
        try:
            place.client.objects.delete(place.bucket, place.blob, generation=self._generation)
        except ChangedError:
            self._lost = True
        except (InputError, OSError) as error:
            log.warning("%s stays, and the folder is free after %.0f s: %s", place, self._times.silence, error)

    def _write(self, *, replacing: int) -> None:
        record = {"run": self._run, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        began = time.monotonic()
        self._generation = self._place.send(io.BytesIO(json.dumps(record).encode()), replacing=replacing).generation
        self._written = began

    def _take_over(self) -> None:
        """Wait for a sign of life of the lock's holder, and take the lock if there is none.

        Raises
        ------
        FolderInUseError
            If there is one.
        """
        times, folder = self._times, self._place.parent
        try:
            held = self._place.content().generation
            silent = max(time.time() - self._place.stat().st_mtime, 0.0)
            wait = max(times.silence - silent, 0.0) + times.watch
            self._tell(
                f"{folder}: a run holds it whose last sign of life was {silent:.0f} s ago; waiting up to "
                f"{wait:.0f} s for another, and going on without"
            )
            ends = time.monotonic() + wait
            while (left := ends - time.monotonic()) > 0:
                time.sleep(min(left, times.refresh / 4))
                if self._place.content().generation != held:
                    raise FolderInUseError(f"{folder}: its holder is alive")
            self._write(replacing=held)
        except (FileNotFoundError, ChangedError):
            self._write_if_free()

    def _write_if_free(self) -> None:
        """Take a lock that was given back just now, but not one that was written anew."""
        try:
            self._write(replacing=0)
        except AlreadyThereError:
            raise FolderInUseError(str(self._place.parent)) from None

    def _stay_alive(self) -> None:
        """Write the lock anew until the run ends or someone else has it."""
        while not self._ended.wait(self._times.refresh) and not self._lost:
            try:
                self._refresh()
            except (InputError, OSError) as error:
                log.warning("the lock could not be refreshed; trying again: %s", error)

    def _refresh(self) -> None:
        """Write the lock anew, or learn that someone else has it."""
        with self._writing:
            try:
                self._write(replacing=self._generation)
            except (ChangedError, AlreadyThereError):
                self._lost = True
                log.error("%s: another run took the folder over", self._place.parent)


def _impatient(place: BucketPath, times: LockTimes) -> BucketPath:
    """Give the same place, whose requests end well before the holder seems dead for want of an answer."""
    settings = place.client.settings
    patience = min(settings.patience, times.silence / 4) if times.silence > 0 else settings.patience
    client = type(place.client)(replace(settings, patience=patience))
    return type(place)(str(place), client=client)
