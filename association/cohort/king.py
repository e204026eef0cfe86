"""Kinship of pairs, robust to population structure: KING-robust between families, as plink2 computes it.

Over the sites called in both of a pair, with h the sites where both are heterozygous, z those where they are opposite
homozygotes (IBS0), and h_i, h_j their heterozygous sites,

    kinship = (h - 2 z) / (2 min(h_i, h_j)) + 1/2 - (h_i + h_j) / (4 min(h_i, h_j)).

All counts of a block of pairs are products of matrices of zeros and ones. Axes: m sites, a and b samples.

References
----------
Manichaikul et al. Robust relationship inference in genome-wide association studies. Bioinformatics 2010.
doi:10.1093/bioinformatics/btq559 (equation 11)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.cohort.common_variants import Dosages, Floats, variant_blocks

Singles = NDArray[np.float32]

SITES_AT_ONCE = 4_096


@dataclass(frozen=True)
class PairKinship:
    """What calls say of pairs of samples.

    Attributes
    ----------
    kinship
        KING-robust kinship; NaN where one of the pair has no heterozygous call that the other one has called (a, b).
    ibs0
        Share of the sites where they are opposite homozygotes; NaN without sites (a, b).
    sites
        How many are called in both (a, b).
    """

    kinship: Floats
    ibs0: Singles
    sites: Singles


def pair_kinship(first: Dosages, second: Dosages | None = None) -> PairKinship:
    """Give the kinship of all pairs between two sets of samples.

    Parameters
    ----------
    first, second
        Dosages at the same fewer than 2^24 variants (m, a), (m, b); None for the pairs within `first`.
    """
    both_het, both_hom, het_hom, hom_het, opposite = _counts(first, second)
    sites = both_het + both_hom + het_hom + hom_het
    smaller = (both_het + np.minimum(het_hom, hom_het)).astype(np.float64)
    differences = 4.0 * opposite + het_hom + hom_het
    with np.errstate(divide="ignore", invalid="ignore"):
        kinship = np.where(smaller > 0, 0.5 - differences / (4 * smaller), np.nan)
        return PairKinship(kinship, opposite / sites, sites)


def _counts(first: Dosages, second: Dosages | None) -> tuple[Singles, Singles, Singles, Singles, Singles]:
    """Count, for all pairs, sites that are het-het, hom-hom, het-hom, hom-het and opposite homozygotes.

    `second` is None for the pairs within `first`.
    """
    shape = (first.shape[1], (first if second is None else second).shape[1])
    both_het, both_hom, het_hom, hom_het, signed = (np.zeros(shape, dtype=np.float32) for _ in range(5))
    for block in variant_blocks(len(first), SITES_AT_ONCE):
        het, hom, sign = _indicators(first[block])
        het_2, hom_2, sign_2 = (het, hom, sign) if second is None else _indicators(second[block])
        both_het += het.T @ het_2
        both_hom += hom.T @ hom_2
        signed += sign.T @ sign_2
        het_hom += het.T @ hom_2
        if second is not None:
            hom_het += hom.T @ het_2
    if second is None:
        hom_het = het_hom.T
    # Homozygotes are alike (+1) or opposite (-1).
    return both_het, both_hom, het_hom, hom_het, (both_hom - signed) / np.float32(2)


def _indicators(calls: Dosages) -> tuple[Singles, Singles, Singles]:
    """Give heterozygotes, homozygotes, and homozygotes with the sign of their allele."""
    het = (calls == 1).astype(np.float32)
    alternate, reference = (calls == 2).astype(np.float32), (calls == 0).astype(np.float32)
    return het, alternate + reference, alternate - reference
