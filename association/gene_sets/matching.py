"""The genes that each gene of a set is held against: those most like it in carriers and coding length.

How like two genes are is the distance of their logarithms, a doubling of carriers counting as much as one of length,

    d^2 = log2(K_g / K_h)^2 + log2(length_g / length_h)^2,

and where the length of one is not known, carriers alone count. Among equally like genes, of which there are many
where one or two people carry each, chance decides, for each gene of the set anew: so more of them are compared.

Where all genes act alike, those with more carriers say more. So genes of less than `1 / MOST_TIMES` or more than
`MOST_TIMES` as many carriers are not like, and a gene of the set with fewer than `FEWEST_LIKE` like ones is not
compared at all.

Axes: g genes, p genes of the set, k of these that are compared, m matched genes of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# So many matched genes add a fiftieth to the variance of a gene of the set.
MATCHED = 50
# Among fewer other genes there is no matching to speak of.
FEWEST_OTHERS = 20
# A gene of so many times the carriers says visibly more, if all genes act alike.
MOST_TIMES = 1.25
FEWEST_LIKE = 10


@dataclass(frozen=True)
class Matching:
    """The genes of a set that have like ones, and these.

    Attributes
    ----------
    own
        Positions of the set's genes that are compared (k).
    matched
        Positions of the genes that each is held against (k, m).
    """

    own: Integers
    matched: Integers


def match_genes(own: Integers, others: Integers, carriers: Integers, lengths: Floats) -> Matching:
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
    Matching
        With m = `MATCHED`, or as many as are like each where these are fewer.
    """
    carried, length = np.log2(carriers.astype(np.float64)), np.log2(lengths)
    apart = (carried[own][:, None] - carried[others]) ** 2
    # The bound itself is like, whatever the rounding of its logarithm.
    is_like = apart <= np.log2(MOST_TIMES) ** 2 + 1e-9
    like = np.count_nonzero(is_like, axis=1)
    compared = like >= FEWEST_LIKE
    apart[~is_like] = np.inf
    apart += np.nan_to_num((length[own][:, None] - length[others]) ** 2, nan=0.0)
    # The same chance at every call: what is matched depends on the genes alone.
    chance = np.random.default_rng(0).random(apart.shape)
    most = int(min(MATCHED, like[compared].min(initial=MATCHED)))
    nearest = np.lexsort((chance, apart), axis=1)[compared, :most]
    return Matching(own[compared], np.asarray(others[nearest], np.int64))
