"""What Google answers in place of a result, in the user's terms: what it means, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions
from google.auth import exceptions as auth

from association.problems import InputError

REMEDIES: dict[type[Exception], str] = {
    exceptions.PermissionDenied: (
        "Dataproc refused it: your account needs roles/dataproc.editor, and roles/iam.serviceAccountUser on "
        "cloud.service_account (docs/cloud.md says what each is for)"
    ),
    exceptions.Forbidden: "Dataproc refused it: your account lacks a permission (docs/cloud.md says which)",
    exceptions.Unauthenticated: "nobody is signed in; run `gcloud auth application-default login`",
    exceptions.ResourceExhausted: (
        "a quota of the project does not allow it: name fewer workers or spot_workers, or another region, or ask for "
        "more under IAM & Admin, Quotas"
    ),
    exceptions.InvalidArgument: "Dataproc does not accept the request: look at that setting of the section cloud",
    exceptions.NotFound: "there is no such thing: check cloud.project, cloud.region, and the subnet's name",
    exceptions.FailedPrecondition: "the project is not ready for it: is the Dataproc API on, and the subnet private?",
    exceptions.ServiceUnavailable: (
        "Dataproc did not answer for as long as was tried; whether the request arrived is not known. Run the same "
        "command again: the same study is never run twice at once"
    ),
    exceptions.DeadlineExceeded: (
        "Dataproc took longer than was waited; whether the request arrived is not known. Run the same command again: "
        "the same study is never run twice at once"
    ),
    auth.DefaultCredentialsError: "nobody is signed in; run `gcloud auth application-default login`",
    exceptions.RetryError: (
        "Dataproc did not answer for as long as was tried; whether the request arrived is not known. Run the same "
        "command again: the same study is never run twice at once"
    ),
}


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn Google's exceptions into the user's.

    Parameters
    ----------
    doing
        What was being done, for the message.

    Raises
    ------
    InputError
        In place of an exception that the user can do something about; others pass.
    """
    try:
        yield
    except tuple(REMEDIES) as error:
        remedy = next(remedy for kind, remedy in REMEDIES.items() if isinstance(error, kind))
        said = getattr(error, "message", None) or type(error).__name__
        raise InputError.single("Dataproc", doing, f"{remedy}. It said: {said}") from None
