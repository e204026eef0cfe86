"""Result rows of two runs, paired: which test of the one is which of the other.

A row is a gene, trait, mask, ceiling and test with its weights and coding. Where a study asks for other weights, or
for another ceiling, than before, its one row of that mask and test is still the same question asked otherwise, and is
paired where it can be nothing else.

Axes: o rows of the old run, n of the new one, k pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Booleans = NDArray[np.bool_]
Places = NDArray[np.intp]

QUESTION = ("gene", "trait", "mask", "test")
# What may have been asked otherwise; tried from the first to the last.
DETAILS = (("max_af", "weights", "coding"), ("weights", "coding"), ("max_af",), ())
KEY = (*QUESTION, *DETAILS[0])
NOBODY = -1
# More than so many times larger or smaller is a move.
FOLD = 10.0

MOVED, NEWLY_TESTED, NO_LONGER_TESTED = "moved", "newly tested", "no longer tested"


@dataclass(frozen=True)
class PairedRows:
    """Rows of two runs.

    Attributes
    ----------
    old, new
        Place of each pair's row in either run, -1 where it has none (k).
    """

    old: Places
    new: Places


def pair_rows(old: pd.DataFrame, new: pd.DataFrame) -> PairedRows:
    """Pair the rows of two runs; what has no partner is a pair with nobody.

    Parameters
    ----------
    old, new
        Result rows with the columns of `KEY`.
    """
    both = pd.DataFrame({name: _stacked(name, old, new) for name in KEY})
    is_new = np.arange(len(both)) >= len(old)
    free = np.ones(len(both), np.bool_)
    pairs: list[tuple[Places, Places]] = []
    for details in DETAILS:
        group = both.groupby([*QUESTION, *details], dropna=False, sort=False).ngroup().to_numpy()
        first, second = (_only_ones(group, free & side) for side in (~is_new, is_new))
        _, one, other = np.intersect1d(group[first], group[second], assume_unique=True, return_indices=True)
        pairs.append((first[one], second[other]))
        free[first[one]] = free[second[other]] = False
    left, right = np.flatnonzero(free & ~is_new), np.flatnonzero(free & is_new)
    nobody = np.full(left.size + right.size, NOBODY, np.intp)
    pairs.append((np.concatenate((left, nobody[: right.size])), np.concatenate((nobody[: left.size], right))))
    of_old, of_new = (np.concatenate(side) for side in zip(*pairs, strict=True))
    of_new = np.where(of_new == NOBODY, NOBODY, of_new - len(old))
    order = np.lexsort((of_old, np.where(of_new == NOBODY, len(new), of_new)))
    return PairedRows(of_old[order], of_new[order])


def _stacked(name: str, old: pd.DataFrame, new: pd.DataFrame) -> NDArray[Any]:
    """Put a column of both runs together (o + n)."""
    of_type = np.float64 if name == "max_af" else object
    return np.concatenate([side[name].to_numpy(of_type) for side in (old, new)])


def _only_ones(group: NDArray[np.int64], among: Booleans) -> Places:
    """Find the rows that are the only ones of their group among some."""
    places = np.flatnonzero(among)
    own = group[places]
    sizes = np.bincount(own, minlength=1)
    alone: Places = places[sizes[own] == 1] if places.size else places
    return alone


def what_became(paired: PairedRows, old: NDArray[np.float64], new: NDArray[np.float64]) -> NDArray[np.object_]:
    """Say of each pair (k) whether its p-value moved, or is there in one run alone; None where neither holds.

    Parameters
    ----------
    paired
        The pairs.
    old, new
        -log10 p of the rows (o, n), NaN where a row has none.
    """
    before, after = (np.append(values, np.nan)[places] for values, places in ((old, paired.old), (new, paired.new)))
    became = np.full(paired.old.size, None, object)
    became[np.abs(after - before) > np.log10(FOLD)] = MOVED
    became[np.isnan(before) & ~np.isnan(after)] = NEWLY_TESTED
    became[~np.isnan(before) & np.isnan(after)] = NO_LONGER_TESTED
    return became
