"""Which masks variants are in, by nothing but the frequencies that a reader can work out.

The gene store's frequency is of everybody who passed quality control. Where it decided, a variant told of with five
carriers and missing from a mask that five may be in would tell of a sixth, who has no trait. So three rules:

* A variant that is told of by itself is below a ceiling if the minor alleles and samples that are told of it are: of
  the first trait that tells of it, the largest.
* Variants with fewer carriers than may be told of are as frequent as singletons, all of them: whether one, two or
  four samples carry them shows nowhere. A ceiling that a singleton passes therefore holds them up to four carriers,
  and none is lost; the frequency of four carriers would empty the low ceilings of small cohorts, which the singletons
  of a consortium are meant for. Their weights are those of singletons too.
* Which variants are looked at, and which are collapsed together, goes by the carriers of the largest trait.

Frequencies in an external reference are public, and count as ever.

Axes: k masks with a ceiling each, v rows of a batch, m variants of linked genes, g genes, j columns, T traits, c
carriers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.gene_batch import GeneBatch
from association.gene_tests.masks import below_ceiling, qualifying_variants
from association.meta.shared_columns import SharedColumns
from association.scan_settings import MaskChoice

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def possible_masks(batch: GeneBatch, masks: Sequence[MaskChoice]) -> Booleans:
    """Say which masks each variant could be in, however many carry it (k, v)."""
    never = np.zeros(batch.gene.size)
    found = [
        qualifying_variants(one.mask, batch.annotations) & below_ceiling(never, batch.external_frequency, one.max_af)
        for one in masks
    ]
    return np.array(found, np.bool_).reshape(len(masks), batch.gene.size)


def rare_enough(
    carriers: Integers, alleles: Floats, samples: int, masks: Sequence[MaskChoice], *, at_least: int
) -> Booleans:
    """Say which ceilings variants are below (k, v).

    Parameters
    ----------
    carriers
        Samples with any trait that carry each (v).
    alleles
        Minor alleles among the samples of the largest trait (v).
    samples
        How many these are.
    masks
        With their ceilings (k).
    at_least
        The smallest number of samples that may be told of.
    """
    frequency = np.where(carriers < at_least, 1.0, alleles) / (2 * samples)
    return frequency <= _ceilings(masks)


def masks_as_told(
    columns: SharedColumns, told: Booleans, samples: Sequence[int], possible: Booleans, masks: Sequence[MaskChoice]
) -> Booleans:
    """Give the masks of each column (g, k, j): of variants by themselves, by the alleles that are told of them.

    Parameters
    ----------
    columns
        What may be told of linked genes.
    told
        Which carriers are, in each trait (T, c).
    samples
        Of each trait (T).
    possible
        Which masks of each gene each variant could be in (g, k, m).
    masks
        With their ceilings (k).
    """
    alleles = told.astype(np.int64) @ columns.patterns
    first = (alleles > 0).argmax(axis=0)
    frequency = np.take_along_axis(alleles, first[None], axis=0)[0] / (2 * np.asarray(samples)[first])
    alone = columns.variants >= 0
    found = columns.masks.copy()
    found[:, :, alone] = possible[:, :, columns.variants[alone]] & (frequency <= _ceilings(masks))[:, alone]
    return found


def _ceilings(masks: Sequence[MaskChoice]) -> Floats:
    return np.array([one.max_af for one in masks])[:, None]
