"""What identifies content: its size, its checksum, and in a bucket the generation that holds it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import google_crc32c

_CHUNK = 1 << 22


@dataclass(frozen=True)
class StoredContent:
    """The content of a file or an object.

    Attributes
    ----------
    size
        Bytes.
    crc32c
        Castagnoli checksum in hexadecimal.
    generation
        Number that the bucket gave to this content; 0 for a file on this machine.
    """

    size: int
    crc32c: str
    generation: int = 0

    def same_bytes(self, other: StoredContent) -> bool:
        """Say whether the bytes are the same, wherever they are."""
        return (self.size, self.crc32c) == (other.size, other.crc32c)


def content_of(stream: IO[bytes]) -> StoredContent:
    """Read a stream to its end, and say what it holds."""
    checksum = google_crc32c.Checksum()
    size = 0
    while chunk := stream.read(_CHUNK):
        checksum.update(chunk)
        size += len(chunk)
    return StoredContent(size, checksum.hexdigest().decode())


def content_of_file(path: Path) -> StoredContent:
    """Read a file on this machine, and say what it holds."""
    with path.open("rb") as stream:
        return content_of(stream)


class Summing:
    """Passes on to a stream what is written, and keeps account of it.

    Parameters
    ----------
    stream
        Where the bytes go; they are lost if there is none.
    """

    def __init__(self, stream: IO[bytes] | None = None) -> None:
        self._stream = stream
        self._checksum = google_crc32c.Checksum()
        self.size = 0

    def write(self, chunk: bytes | memoryview) -> int:
        """Write, and count what was written."""
        self._checksum.update(bytes(chunk))
        self.size += len(chunk)
        if self._stream is not None:
            self._stream.write(chunk)
        return len(chunk)

    @property
    def content(self) -> StoredContent:
        """What has been written so far."""
        return StoredContent(self.size, self._checksum.hexdigest().decode())


def of_blob(blob: Any) -> StoredContent:
    """Say what an object holds, as the bucket tells it."""
    return StoredContent(int(blob.size), base64.b64decode(blob.crc32c).hex(), int(blob.generation))
