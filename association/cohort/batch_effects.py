"""Variants that are called in one batch and missing in another.

Of each variant, with c_k calls among the n_k samples of batch k, the table of called and missing against batches is
tested: by chi-square where every cell is expected to hold at least 5; otherwise each batch against the others by the
exact (hypergeometric) probability of as many calls missing or fewer, as many or more, twice the smaller, and the
smallest over batches times their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2, hypergeom

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

FEWEST_EXPECTED = 5


@dataclass(frozen=True)
class BatchDifference:
    """How call rates differ between batches.

    Attributes
    ----------
    p_value
        Of no difference; NaN where there is but one batch with samples (m).
    spread
        Largest minus smallest call rate of a batch; NaN likewise (m).
    """

    p_value: Floats
    spread: Floats


def batch_difference(calls: Counts, sizes: Counts) -> BatchDifference:
    """Compare the call rates of batches.

    Parameters
    ----------
    calls
        Samples called, of each variant in each batch (m, b).
    sizes
        Samples of each batch (b); empty batches are passed over.

    Raises
    ------
    ValueError
        A batch has more calls than samples.
    """
    if np.any(calls > sizes) or np.any(calls < 0):
        raise ValueError("calls of a batch: expected 0 to the number of its samples")
    filled = sizes > 0
    calls, sizes = calls[:, filled].astype(np.int64), sizes[filled].astype(np.int64)
    if sizes.size < 2:
        unknown = np.full(len(calls), np.nan)
        return BatchDifference(unknown, unknown.copy())
    rates = calls / sizes
    missing = sizes - calls
    total = missing.sum(axis=1)
    rarer = np.minimum(total, sizes.sum() - total)
    dense = rarer * sizes.min() / sizes.sum() >= FEWEST_EXPECTED
    p_value = np.ones(len(calls))
    p_value[dense] = _chi_square(missing[dense], sizes)
    p_value[~dense] = _exact(missing[~dense], sizes)
    return BatchDifference(p_value, rates.max(axis=1) - rates.min(axis=1))


def batch_summary(calls: Counts, sizes: Counts, names: list[str], difference: BatchDifference) -> pd.DataFrame:
    """Give a row per batch: samples, mean call rate, and the differing variants at which it is called least.

    Parameters
    ----------
    calls, sizes
        As of `batch_difference`.
    names
        Of the batches (b).
    difference
        Of these calls; a variant differs where its p-value is below 0.05 divided by the number of variants.
    """
    rates = calls / np.where(sizes > 0, sizes, np.nan)
    differs = difference.p_value * max(len(calls), 1) < 0.05
    lowest = np.nan_to_num(rates, nan=np.inf).argmin(axis=1) if len(calls) else np.zeros(0, dtype=int)
    return pd.DataFrame(
        {
            "batch": names,
            "samples": sizes,
            "mean_call_rate": rates.mean(axis=0) if len(calls) else np.full(sizes.size, np.nan),
            "least_called_variants": np.bincount(lowest[differs], minlength=sizes.size),
        }
    )


def _chi_square(missing: Counts, sizes: Counts) -> Floats:
    """Give the p-values of Pearson's chi-square of 2 by b tables."""
    share = missing.sum(axis=1, keepdims=True) / sizes.sum()
    squared = (missing - sizes * share) ** 2 / (sizes * share * (1 - share))
    return np.asarray(chi2.sf(squared.sum(axis=1), sizes.size - 1), dtype=np.float64)


def _exact(missing: Counts, sizes: Counts) -> Floats:
    """Give the smallest p-value of one batch against the others, times the number of batches."""
    samples = int(sizes.sum())
    total = missing.sum(axis=1)
    smallest = np.ones(len(missing))
    for batch, size in enumerate(sizes):
        # Few calls are missing where this is needed, so the same tables come again and again.
        tables, which = np.unique(np.stack([missing[:, batch], total]), axis=1, return_inverse=True)
        fewer = hypergeom.cdf(tables[0], samples, tables[1], size)
        more = hypergeom.sf(tables[0] - 1, samples, tables[1], size)
        smallest = np.minimum(smallest, np.minimum(2 * np.minimum(fewer, more), 1)[which.reshape(-1)])
    # Two batches are one comparison.
    return np.minimum(smallest * (sizes.size if sizes.size > 2 else 1), 1)
