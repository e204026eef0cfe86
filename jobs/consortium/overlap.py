"""Is somebody in two cohorts? Fingerprints say so where they can be compared, and where they can't, that is said.

Nobody can be taken out of a sum afterwards, so a person in two cohorts is refused; that two cohorts can't be compared
is refused too, unless the user says to go on unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol

from association.cohort.fingerprints import Fingerprints, people_in_both, smallest_kinship
from association.cohort.relatedness import DUPLICATE
from association.problems import InputError, Problem

REMEDY = (
    "name cohort.salt, the same secret at all members, and make both anew, or say --overlap unchecked where it is "
    "known that nobody is in both"
)
# Fewer pairs of relatives are not told in number.
FEWEST_TOLD = 5


class Member(Protocol):
    """A cohort of several: what it says of itself, and fingerprints of its samples."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Of its contents, `cohort` and `salt_check` are read."""

    @property
    def prints(self) -> Fingerprints | None:
        """None of a cohort that has none."""


@dataclass(frozen=True)
class PairLookedAt:
    """Two cohorts, and whether they could be compared.

    Attributes
    ----------
    first, second
        Their names.
    unchecked
        Why nobody knows whether a person is in both; None where nobody is.
    relatives
        How many pairs of close relatives are across the two, "<5" for one to four; None where there are none, or
        nobody knows.
    """

    first: str
    second: str
    unchecked: str | None
    relatives: str | None = None


def look_for_overlap(members: Sequence[Member], *, unchecked: bool) -> list[PairLookedAt]:
    """Look for people in two cohorts, and count close relatives across them, who are no reason to refuse.

    Parameters
    ----------
    members
        The cohorts, which fit together.
    unchecked
        Whether cohorts that can't be compared may go on.

    Raises
    ------
    InputError
        With how many people are in each two cohorts, and with those that can't be compared, unless these may go on.
    """
    problems: list[Problem] = []
    looked = []
    for first, second in combinations(members, 2):
        names = str(first.manifest["cohort"]), str(second.manifest["cohort"])
        place, why = f"{names[0]} and {names[1]}, samples", next(_why_not(first, second), None)
        same, related = (0, 0) if why is not None else _people_in_both(first, second)
        relatives = _told(related)
        looked.append(PairLookedAt(*names, why, relatives))
        if same:
            message = (
                f"{same:,} samples are of people in both, {relatives or 'none'} of close relatives; agree which "
                "cohort keeps them, leave them out of the other by qc.sample.exclude, and make it anew"
            )
            problems.append(Problem(place, message))
        if why is not None and not unchecked:
            problems.append(Problem(place, f"nobody can tell whether a person is in both: {why}; {REMEDY}"))
    if problems:
        raise InputError("the cohorts", problems)
    return looked


def _why_not(first: Member, second: Member) -> Iterator[str]:
    """Say why fingerprints of two cohorts can't be compared."""
    lacking = [one.manifest["cohort"] for one in (first, second) if one.prints is None]
    if first.prints is None or second.prints is None:
        yield f"there are no fingerprints of {' and '.join(lacking)}"
        return
    if first.manifest["salt_check"] != second.manifest["salt_check"]:
        yield "their fingerprints were made with different secrets"
    if smallest_kinship(first.prints, second.prints) > DUPLICATE:
        sites = len(set(first.prints.sites) & set(second.prints.sites))
        yield f"the {sites:,} common sites that both have are too few"


def _people_in_both(first: Member, second: Member) -> tuple[int, int]:
    """Count the pairs across two cohorts that are one person, and those of close relatives."""
    if first.prints is None or second.prints is None:
        return 0, 0
    found = people_in_both(first.prints, second.prints)["relationship"]
    same = int((found == "duplicate").sum())
    return same, len(found) - same


def _told(pairs: int) -> str | None:
    """Tell a number, but for one that few people are behind."""
    return None if pairs == 0 else f"{pairs:,}" if pairs >= FEWEST_TOLD else f"<{FEWEST_TOLD}"
