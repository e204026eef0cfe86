"""Google's own words, as its documentation and its answers give them, are told with the remedy and without names."""

import json

import pytest
import requests
from google.api_core import exceptions as google_errors
from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError

from association.problems import InputError
from infra.storage import ChangedError, StorageError
from infra.storage.refusals import refusals_told

ADDRESS = "POST https://storage.googleapis.com/upload/storage/v1/b/lab/o?uploadType=multipart&kmsKeyName=projects/p"
PERSON = "ada@lab.example"


def error(status, message, reason):
    """Make the library's error for an answer to an upload, which it passes on as text."""
    answer = {"error": {"code": status, "message": message, "errors": [{"message": message, "reason": reason}]}}
    return google_errors.from_http_status(status, f"{ADDRESS}: {json.dumps(answer)}")


def waited_for(cause):
    """Make the library's error for patience that ended."""
    return google_errors.RetryError("deadline", cause=cause)


def told(raised):
    with pytest.raises(Exception) as caught, refusals_told("gs://lab/out/file"):  # noqa: PT011
        raise raised
    return caught.value


@pytest.mark.parametrize(
    ("status", "message", "reason", "kind", "remedy"),
    [
        (
            403,
            f"{PERSON} does not have storage.objects.create access to the Google Cloud Storage object. Permission "
            "'storage.objects.create' denied on resource (or it may not exist).",
            "forbidden",
            InputError,
            "permission storage.objects.create is denied, or there is no gs://lab",
        ),
        (
            403,
            f"{PERSON} does not have serviceusage.services.use access to the Google Cloud project. Permission "
            "'serviceusage.services.use' denied on resource (or it may not exist).",
            "forbidden",
            InputError,
            "project's owner grant roles/serviceusage.serviceUsageConsumer on it",
        ),
        (
            403,
            "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been "
            "authorized to use this key.",
            "forbidden",
            InputError,
            "check `cloud: kms_key`",
        ),
        (
            403,
            "Object 'lab/out/file' is subject to bucket's retention policy and cannot be deleted or overwritten",
            "retentionPolicyNotMet",
            InputError,
            "use a bucket without one",
        ),
        (
            403,
            "The billing account for the owning project is disabled in state absent",
            "accountDisabled",
            InputError,
            "open billing account",
        ),
        (403, "Quota exceeded for quota metric", "quotaExceeded", StorageError, "quota raised"),
        (429, "The object exceeded the rate limit for object mutation", "rateLimitExceeded", StorageError, "later"),
        (404, "The specified bucket does not exist.", "notFound", InputError, "check its spelling"),
        (404, "No such object: lab/out/file", "notFound", FileNotFoundError, "gs://lab/out/file"),
        (
            400,
            "Bucket is a requester pays bucket but no user project provided.",
            "required",
            InputError,
            "name another bucket as `cloud: bucket`",
        ),
        (400, "Invalid argument.", "invalid", InputError, "check the object's name"),
        (401, "Anonymous caller does not have storage.objects.get access", "required", InputError, "gcloud auth"),
        (412, "At least one of the pre-conditions you specified did not hold.", "conditionNotMet", ChangedError, ""),
        (503, "We encountered an internal error. Please try again.", "backendError", StorageError, "HTTP 503"),
    ],
)
def test_an_answer_is_told_with_its_remedy(status, message, reason, kind, remedy):
    found = told(error(status, message, reason))
    assert type(found) is kind
    assert remedy in str(found)
    assert PERSON not in str(found)
    assert "googleapis" not in str(found)


@pytest.mark.parametrize(
    ("raised", "kind", "remedy"),
    [
        (DefaultCredentialsError(f"no credentials for {PERSON}"), InputError, "gcloud auth"),
        (RefreshError("invalid_grant: token of ada expired"), InputError, "gcloud auth"),
        (TransportError("no way to the token server"), StorageError, "Try again later"),
        (requests.ConnectionError("no route to host 10.0.0.1"), StorageError, "ConnectionError"),
        (
            google_errors.RetryError("deadline", cause=error(429, "slow down", "rateLimitExceeded")),
            StorageError,
            "quota",
        ),
        (
            google_errors.RetryError("deadline", cause=ConnectionResetError()),
            StorageError,
            "even after many attempts",
        ),
        (waited_for(None), StorageError, "even after many attempts"),
    ],
)
def test_trouble_on_the_way_is_told_with_its_remedy(raised, kind, remedy):
    found = told(raised)
    assert type(found) is kind
    assert remedy in str(found)
    for secret in (PERSON, "ada", "10.0.0.1"):
        assert secret not in str(found)


def test_what_is_not_googles_is_left_alone():
    assert isinstance(told(KeyError("mine")), KeyError)
