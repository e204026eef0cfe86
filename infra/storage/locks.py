"""A lock on a folder against other runs.

On this machine the system lets go of it when its holder ends, however it ends. A bucket knows no such thing: there
the lock is an object that its holder writes anew every half minute. One that shows no sign of life for minutes, and
none while it is watched either, is taken over by whoever is first to replace just that generation of it.
"""

from __future__ import annotations

import fcntl
import io
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
def lock_folder(folder: Path | BucketPath, times: LockTimes | None = None) -> Iterator[None]:
    """Hold a folder against other runs.

    Parameters
    ----------
    folder
        On this machine or in a bucket.
    times
        How the lock in a bucket is kept.

    Raises
    ------
    FolderInUseError
        If another run holds it; in a bucket also at the end, if another took it over.
    """
    if isinstance(folder, Path):
        with _held_here(folder):
            yield
        return
    lock = BucketLock(folder / LOCK, times or LockTimes())
    with lock:
        yield


@contextmanager
def _held_here(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(str(folder)) from None
        yield


class BucketLock:
    """A lock that is an object.

    Parameters
    ----------
    place
        Of the object.
    times
        How it is kept.
    """

    def __init__(self, place: BucketPath, times: LockTimes) -> None:
        self._place, self._times = place, times
        self._run = uuid4().hex
        self._generation = 0
        self._ended = threading.Event()
        self._lost = False
        self._thread = threading.Thread(target=self._stay_alive, name="lock of a folder", daemon=True)

    def __enter__(self) -> None:
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
        if self._lost and kind is None:
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
        self._generation = self._place.send(io.BytesIO(json.dumps(record).encode()), replacing=replacing).generation

    def _take_over(self) -> None:
        """Take the lock from a holder that is dead."""
        times = self._times
        try:
            silent = time.time() - self._place.stat().st_mtime
            held = self._place.content().generation
            if silent < times.silence:
                left = f"its last sign of life was {max(silent, 0):.0f} s ago; without another it is free after"
                raise FolderInUseError(f"{self._place.parent}: {left} {times.silence:.0f} s")
            log.warning("%s: its holder has been silent for %.0f s; watching for a sign", self._place.parent, silent)
            time.sleep(times.watch)
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
        while not self._ended.wait(self._times.refresh):
            try:
                self._write(replacing=self._generation)
            except (ChangedError, AlreadyThereError):
                self._lost = True
                log.error("%s: another run took the folder over", self._place.parent)
                return
            except (InputError, OSError) as error:
                log.warning("the lock could not be refreshed; trying again: %s", error)
