"""What a user's input got wrong: all of it at once, each with its place and a remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input.

    Attributes
    ----------
    place
        Where in the input: a setting's path, a line, a column.
    message
        What was found, what was expected, and what to do.
    """

    place: str
    message: str


class InputError(Exception):
    """An input can't be used as it is; the user can mend it.

    Parameters
    ----------
    source
        The file or setting that is at fault, as the user named it.
    problems
        Everything that is wrong with it, in the order of the input; of many, the first.
    total
        How many there are, where not all are given.
    """

    def __init__(self, source: str, problems: Iterable[Problem], total: int | None = None) -> None:
        self.source = source
        self.problems = tuple(problems)
        self.total = len(self.problems) if total is None else total
        super().__init__(self._text())

    @classmethod
    def single(cls, source: str, place: str, message: str) -> InputError:
        """Make the error for an input with one problem."""
        return cls(source, [Problem(place, message)])

    def _text(self) -> str:
        shown = len(self.problems)
        some = f", the first {shown:,} of them" if self.total > shown else ""
        lines = [f"{self.source}: {self.total:,} problem{'' if self.total == 1 else 's'}{some}"]
        lines += [f"  {problem.place}: {problem.message}" for problem in self.problems]
        return "\n".join(lines)

    def __reduce__(self) -> tuple[type[InputError], tuple[str, tuple[Problem, ...], int]]:
        """Keep source and problems when a worker process hands the error back."""
        return (type(self), (self.source, self.problems, self.total))
