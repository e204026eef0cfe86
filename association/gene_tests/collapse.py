"""Ultra-rare variants of a gene as one.

A variant with a handful of carriers tells SKAT nothing by itself, and its score is as far from normal as can be. The
variants of a gene with at most 10 minor alleles become one: a sample's dosage of it is the highest of its dosages of
them, not the sum. So it counts carriers; a haplotype with two of the variants is not two observations; and the small
dosages that stand for missing calls do not add up.

Axes: m variants of a gene.

References
----------
Zhou W, Bi W, Zhao Z, et al. (2022) SAIGE-GENE+ improves the efficiency and accuracy of set-based rare variant
association tests. Nat Genet 54:1466-1469. doi:10.1038/s41588-022-01178-w
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from association.null_models.null_model import Floats, Integers
from association.score import Carriers

# Minor alleles up to which a variant is ultra-rare.
ULTRA_RARE = 10


@dataclass(frozen=True)
class CollapsedVariants:
    """A gene's variants after its ultra-rare ones became one.

    Attributes
    ----------
    carriers
        The variants that are left, in their order, and last the collapsed one.
    merged_into
        Which of these each of the gene's variants is part of (m).
    """

    carriers: Carriers
    merged_into: Integers


def collapse_ultra_rare(carriers: Carriers, minor_allele_counts: Floats) -> CollapsedVariants:
    """Merge a gene's ultra-rare variants.

    Parameters
    ----------
    carriers
        The gene's dosages.
    minor_allele_counts
        Of each variant in the cohort (m).

    Returns
    -------
    CollapsedVariants
        The same variants where fewer than two are ultra-rare.
    """
    ultra_rare = minor_allele_counts <= ULTRA_RARE
    if ultra_rare.sum() < 2:
        return CollapsedVariants(carriers, np.arange(ultra_rare.size))
    merged_into = np.where(ultra_rare, (~ultra_rare).sum(), np.cumsum(~ultra_rare) - 1)
    entry_variants = np.repeat(merged_into, np.diff(carriers.offsets))
    by_entry = np.lexsort((-carriers.dosages, carriers.samples, entry_variants))
    variants, samples = entry_variants[by_entry], carriers.samples[by_entry]
    # The first entry of a sample in a variant is its highest dosage.
    first = np.ones(variants.size, dtype=bool)
    first[1:] = (variants[1:] != variants[:-1]) | (samples[1:] != samples[:-1])
    counts = np.bincount(variants[first], minlength=int(merged_into.max()) + 1)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return CollapsedVariants(Carriers(offsets, samples[first], carriers.dosages[by_entry][first]), merged_into)
