"""Contamination from reads of the other allele where a sample is homozygous for the minor one (CHARR).

A share c of foreign DNA brings reads of the other allele to such a site in proportion to that allele's frequency q,
so that over the sites, with r such reads of depth d,

    charr = mean of r / (d q),   expected c,   standard error about sqrt(c * mean of 1 / (d q) / sites).

Reads that the sequencer made up are in it too: one read in 1,000 adds the mean of 1/q times 0.1 per cent. Joint
calling takes sites with several foreign reads for heterozygous, and charr falls behind c: of 5 to 15 per cent it
shows 3 to 6. The paper looks at homozygotes of the alternate allele, which is nearly always the minor one.

References
----------
Lu et al. CHARR efficiently estimates contamination from DNA sequencing data. AJHG 2023.
doi:10.1016/j.ajhg.2023.10.011
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# Sites as `hl.compute_charr` takes them: common both ways, and not so deep that they are repeats.
FREQUENCIES = (0.05, 0.95)
DEPTHS = (10, 100)
# With fewer sites, at a depth of 30 and a frequency of 0.3, the standard error at 2% is above 0.9%.
FEWEST_SITES = 30


def charr(ratio_sum: ArrayLike, sites: ArrayLike) -> Floats:
    """Give each sample's estimated share of foreign DNA, NaN where it has fewer than 30 sites (n).

    Parameters
    ----------
    ratio_sum
        Sum of reads of the other allele / (depth * that allele's frequency) over the sites (n).
    sites
        Homozygous calls of the minor allele of autosomal SNVs that were summed (n).
    """
    total, number = np.asarray(ratio_sum, dtype=np.float64), np.asarray(sites, dtype=np.float64)
    return np.where(number >= FEWEST_SITES, total / np.maximum(number, 1), np.nan)


def charr_standard_error(
    estimate: ArrayLike, sites: ArrayLike, *, mean_depth: float, other_frequency: float = 0.3
) -> Floats:
    """Give the standard error of estimates.

    Parameters
    ----------
    estimate
        From `charr` (n).
    sites
        Sites of each (n).
    mean_depth
        Reads per site.
    other_frequency
        Harmonic mean of the other allele's frequency over the sites.
    """
    variance = np.asarray(estimate, dtype=np.float64) / (mean_depth * other_frequency)
    return np.asarray(np.sqrt(variance / np.asarray(sites, dtype=np.float64)))
