"""A request and its answer, between the sockets and what the server does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.storage_faults import flipped
from tests.cloud.stored_objects import Query, Refused


@dataclass
class Request:
    """A request, its body whole.

    Attributes
    ----------
    host
        How the client reached the server.
    """

    method: str
    path: str
    query: Query
    headers: Mapping[str, str]
    body: bytes
    host: str = ""
    _flips: list[tuple[int, bool]] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """Read the body as JSON; nothing is an empty object."""
        return json.loads(self.body or b"{}")

    def flip(self, at_byte: int, *, noticed: bool) -> None:
        """Have the content that this request brings differ by one bit."""
        self._flips.append((at_byte, noticed))

    def as_received(self, content: bytes, sent: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
        """Give the content and its checksums as they came in."""
        for at_byte, noticed in self._flips:
            content = flipped(content, at_byte)
            if not noticed:
                sent = {name: value for name, value in sent.items() if name not in ("crc32c", "md5Hash")}
        return content, sent


@dataclass
class Answer:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, content: Mapping[str, Any], status: int = 200) -> Answer:
        """Answer with JSON."""
        return cls(status, json.dumps(content).encode(), {"Content-Type": "application/json; charset=UTF-8"})

    @classmethod
    def error(cls, refusal: Refused) -> Answer:
        """Answer as Google tells of errors."""
        if refusal.status == 304:
            return cls(304)
        one = {"message": refusal.message, "domain": "global", "reason": refusal.reason}
        return cls.json(
            {"error": {"code": refusal.status, "message": refusal.message, "errors": [one]}}, refusal.status
        )
