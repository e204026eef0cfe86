"""Paths in buckets, used as those of `pathlib` are.

They differ from cloudpathlib's own: `open("rb")` streams ranges, writing sends the file whole when it is closed, a
missing file raises what `pathlib` raises, and a folder never ends in a slash. A pickled path holds its text alone.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import IO, Any, cast

from cloudpathlib import GSPath
from cloudpathlib.cloudpath import CloudPath, register_path_class
from cloudpathlib.exceptions import NoStatError

from association.problems import InputError
from infra.storage.bucket_client import BucketClient
from infra.storage.errors import AlreadyThereError, ChangedError
from infra.storage.fetching import fetch_object
from infra.storage.reading import ObjectReader
from infra.storage.sending import send_object
from infra.storage.stored_content import StoredContent
from infra.storage.transfer import fetch, put
from infra.storage.writing import ObjectWriter, TextObjectWriter

_BUFFER = 256 * 1024
# A bucket's name, and names within it that a folder on this machine can show too.
_NAME = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/.*)?")


def checked_name(text: str) -> str:
    """Give back the name of a place in a bucket.

    Raises
    ------
    InputError
        If it is none.
    """
    if not _NAME.fullmatch(text) or any(part in (".", "..") for part in text.split("/")):
        message = f"expected gs://BUCKET/NAME, found {text!r}; a bucket's name has small letters, digits, - _ and ."
        raise InputError.single(text, "place", message)
    return text


@register_path_class("gs")
class BucketPath(GSPath):
    """A place in a bucket."""

    client: BucketClient

    def __init__(self, cloud_path: str | CloudPath, *parts: str, client: BucketClient | None = None) -> None:
        text = str(cloud_path)
        super().__init__(text.rstrip("/") if len(text) > len("gs://") else text, *parts, client=client)

    def __fspath__(self) -> str:
        """Give the name of a copy on this machine, which Arrow and others open by it."""
        return str(self.client.fetch_copy(self))

    def content(self) -> StoredContent:
        """Say what the object holds, without reading it.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        """
        found = self.client.find(self)
        if found is None:
            raise FileNotFoundError(f"no such object: {self}")
        return found

    def send(self, stream: IO[bytes], *, replacing: int | None = None) -> StoredContent:
        """Put a stream's bytes in place, whole.

        Parameters
        ----------
        stream
            Can be read again from its beginning.
        replacing
            Generation that the object must have for it; 0 if there must be none, None if it may be any.

        Raises
        ------
        AlreadyThereError
            If there is one, and must be none.
        ChangedError
            If it has another generation.
        """
        try:
            return send_object(self.client.objects, self.bucket, self.blob, stream, replacing=replacing)
        except ChangedError:
            if replacing == 0:
                raise AlreadyThereError(f"already there: {self}") from None
            raise

    def fetch(self, target: Path, content: StoredContent | None = None) -> StoredContent:
        """Fetch the object into a file, which appears whole and verified or not at all.

        Parameters
        ----------
        target
            The file.
        content
            What the object holds, if that is known; another generation is not fetched.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        StorageError
            If its checksum is wrong again and again.
        """
        return fetch_object(self.client.objects, self.bucket, self.blob, target, content or self.content())

    def open(  # type: ignore[override]
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        **unused: object,
    ) -> IO[Any]:
        """Open the object to read it in ranges, or to write it anew (`w`) or for the first time (`x`).

        Raises
        ------
        FileNotFoundError
            If there is no such object to read.
        AlreadyThereError
            When it is closed, if there is one and must be none.
        io.UnsupportedOperation
            If the mode is another: objects can't be changed.
        """
        binary = "b" in mode
        kind = "".join(sorted(set(mode) - set("bt")))
        if kind == "r":
            stream = self._reader()
            return stream if binary else io.TextIOWrapper(stream, encoding or "utf-8", errors, newline)
        if kind not in ("w", "x"):
            raise io.UnsupportedOperation(f"an object in a bucket can't be opened as {mode!r}, but written anew")
        writer = ObjectWriter(lambda gathered: self.send(gathered, replacing=0 if kind == "x" else None))
        text = None if binary else TextObjectWriter(writer, encoding or "utf-8", errors, newline)
        return cast("IO[Any]", text or writer)

    def _reader(self) -> io.BufferedReader:
        piece = self.client.settings.piece
        return io.BufferedReader(
            ObjectReader(self.client.objects, self.bucket, self.blob, self.content(), piece), _BUFFER
        )

    def stat(self, follow_symlinks: bool = True) -> os.stat_result:
        """Give size and time of change.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        """
        try:
            return cast("os.stat_result", super().stat(follow_symlinks))  # type: ignore[no-untyped-call]
        except NoStatError:
            raise FileNotFoundError(f"no such object: {self}") from None

    def replace(self, target: BucketPath) -> BucketPath:
        """Give an object another name, in place of one that has it; readers meet the one or the other.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        """
        self.client._move_file(self, target)
        return target

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove an object.

        Raises
        ------
        FileNotFoundError
            If there is none, unless that is all right.
        """
        if not self.client.objects.delete(self.bucket, self.blob) and not missing_ok:
            raise FileNotFoundError(f"no such object: {self}")

    def rmtree(self) -> None:
        """Remove whatever is below a folder."""
        self.client.remove(self)

    def upload_from(self, source: str | os.PathLike[str], force_overwrite_to_cloud: bool | None = None) -> BucketPath:
        """Send a file or a folder of this machine to this very place, whatever was there before."""
        if Path(source).is_dir():
            put(Path(source), self)
            return self
        with Path(source).open("rb") as stream:
            self.send(stream)
        return self

    def download_to(self, destination: str | os.PathLike[str]) -> Path:
        """Fetch the object, or whatever is below the folder, to this very place on this machine."""
        fetch(self, Path(destination))
        return Path(destination)

    def touch(self, exist_ok: bool = True, mode: Any = None) -> None:
        """Make an empty object where there is none."""
        try:
            self.send(io.BytesIO(), replacing=0)
        except AlreadyThereError:
            if not exist_ok:
                raise
