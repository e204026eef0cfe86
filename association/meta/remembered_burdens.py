"""The saddlepoint p-values of one gene's burdens, each worked out once.

Tests and masks of a gene ask for the same columns again and again, and a burden's p-value does not depend on the
scale of its weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from association.meta.combined_gene import CombinedGene
from association.meta.summed_saddlepoint import LawfulP, SummedCumulants

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RememberedBurdens(SummedCumulants):
    """The residuals of several cohorts, for one gene.

    Attributes
    ----------
    known
        What was worked out, by weights whose largest is one.
    """

    known: dict[bytes, LawfulP] = field(default_factory=dict)

    @classmethod
    def of_gene(cls, cumulants: SummedCumulants) -> RememberedBurdens:
        """Begin with a gene: nothing is known of it."""
        return cls(cumulants.cumulants, cumulants.first_stratum)

    def burden_p(self, gene: CombinedGene, weights: Floats) -> LawfulP:
        """Give a burden's p-value as `SummedCumulants` does; `gene` is always the same."""
        largest = float(np.abs(weights).max())
        key = (weights / largest if largest > 0 else weights).tobytes()
        if key not in self.known:
            self.known[key] = super().burden_p(gene, weights)
        return self.known[key]
