"""Objects of Google Cloud Storage as files below ROOT/BUCKET/OBJECT.

Hadoop can be told that `gs://` is the same folder, so what either writes the other reads. A file that was written
behind the server's back is met with another size, time or inode than before, and gets a new generation.

What a folder cannot show is kept beside the buckets: names that end in a slash, by which the console and Google's
Hadoop connector mark folders, names with a part that is empty, `.` or `..`, and an object named as the
folder of another.
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import google_crc32c

Query = Mapping[str, str]
# What a client may set on an object that it writes.
SETTABLE = ("contentType", "contentEncoding", "cacheControl", "metadata", "storageClass")
_PRECONDITIONS = (
    ("GenerationMatch", "generation", True),
    ("GenerationNotMatch", "generation", False),
    ("MetagenerationMatch", "metageneration", True),
    ("MetagenerationNotMatch", "metageneration", False),
)


class Refused(Exception):  # noqa: N818
    """A request that is answered with an error."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


@dataclass
class Bucket:
    """How a bucket behaves.

    Attributes
    ----------
    location
        As Google gives it, in capitals.
    requester_pays
        Whether each request must name a project that pays.
    denied
        Permissions that the caller lacks, such as `storage.objects.create`.
    default_kms_key
        Key that objects are encrypted with if the request names none.
    """

    location: str = "EUROPE-WEST4"
    requester_pays: bool = False
    denied: set[str] = field(default_factory=set)
    default_kms_key: str | None = None


