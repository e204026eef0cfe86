"""Effects of the genes that were followed up, as far as the results tell of their carriers and events."""

from __future__ import annotations

import pandas as pd

from jobs.report.withheld.carriers import round_p_values, without, without_making
from jobs.report.withheld.cells import events_told, few_between, few_of
from jobs.report.withheld.told_masks import carriers_told

FIRTH = ("firth_effect", "firth_lower", "firth_upper")
OF_EVENTS = ("expected_events", "effect", "standard_error", "p_asymptotic", *FIRTH)


def withhold_effects(effects: pd.DataFrame, told: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give effects of the genes that were followed up, as far as the results tell of their carriers and events."""
    people, events = carriers_told(effects, told)
    carriers, seen = effects["carriers"].astype(float), effects["observed_events"].astype(float)
    silent = ~people | ~(events | seen.isna())
    rows = without(without(effects, OF_EVENTS, silent), ("variants",), ~people)
    kept = rows.assign(
        carriers=few_of(carriers, least).mask(~people & (carriers >= least)),
        observed_events=events_told(seen, carriers, silent, least).mask(~people),
    )
    return round_p_values(without_making(kept, ~people, few_between(carriers, least)), silent)
