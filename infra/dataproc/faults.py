"""What Google answers in place of a result, in the user's terms: what it means, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions
from google.auth import exceptions as auth

from association.problems import InputError, Problem

# Reasons that pass by themselves. Whether what was asked for was done nobody knows, so that it is asked for again
# only under the same id.
PASSING = (
    exceptions.ServiceUnavailable,
    exceptions.DeadlineExceeded,
    exceptions.TooManyRequests,
    exceptions.InternalServerError,
    exceptions.Unknown,
    exceptions.Aborted,
)
# How gRPC tells that Google's library could not sign in; it comes as if the service were not to be reached.
NOT_SIGNED_IN = "Getting metadata from plugin failed"
SIGN_IN = (
    "nobody is signed in, or the sign-in has expired; run `gcloud auth application-default login`, and see that this "
    "machine reaches accounts.google.com"
)
AGAIN = "Run the same command again: the same study is never run twice at once"
NO_ANSWER = f"Dataproc did not answer for as long as was tried; whether the request arrived is not known. {AGAIN}"

REMEDIES: tuple[tuple[type[Exception], str], ...] = (
    (
        exceptions.PermissionDenied,
        "Dataproc refused it: your account needs roles/dataproc.editor, and roles/iam.serviceAccountUser on "
        "cloud.service_account (docs/cloud.md says what each is for)",
    ),
    (exceptions.Forbidden, "Dataproc refused it: your account lacks a permission (docs/cloud.md says which)"),
    (exceptions.Unauthenticated, SIGN_IN),
    (auth.GoogleAuthError, SIGN_IN),
    (
        exceptions.ResourceExhausted,
        "a quota of the project does not allow it: name fewer workers or spot_workers, or another region, or ask for "
        "more under IAM & Admin, Quotas",
    ),
    (
        exceptions.InvalidArgument,
        "Dataproc does not accept the request: look at that setting of the section cloud",
    ),
    (exceptions.NotFound, "there is no such thing: check cloud.project, cloud.region, and the subnet's name"),
    (
        exceptions.FailedPrecondition,
        "the project is not ready for it: is the Dataproc API on, and the subnet private?",
    ),
    (exceptions.RetryError, NO_ANSWER),
    (exceptions.ServiceUnavailable, NO_ANSWER),
    (
        exceptions.DeadlineExceeded,
        f"Dataproc took longer than was waited; whether the request arrived is not known. {AGAIN}",
    ),
    (exceptions.ClientError, "Dataproc refused the request, for a reason that is not known here"),
    (
        exceptions.GoogleAPICallError,
        f"Dataproc failed, which says nothing of the study; whether the request arrived is not known. {AGAIN}",
    ),
)


class UnansweredError(InputError):
    """Whether Dataproc does what it was asked for is not known."""


def passes(error: Exception) -> bool:
    """Say whether another try may do better."""
    return isinstance(error, PASSING) and not _is_signed_out(error)


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn Google's exceptions into the user's.

    Parameters
    ----------
    doing
        What was being done, for the message.

    Raises
    ------
    UnansweredError
        If it may have been done all the same.
    InputError
        If it was refused.
    """
    try:
        yield
    except (exceptions.GoogleAPIError, auth.GoogleAuthError) as error:
        cause = error.cause if isinstance(error, exceptions.RetryError) else error
        signed_out = isinstance(cause, Exception) and _is_signed_out(cause)
        remedy = SIGN_IN if signed_out else next((text for kind, text in REMEDIES if isinstance(error, kind)), AGAIN)
        said = getattr(error, "message", None) or type(error).__name__
        problem = Problem(doing, f"{remedy}. It said: {said}")
        raise (UnansweredError if AGAIN in remedy else InputError)("Dataproc", [problem]) from None


def _is_signed_out(error: Exception) -> bool:
    return isinstance(error, auth.GoogleAuthError) or NOT_SIGNED_IN in str(error)
