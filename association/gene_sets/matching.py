"""The genes that each gene of a set is held against: those most like it in carriers and coding length.

How like two genes are is the distance of their logarithms, a doubling of carriers counting as much as one of length,

    d^2 = log2(K_g / K_h)^2 + log2(length_g / length_h)^2,

and where the length of one is not known, carriers alone count. Among equally like genes, of which there are many
where one or two people carry each, chance decides, for each gene of the set anew: so more of them are compared.

Axes: g genes, p genes of the set, m matched genes of each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# So many matched genes add a fiftieth to the variance of a gene of the set.
MATCHED = 50
# Among fewer other genes there is no matching to speak of.
FEWEST_OTHERS = 20


def matched_genes(own: Integers, others: Integers, carriers: Integers, lengths: Floats) -> Integers:
    """Find the genes most like each gene of a set.

    Parameters
    ----------
    own
        Positions of the set's genes (p).
    others
        Positions of the genes to choose from.
    carriers, lengths
        Of all genes (g): how many, at least 1, and coding bases, NaN where not known.

    Returns
    -------
    NDArray
        Positions (p, m), with m = `MATCHED`, or all others where these are fewer.
    """
    carried, length = np.log2(carriers.astype(np.float64)), np.log2(lengths)
    apart = (carried[own][:, None] - carried[others]) ** 2
    apart += np.nan_to_num((length[own][:, None] - length[others]) ** 2, nan=0.0)
    # The same chance at every call: what is matched depends on the genes alone.
    chance = np.random.default_rng(0).random(apart.shape)
    nearest = np.lexsort((chance, apart), axis=1)[:, :MATCHED]
    return np.asarray(others[nearest], np.int64)
