"""Errors of the disk, told in the user's terms: it is full, or may not be written to."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from association.problems import InputError
from jobs.check import CheckedStudy

NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


@contextmanager
def storage_errors_told(checked: CheckedStudy) -> Iterator[None]:
    """Turn errors of the disk that a study's output is on into the user's.

    Raises
    ------
    InputError
        In place of an error that says that the disk is full, or may not be written to.
    """
    try:
        yield
    except Exception as error:
        number = storage_error(error)
        if number is None:
            raise
        message = (
            f"can't be written: {os.strerror(number)}; make room there, or name another output. The stages that were "
            "finished are kept: the next run goes on from them"
        )
        raise InputError.single(checked.path.name, f"output: {checked.output}", message) from None


def storage_error(error: Exception) -> int | None:
    """Give the number of the disk's error behind another; None if it is not of the disk.

    Parameters
    ----------
    error
        Python's or Arrow's own, or one of Java's, of which no more is known here than its text.
    """
    if isinstance(error, OSError):
        return error.errno if error.errno in NUMBERS else None
    return next((number for number in NUMBERS if os.strerror(number) in str(error)), None)
