"""Stored files: on this machine as `Path`, in buckets of Google Cloud Storage as `BucketPath`, used alike.

Google's libraries are loaded when the first `gs://` is met, not before: most commands never meet one.
"""

from __future__ import annotations

from pathlib import Path

from infra.storage.errors import AlreadyThereError, ChangedError, FolderInUseError, StorageError
from infra.storage.locks import LockTimes, lock_folder
from infra.storage.settings import BucketSettings
from infra.storage.stored_content import StoredContent, content_of_file
from infra.storage.transfer import Transferred, contents_of, fetch, put
from infra.storage.whole import (
    Place,
    copy_whole,
    put_in_place,
    remove,
    remove_unchanged,
    write_new,
    write_whole,
)

__all__ = [
    "AlreadyThereError",
    "BucketSettings",
    "ChangedError",
    "FolderInUseError",
    "LockTimes",
    "Place",
    "StorageError",
    "StoredContent",
    "Transferred",
    "check_bucket",
    "check_key",
    "contents_of",
    "copy_whole",
    "fetch",
    "fingerprint_of",
    "in_bucket",
    "lock_folder",
    "place",
    "put",
    "put_in_place",
    "remove",
    "remove_unchanged",
    "use_buckets",
    "write_new",
    "write_whole",
]

SCHEME = "gs://"


def in_bucket(text: str | Path) -> bool:
    """Say whether a text names a place in a bucket."""
    return str(text).startswith(SCHEME)


def place(text: str | Path) -> Place:
    """Give the place that a text names.

    Parameters
    ----------
    text
        A path on this machine, or `gs://bucket/name`.

    Raises
    ------
    InputError
        If it begins as a place in a bucket and is none.
    """
    if not in_bucket(text):
        return Path(text)
    from infra.storage.bucket_path import BucketPath, checked_name

    return BucketPath(checked_name(str(text)))


def use_buckets(settings: BucketSettings) -> None:
    """Use buckets in this way from now on, in this process; workers call it at their start."""
    from infra.storage.bucket_client import BucketClient

    BucketClient(settings).set_as_default_client()


def fingerprint_of(place: Place) -> StoredContent:
    """Say what a file holds; of one in a bucket, without fetching it.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    return content_of_file(place) if isinstance(place, Path) else place.content()


def check_bucket(place: Place, *, region: str | None = None) -> None:
    """See that the bucket of a place is there and near.

    Parameters
    ----------
    place
        In the bucket; a place on this machine passes.
    region
        Where the machines are that work with it, such as `europe-west4`.

    Raises
    ------
    InputError
        If the bucket is missing, may not be read, or is elsewhere: each byte would be paid for and come slowly.
    """
    if not isinstance(place, Path):
        from infra.storage.bucket_location import check_location

        check_location(place, region)


def check_key(place: Place) -> None:
    """See that a bucket that is written to encrypts with the key of the settings, whoever writes.

    Raises
    ------
    InputError
        If its default key is another, or it can't be told.
    """
    if not isinstance(place, Path):
        from infra.storage.bucket_location import check_key_of

        check_key_of(place)
