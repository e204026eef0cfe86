"""Errors of the disk and of buckets, told in the user's terms, also where Spark hands them on from a worker."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from association.problems import InputError, Problem
from jobs.check import CheckedStudy

# How a worker's error stands in what Spark says, between Python's traceback and Java's.
_OF_A_WORKER = re.compile(
    r"^[\w.]*(?:InputError|StorageError|ChangedError): (.+): [\d,]+ problems?.*\n((?:  \S.*\n)+)", re.MULTILINE
)

NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def storage_errors_told(checked: CheckedStudy) -> Iterator[None]:
    """Turn errors of the disk that a study's output is on into the user's.

    Raises
    ------
    InputError
        In place of an error that says that the disk is full, or may not be written to, or that a worker's input or
        bucket is at fault.
    """
    try:
        yield
    except (InputError, ExceptionGroup):
        raise
    except Exception as error:
        if (of_a_worker := worker_error(error)) is not None:
            raise of_a_worker from None
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
        Python's or Arrow's own, or one of Java's or of several files, of which no more is known here than its text.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno if error.errno in NUMBERS else None
    return next((number for number in NUMBERS if os.strerror(number) in str(error)), None)


def worker_error(error: Exception) -> InputError | None:
    """Give the user's fault that a worker met, as far as Spark's error tells of one."""
    found = _OF_A_WORKER.search(str(error))
    if found is None:
        return None
    lines = [line.strip().partition(": ") for line in found[2].splitlines()]
    return InputError(found[1], [Problem(place, message) for place, _, message in lines])
