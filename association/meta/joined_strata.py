"""Strata that may be told of: none of fewer samples than a limit.

Axes: n samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def join_small_strata(strata: Integers, *, at_least: int) -> Integers:
    """Join strata of fewer samples than may be told of: with each other and, while that is not enough, the smallest.

    Parameters
    ----------
    strata
        Stratum of each sample (n): 0, 1, ...
    at_least
        The smallest number of samples that may be told of.

    Returns
    -------
    Integers
        Stratum of each sample (n): 0, 1, ..., each with so many samples if there are that many at all.
    """
    sizes = np.bincount(strata)
    order = np.argsort(sizes, kind="stable")
    joined = np.arange(sizes.size)
    if sizes[order[0]] < at_least:
        enough = np.searchsorted(np.cumsum(sizes[order]), at_least) + 1
        joined[order[: max(int(enough), int((sizes < at_least).sum()))]] = order[0]
    return np.unique(joined[strata], return_inverse=True)[1].astype(np.int64)
