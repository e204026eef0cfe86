"""What a study may ask for beside gene tests, of which nobody can be found: interactions and mechanisms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from jobs.report.withheld.carriers import (
    OF_CARRIERS,
    OF_EVENTS,
    in_steps,
    round_p_values,
    withhold_carriers,
    without,
)
from jobs.report.withheld.cells import few_between, few_of, is_few

OF_EFFECTS = (
    *("effect_without", "standard_error_without", "effect_with", "standard_error_with"),
    *(f"{path}_{end}" for path in ("total", "direct", "indirect") for end in ("effect", "lower", "upper")),
)
ONE, OTHER = "carriers_of_levels", "observed_of_levels"


def withhold_interactions(interactions: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give interactions; carriers of levels that are left out, few as they are, are not the rest of a total."""
    rows, hidden = withhold_carriers(interactions, ["gene", "trait", "covariate"], least)
    if rows.empty:
        return rows
    left_out = interactions["left_out"].astype(float)
    rest = few_between(left_out, least)
    rows = rows.assign(
        left_out=few_of(left_out, least), carriers=rows["carriers"].mask(rest), start=in_steps(rows["start"])
    )
    silent = pd.Series([_few_in_levels(row, least) for row in rows.to_dict("records")], index=rows.index)
    few_carriers = pd.Series([_any_few(text, least) for text in rows[ONE]], index=rows.index)
    rows = without(rows, OF_EVENTS, silent | few_carriers | hidden)
    rows = rows.assign(
        observed_of_levels=rows[OTHER].mask(silent | few_carriers),
        expected_of_levels=rows["expected_of_levels"].mask(silent | few_carriers),
        carriers_of_levels=rows[ONE].mask(few_carriers | hidden),
    )
    return round_p_values(without(rows, OF_CARRIERS, few_carriers), hidden | silent | few_carriers)


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


def withhold_mechanism(mechanism: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give mechanisms; effects on an outcome go with the count of carriers who had the event."""
    if mechanism.empty:
        return mechanism
    named = mechanism.rename(columns={"carriers_with_event": "observed_events"})
    rows, hidden = withhold_carriers(named, ["gene", "mediator", "outcome"], least)
    rows = rows.rename(columns={"observed_events": "carriers_with_event"})
    few = (rows["carriers"] < least) | rows["carriers"].isna()
    to_mediator = [f"to_mediator_{end}" for end in ("effect", "lower", "upper")]
    rows = without(without(rows, OF_EFFECTS, hidden), to_mediator, few)
    return round_p_values(rows, hidden)
