"""The competitive statistic: whether a set's genes say more than genes like them.

With z_g a gene's standardised likelihood ratio (`gene_scale`), S the set and C(g) the genes matched to g
(`matching`),

    T = [mean_{g in S} z_g - mean_{g in S} mean_{h in C(g)} z_h] / D,
    D^2 = mean_{g in S} mean_{h in C(g)} z_h^2 - (mean_{g in S} mean_{h in C(g)} z_h)^2,

so that what inflates all genes alike, be it a little of everything or much of a few, is in D as well, in the data and
in no permutation. Where the matched genes all say the same, D is zero: T is infinite then, of the data no p-value is
made, and a permutation counts as extreme. Samples are permuted, for all genes at once: genes that share carriers go
on sharing them.

Axes: s sets, p genes of any set, g genes, m matched genes of each, b permutations.

References
----------
Goeman JJ, Buehlmann P (2007) Analyzing gene expression data in terms of gene sets: methodological issues
(self-contained and competitive). Bioinformatics 23:980-987. doi:10.1093/bioinformatics/btm051
Efron B, Tibshirani R (2007) On testing the significance of sets of genes. Ann Appl Stat 1:107-129 (restandardised by
all genes). doi:10.1214/07-AOAS101
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from association.calibration.evidence import Evidence
from association.calibration.extremes import Conditions
from association.calibration.gene_statistics import GeneStatistics
from association.calibration.monte_carlo import (
    Effort,
    GeneCount,
    MonteCarloP,
    count_exceedances,
    monte_carlo_p,
)
from association.calibration.permutation_stream import PermutationStream
from association.gene_sets.gene_scale import GeneScale

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Statistics that differ by less are ties, but for rounding.
_TIE = 1e-9
# A spread that is smaller beside the mean square is rounding.
_ROUNDING = 1e-12


class MatchedContrasts:
    """The competitive statistics of sets whose genes have matched ones, for the data and for permutations.

    Parameters
    ----------
    genes, scale
        All genes that are in a set or matched to one (g).
    own
        Positions of the sets' genes (p).
    matched
        Positions of the genes matched to each (p, m).
    members
        Which of these genes each set holds (s, p), one at least.

    Attributes
    ----------
    columns
        Carriers of all genes.
    rows
        How many sets there are.
    """

    def __init__(
        self, genes: GeneStatistics, scale: GeneScale, own: Integers, matched: Integers, members: Booleans
    ) -> None:
        self.columns, self.rows = genes.columns, members.shape[0]
        self._genes, self._scale, self._own, self._members = genes, scale, own, members
        shares = np.full(matched.size, 1.0 / matched.shape[1])
        begins = np.arange(0, matched.size + 1, matched.shape[1])
        self._matched = sparse.csr_array((shares, matched.ravel(), begins), shape=(own.size, genes.rows))

    def evaluate(
        self, block: Floats, samples: Integers | None = None, wanted: Booleans | Integers | None = None
    ) -> Floats:
        """Give the statistic of each set for each permutation of a block (s, b).

        Parameters
        ----------
        block, samples
            As for `GeneStatistics.evaluate`.
        wanted
            Which sets are asked for (s), if not all; the others stay zero.
        """
        asked = np.zeros(self.rows, np.bool_)
        asked[slice(None) if wanted is None else wanted] = True
        out = np.zeros((self.rows, block.shape[2]))
        own = np.flatnonzero(self._members[asked].any(axis=0))
        matched = self._matched[own]
        needed = np.unique(np.concatenate((self._own[own], matched.indices)))
        z = self._genes.evaluate(block, samples, needed)
        z -= self._scale.mean[:, None]
        z /= self._scale.deviation[:, None]
        shares = self._members[asked][:, own] / self._members[asked].sum(axis=1, keepdims=True)
        others = shares @ (matched @ z)
        squares = shares @ (matched @ z**2)
        spread = squares - others**2
        told = spread > _ROUNDING * squares
        contrast = shares @ z[self._own[own]] - others
        out[asked] = np.divide(
            contrast, np.sqrt(np.where(told, spread, 1.0)), out=np.full(told.shape, np.inf), where=told
        )
        return out

    def observe(self, evidence: Evidence) -> Floats:
        """Give the statistic of each set for the data (s)."""
        return self.evaluate(evidence.values[:, :, None])[:, 0]


def competitive_p(
    contrasts: MatchedContrasts, evidence: Evidence, stream: PermutationStream, efforts: Sequence[Effort]
) -> list[MonteCarloP | None]:
    """Count how often a permutation's statistic is as large as the data's, for each set; None without a spread.

    Parameters
    ----------
    contrasts
        Of the sets (s).
    evidence, stream
        Of the trait.
    efforts
        How far to go for each set.
    """
    observed, each = contrasts.observe(evidence), np.arange(contrasts.rows)
    told = np.isfinite(observed)
    thresholds = np.where(told, observed, 0.0)
    thresholds -= _TIE * np.maximum(np.abs(thresholds), 1.0)
    conditions = Conditions(np.arange(contrasts.rows + 1), each, each, np.zeros(each.size), thresholds)
    count = GeneCount(contrasts, conditions, efforts)
    count.going &= told
    count_exceedances([count], stream)
    return [
        monte_carlo_p(int(exceedances), int(permutations)) if known else None
        for exceedances, permutations, known in zip(count.exceedances, count.permutations, told, strict=True)
    ]
