"""The client behind paths in buckets: cloudpathlib's idea of one, built on `Objects`.

Google's client is made when it is first needed, once for each process: a connection must not be shared with a process
that was forked off. So is the folder for fetched files, which is private and goes when its process ends.
"""

from __future__ import annotations

import atexit
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import Any, TypeVar

from cloudpathlib import GSClient, GSPath
from cloudpathlib.client import register_client_class
from cloudpathlib.enums import FileCacheMode
from google.cloud.storage import Blob, Client  # type: ignore[import-untyped]
from requests.adapters import HTTPAdapter

from infra.storage.fetching import fetch_object
from infra.storage.objects import Objects
from infra.storage.refusals import refusals_told
from infra.storage.sending import send_object
from infra.storage.settings import BucketSettings
from infra.storage.stored_content import StoredContent, of_blob

Item = TypeVar("Item")
Made = TypeVar("Made")

CONNECTIONS = 64
EMULATOR = "STORAGE_EMULATOR_HOST"


@register_client_class("gs")
class BucketClient(GSClient):
    """Reaches buckets for `BucketPath`.

    Parameters
    ----------
    settings
        How buckets are used.
    """

    def __init__(self, settings: BucketSettings | None = None) -> None:
        # Not the constructors above it: they log in and make folders, also for who never asks for a bucket.
        self.settings = settings or BucketSettings()
        self.file_cache_mode = FileCacheMode.persistent
        self.content_type_method = None
        self._cache_tmp_dir = None

    def __del__(self) -> None:
        """Leave the fetched files to the end of the process: paths of another client may use them."""

    @property
    def objects(self) -> Objects:
        """The objects of all buckets, through this process's own connection."""
        return _objects(self.settings, os.getpid(), os.environ.get(EMULATOR))

    @property
    def client(self) -> Client:
        """Google's own client."""
        return google_client(os.getpid(), os.environ.get(EMULATOR))

    @property
    def _local_cache_dir(self) -> Path:  # type: ignore[override]
        return _fetched_files(os.getpid())

    def in_threads(self, work: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
        """Do something with every item, several at a time; the first that fails ends it all."""
        with ThreadPoolExecutor(max_workers=self.settings.threads) as threads:
            under_way = [threads.submit(work, item) for item in items]
            try:
                return [one.result() for one in under_way]
            except BaseException:
                threads.shutdown(wait=True, cancel_futures=True)
                raise

    def copy(self, source: GSPath, target: GSPath) -> StoredContent:
        """Copy an object to another name or bucket; nothing passes through this machine."""
        return self.objects.copy((source.bucket, source.blob), (target.bucket, target.blob))

    def remove(self, path: GSPath) -> bool:
        """Remove an object, or whatever is below a folder, and say whether there was anything."""
        if path.blob and self.objects.delete(path.bucket, path.blob):
            return True
        blobs, _ = self.objects.list(path.bucket, _prefix(path))
        self.in_threads(lambda blob: self.objects.delete(path.bucket, blob.name), blobs)
        return bool(blobs)

    def contents(self, path: GSPath) -> dict[str, StoredContent]:
        """Say what all objects below a folder hold, by their names as seen from it; an object itself has no name."""
        content = self.find(path)
        if content is not None:
            return {"": content}
        prefix = _prefix(path)
        blobs, _ = self.objects.list(path.bucket, prefix)
        return {blob.name[len(prefix) :]: of_blob(blob) for blob in blobs if not _is_mark(blob)}

    def find(self, path: GSPath) -> StoredContent | None:
        """Say what an object holds, or give None where there is none."""
        return self.objects.find(path.bucket, path.blob) if path.blob else None

    def fetch_copy(self, path: GSPath) -> Path:
        """Give a file on this machine with the content that the object has now; not to be written to.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        """
        content = self.find(path)
        if content is None:
            raise FileNotFoundError(f"no such object: {path}")
        local = self._local_cache_dir / str(content.generation) / path.bucket / path.blob
        with _lock_of(local):
            if not local.exists():
                fetch_object(self.objects, path.bucket, path.blob, local, content)
                local.chmod(0o400)
        return local

    def _get_metadata(self, cloud_path: GSPath) -> dict[str, Any] | None:
        if not cloud_path.blob:
            return None
        try:
            blob = self.objects.described(cloud_path.bucket, cloud_path.blob)
        except FileNotFoundError:
            return None
        return {"etag": blob.etag, "size": blob.size, "updated": blob.updated, "md5_hash": blob.md5_hash}

    def _download_file(self, cloud_path: GSPath, local_path: str | os.PathLike[str]) -> Path:
        content = of_blob(self.objects.described(cloud_path.bucket, cloud_path.blob))
        fetch_object(self.objects, cloud_path.bucket, cloud_path.blob, Path(local_path), content)
        return Path(local_path)

    def _upload_file(self, local_path: str | os.PathLike[str], cloud_path: GSPath) -> GSPath:
        with Path(local_path).open("rb") as stream:
            send_object(self.objects, cloud_path.bucket, cloud_path.blob, stream)
        return cloud_path

    def _exists(self, cloud_path: GSPath) -> bool:
        return self._is_file_or_dir(cloud_path) is not None

    def _is_file_or_dir(self, cloud_path: GSPath) -> str | None:
        if self.find(cloud_path) is not None:
            return "file"
        prefix = _prefix(cloud_path)
        # The folder's own mark may be the first.
        blobs, _ = self.objects.list(cloud_path.bucket, prefix, at_most=2)
        return "dir" if not prefix or not all(map(_is_mark, blobs)) else None

    def _list_dir(self, cloud_path: GSPath, recursive: bool = False) -> Iterable[tuple[GSPath, bool]]:
        """Give what is in a folder, and whether it is a folder itself; folders never end in a slash."""
        prefix = _prefix(cloud_path)
        base = f"{cloud_path.cloud_prefix}{cloud_path.bucket}"
        blobs, folders = self.objects.list(cloud_path.bucket, prefix, flat=recursive)
        names = [blob.name for blob in blobs if not _is_mark(blob)]
        if recursive:
            folders = [prefix + folder for folder in _folders_of(name[len(prefix) :] for name in names)]
        for folder in folders:
            yield self.CloudPath(f"{base}/{folder.rstrip('/')}"), True
        for name in names:
            yield self.CloudPath(f"{base}/{name}"), False

    def _move_file(self, src: GSPath, dst: GSPath, remove_src: bool = True) -> GSPath:
        if src != dst:
            self.copy(src, dst)
            if remove_src:
                self.objects.delete(src.bucket, src.blob)
        return dst

    def _remove(self, cloud_path: GSPath, missing_ok: bool = True) -> None:
        if not self.remove(cloud_path) and not missing_ok:
            raise FileNotFoundError(f"no such object: {cloud_path}")

    @classmethod
    def get_default_client(cls) -> BucketClient:
        """Give the client of paths that were made without one."""
        if not isinstance(cls._default_client, BucketClient):
            cls._default_client = cls()
        return cls._default_client


def _is_mark(blob: Blob) -> bool:
    """Say whether an object is none but marks a folder, as the console and Hadoop's connector make them."""
    return bool(blob.name.endswith("/"))


def _prefix(path: GSPath) -> str:
    """Give how the names begin of what is in a folder."""
    return f"{path.blob}/" if path.blob else ""


def _folders_of(names: Iterable[str]) -> list[str]:
    """Give every folder that names lie in, each once."""
    parents = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    return sorted(parents - {"."})


@lru_cache(maxsize=8)
def google_client(process: int, emulator: str | None) -> Client:
    """Make Google's client for a process; credentials are what the machine gives.

    Raises
    ------
    InputError
        If there are none.
    """
    with refusals_told("gs://"):
        client = Client(project=None)
    # It would ask for each bucket's description, which who may use objects alone has no right to.
    client._bucket_metadata_cache = None
    # As many connections as threads may ask for at once; the library keeps ten, and drops the others after each use.
    for scheme in ("http://", "https://"):
        client._http.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
    return client


@lru_cache(maxsize=32)
def _objects(settings: BucketSettings, process: int, emulator: str | None) -> Objects:
    return Objects(google_client(process, emulator), settings)


@lru_cache(maxsize=8)
def _fetched_files(process: int) -> Path:
    """Make a private folder that goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="progex-fetched-"))
    atexit.register(_remove_own, folder, process)
    return folder


def _remove_own(folder: Path, process: int) -> None:
    """Remove a folder, unless this is a process that was forked off the one that made it."""
    if os.getpid() == process:
        rmtree(folder, ignore_errors=True)


_locks: dict[Path, threading.Lock] = {}
_locks_lock = threading.Lock()


def _lock_of(local: Path) -> threading.Lock:
    """Give the lock that lets one thread alone fetch a file."""
    with _locks_lock:
        return _locks.setdefault(local, threading.Lock())
