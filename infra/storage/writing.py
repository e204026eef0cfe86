"""Writing of an object: bytes gather in a file on this machine and are sent when it is closed.

After an error nothing is sent, and what was there before stays as it was.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from types import TracebackType
from typing import IO, BinaryIO, cast


class ObjectWriter(io.BufferedIOBase):
    """A stream whose content becomes an object when it is closed.

    Parameters
    ----------
    send
        Sends a stream.
    """

    def __init__(self, send: Callable[[IO[bytes]], object]) -> None:
        super().__init__()
        self._send = send
        self._gathered = tempfile.TemporaryFile(prefix="progex-unsent-")  # noqa: SIM115

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def seekable(self) -> bool:
        """Say that it can be written anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        return self._gathered.seek(offset, whence)

    def tell(self) -> int:
        """Give the place that is written next."""
        return self._gathered.tell()

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        """Gather bytes."""
        return self._gathered.write(chunk)

    def close(self) -> None:
        """Send what was gathered, once.

        Raises
        ------
        InputError, StorageError
            If it can't be sent.
        """
        if self.closed:
            return
        try:
            self._gathered.flush()
            self._send(self._gathered)
        finally:
            self.discard()

    def discard(self) -> None:
        """Forget what was gathered."""
        self._gathered.close()
        super().close()

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Send what was gathered, or after an error forget it."""
        if kind is not None:
            self.discard()
        else:
            self.close()

    def __del__(self) -> None:
        """Forget what nobody closed."""
        if not self.closed:
            self.discard()


class TextObjectWriter(io.TextIOWrapper):
    """Text that becomes an object when it is closed, but not after an error."""

    def __init__(self, writer: ObjectWriter, encoding: str, errors: str | None, newline: str | None) -> None:
        super().__init__(cast("BinaryIO", writer), encoding=encoding, errors=errors, newline=newline)
        self._writer = writer

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Send what was gathered, or after an error forget it."""
        if kind is not None:
            self._writer.discard()
        else:
            self.close()

    def __del__(self) -> None:
        """Forget what nobody closed."""
        if not self.closed:
            self._writer.discard()
