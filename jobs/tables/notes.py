"""What is wrong with a table: each problem with its place, and as many of them as a person can take in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from association.problems import InputError, Problem
from infra.storage import Place

# What a person can take in at once; the rest is counted.
MOST_PROBLEMS_SHOWN = 20


@dataclass(frozen=True)
class Note:
    """Problems of one kind.

    Attributes
    ----------
    problems
        The first of them, `MOST_PROBLEMS_SHOWN` at most.
    count
        How many there are.
    """

    problems: tuple[Problem, ...]
    count: int

    @classmethod
    def single(cls, place: str, message: str) -> Note:
        """Make the note of one problem."""
        return cls((Problem(place, message),), 1)


def raise_notes(path: Place, notes: Sequence[Note]) -> None:
    """Raise all that was noted of a file; of many problems some of each kind, and the number of all.

    Raises
    ------
    InputError
        If anything was.
    """
    # A column that is read under two names has its problems once.
    notes = list(dict.fromkeys(notes))
    count = sum(note.count for note in notes)
    if not count:
        return
    ranked = [
        (rank, order, problem) for order, note in enumerate(notes) for rank, problem in enumerate(note.problems)
    ]
    chosen = sorted(ranked, key=lambda entry: entry[:2])[:MOST_PROBLEMS_SHOWN]
    shown = [problem for _, _, problem in sorted(chosen, key=lambda entry: (entry[1], entry[0]))]
    raise InputError(path.name, shown, count)
