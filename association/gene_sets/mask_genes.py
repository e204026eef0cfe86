"""All genes under one mask, as sets of them are tested: carriers, evidence, scale, coding lengths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import Evidence, evidence_of
from association.calibration.permutation_stream import PermutationStream
from association.gene_sets.gene_carriers import GeneCarriers
from association.gene_sets.gene_scale import GeneScale, gene_scale, gene_statistics
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MaskGenes:
    """The genes that anyone carries under one mask (g), for one trait.

    Attributes
    ----------
    carriers, scale
        Of each gene.
    said
        Likelihood ratio of each gene's carriers over its mean under permutation (g); 1 where it never varies.
    lengths
        Coding bases of each gene (g), NaN where not known.
    evidence, stream
        The trait's, and its permutations.
    trait, settings, choice
        What is tested against, how, and which mask.
    """

    carriers: GeneCarriers
    scale: GeneScale
    said: Floats
    lengths: Floats
    evidence: Evidence
    stream: PermutationStream
    trait: ScanTrait
    settings: ScanSettings
    choice: MaskChoice


def make_ready(
    carriers: GeneCarriers, lengths: Mapping[str, int], trait: ScanTrait, settings: ScanSettings, choice: MaskChoice
) -> MaskGenes:
    """Measure the genes of a mask.

    Parameters
    ----------
    carriers
        Of all genes (g).
    lengths
        Coding bases by gene, of those where they are known.
    trait, settings, choice
        As in `MaskGenes`.
    """
    evidence = evidence_of(trait.model, trait.strata)
    stream = PermutationStream(evidence.values, trait.strata, settings.seed)
    genes = gene_statistics(carriers.columns, evidence.family)
    scale = gene_scale(genes, stream)
    said = np.divide(genes.observe(evidence), scale.mean, out=np.ones(genes.rows), where=scale.informative)
    known = np.array([lengths.get(gene, np.nan) for gene in carriers.genes], np.float64)
    return MaskGenes(carriers, scale, said, known, evidence, stream, trait, settings, choice)
