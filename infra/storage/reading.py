"""Reading of an object piece by piece, all from the generation that it had when it was opened.

Pieces begin small and double as long as reading goes straight on, so that a table's footer costs little and a long
file few requests. Google has a checksum of the whole alone: it is compared where reading went from beginning to end.
"""

from __future__ import annotations

import io

from association.problems import Problem
from infra.storage.errors import StorageError
from infra.storage.fetching import read_range
from infra.storage.objects import Objects, place_of
from infra.storage.stored_content import StoredContent, Summing

SMALLEST_PIECE = 256 * 1024


class ObjectReader(io.RawIOBase):
    """A stream of an object's bytes.

    Parameters
    ----------
    objects
        Where it is.
    bucket, name
        Which it is.
    content
        What it holds; another generation is not read.
    largest_piece
        Bytes of the longest range that is read ahead.
    """

    def __init__(self, objects: Objects, bucket: str, name: str, content: StoredContent, largest_piece: int) -> None:
        super().__init__()
        self._objects, self._bucket, self._name, self._content = objects, bucket, name, content
        self._largest_piece = largest_piece
        self._piece = min(SMALLEST_PIECE, largest_piece)
        self._position = 0
        self._held, self._held_from = b"", 0
        self._read_through = Summing()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; what is read from there is fetched when it is read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._content.size}[whence]
        if base + offset < 0:
            raise ValueError(f"there is no place {base + offset} in a file")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Give the place that is read next."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as the next piece goes; 0 is the end.

        Raises
        ------
        StorageError
            If the object is another by now, or its checksum turns out to be wrong.
        """
        if self._position >= self._content.size or not len(buffer):
            return 0
        if not self._held_from <= self._position < self._held_from + len(self._held):
            self._fetch(len(buffer))
        start = self._position - self._held_from
        chunk = self._held[start : start + len(buffer)]
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)

    def _fetch(self, wanted: int) -> None:
        """Hold the next piece."""
        straight_on = self._position == self._held_from + len(self._held)
        self._piece = min(2 * self._piece, self._largest_piece) if straight_on and self._held else SMALLEST_PIECE
        end = min(self._position + max(wanted, self._piece), self._content.size)
        self._held = read_range(self._objects, self._bucket, self._name, self._content, self._position, end)
        self._held_from = self._position
        self._sum_up()

    def _sum_up(self) -> None:
        """Compare the checksum at the end, if every piece came in turn."""
        if self._held_from == self._read_through.size:
            self._read_through.write(self._held)
            if self._read_through.size == self._content.size and not self._read_through.content.same_bytes(
                self._content
            ):
                message = "what was read has another checksum than the bucket gives for it; read it again"
                raise StorageError(place_of(self._bucket, self._name), [Problem("checksum", message)])
