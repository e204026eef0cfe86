"""How far a transfer between this machine and a bucket is, for who watches it."""

from __future__ import annotations

from infra.storage import Transferred

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


class TransferTally:
    """Is told by a transfer how far it is, and tells it to whoever shows progress; safe from any thread."""

    def __init__(self) -> None:
        self._so_far = Transferred()

    def __call__(self, so_far: Transferred) -> None:
        """Take note."""
        self._so_far = so_far

    @property
    def under_way(self) -> bool:
        """Whether something is being transferred."""
        return self._so_far.files < self._so_far.all_files

    def told(self) -> str:
        """Say how many files and bytes have arrived; nothing before the first."""
        one = self._so_far
        if not one.all_files:
            return ""
        return f"{one.files:,} of {one.all_files:,} files, {_size(one.bytes)} of {_size(one.all_bytes)}"


def _size(count: int) -> str:
    """Write a number of bytes in the unit that suits it, in steps of a thousand."""
    size, steps = float(count), 0
    while size >= 1000 and steps < len(_UNITS) - 1:
        size, steps = size / 1000, steps + 1
    return f"{size:.1f} {_UNITS[steps]}" if steps else f"{count} {_UNITS[0]}"
