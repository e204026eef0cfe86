"""What can go wrong with stored files, in terms of who stores them."""

from __future__ import annotations

from association.problems import InputError, Problem


class StorageError(InputError):
    """The storage did not do what it was asked to, although nothing is wrong with the request."""


class AlreadyThereError(FileExistsError):
    """What was to be new is there already: someone else was first."""


class ChangedError(StorageError):
    """What was to be replaced is not what it was when it was read: someone else was first."""


class FolderInUseError(Exception):
    """Another process holds the folder's lock."""


def broken_error(place: str, done: str) -> StorageError:
    """Make the error for content whose size or checksum was wrong again and again."""
    message = (
        f"was {done} several times, and never with the right size and checksum; nothing of it was kept. The network "
        "or the memory of this machine alters content: try on another"
    )
    return StorageError(place, [Problem("checksum", message)])


def changed_error(place: str) -> ChangedError:
    """Make the error for an object that someone else changed meanwhile."""
    message = "was changed by someone else at the same time; try again when they are done"
    return ChangedError(place, [Problem("precondition", message)])
