"""Information that relatives share in a mixed model with kinship, for carriers only.

    shared_ij = -(W^-1)_ij for i and j of one family, 0 between families,

with W the covariance of the trait. Kept as compressed rows: a sample's relatives and what it shares with each.

Axes: n samples, k carriers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from association.null_models.null_model import Floats, Integers


@dataclass(frozen=True)
class FamilySharedRisk:
    """Shared information of every pair of relatives.

    Attributes
    ----------
    offsets
        Where each sample's relatives begin and end (n + 1).
    relatives
        Positions in the trait's order, rising for each sample.
    shared
        What the sample shares with each of them.
    """

    offsets: Integers
    relatives: Integers
    shared: Floats

    @classmethod
    def of(cls, samples: int, pairs: list[tuple[Integers, Integers, Floats]]) -> FamilySharedRisk:
        """Compress pairs of samples, each given both ways round.

        Parameters
        ----------
        samples
            How many the trait has.
        pairs
            Samples, their relatives, and what they share, in any number of parts.
        """
        first, second, shared = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        order = np.lexsort((second, first))
        offsets = np.concatenate([[0], np.cumsum(np.bincount(first, minlength=samples))])
        return cls(offsets.astype(np.int64), second[order].astype(np.int64), shared[order])

    def between(self, samples: Integers) -> Floats:
        """Give the symmetric (k, k) shared information of `samples`, positions in the trait's order."""
        pairs: Floats = _pairs(np.asarray(samples), np.argsort(samples), self.offsets, self.relatives, self.shared)
        return pairs


@njit(cache=True)
def _pairs(samples: Integers, order: Integers, offsets: Integers, relatives: Integers, shared: Floats) -> Floats:
    rising = samples[order]
    pairs = np.zeros((samples.size, samples.size))
    for i in range(samples.size):
        for entry in range(offsets[samples[i]], offsets[samples[i] + 1]):
            place = np.searchsorted(rising, relatives[entry])
            if place < rising.size and rising[place] == relatives[entry]:
                pairs[i, order[place]] = shared[entry]
    return pairs
