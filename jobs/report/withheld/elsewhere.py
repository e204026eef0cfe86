"""Carriers and events that one table withholds, for other tables in which the same people are counted.

Each table looks at differences among its own rows. One with fewer masks than another sees fewer of them, and would
tell what the other withholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

MASK = ("mask", "max_af")
TEST = (*MASK, "test", "weights", "coding")


@dataclass(frozen=True)
class Untold:
    """Which rows' people are counted in a table that doesn't tell them.

    Attributes
    ----------
    people, events
        Of each row, whether its carriers are withheld there, and whether those with the event are.
    """

    people: pd.Series
    events: pd.Series


def untold(rows: pd.DataFrame, told: pd.DataFrame, named: Mapping[str, str]) -> Untold:
    """Look up in a table what it withholds of the carriers of other rows.

    Parameters
    ----------
    rows
        With columns mask and max_af.
    told
        A table of which nothing is left to withhold: mask, max_af, carriers and observed_events.
    named
        Columns of the rows, and what they are called in that table: its gene or set, and its trait.
    """
    key = [*named.values(), *MASK]
    own = told.drop_duplicates(key)
    nobody = own["carriers"].eq(0)
    own = own[key].assign(
        people=~np.isfinite(own["carriers"].astype(float)),
        events=~np.isfinite(own["observed_events"].astype(float)) & ~nobody,
    )
    wanted = rows[[*named, *MASK]].rename(columns=dict(named)).astype({"max_af": float})
    found = wanted.merge(own.astype({"max_af": float}), on=key, how="left").set_axis(rows.index)
    return Untold(found["people"].eq(True), found["events"].eq(True))


def p_values_told(rows: pd.DataFrame, results: pd.DataFrame, traits: pd.Series) -> pd.DataFrame:
    """Give the carriers and the p-value that results tell of each row's test in a trait; missing where they don't."""
    key = ["gene", "trait", *TEST]
    wanted = rows[["gene", *TEST]].assign(trait=traits).astype({"max_af": float})
    own = results[[*key, "carriers", "p_value"]].drop_duplicates(key).astype({"max_af": float})
    return wanted.merge(own, on=key, how="left").set_axis(rows.index)[["carriers", "p_value"]]
