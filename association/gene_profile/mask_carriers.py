"""Who carries a gene's mask, and how many of its minor alleles.

Axes: v variants of a batch, n samples of the trait, k carriers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.asked_variants import choose_variants
from association.gene_batch import GeneBatch, TraitGenotypes
from association.gene_tests.columns import Burden, collapse
from association.null_models.null_model import Floats, Integers
from association.scan_settings import MaskChoice
from association.score import Carriers

Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class MaskCarriers:
    """The carriers of one gene's mask among the samples of a trait.

    Attributes
    ----------
    samples
        Positions in the trait's order, in the order in which carriers are numbered (k): by residual, the largest
        first, so that numbers tell of nobody's id.
    alleles
        Minor alleles in the mask of each (k).
    burden
        The sum of alleles as a column: imputed calls, too, which make nobody a carrier.
    variants
        Variants of the mask that a sample with the trait carries.
    """

    samples: Integers
    alleles: Floats
    burden: Carriers
    variants: int

    def among(self, samples: int) -> Booleans:
        """Say who of so many samples is a carrier (n)."""
        inside = np.zeros(samples, np.bool_)
        inside[self.samples] = True
        return inside


def mask_carriers(
    gene: str, choice: MaskChoice, batch: GeneBatch, genotypes: TraitGenotypes, residuals: Floats
) -> MaskCarriers:
    """Find the carriers of a gene's mask.

    Parameters
    ----------
    gene
        Which gene of the batch.
    choice
        The mask and its ceiling.
    batch, genotypes
        The variants, and what the trait's samples carry.
    residuals
        Score residuals of the trait's samples (n).
    """
    inside = choose_variants(batch, choice) & (batch.gene == gene)
    own = np.flatnonzero(inside & (np.diff(genotypes.offsets) > 0))
    columns, called = genotypes.select(own)
    samples, burden = collapse(columns, Burden("sum", np.ones(own.size)))
    carriers = np.unique(columns.samples[called])
    counted = np.bincount(columns.samples[called], columns.dosages[called], residuals.size)
    alleles = np.asarray(counted[carriers], np.float64)
    order = np.lexsort((-alleles, -residuals[carriers]))
    offsets = np.array([0, samples.size], np.int64)
    return MaskCarriers(carriers[order], alleles[order], Carriers(offsets, samples, burden), own.size)
