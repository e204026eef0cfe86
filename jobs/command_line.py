"""What the commands have in common: the study they are of, and what is done about faults that the user can mend."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from association.problems import InputError
from jobs.storage_errors import storage_error

# The exit status of what the user can mend.
USERS_FAULT = 2

StudyPath = Annotated[str, typer.Argument(metavar="STUDY.yaml", help="The study file; it may be at gs://.")]


@contextmanager
def users_faults() -> Iterator[None]:
    """Print what the user can mend, without a traceback, and end with status 2."""
    try:
        yield
    except InputError as error:
        _refuse([error])
    except ExceptionGroup as group:
        faults, rest = group.split(InputError)
        if faults is None or rest is not None:
            raise
        _refuse([error for error in faults.exceptions if isinstance(error, InputError)])
    except OSError as error:
        number = storage_error(error)
        if number is None:
            raise
        message = f"{os.strerror(number)}; make room there, see to the right to write there, or name another folder"
        _refuse([InputError.single("disk", str(error.filename or "output"), message)])


def _refuse(errors: list[InputError]) -> None:
    for error in errors:
        typer.echo(f"error: {error}", err=True)
    raise typer.Exit(USERS_FAULT)
