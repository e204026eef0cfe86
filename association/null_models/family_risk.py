"""Information that relatives share in a mixed model with kinship, from carriers alone.

    shared_ij = -(W^-1)_ij for i and j of one family, 0 between families,

with W the covariance of the trait. Kept as compressed rows: a sample's relatives and what it shares with each.

Axes: n samples, m columns of a gene.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from association.kernels import njit
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

    def among(self, offsets: Integers, samples: Integers, dosages: Floats) -> Floats:
        """Give what columns share, G'RG (m, m).

        Parameters
        ----------
        offsets, samples, dosages
            The columns, as in `association.score.Carriers`; samples are positions in the trait's order.
        """
        shared: Floats = _among(offsets, samples, dosages, self.offsets, self.relatives, self.shared)
        return shared


@njit(cache=True, nogil=True)
def _among(
    offsets: Integers,
    samples: Integers,
    dosages: Floats,
    families: Integers,
    relatives: Integers,
    shared: Floats,
) -> Floats:
    size = offsets.size - 1
    column = np.repeat(np.arange(size), offsets[1:] - offsets[:-1])
    order = np.argsort(samples, kind="mergesort")
    rising = samples[order]
    among = np.zeros((size, size))
    for entry in range(samples.size):
        row = among[column[entry]]
        for pair in range(families[samples[entry]], families[samples[entry] + 1]):
            place = np.searchsorted(rising, relatives[pair])
            while place < rising.size and rising[place] == relatives[pair]:
                other = order[place]
                row[column[other]] += dosages[entry] * shared[pair] * dosages[other]
                place += 1
    return among
