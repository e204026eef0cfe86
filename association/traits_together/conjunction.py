"""Is a gene associated with two traits, or with at least u of P? From each trait's own p-value.

    both          p = max(p_1, p_2)                    intersection-union: true of both, if the weaker one shows it
    at least u    p = min(1, (P - u + 1) p_(u))        partial conjunction, p_(u) the u-th smallest (Bonferroni)

Both are valid whatever the traits' dependence, and whichever of them a gene truly acts on; a trait without a p-value
counts as 1. They are conservative where a gene acts on none.

References
----------
Berger. Multiparameter hypothesis testing and acceptance sampling. Technometrics 1982. doi:10.2307/1267823
Benjamini, Heller. Screening for partial conjunction hypotheses. Biometrics 2008.
doi:10.1111/j.1541-0420.2007.00984.x
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def both(first: Floats, second: Floats) -> Floats:
    """Give the p-value of an association with both traits (r); NaN where one of them has none."""
    return np.asarray(np.maximum(first, second), np.float64)


def at_least(p_values: Floats, fewest: int) -> Floats:
    """Give the p-value of an association with at least so many traits.

    Parameters
    ----------
    p_values
        Of each trait (r, P); NaN where there is none.
    fewest
        u, 1 to P.

    Returns
    -------
    Floats
        A p-value per row (r); NaN where no trait has one.
    """
    traits = p_values.shape[1]
    smallest = np.sort(np.where(np.isnan(p_values), 1.0, p_values), axis=1)[:, fewest - 1]
    combined = np.minimum(1.0, (traits - fewest + 1) * smallest)
    return np.where(np.isnan(p_values).all(axis=1), np.nan, combined)
