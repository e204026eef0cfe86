"""Sending of objects, which change at once and as a whole.

Google's library repeats requests that were refused for load, and goes on where a connection broke. What it leaves
open is done here: a wrong checksum is met with another attempt, and a create-only write whose answer was lost, so
that it is in the way of its own repetition, is known for our own.
"""

from __future__ import annotations

import logging
import mimetypes
from typing import IO
from uuid import uuid4

from google.api_core import exceptions as google_errors
from google.cloud.storage import Blob  # type: ignore[import-untyped]
from google.cloud.storage.exceptions import DataCorruption  # type: ignore[import-untyped]

from infra.storage.errors import broken_error
from infra.storage.objects import Objects, place_of
from infra.storage.refusals import refusals_told
from infra.storage.stored_content import StoredContent, content_of, of_blob

log = logging.getLogger(__name__)

# Metadata that tells a write of ours from someone else's of the same bytes.
WRITE = "progex-write"
_GONE = 410


def send_object(
    objects: Objects, bucket: str, name: str, stream: IO[bytes], *, replacing: int | None = None
) -> StoredContent:
    """Send a stream from its beginning into an object.

    Parameters
    ----------
    objects
        All objects.
    bucket, name
        Of this one.
    stream
        Can be read again from its beginning.
    replacing
        Generation that the object must have for it; 0 if there must be none, None if it may be any.

    Raises
    ------
    ChangedError
        If the object has another generation: someone else was first.
    StorageError
        If the checksum is wrong again and again.
    """
    stream.seek(0)
    sent = content_of(stream)
    blob = objects.blob(bucket, name, chunk_size=objects.settings.piece)
    blob.metadata = {WRITE: uuid4().hex}
    for _ in range(objects.settings.attempts):
        stream.seek(0)
        if _send_once(objects, blob, stream, sent.size, replacing):
            stored = of_blob(blob)
            if stored.same_bytes(sent):
                return stored
            objects.delete(bucket, name, generation=stored.generation)
            replacing = None if replacing is None else 0
        log.warning("%s: what arrived has another checksum; sending it again", place_of(bucket, name))
    raise broken_error(place_of(bucket, name), "sent")


def _send_once(objects: Objects, blob: Blob, stream: IO[bytes], size: int, replacing: int | None) -> bool:
    """Send it once; gives False where another attempt may do better."""
    place = place_of(blob.bucket.name, blob.name)
    with refusals_told(place):
        try:
            blob.upload_from_file(
                stream,
                size=size,
                content_type=_content_type(blob.name),
                checksum="crc32c",
                if_generation_match=replacing,
                retry=objects.retry,
            )
        except DataCorruption:
            return False
        except google_errors.PreconditionFailed:
            if not _is_ours(objects, blob):
                raise
        except google_errors.GoogleAPICallError as error:
            # A resumable upload that Google has forgotten begins anew.
            if error.code != _GONE and "doesn't match calculated" not in str(error):
                raise
            return False
    return True


def _is_ours(objects: Objects, blob: Blob) -> bool:
    """Say whether the object that is in the way is this write itself, whose answer was lost."""
    write = blob.metadata[WRITE]
    try:
        blob.reload(retry=objects.retry)
    except google_errors.NotFound:
        return False
    return bool((blob.metadata or {}).get(WRITE) == write)


def _content_type(name: str) -> str:
    """Give what a browser takes the object for; compressed text is bytes."""
    kind, encoding = mimetypes.guess_type(name)
    return kind if kind and not encoding else "application/octet-stream"
