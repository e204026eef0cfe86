"""Covariates of a null model from a participants table: numbers as they are, categories as indicators.

A category's most frequent level is the reference (the first in order where levels tie); each other level becomes an
indicator column named `column=level`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from association.null_models.design import Design


def is_numeric(column: pd.Series) -> bool:
    """Say whether every value that is there is a number."""
    return bool(pd.to_numeric(column, errors="coerce").notna().eq(column.notna()).all())


def covariate_design(table: pd.DataFrame, kinds: Mapping[str, str]) -> Design:
    """Make design columns.

    Parameters
    ----------
    table
        Covariates of n samples, none missing.
    kinds
        "numeric" or "categorical" for each covariate, in the order wanted.
    """
    columns: dict[str, pd.Series] = {}
    for name, kind in kinds.items():
        if kind == "numeric":
            columns[name] = pd.to_numeric(table[name])
        else:
            levels = _levels(table[name])
            # A category of one level stays, as a column of ones, for the model to refuse by name.
            indicated = levels[1:] or levels
            columns |= {f"{name}={level}": (table[name] == level).astype(float) for level in indicated}
    matrix = np.column_stack([column.to_numpy(np.float64) for column in columns.values()]) if columns else None
    return Design(tuple(columns), np.empty((len(table), 0)) if matrix is None else matrix)


def stratum_labels(table: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Combine the strata's columns into one label per sample; a single stratum where there is none."""
    if not columns:
        return pd.Series("all", index=table.index)
    return table[columns].astype(str).agg(" / ".join, axis=1)


def _levels(column: pd.Series) -> list[str]:
    """List the levels, the most frequent first and the rest in order."""
    counts = column.value_counts().sort_index()
    reference = counts.idxmax()
    return [str(reference), *(str(level) for level in counts.index if level != reference)]
