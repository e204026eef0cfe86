"""Fetching of objects: whole and verified, or one range of a generation.

Google's library repeats requests that were refused for load, and goes on where a connection broke; but what it went
on with, it checks no more. So sizes and checksums are compared here, and what is wrong is fetched again.
"""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import uuid4

from infra.storage.errors import broken_error
from infra.storage.objects import Objects, place_of
from infra.storage.refusals import refusals_told
from infra.storage.stored_content import StoredContent, Summing

log = logging.getLogger(__name__)


def read_range(objects: Objects, bucket: str, name: str, content: StoredContent, start: int, end: int) -> bytes:
    """Read the bytes from `start` up to `end` of one generation of an object.

    Parameters
    ----------
    objects
        All objects.
    bucket, name
        Of this one.
    content
        What it held when it was looked at first.
    start, end
        Half-open span in bytes, within its size.

    Raises
    ------
    StorageError
        If the object is another by now, or fewer bytes than these come in again and again.
    """
    place = place_of(bucket, name)
    for _ in range(objects.settings.attempts):
        with refusals_told(place):
            received: bytes = objects.blob(bucket, name).download_as_bytes(
                start=start,
                end=end - 1,
                raw_download=True,
                checksum=None,
                if_generation_match=content.generation,
                retry=objects.retry,
            )
        if len(received) == end - start:
            return received
        log.warning("%s: %d of %d bytes came in; asking again", place, len(received), end - start)
    raise broken_error(place, "read")


def fetch_object(objects: Objects, bucket: str, name: str, target: Path, content: StoredContent) -> StoredContent:
    """Fetch an object into a file, which appears whole and with the right checksum or not at all.

    Parameters
    ----------
    objects
        All objects.
    bucket, name
        Of this one.
    target
        The file.
    content
        What the object held when it was looked at first.

    Raises
    ------
    StorageError
        If the object is another by now, or the checksum is wrong again and again.
    """
    place = place_of(bucket, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{uuid4().hex}.partial")
    try:
        for _ in range(objects.settings.attempts):
            if _fetch_once(objects, bucket, name, content, partial).same_bytes(content):
                partial.replace(target)
                return content
            log.warning("%s: what came in has another checksum; fetching it again", place)
    finally:
        partial.unlink(missing_ok=True)
    raise broken_error(place, "fetched")


def _fetch_once(objects: Objects, bucket: str, name: str, content: StoredContent, partial: Path) -> StoredContent:
    with partial.open("wb") as stream, refusals_told(place_of(bucket, name)):
        received = Summing(stream)
        objects.blob(bucket, name).download_to_file(
            received,
            raw_download=True,
            checksum=None,
            if_generation_match=content.generation,
            retry=objects.retry,
        )
    return received.content
