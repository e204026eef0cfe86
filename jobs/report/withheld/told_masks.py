"""Which masks' carriers, and events, the results of a report for others tell."""

from __future__ import annotations

import numpy as np
import pandas as pd

KEY = ["gene", "trait", "mask", "max_af"]


def told_masks(results: pd.DataFrame) -> pd.DataFrame:
    """Give the carriers, and events, that result rows without what is withheld still tell.

    Parameters
    ----------
    results
        Rows of which nothing is left to withhold.
    """
    rows = results[np.isfinite(results["carriers"].astype(float))]
    return rows[[*KEY, "carriers", "observed_events"]].drop_duplicates([*KEY, "carriers"])


def carriers_told(rows: pd.DataFrame, told: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Say of rows of genes and masks whether their carriers are told, and whether their events are."""
    found = (
        rows[[*KEY, "carriers"]]
        .astype({"carriers": float})
        .merge(told.assign(told=True).astype({"carriers": float}), on=[*KEY, "carriers"], how="left")
    )
    events = found["observed_events"].astype(float)
    return (
        pd.Series(found["told"].eq(True).to_numpy(), index=rows.index),
        pd.Series(np.isfinite(events).to_numpy(), index=rows.index),
    )