class ObjectStore:
    """Buckets and objects, with generations and preconditions; safe for threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock = threading.RLock()
        self.buckets: dict[str, Bucket] = {}
        self._seen: dict[tuple[str, str], tuple[tuple[int, ...], dict[str, Any]]] = {}
        self._newest = 0

    def make_bucket(self, name: str, bucket: Bucket | None = None) -> Bucket:
        """Make a bucket, or say how one that is there behaves."""
        (self.root / name).mkdir(parents=True, exist_ok=True)
        self.buckets[name] = bucket or Bucket()
        return self.buckets[name]

    def bucket(self, name: str) -> Bucket:
        """Give a bucket; a folder that someone else made is one too."""
        if name.startswith(".") or not (self.root / name).is_dir():
            raise Refused(404, "notFound", "The specified bucket does not exist.")
        return self.buckets.setdefault(name, Bucket())

    def path(self, bucket: str, name: str) -> Path:
        """Give the file of an object."""
        if name in ("", ".", ".."):
            raise Refused(400, "invalid", f"{name!r} is no object name")
        beside, plain = self._marks(bucket) / quote(name, safe=""), self.root / bucket / name
        if beside.exists() or any(part in ("", ".", "..") for part in name.split("/")):
            return beside
        within = plain.parents[: name.count("/")]
        return beside if plain.is_dir() or any(folder.is_file() for folder in within) else plain

    def names(self, bucket: str) -> Iterator[str]:
        """Give the names of a bucket's objects, in the order of their bytes."""
        base = self.root / bucket
        # A walk passes over folders that go while it looks, as those of Hadoop's temporary files do.
        files = (Path(folder, name) for folder, _, names in os.walk(base) for name in names)
        found = [path.relative_to(base).as_posix() for path in files]
        found += [unquote(path.name) for path in self._marks(bucket).glob("*")]
        return iter(sorted(found, key=str.encode))

    def _marks(self, bucket: str) -> Path:
        return self.root / ".marks" / bucket

    def find(self, bucket: str, name: str) -> dict[str, Any] | None:
        """Give what the server knows of an object, or None where there is none."""
        path = self.path(bucket, name)
        with self.lock:
            try:
                seen, facts = self._seen.get((bucket, name), ((), {}))
                if path.is_dir():
                    return None
                # Before the content, lest what is written meanwhile be taken for what was read.
                signature = _signature(path)
                if signature == seen:
                    return dict(facts)
                return self._record(bucket, name, signature, _checksums(path.read_bytes()))
            except (FileNotFoundError, NotADirectoryError):
                return None

    def content(self, bucket: str, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Give the bytes of an object that is there, or those from `start` up to `end`."""
        try:
            with self.path(bucket, name).open("rb") as stream:
                stream.seek(start)
                return stream.read(-1 if end is None else end - start)
        except FileNotFoundError:
            raise Refused(404, "notFound", f"No such object: {bucket}/{name}") from None

    def check(self, bucket: str, name: str, query: Query, *, prefix: str = "if") -> dict[str, Any] | None:
        """Hold a request's preconditions against an object, and give what is known of it.

        Raises
        ------
        Refused
            412 if what had to match does not, 304 if what had to differ does not.
        """
        facts = self.find(bucket, name)
        for precondition, key, must_match in _PRECONDITIONS:
            wanted = query.get(prefix + precondition)
            if wanted is not None and (int(wanted) == int(facts[key] if facts else 0)) != must_match:
                told = "At least one of the pre-conditions you specified did not hold."
                raise Refused(412 if must_match else 304, "conditionNotMet", told)
        return facts

    def write(
        self, bucket: str, name: str, content: bytes | bytearray, query: Query, sent: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Put an object in place, whole, if its preconditions and checksums hold."""
        path = self.path(bucket, name)
        own = _checksums(content)
        for kind, value in own.items():
            if sent.get(kind, value) != value:
                told = f'Provided {kind} "{sent[kind]}" doesn\'t match calculated {kind} "{value}".'
                raise Refused(400, "invalid", told)
        key = query.get("kmsKeyName") or query.get("destinationKmsKeyName") or self.bucket(bucket).default_kms_key
        with self.lock:
            self.check(bucket, name, query)
            coming = self.root / ".coming" / uuid4().hex
            coming.parent.mkdir(exist_ok=True)
            coming.write_bytes(content)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(coming, path)
            facts = {kind: sent[kind] for kind in SETTABLE if sent.get(kind) is not None}
            if key:
                facts["kmsKeyName"] = f"{key}/cryptoKeyVersions/1"
            return self._record(bucket, name, _signature(path), own | facts)

    def change(self, bucket: str, name: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Change what is kept of an object beside its content; its metageneration grows."""
        with self.lock:
            seen, facts = self._seen[(bucket, name)]
            facts |= {kind: sent[kind] for kind in SETTABLE if kind in sent}
            facts["metageneration"] = str(int(facts["metageneration"]) + 1)
            self._seen[(bucket, name)] = (seen, facts)
            return dict(facts)

    def delete(self, bucket: str, name: str) -> None:
        """Remove an object, and the folders that are empty without it: there are none in a bucket."""
        path = self.path(bucket, name)
        with self.lock:
            path.unlink()
            self._seen.pop((bucket, name), None)
            for folder in path.parents:
                if folder == self.root / bucket:
                    break
                try:
                    folder.rmdir()
                except OSError:
                    break

    def _record(self, bucket: str, name: str, signature: tuple[int, ...], facts: Mapping[str, Any]) -> dict[str, Any]:
        generation = self._newest = max(signature[0] // 1000, self._newest + 1)
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(signature[0] // 10**9))
        moment = f"{when}.{signature[0] // 10**6 % 1000:03d}Z"
        recorded = {
            "kind": "storage#object",
            "id": f"{bucket}/{name}/{generation}",
            "bucket": bucket,
            "name": name,
            "size": str(signature[1]),
            "generation": str(generation),
            "metageneration": "1",
            "etag": base64.b64encode(str(generation).encode()).decode(),
            "contentType": "application/octet-stream",
            "storageClass": "STANDARD",
            "timeCreated": moment,
            "updated": moment,
            **facts,
        }
        self._seen[(bucket, name)] = (signature, recorded)
        return dict(recorded)


def _checksums(content: bytes | bytearray) -> dict[str, str]:
    """Give both checksums as Google writes them."""
    kept = bytes(content)
    digests = {"crc32c": google_crc32c.Checksum(kept).digest(), "md5Hash": hashlib.md5(kept).digest()}
    return {kind: base64.b64encode(digest).decode() for kind, digest in digests.items()}


def _signature(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return (status.st_mtime_ns, status.st_size, status.st_ino)
