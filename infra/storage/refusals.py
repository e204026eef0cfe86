"""Google's refusals, told as what is wrong and what to do about it.

Google's own texts name accounts and addresses; none of them is passed on.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests
from google.api_core import exceptions as google_errors
from google.auth.exceptions import GoogleAuthError, TransportError
from google.cloud.storage.exceptions import InvalidResponse  # type: ignore[import-untyped]

from association.problems import InputError, Problem
from infra.storage.errors import StorageError, changed_error

# Reasons that Google gives in its answer; of uploads and downloads the library passes them on within the text alone.
_QUOTA = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded")
# The text holds the request's address too, whose host looks much like a permission.
_PERMISSION = re.compile(
    r"storage\.(?:objects|buckets|folders|managedFolders|multipartUploads)\.[A-Za-z]+|serviceusage\.services\.use"
)
_TO_LET_PAY = "serviceusage.services.use"
_ROLES = {
    "storage.objects.get": "roles/storage.objectViewer",
    "storage.objects.list": "roles/storage.objectViewer",
    "storage.buckets.get": "roles/storage.legacyBucketReader",
}
# Phrases of refusals that are no matter of rights: of each the setting at fault, and the remedy.
_FORBIDDEN = (
    (
        "Cloud KMS key",
        "key",
        "the encryption key can't be used; check `cloud: kms_key`, and let the storage service agent of the project "
        "that owns {bucket} encrypt and decrypt with it",
    ),
    (
        "retention policy",
        "retention",
        "the retention policy of {bucket} forbids to replace or remove; a run does both: use a bucket without one",
    ),
    (
        "billing account",
        "billing",
        "the project that owns {bucket}, or that pays, has no open billing account; have its owner open one",
    ),
)


@contextmanager
def refusals_told(place: str) -> Iterator[None]:
    """Turn the client library's errors into the project's.

    Parameters
    ----------
    place
        What was asked for, as `gs://bucket/name`.

    Raises
    ------
    InputError
        If the bucket, the rights or the settings are at fault.
    StorageError
        If Google is, or the way to it.
    ChangedError
        If the object is not the one that the request was for: someone else changed it.
    FileNotFoundError
        If the bucket is there but the object is not.
    """
    try:
        yield
    except google_errors.RetryError as error:
        cause = error.cause if isinstance(error.cause, Exception) else error
        raise _told(place, _plain(cause), waited=True) from None
    except (google_errors.GoogleAPICallError, GoogleAuthError, requests.RequestException, ConnectionError) as error:
        raise _told(place, error, waited=False) from None


def _told(place: str, error: Exception, *, waited: bool) -> Exception:
    bucket = "/".join(place.split("/")[:3])
    for kind, tell in _TELLERS:
        if isinstance(error, kind) and not isinstance(error, TransportError):
            return tell(place, bucket, error)
    after = ", even after many attempts" if waited else ""
    message = (
        f"Google Cloud Storage did not answer as it should{after} ({_kind(error)}); nothing was left half-written. "
        "Try again later: what was finished is kept"
    )
    return StorageError(place, [Problem("storage", message)])


def _plain(error: Exception) -> Exception:
    """Give the errors of the library's uploads and downloads the shape of its others."""
    if isinstance(error, InvalidResponse):
        status = error.response.status_code
        plain: Exception = google_errors.from_http_status(status, "")  # type: ignore[no-untyped-call]
        return plain
    return error


def _kind(error: Exception) -> str:
    code = getattr(error, "code", None)
    return f"HTTP {int(code)}" if code else type(error).__name__


def _text(error: Exception) -> str:
    """Give all that Google said."""
    errors = getattr(error, "errors", None) or []
    reasons = [str(one.get("reason")) for one in errors if isinstance(one, dict)]
    return " ".join([str(error), *reasons])


def _not_found(place: str, bucket: str, error: Exception) -> Exception:
    if "bucket does not exist" in str(error):
        message = f"there is no bucket {bucket}; check its spelling, or make it first"
        return InputError.single(place, "bucket", message)
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), place)


def _forbidden(place: str, bucket: str, error: Exception) -> Exception:
    text = _text(error)
    if any(reason in text for reason in _QUOTA):
        return _quota(place, bucket, error)
    for phrase, setting, remedy in _FORBIDDEN:
        if phrase in text:
            return InputError.single(place, setting, remedy.format(bucket=bucket))
    found = _PERMISSION.search(text)
    permission = found[0] if found else "to use it"
    if permission == _TO_LET_PAY:
        message = (
            f"permission {permission} is denied on the project that pays for {bucket}; check `cloud: "
            "requester_pays_project`, or have that project's owner grant roles/serviceusage.serviceUsageConsumer on "
            "it to the account that runs this (on a cluster: its service account)"
        )
        return InputError.single(place, "permission", message)
    role = _ROLES.get(permission, "roles/storage.objectUser")
    message = (
        f"permission {permission} is denied, or there is no {bucket}; check its spelling, or have its owner grant "
        f"{role} on it to the account that runs this (on a cluster: its service account)"
    )
    return InputError.single(place, "permission", message)


def _quota(place: str, bucket: str, error: Exception) -> Exception:
    message = (
        f"Google limits how much the project may ask of {bucket}, and kept on refusing; try again later, with fewer "
        "workers, or have the project's quota raised. What was finished is kept"
    )
    return StorageError(place, [Problem("quota", message)])


def _bad_request(place: str, bucket: str, error: Exception) -> Exception:
    if "requester pays" in str(error):
        message = (
            f"{bucket} makes those pay who ask; name the project that pays, as `cloud: requester_pays_project`. The "
            "study file itself is read before that is known: keep it elsewhere, as on this machine, and name another "
            "bucket as `cloud: bucket`"
        )
        return InputError.single(place, "requester pays", message)
    message = f"Google Cloud Storage can't make sense of the request ({_kind(error)}); check the object's name"
    return InputError.single(place, "request", message)


def _signed_out(place: str, bucket: str, error: Exception) -> Exception:
    message = (
        "no valid Google credentials were found; run `gcloud auth application-default login`, or set "
        "GOOGLE_APPLICATION_CREDENTIALS"
    )
    return InputError.single(place, "credentials", message)


def _changed(place: str, bucket: str, error: Exception) -> Exception:
    return changed_error(place)


_TELLERS: tuple[tuple[type[Exception], Callable[[str, str, Exception], Exception]], ...] = (
    (google_errors.NotFound, _not_found),
    (google_errors.Forbidden, _forbidden),
    (google_errors.TooManyRequests, _quota),
    (google_errors.Unauthorized, _signed_out),
    (google_errors.PreconditionFailed, _changed),
    (google_errors.BadRequest, _bad_request),
    (GoogleAuthError, _signed_out),
)
