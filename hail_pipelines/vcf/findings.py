"""Faults of a file's records, each kind told once: where it stands first, and on which lines again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from association.problems import Problem

MOST_KINDS = 20
MOST_LINES = 9


class Fault(NamedTuple):
    """One thing that is wrong with a record.

    Attributes
    ----------
    part
        The column or field, empty for the whole line.
    message
        What was found, what was expected, and what to do.
    kind
        What faults that need the same remedy have in common.
    """

    part: str
    message: str
    kind: str


@dataclass
class Findings:
    """Faults by kind, in the order in which the kinds were met.

    Attributes
    ----------
    first
        The first fault of each kind.
    lines
        The lines of all faults of a kind.
    """

    first: dict[str, Problem] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)

    def add(self, line: int, fault: Fault) -> None:
        """Note a fault.

        Parameters
        ----------
        line
            The line's number in the file, from 1.
        fault
            What is wrong with it.
        """
        place = f"line {line}, {fault.part}" if fault.part else f"line {line}"
        self.first.setdefault(fault.kind, Problem(place, fault.message))
        self.lines.setdefault(fault.kind, []).append(line)

    def problems(self) -> list[Problem]:
        """Give each kind as one problem; beyond `MOST_KINDS` kinds, say only how many there are."""
        found = [_with_lines(problem, self.lines[kind]) for kind, problem in self.first.items()]
        if len(found) <= MOST_KINDS:
            return found
        rest = found[MOST_KINDS:]
        return [*found[:MOST_KINDS], Problem(rest[0].place, f"and {len(rest)} kinds of fault more, the first here")]


def _with_lines(problem: Problem, lines: list[int]) -> Problem:
    """Add the other lines that have a fault of the same kind."""
    others = list(dict.fromkeys(lines))[1:]
    if not others:
        return problem
    listed = ", ".join(str(line) for line in others[:MOST_LINES])
    more = f" and {len(others) - MOST_LINES:,} more" if len(others) > MOST_LINES else ""
    return Problem(problem.place, f"{problem.message} (also line{'s' if len(others) > 1 else ''} {listed}{more})")
