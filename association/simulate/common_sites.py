"""Common sites between genes, far apart: what tells one person, or relatives, in two cohorts.

Axes: s sites, n samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from association.simulate.effects import Dosages, Integers
from association.simulate.sites import BASES, GRCH38_LENGTHS

# Enough to tell siblings by, at distances beyond linkage.
COMMON_SITES = 1_600
FREQUENCIES = (0.2, 0.5)


@dataclass(frozen=True)
class CommonSites:
    """Sites that many carry, in no gene.

    Attributes
    ----------
    contig, position, ref, alt
        In genomic order (s).
    dosages
        Alternate alleles (s, n).
    """

    contig: NDArray[np.str_]
    position: Integers
    ref: NDArray[np.str_]
    alt: NDArray[np.str_]
    dosages: Dosages


def simulate_common_sites(samples: int, taken: set[tuple[str, int]], generator: Generator) -> CommonSites:
    """Draw common sites, and who carries them, independently.

    Parameters
    ----------
    samples
        Patients (n).
    taken
        Contigs and positions that have variants already.
    generator
        Source of randomness.
    """
    lengths = np.array(list(GRCH38_LENGTHS.values()))
    share = np.cumsum(lengths) / lengths.sum()
    number = np.searchsorted(share, (np.arange(COMMON_SITES) + 0.5) / COMMON_SITES)
    contig, on_contig = np.array(list(GRCH38_LENGTHS))[number], np.bincount(number, minlength=lengths.size)
    rank = np.arange(COMMON_SITES) - np.searchsorted(number, number)
    position = (lengths[number] * (rank + 0.5) / on_contig[number]).astype(np.int64)
    free = [site not in taken for site in zip(contig.tolist(), position.tolist(), strict=True)]
    contig, position = contig[free], position[free]
    base = generator.integers(4, size=position.size)
    frequency = generator.uniform(*FREQUENCIES, position.size)
    dosages = generator.binomial(2, frequency[:, None], (position.size, samples)).astype(np.int8)
    return CommonSites(contig, position, BASES[base], BASES[(base + 2) % 4], dosages)
