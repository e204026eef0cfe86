"""Events of two endpoints of the same patients: who died is among those who died or were ventilated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from jobs.report.withheld.cells import few_between

# Other traits with events ask for one that is no part of another's.
NESTED_TYPE = "survival"


def endpoints_of(traits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the traits whose events may lie within each other, in the study's order."""
    return [str(one["name"]) for one in traits if one.get("type") == NESTED_TYPE]


def near_another(
    rows: pd.DataFrame, told: pd.Series, whose: Sequence[str], endpoints: Sequence[str], least: int
) -> pd.Series:
    """Say of which rows the events differ by few from those of an endpoint that the study names before.

    Parameters
    ----------
    rows
        With columns trait, carriers and observed_events.
    told
        Of which rows events may be told as far as their own trait goes.
    whose
        Columns that name whose events they are: a gene or set, and a mask.
    endpoints
        Of `endpoints_of`.
    least
        The smallest count of people that may be told.
    """
    names, counts = list(whose), ["carriers", "observed_events"]
    asked = rows.loc[told & rows["trait"].isin(endpoints), [*names, "trait", *counts]]
    before = asked.iloc[:0]
    near = pd.Series(False, index=rows.index)
    for trait in endpoints:
        own = asked[asked["trait"] == trait]
        beside = own.reset_index(names="row").merge(before, on=names, suffixes=("", "_before"))
        with_event = beside["observed_events"] - beside["observed_events_before"]
        without = beside["carriers"] - beside["carriers_before"] - with_event
        close = few_between(with_event.abs(), least) | few_between(without.abs(), least)
        near[beside.loc[close, "row"]] = True
        before = pd.concat([before, own[~near[own.index]].drop_duplicates([*names, *counts])])
    return near
