"""The likelihood ratio of each gene's carriers, and the scale that makes genes comparable.

With L_g the likelihood ratio of gene g's carriers (`calibration.evidence`), which sees carriers who fare worse as
well as those who fare better,

    z_g = (L_g - m_g) / s_g,

m_g and s_g its mean and standard deviation over permutations that no p-value is counted on. Mean and variance of z_g
are the same for all genes, however few carry them; its tail is not, and is left to the permutations.

Axes: g genes, b permutations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.gene_statistics import GeneStatistics, Terms
from association.calibration.monte_carlo import permutations_at_once, places_of
from association.calibration.permutation_stream import PermutationStream
from association.ready_unit import SCALE_FIRST, SCALE_PERMUTATIONS
from association.score import Carriers

Floats = NDArray[np.float64]

# A standard deviation that is smaller beside the mean is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class GeneScale:
    """Mean and standard deviation of each gene's likelihood ratio under permutation (g)."""

    mean: Floats
    deviation: Floats

    @property
    def informative(self) -> NDArray[np.bool_]:
        """Whether a gene's likelihood ratio varies at all (g)."""
        return self.deviation > _ROUNDING * np.maximum(self.mean, _ROUNDING)


def gene_statistics(columns: Carriers, family: int) -> GeneStatistics:
    """Give the likelihood ratio of each column as a row of its own.

    Parameters
    ----------
    columns
        Carriers of each gene (g).
    family
        The trait's, of `evidence`.
    """
    genes = columns.offsets.size - 1
    each = np.arange(genes)
    terms = Terms(each, each, np.ones(genes), np.zeros(genes, np.bool_))
    return GeneStatistics(columns, terms, genes, family)


def gene_scale(genes: GeneStatistics, stream: PermutationStream) -> GeneScale:
    """Measure the scale of each gene's likelihood ratio.

    Parameters
    ----------
    genes
        From `gene_statistics`.
    stream
        The trait's permutations.
    """
    sums, squares = np.zeros(genes.rows), np.zeros(genes.rows)
    samples, places = places_of([genes], stream)
    at_once = permutations_at_once(stream, samples.size)
    for first in range(0, SCALE_PERMUTATIONS, at_once):
        block = stream.block(SCALE_FIRST + first, min(at_once, SCALE_PERMUTATIONS - first), samples)
        ratios = genes.evaluate(block, places[genes.columns.samples])
        sums += ratios.sum(axis=1)
        squares += (ratios**2).sum(axis=1)
    mean = sums / SCALE_PERMUTATIONS
    return GeneScale(mean, np.sqrt(np.maximum(squares / SCALE_PERMUTATIONS - mean**2, 0.0)))
