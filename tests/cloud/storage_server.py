"""A server on 127.0.0.1 that speaks the JSON API of Google Cloud Storage; its store is a folder.

The real client library reaches it by the environment variable `STORAGE_EMULATOR_HOST`. What it knows: buckets with a
location, permissions and requester-pays; listing with prefix, delimiter and pages; ranged downloads; multipart and
resumable uploads; generations and preconditions; checksums; copy, compose, patch and delete; scripted faults.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.cloud.storage_faults import (
    CutDownload,
    Fault,
    FaultList,
    FlippedDownload,
    FlippedUpload,
    LostAnswer,
    Refusal,
    Reset,
    ShortDownload,
    flipped,
)
from tests.cloud.storage_messages import Answer, Request
from tests.cloud.storage_requests import Service
from tests.cloud.stored_objects import Bucket, ObjectStore, Refused


class ClientGone(Exception):  # noqa: N818
    """The client hung up before its request was whole, as a worker does that is killed."""


class StorageServer:
    """Google Cloud Storage on loopback.

    Parameters
    ----------
    root
        Folder of the store: an object is `root/BUCKET/OBJECT`.
    port
        Port to listen on; any free one if 0.

    Attributes
    ----------
    store, uploads
        What it holds.
    faults
        What will go wrong.
    requests
        Every request so far, as method and unquoted path with query.
    errors
        Where the server itself failed: there should be none.
    """

    def __init__(self, root: Path, port: int = 0) -> None:
        self.root = root
        self.store = ObjectStore(root)
        self.service = Service(self.store)
        self.uploads = self.service.uploads
        self.faults = FaultList()
        self.requests: list[tuple[str, str]] = []
        self.errors: list[Exception] = []
        self._http = _HttpServer(("127.0.0.1", port), _Handler)
        self._http.owner = self
        self.address = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> StorageServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def make_bucket(self, name: str, **behaviour: Any) -> Bucket:
        """Make a bucket; see `Bucket` for how it can behave."""
        return self.store.make_bucket(name, Bucket(**behaviour))

    def count(self, method: str, path: str = "") -> int:
        """Count the requests so far with a method and a text in their path."""
        return sum(one == method and path in where for one, where in list(self.requests))


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    owner: StorageServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about connections that a fault or a client broke."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out at once: two small packets wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _HttpServer

    def log_message(self, *arguments: object) -> None:
        """Write no log."""

    def _serve(self) -> None:
        owner = self.server.owner
        url = urlsplit(self.path)
        shown = unquote(self.path)
        owner.requests.append((self.command, shown))
        fault = owner.faults.strike(self.command, shown)
        if isinstance(fault, Reset):
            self._break_off(url.query, self.rfile.read(fault.after_bytes))
            return
        try:
            body = self._body()
        except ClientGone:
            self._hang_up()
            return
        request = Request(
            self.command, url.path, dict(parse_qsl(url.query, keep_blank_values=True)), self.headers, body
        )
        request.host = f"http://{self.headers['Host']}"
        try:
            answer = self._answer(request, fault)
        except Refused as refusal:
            answer = Answer.error(refusal)
        except Exception as error:
            owner.errors.append(error)
            answer = Answer.error(Refused(500, "internalError", repr(error)))
        if isinstance(fault, LostAnswer):
            self._hang_up()
        else:
            self._send(answer, fault)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Serve every method alike: the base class looks for a function by the method's name."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _answer(self, request: Request, fault: Fault | None) -> Answer:
        if isinstance(fault, Refusal):
            raise Refused(fault.status, fault.reason, fault.message)
        if isinstance(fault, FlippedUpload):
            request.flip(fault.at_byte, noticed=fault.noticed)
        return self.server.owner.service.answer(request)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            if len(body) < size:
                raise ClientGone
            return body
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _break_off(self, query: str, begun: bytes) -> None:
        """Keep what a resumable upload has sent, as Google does, and reset the connection."""
        upload = dict(parse_qsl(query)).get("upload_id")
        if upload and self.command == "PUT":
            self.server.owner.uploads.keep_part(upload, self.headers, begun)
        self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        # Lingering for no time makes the system send a reset in place of an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        body, announced = answer.body, len(answer.body)
        if isinstance(fault, FlippedDownload):
            body = flipped(body, fault.at_byte)
        if isinstance(fault, CutDownload | ShortDownload):
            body = body[: fault.after_bytes]
            announced = len(body) if isinstance(fault, ShortDownload) else announced
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(body)
        if len(body) < announced:
            self.wfile.flush()
            self.close_connection = True
