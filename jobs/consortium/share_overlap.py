"""Is somebody in two cohorts? Fingerprints say so where they can be compared, and where they can't, that is said.

Nobody can be taken out of a sum afterwards, so a person in two cohorts is refused; that two cohorts can't be compared
is refused too, unless the user says to go on unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from association.cohort.fingerprints import smallest_kinship
from association.cohort.relatedness import DUPLICATE
from association.problems import InputError, Problem
from jobs.consortium.refusals import refuse_overlap
from jobs.consortium.share_misfits import Share

Overlap = Literal["refuse", "unchecked"]
REMEDY = "name cohort.salt, the same secret at all members, and share anew, or go on by --overlap unchecked"


@dataclass(frozen=True)
class PairLookedAt:
    """Two cohorts, and whether they could be compared.

    Attributes
    ----------
    first, second
        Their names.
    unchecked
        Why nobody knows whether a person is in both; None where nobody is.
    """

    first: str
    second: str
    unchecked: str | None


def look_for_overlap(shares: Sequence[Share], overlap: Overlap) -> list[PairLookedAt]:
    """Look for people in two cohorts.

    Parameters
    ----------
    shares
        The cohorts' shares, which fit together.
    overlap
        Whether cohorts that can't be compared are refused, or left unchecked.

    Raises
    ------
    InputError
        With how many people are in each two cohorts, and with those that can't be compared, unless these may go on.
    """
    problems: list[Problem] = []
    looked = []
    for first, second in combinations(shares, 2):
        why = next(_why_not(first, second), None)
        looked.append(PairLookedAt(first.cohort, second.cohort, why))
        if why is None:
            problems += _people_in_both(first, second)
        elif overlap == "refuse":
            message = f"nobody can tell whether a person is in both: {why}; {REMEDY}"
            problems.append(Problem(f"{first.cohort} and {second.cohort}, samples", message))
    if problems:
        raise InputError("the cohorts", problems)
    return looked


def _why_not(first: Share, second: Share) -> Iterator[str]:
    """Say why fingerprints of two cohorts can't be compared."""
    lacking = [one.cohort for one in (first, second) if one.prints is None]
    if first.prints is None or second.prints is None:
        yield f"{' and '.join(lacking)} shared no fingerprints"
        return
    if first.manifest.get("salt_check") != second.manifest.get("salt_check"):
        yield "their fingerprints were made with different secrets"
    if smallest_kinship(first.prints, second.prints) > DUPLICATE:
        sites = len(set(first.prints.sites) & set(second.prints.sites))
        yield f"the {sites:,} common sites that both have are too few"


def _people_in_both(first: Share, second: Share) -> Sequence[Problem]:
    """Count the people of two cohorts that are in both, as a problem where there are any."""
    try:
        refuse_overlap([first.manifest, second.manifest], [first.prints, second.prints])
    except InputError as error:
        return error.problems
    return ()
