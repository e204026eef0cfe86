"""Which counts of people may be told, none of them by itself and none as the difference of two.

A count c may be told if it is 0 or at least `least`. Where groups may lie within each other (masks of one gene), the
difference of two counts is a count of people too: the smaller is told, and a larger one only if it differs by 0 or
by at least `least` from every one that is told. Where a group may be the union of two others, a + b - c is their
overlap, which must be 0 or at least `least` as well. The union of all is not told either where groups of few must
each be as large as such a group can be: two of 1 to 4 people who are 8 together are 4 and 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import Any

import pandas as pd

from jobs.report.numbers import FEW


@dataclass(frozen=True)
class Group:
    """Some people: how many, and how many of them had the event.

    Attributes
    ----------
    people
        All of them.
    events
        Those with the event; None where there is none such.
    union
        Whether all other groups lie within it.
    """

    people: int
    events: int | None = None
    union: bool = False


def is_few(count: Any, least: int) -> bool:
    """Say whether a count is of so few people that it may not be told."""
    return bool(0 < count < least)


def few_between(counts: pd.Series, least: int) -> pd.Series:
    """Say which counts are of so few people that they may not be told."""
    return (counts > 0) & (counts < least)


def few_of(counts: pd.Series, least: int) -> pd.Series:
    """Give counts as numbers, those of few people as `FEW`."""
    numeric = counts.astype(float)
    return numeric.mask(few_between(numeric, least), FEW)


def events_told(events: pd.Series, people: pd.Series, silent: pd.Series, least: int) -> pd.Series:
    """Give counts of events without those that may not be told.

    One of few is said to be few only among people so many that neither this, nor a count that is missing because few
    had no event, leaves fewer than 4 possible ones: of 6 people with a missing count 5 would have the event.

    Parameters
    ----------
    events
        Of some people, or missing.
    people
        How many they are.
    silent
        Where events may not be told.
    least
        The smallest count that may be told.
    """
    numeric = events.astype(float)
    few = silent & few_between(numeric, least) & (people.astype(float) >= 2 * least - 1)
    return numeric.mask(silent).mask(few, FEW)


def told_groups(groups: Iterable[Group], least: int) -> dict[Group, tuple[bool, bool]]:
    """Say of each group whether its people and whether its events may be told.

    Parameters
    ----------
    groups
        Of one gene, say; they may lie within each other.
    least
        The smallest count that may be told.
    """
    people: list[int] = []
    cases: list[tuple[int, int]] = []
    told: dict[Group, tuple[bool, bool]] = {}
    for group in sorted(set(groups), key=lambda one: (one.union, one.people, one.events or 0)):
        shown = _tellable(group.people, people, least) and not _takes_the_most(group, told, least)
        with_events = shown and group.events is not None and _events_tellable(group, cases, least)
        told[group] = (shown, with_events)
        if shown:
            people.append(group.people)
        if with_events and group.events is not None:
            cases.append((group.people, group.events))
    return told


def _tellable(count: int, told: Sequence[int], least: int) -> bool:
    if is_few(count, least) or any(is_few(abs(count - other), least) for other in told):
        return False
    return not any(is_few(sum(two) - count, least) for two in combinations(told, 2))


def _takes_the_most(group: Group, others: Mapping[Group, tuple[bool, bool]], least: int) -> bool:
    """Say whether a union is all that some groups can hold, those of few people at most `least` - 1 each."""
    if not group.union:
        return False
    # Readers know these alone: a verdict on others would tell of them. Two groups of the same size are one here.
    known = (one.people for one, (shown, _) in others.items() if shown or is_few(one.people, least))
    counts = {max(people, least - 1) for people in known if people}
    some = (of for size in (2, 3) for of in combinations_with_replacement(sorted(counts), size))
    return any(sum(of) == group.people for of in some if least - 1 in of)


def _events_tellable(group: Group, told: Sequence[tuple[int, int]], least: int) -> bool:
    """Say so of events and of those without one alike."""
    events = group.events or 0
    with_event, without = [one for _, one in told], [people - one for people, one in told]
    return _tellable(events, with_event, least) and _tellable(group.people - events, without, least)
