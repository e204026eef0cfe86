"""What the JSON API of Google Cloud Storage answers: a request in, an answer out, no sockets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.cloud.storage_messages import Answer, Request
from tests.cloud.storage_uploads import Uploads, hashes_in, split_multipart
from tests.cloud.stored_objects import Bucket, ObjectStore, Refused

_TO_LET_PAY = "serviceusage.services.use"


class Service:
    """Every method of the API that the project's clients use."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.uploads = Uploads(store)
        self._rewrites: dict[str, str] = {}
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            (method, re.compile(pattern), work)
            for method, pattern, work in (
                ("GET", r"/storage/v1/b", self._list_buckets),
                ("POST", r"/storage/v1/b", self._make_bucket),
                ("GET", r"/storage/v1/b/([^/]+)", self._get_bucket),
                ("DELETE", r"/storage/v1/b/([^/]+)", self._delete_bucket),
                ("GET", r"/storage/v1/b/([^/]+)/o", self._list),
                ("POST", r"/upload/storage/v1/b/([^/]+)/o", self._upload),
                ("PUT", r"/upload/storage/v1/b/([^/]+)/o", self._continue_upload),
                ("DELETE", r"/upload/storage/v1/b/([^/]+)/o", self._cancel_upload),
                ("POST", r"/storage/v1/b/([^/]+)/o/([^/]+)/(copyTo|rewriteTo)/b/([^/]+)/o/([^/]+)", self._copy),
                ("POST", r"/storage/v1/b/([^/]+)/o/([^/]+)/compose", self._compose),
                ("GET", r"(?:/download)?/storage/v1/b/([^/]+)/o/([^/]+)", self._get),
                ("PATCH", r"/storage/v1/b/([^/]+)/o/([^/]+)", self._patch),
                ("DELETE", r"/storage/v1/b/([^/]+)/o/([^/]+)", self._delete),
            )
        ]

    def answer(self, request: Request) -> Answer:
        """Answer a request.

        Raises
        ------
        Refused
            If Google would refuse it.
        """
        for method, pattern, work in self._routes:
            found = pattern.fullmatch(request.path)
            if found and method == request.method:
                return work(request, *(unquote(part) for part in found.groups()))
        raise Refused(404, "notFound", f"no method {request.method} {request.path}")

    def _allowed(self, request: Request, bucket: str, permission: str) -> Bucket:
        """Give a bucket that the caller may use in this way."""
        found = self.store.bucket(bucket)
        if found.requester_pays and not request.query.get("userProject"):
            told = "Bucket is a requester pays bucket but no user project provided."
            raise Refused(400, "required", told)
        if request.query.get("userProject") and _TO_LET_PAY in found.denied:
            told = (
                f"caller does not have {_TO_LET_PAY} access to the Google Cloud project. "
                f"Permission '{_TO_LET_PAY}' denied on resource (or it may not exist)."
            )
            raise Refused(403, "forbidden", told)
        if permission in found.denied:
            told = (
                f"caller does not have {permission} access to the Google Cloud Storage resource. "
                f"Permission '{permission}' denied on resource (or it may not exist)."
            )
            raise Refused(403, "forbidden", told)
        return found

    def _present(self, request: Request, bucket: str, name: str) -> dict[str, Any]:
        """Give what is known of an object that a request means."""
        facts = self.store.check(bucket, name, request.query)
        if facts is None or request.query.get("generation", facts["generation"]) != facts["generation"]:
            raise Refused(404, "notFound", f"No such object: {bucket}/{name}")
        return facts

    def _list_buckets(self, request: Request) -> Answer:
        names = sorted(path.name for path in self.store.root.iterdir() if path.is_dir())
        shown = [_bucket(name, self.store.bucket(name)) for name in names if not name.startswith(".")]
        return Answer.json({"kind": "storage#buckets", "items": shown})

    def _make_bucket(self, request: Request) -> Answer:
        name = request.json()["name"]
        if (self.store.root / name).is_dir():
            raise Refused(409, "conflict", "Your previous request to create the named bucket succeeded.")
        location = request.json().get("location", "US").upper()
        return Answer.json(_bucket(name, self.store.make_bucket(name, Bucket(location=location))))

    def _get_bucket(self, request: Request, bucket: str) -> Answer:
        return Answer.json(_bucket(bucket, self._allowed(request, bucket, "storage.buckets.get")))

    def _delete_bucket(self, request: Request, bucket: str) -> Answer:
        self._allowed(request, bucket, "storage.buckets.delete")
        if any((self.store.root / bucket).iterdir()):
            raise Refused(409, "conflict", "The bucket you tried to delete is not empty.")
        (self.store.root / bucket).rmdir()
        return Answer(204)

    def _list(self, request: Request, bucket: str) -> Answer:
        self._allowed(request, bucket, "storage.objects.list")
        query = request.query
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        size = int(query.get("maxResults", 1000))
        found: dict[str, bool] = {}
        for name in self.store.names(bucket):
            if not name.startswith(prefix) or not query.get("startOffset", "") <= name:
                continue
            head, mark, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
            found[prefix + head + mark if mark else name] = bool(mark)
        left = [name for name in found if name > query.get("pageToken", "")]
        page = left[:size]
        objects = [self.store.find(bucket, name) for name in page if not found[name]]
        content: dict[str, Any] = {
            "kind": "storage#objects",
            "items": [one for one in objects if one is not None],
            "prefixes": [name for name in page if found[name]],
        }
        if len(left) > size:
            content["nextPageToken"] = page[-1]
        return Answer.json(content)

    def _get(self, request: Request, bucket: str, name: str) -> Answer:
        self._allowed(request, bucket, "storage.objects.get")
        with self.store.lock:
            facts = self._present(request, bucket, name)
            if request.query.get("alt") != "media":
                return Answer.json(facts)
            size = int(facts["size"])
            asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range") or "")
            start, end = _span(asked[1], asked[2], size) if asked else (0, size)
            content = self.store.content(bucket, name, start, end)
        headers = {
            "Content-Type": facts["contentType"],
            "ETag": facts["etag"],
            "X-Goog-Generation": facts["generation"],
            "X-Goog-Metageneration": facts["metageneration"],
            "X-Goog-Hash": f"crc32c={facts['crc32c']}" + (f",md5={facts['md5Hash']}" if "md5Hash" in facts else ""),
            "X-Goog-Stored-Content-Length": facts["size"],
            "X-Goog-Stored-Content-Encoding": "identity",
        }
        if asked is None:
            return Answer(200, content, headers)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        return Answer(206, content, headers)

    def _upload(self, request: Request, bucket: str) -> Answer:
        self._allowed(request, bucket, "storage.objects.create")
        kind = request.query.get("uploadType")
        if kind == "resumable":
            sent = request.json()
            if "X-Upload-Content-Type" in request.headers:
                sent.setdefault("contentType", request.headers["X-Upload-Content-Type"])
            name = request.query.get("name") or sent.get("name", "")
            upload = self.uploads.begin(bucket, name, request.query, sent)
            place = f"{request.host}{request.path}?uploadType=resumable&upload_id={upload}"
            return Answer(200, b"", {"Location": place, "X-GUploader-UploadID": upload})
        if kind == "multipart":
            sent, content = split_multipart(request.headers["Content-Type"], request.body)
        else:
            sent, content = {"contentType": request.headers.get("Content-Type")}, request.body
        content, sent = request.as_received(content, sent | hashes_in(request.headers))
        name = request.query.get("name") or sent.get("name", "")
        self._may_replace(request, bucket, name)
        return Answer.json(self.store.write(bucket, name, content, request.query, sent))

    def _may_replace(self, request: Request, bucket: str, name: str) -> None:
        """Hold that taking an object's place needs the right to delete it."""
        if self.store.find(bucket, name) is not None:
            self._allowed(request, bucket, "storage.objects.delete")

    def _continue_upload(self, request: Request, bucket: str) -> Answer:
        upload = request.query["upload_id"]
        content, _ = request.as_received(request.body, {})
        done = self.uploads.take(upload, request.headers, content)
        if done is not None:
            return Answer.json(done)
        kept = len(self.uploads.find(upload).kept)
        return Answer(308, b"", {"Range": f"bytes=0-{kept - 1}"} if kept else {})

    def _cancel_upload(self, request: Request, bucket: str) -> Answer:
        self.uploads.cancel(request.query["upload_id"])
        return Answer(499)

    def _copy(self, request: Request, bucket: str, name: str, how: str, target: str, new_name: str) -> Answer:
        self._allowed(request, bucket, "storage.objects.get")
        self._allowed(request, target, "storage.objects.create")
        with self.store.lock:
            facts = self.store.check(bucket, name, request.query, prefix="ifSource")
            wanted = request.query.get("sourceGeneration")
            if facts is None or wanted not in (None, facts["generation"]):
                raise Refused(404, "notFound", f"No such object: {bucket}/{name}")
            if how == "rewriteTo" and (step := self._step_of_rewrite(request, bucket, target, facts)) is not None:
                return step
            content = self.store.content(bucket, name)
            kept = {kind: facts[kind] for kind in ("contentType", "metadata") if kind in facts}
            written = self.store.write(target, new_name, content, request.query, kept | request.json())
        if how == "copyTo":
            return Answer.json(written)
        size = written["size"]
        rewritten = {"kind": "storage#rewriteResponse", "done": True, "totalBytesRewritten": size, "objectSize": size}
        return Answer.json({**rewritten, "resource": written})

    def _step_of_rewrite(self, request: Request, bucket: str, target: str, facts: dict[str, Any]) -> Answer | None:
        """Answer the first call of a copy to another location with a token; None for the call that ends a copy."""
        token = request.query.get("rewriteToken")
        if self.store.bucket(bucket).location == self.store.bucket(target).location:
            return None
        if token is not None:
            if self._rewrites.pop(token, None) != request.path:
                raise Refused(400, "invalid", "The rewrite token is of another request.")
            return None
        token = f"rewrite-{len(self._rewrites)}-{facts['generation']}"
        self._rewrites[token] = request.path
        begun = {"kind": "storage#rewriteResponse", "done": False, "totalBytesRewritten": "0"}
        return Answer.json({**begun, "objectSize": facts["size"], "rewriteToken": token})

    def _compose(self, request: Request, bucket: str, name: str) -> Answer:
        self._allowed(request, bucket, "storage.objects.create")
        asked = request.json()
        with self.store.lock:
            parts = []
            for source in asked["sourceObjects"]:
                wanted = {key: str(value) for key, value in source.get("objectPreconditions", {}).items()}
                if self.store.check(bucket, source["name"], wanted) is None:
                    raise Refused(404, "notFound", f"No such object: {bucket}/{source['name']}")
                parts.append(self.store.content(bucket, source["name"]))
            sent = asked.get("destination", {})
            return Answer.json(self.store.write(bucket, name, b"".join(parts), request.query, sent))

    def _patch(self, request: Request, bucket: str, name: str) -> Answer:
        self._allowed(request, bucket, "storage.objects.update")
        with self.store.lock:
            self._present(request, bucket, name)
            return Answer.json(self.store.change(bucket, name, request.json()))

    def _delete(self, request: Request, bucket: str, name: str) -> Answer:
        self._allowed(request, bucket, "storage.objects.delete")
        with self.store.lock:
            self._present(request, bucket, name)
            self.store.delete(bucket, name)
        return Answer(204)


def _bucket(name: str, bucket: Bucket) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "kind": "storage#bucket",
        "id": name,
        "name": name,
        "location": bucket.location,
        "locationType": "multi-region" if bucket.location in ("US", "EU", "ASIA") else "region",
        "storageClass": "STANDARD",
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        "billing": {"requesterPays": bucket.requester_pays},
    }
    if bucket.default_kms_key:
        shown["encryption"] = {"defaultKmsKeyName": bucket.default_kms_key}
    return shown


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """Give the half-open span of a range, counted from the end where it has no start."""
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if start >= size:
        raise Refused(416, "requestedRangeNotSatisfiable", "The requested range cannot be satisfied.")
    return start, end
