"""How content comes in: whole, as multipart, or in pieces that a broken connection does not lose."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.cloud.stored_objects import ObjectStore, Query, Refused

# Pieces of a resumable upload are multiples of it, but for the last; the server keeps no less.
GRAIN = 256 * 1024
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


@dataclass
class Session:
    """A resumable upload under way.

    Attributes
    ----------
    bucket, name, query, sent
        What its first request asked for.
    kept
        Content that has come in.
    done
        What became of it, once it is whole.
    """

    bucket: str
    name: str
    query: Query
    sent: dict[str, Any]
    kept: bytearray = field(default_factory=bytearray)
    done: dict[str, Any] | None = None


class Uploads:
    """Resumable uploads, by their id."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._sessions: dict[str, Session] = {}

    def begin(self, bucket: str, name: str, query: Query, sent: dict[str, Any]) -> str:
        """Start an upload and give its id; preconditions that fail now fail early."""
        self._store.check(bucket, name, query)
        upload = uuid4().hex
        self._sessions[upload] = Session(bucket, name, query, sent)
        return upload

    def expire(self) -> None:
        """Forget all uploads under way, as Google does after a week."""
        self._sessions.clear()

    @property
    def unfinished(self) -> list[Session]:
        """The uploads that never became whole."""
        return [one for one in self._sessions.values() if one.done is None]

    def find(self, upload: str) -> Session:
        """Give an upload that is under way or done."""
        if upload not in self._sessions:
            raise Refused(410, "uploadSessionGone", "The upload session is gone; start a new one.")
        return self._sessions[upload]

    def cancel(self, upload: str) -> None:
        """Forget an upload."""
        self.find(upload)
        del self._sessions[upload]

    def keep_part(self, upload: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep what has come in of a piece whose connection broke: whole grains only."""
        session = self.find(upload)
        start, _, _ = _content_range(headers)
        if start is not None:
            grains = body[: len(body) // GRAIN * GRAIN]
            self._append(session, start, grains)

    def take(self, upload: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
        """Take a piece, or a question how far it is; gives the object once it is whole, else None.

        Raises
        ------
        Refused
            If a piece leaves a gap or is not made of whole grains, or the finished object is refused.
        """
        session = self.find(upload)
        start, total, is_last = _content_range(headers)
        if session.done is not None:
            return session.done
        if start is not None:
            if len(body) % GRAIN and not is_last:
                raise Refused(400, "badRequest", f"A piece of {len(body)} bytes is no multiple of {GRAIN}.")
            self._append(session, start, body)
        if total is None or len(session.kept) < total:
            return None
        sent = session.sent | hashes_in(headers)
        session.done = self._store.write(session.bucket, session.name, session.kept, session.query, sent)
        return session.done

    @staticmethod
    def _append(session: Session, start: int, body: bytes) -> None:
        """Add what is new; bytes that were kept before are not looked at again."""
        if start > len(session.kept):
            raise Refused(400, "badRequest", f"Piece starts at {start}, but only {len(session.kept)} bytes are here.")
        session.kept += body[len(session.kept) - start :]


def hashes_in(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the checksums of an `x-goog-hash` header, by the names that object metadata has for them."""
    names = {"crc32c": "crc32c", "md5": "md5Hash"}
    given = [one.strip().partition("=") for one in headers.get("x-goog-hash", "").split(",")]
    return {names[kind]: value for kind, _, value in given if kind in names}


def split_multipart(content_type: str, body: bytes) -> tuple[dict[str, Any], bytes]:
    """Take a multipart body apart into the object's metadata and its content."""
    found = re.search(r'boundary="?([^";]+)', content_type)
    if found is None:
        raise Refused(400, "badRequest", "A multipart body has no boundary.")
    mark = b"--" + found[1].encode()
    _, first, second, _ = (b"\r\n" + body).split(b"\r\n" + mark)
    described = json.loads(first.split(b"\r\n\r\n", 1)[1])
    head, content = second.split(b"\r\n\r\n", 1)
    kind = re.search(rb"content-type:\s*([^\r\n]+)", head, re.IGNORECASE)
    if kind:
        described.setdefault("contentType", kind[1].decode())
    return described, content


def _content_range(headers: Mapping[str, str]) -> tuple[int | None, int | None, bool]:
    """Give where a piece starts, the whole size, as far as they are known, and whether the piece is the last."""
    text = headers.get("Content-Range")
    if text is None:
        length = int(headers.get("Content-Length") or 0)
        return 0, length, True
    found = _CONTENT_RANGE.fullmatch(text)
    if found is None:
        raise Refused(400, "badRequest", f"Content-Range {text!r} can't be read.")
    start = None if found[1] is None else int(found[1])
    total = None if found[3] == "*" else int(found[3])
    return start, total, total is not None and found[2] is not None and int(found[2]) + 1 == total
