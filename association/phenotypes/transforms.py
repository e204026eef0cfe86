"""Transforms that make a measure fit a linear model.

Rank-based inverse normal transform, with r the rank among n values (the average of ranks where values tie):

    x = Phi^-1((r - c) / (n - 2 c + 1)),   c = 3/8 (Blom).

References
----------
Beasley TM, Erickson S, Allison DB (2009) Rank-based inverse normal transformations are increasingly used, but are
they merited? Behav. Genet. 39:580-595. doi:10.1007/s10519-009-9281-0
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import rankdata

BLOM_OFFSET = 3 / 8


def rank_normal(values: pd.Series) -> pd.Series:
    """Give the normal scores of values, NaN where a value is missing.

    Parameters
    ----------
    values
        One per patient (n).
    """
    numbers = values.to_numpy(np.float64)
    there = ~np.isnan(numbers)
    transformed = np.full(numbers.size, np.nan)
    ranks = rankdata(numbers[there])
    transformed[there] = ndtri((ranks - BLOM_OFFSET) / (ranks.size - 2 * BLOM_OFFSET + 1))
    return pd.Series(transformed, index=values.index, name=values.name)


def log_positive(values: pd.Series) -> pd.Series:
    """Give the natural logarithm of values, NaN where a value is missing or not above zero.

    Parameters
    ----------
    values
        One per patient (n).
    """
    numbers = values.to_numpy(np.float64)
    logarithms = np.full(numbers.size, np.nan)
    np.log(numbers, out=logarithms, where=numbers > 0)
    return pd.Series(logarithms, index=values.index, name=values.name)
