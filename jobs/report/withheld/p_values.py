"""P-values with two digits, so that neither their denominators nor their last digits tell how many carry a gene."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

DIGITS = 2


def rounded(p_values: pd.Series, line: Any = np.nan) -> pd.Series:
    """Round p-values to two digits, and no further than to the side of the line on which they are.

    Parameters
    ----------
    p_values
        From 0 to 1, or missing.
    line
        The largest that is significant, one for all or one for each; NaN where there is no such line.
    """
    values = p_values.to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = 10.0 ** (np.floor(np.log10(values)) - DIGITS + 1)
        near, below, above = (way(values / step) * step for way in (np.rint, np.floor, np.ceil))
    near = np.where((values <= line) & (near > line), below, near)
    near = np.where((values > line) & (near <= line), above, near)
    near = np.where(values > 0, near, values)
    # The product above is not the nearest double of the two digits.
    text = [float(f"{one:.{DIGITS - 1}e}") for one in near]
    return pd.Series(np.minimum(text, 1.0), index=p_values.index)


def neg_log10(p_values: pd.Series, exact: pd.Series) -> pd.Series:
    """Give -log10 of rounded p-values; of those beyond double precision, the exact one with two decimals."""
    with np.errstate(divide="ignore"):
        found = -np.log10(p_values.astype(float)) + 0.0
    return found.where(p_values > 0, exact.round(DIGITS))
