"""Faults that a test scripts: each waits for requests that match it, strikes so many of them, and is spent."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass
class Fault:
    """What goes wrong, and for which requests.

    Attributes
    ----------
    method
        HTTP method that it waits for; any if empty.
    path
        Text that the request's path and query contain, as they are sent but unquoted.
    times
        How many matching requests it strikes.
    after
        How many matching requests it lets pass first.
    """

    method: str = ""
    path: str = ""
    times: int = 1
    after: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Say whether a request is one that this fault waits for."""
        return (not self.method or method == self.method) and self.path in path


@dataclass
class Refusal(Fault):
    """The request is answered with an error, and nothing is done."""

    status: int = 503
    reason: str = "backendError"
    message: str = "Backend Error"


@dataclass
class Reset(Fault):
    """The connection is reset when so many bytes of the request's body have come in."""

    after_bytes: int = 0


@dataclass
class LostAnswer(Fault):
    """The request is carried out, and the connection is reset in place of the answer."""


@dataclass
class CutDownload(Fault):
    """The connection ends after so many bytes of the content that was announced."""

    after_bytes: int = 0


@dataclass
class ShortDownload(Fault):
    """A well-formed answer holds only so many bytes of the content."""

    after_bytes: int = 0


@dataclass
class FlippedDownload(Fault):
    """One bit of the content that is sent is another."""

    at_byte: int = 0


@dataclass
class FlippedUpload(Fault):
    """One bit of the content that came in is another, before the server looks at it.

    Attributes
    ----------
    at_byte
        Where.
    noticed
        Whether the server then compares checksums; if not, only the client can.
    """

    at_byte: int = 0
    noticed: bool = True


def flipped(content: bytes, at_byte: int) -> bytes:
    """Give content with one bit changed."""
    return content[:at_byte] + bytes([content[at_byte] ^ 1]) + content[at_byte + 1 :]


class FaultList:
    """The faults that wait, struck in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        """Script faults."""
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        """Forget all that wait."""
        with self._lock:
            self._waiting.clear()

    @property
    def waiting(self) -> list[Fault]:
        """The faults that are not spent."""
        with self._lock:
            return list(self._waiting)

    def strike(self, method: str, path: str) -> Fault | None:
        """Give the fault that strikes a request, if one does."""
        with self._lock:
            for fault in self._waiting:
                if not fault.matches(method, path):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
