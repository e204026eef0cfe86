"""What a scan asks of a batch's variants for one trait, worked out for all of them at once.

Axes: v variants of the batch, n samples of the trait.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.gene_batch import GeneBatch, TraitGenotypes, restrict_to_trait
from association.gene_tests.acat import acat_v_weights
from association.gene_tests.masks import below_ceiling, qualifying_variants
from association.gene_tests.weights import variant_weights
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class AskedVariants:
    """A batch's variants as the masks and tests of a scan see them.

    Attributes
    ----------
    genotypes
        What the trait's samples carry.
    chosen
        Which variants are in each mask of the settings, and rare enough for its ceiling (masks, v).
    carried
        Which variants a sample with the trait carries (v).
    weights
        By the name of the scheme (v).
    cauchy_weights
        Of ACAT-V (v).
    stratum_sizes
        Samples of each stratum of the trait.
    trait, settings
        What is tested, and how.
    """

    genotypes: TraitGenotypes
    chosen: Booleans
    carried: Booleans
    weights: dict[str, Floats]
    cauchy_weights: Floats
    stratum_sizes: Integers
    trait: ScanTrait
    settings: ScanSettings


def ask_variants(batch: GeneBatch, trait: ScanTrait, settings: ScanSettings) -> AskedVariants:
    """Work out masks, carriers and weights of a batch.

    Parameters
    ----------
    batch
        Variants of whole genes.
    trait, settings
        What to test against, and how.
    """
    genotypes = restrict_to_trait(batch, trait)
    chosen = [choose_variants(batch, choice) for choice in settings.masks]
    frequency, scores = batch.minor_allele_frequency, batch.annotations.scores
    schemes = dict.fromkeys(test.weights for test in settings.tests)
    return AskedVariants(
        genotypes=genotypes,
        chosen=np.array(chosen, np.bool_).reshape(len(chosen), batch.gene.size),
        carried=np.diff(genotypes.offsets) > 0,
        weights={scheme: variant_weights(scheme, frequency, scores) for scheme in schemes},
        cauchy_weights=acat_v_weights(frequency),
        stratum_sizes=np.bincount(trait.strata),
        trait=trait,
        settings=settings,
    )


def choose_variants(batch: GeneBatch, choice: MaskChoice) -> Booleans:
    """Say which variants of a batch are in a mask, and rare enough for its ceiling."""
    rare = below_ceiling(batch.minor_allele_frequency, batch.external_frequency, choice.max_af)
    return qualifying_variants(choice.mask, batch.annotations) & rare
