"""What a study may ask for beside gene tests, of which nobody can be found: interactions and mechanisms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from jobs.report.withheld.carriers import OF_CARRIERS, OF_EVENTS, in_steps, round_p_values, withhold_carriers, without
from jobs.report.withheld.cells import few_between, few_of, is_few
from jobs.report.withheld.cohort import nearest
from jobs.report.withheld.elsewhere import Untold, untold

OF_EFFECTS = (
    *("effect_without", "standard_error_without", "effect_with", "standard_error_with"),
    *(f"{path}_{end}" for path in ("total", "direct", "indirect") for end in ("effect", "lower", "upper")),
)
OF_GENES = {"gene": "gene", "trait": "trait"}
# Arrangements of carriers among levels are a function of how many each has.
OF_LEVELS = ("permutations", "exceedances", "min_attainable_p", "p_asymptotic")
ONE, OTHER = "carriers_of_levels", "observed_of_levels"


def withhold_interactions(interactions: pd.DataFrame, results: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give interactions; carriers of levels that are left out, few as they are, are not the rest of a total.

    Parameters
    ----------
    interactions
        All that was found.
    results
        Result rows of which nothing is left to withhold: totals, of which levels are told.
    least
        The smallest count of people that may be told.
    """
    if interactions.empty:
        return interactions
    elsewhere = untold(interactions, results, OF_GENES)
    rows, hidden = withhold_carriers(interactions, ["gene", "trait", "covariate"], least, elsewhere=elsewhere)
    left_out = interactions["left_out"].astype(float)
    rest = few_between(left_out, least)
    rows = rows.assign(
        left_out=few_of(left_out, least), carriers=rows["carriers"].mask(rest), start=in_steps(rows["start"])
    )
    few_events = pd.Series([_few_in_levels(row, least) for row in rows.to_dict("records")], index=rows.index)
    silent = few_events | elsewhere.events
    few_carriers = pd.Series([_any_few(text, least) for text in rows[ONE]], index=rows.index)
    rows = without(rows, OF_EVENTS, silent | few_carriers | hidden)
    # The gene's events less those of the levels are events of those who are left out.
    unsaid = silent | few_carriers | hidden | (left_out > 0)
    rows = rows.assign(
        observed_of_levels=rows[OTHER].mask(unsaid),
        expected_of_levels=rows["expected_of_levels"].mask(unsaid),
        carriers_of_levels=rows[ONE].mask(few_carriers | hidden | rest),
        # The level of few carriers is something of each of them.
        levels=rows["levels"].mask(few_between(interactions["carriers"].astype(float), least)),
    )
    rows = without(without(rows, OF_CARRIERS, few_carriers), OF_LEVELS, rest)
    return round_p_values(rows, hidden | silent | few_carriers | rest)


def _any_few(text: Any, least: int) -> bool:
    return isinstance(text, str) and any(is_few(float(one), least) for one in text.split(";") if one)


def _few_in_levels(row: Mapping[str, Any], least: int) -> bool:
    """Say whether few in a level had the event, or few had not."""
    if not isinstance(row[OTHER], str) or not isinstance(row[ONE], str):
        return False
    pairs = zip(row[ONE].split(";"), row[OTHER].split(";"), strict=True)
    return any(
        is_few(float(seen), least) or is_few(float(carriers) - float(seen), least) for carriers, seen in pairs if seen
    )


def withhold_mechanism(
    mechanism: pd.DataFrame, results: pd.DataFrame, totals: Mapping[str, int], least: int
) -> pd.DataFrame:
    """Give mechanisms; effects on an outcome go with the count of carriers who had the event.

    Parameters
    ----------
    mechanism
        All that was found.
    results
        Result rows of which nothing is left to withhold; what these don't tell of the outcome, or of carriers with
        the mediator, is not told here.
    totals
        How many have each trait: those with both are rounded where few have but one.
    least
        The smallest count of people that may be told.
    """
    if mechanism.empty:
        return mechanism
    named = mechanism.rename(columns={"carriers_with_event": "observed_events"})
    of_outcome, of_mediator = (
        untold(named, results, {"gene": "gene", end: "trait"}) for end in ("outcome", "mediator")
    )
    elsewhere = Untold(of_outcome.people | of_mediator.people, of_outcome.events)
    rows, hidden = withhold_carriers(named, ["gene", "mediator", "outcome"], least, elsewhere=elsewhere)
    rows = rows.rename(columns={"observed_events": "carriers_with_event"})
    ends = [few_between(rows[end].map(totals) - rows["samples"], least) for end in ("mediator", "outcome")]
    rows["samples"] = rows["samples"].mask(ends[0] | ends[1], rows["samples"].map(nearest, na_action="ignore"))
    few = (rows["carriers"] < least) | rows["carriers"].isna()
    to_mediator = [f"to_mediator_{end}" for end in ("effect", "lower", "upper")]
    rows = without(without(rows, OF_EFFECTS, hidden), to_mediator, few)
    return round_p_values(rows, hidden)
