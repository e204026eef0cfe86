"""P-values against their expectation under the null.

Sorted ascending, the i-th of n independent uniform p-values is Beta(i, n - i + 1): its mean is i / (n + 1) and its
2.5% and 97.5% quantiles are the pointwise band.

Permutation p-values end at 1 / (1 + permutations); points pile up there, so the limit is part of the plot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from association.calibration.multiplicity import GenomicInflation, genomic_inflation

Floats = NDArray[np.float64]

# Below this many tests the median says nothing of inflation.
FEWEST_FOR_LAMBDA = 20


@dataclass(frozen=True)
class Quantiles:
    """Observed against expected, in -log10, the smallest p-value first.

    Attributes
    ----------
    order
        Positions of the p-values, sorted (n).
    observed, expected
        -log10 p (n).
    lower, upper
        The 95% band of `observed` under the null (n).
    """

    order: NDArray[np.int64]
    observed: Floats
    expected: Floats
    lower: Floats
    upper: Floats


def quantiles(neg_log10_p: Floats) -> Quantiles:
    """Compare p-values, given as -log10, with uniform ones."""
    count = neg_log10_p.size
    order = np.argsort(-neg_log10_p, kind="stable")
    rank = np.arange(1, count + 1)
    return Quantiles(
        order=order,
        observed=neg_log10_p[order],
        expected=-np.log10(rank / (count + 1)),
        lower=-np.log10(beta.ppf(0.975, rank, count - rank + 1)),
        upper=-np.log10(beta.ppf(0.025, rank, count - rank + 1)),
    )


def inflation(p_values: Floats) -> GenomicInflation | None:
    """Give lambda and where chance puts it; None where there are too few tests."""
    return genomic_inflation(p_values) if p_values.size >= FEWEST_FOR_LAMBDA else None
