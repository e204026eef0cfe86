"""What a sequencer and a caller make of true genotypes: depth, reads per allele, quality, missing calls.

Depth is Poisson around sample coverage x site coverage; a heterozygous call draws its alternate reads with
a slight preference for the reference; quality follows the reads, as a caller's does. Poor calls thus come from
low coverage: a few samples and a few sites have it throughout. Filtered sites are artefacts: their alternate
reads are too few.

Axes: sites x samples; alleles are the reference, the site's first and its second variant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from association.simulate.effects import Dosages, Floats

MEAN_DEPTH = 48.0
POOR_COVERAGE = 0.17
SAMPLES_PER_POOR_SAMPLE = 150
POOR_SITE_SHARE = 0.015
ALTERNATE_READ_SHARE = 0.48
ARTEFACT_READ_SHARE = 0.13
READ_ERROR = 0.0008
FEWEST_READS = 3
LOST_CALL_SHARE = 0.001
MOST_READS = 250
BEST_QUALITY = 99


@dataclass(frozen=True)
class Calls:
    """Called genotypes of some sites.

    Attributes
    ----------
    first, second
        Dosages of the site's variants (sites, samples); both -1 where the call is missing.
    reads
        Reads per allele (alleles, sites, samples).
    quality
        Phred-scaled genotype quality (sites, samples).
    """

    first: Dosages
    second: Dosages
    reads: NDArray[np.int16]
    quality: NDArray[np.int16]

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Say which calls are missing (sites, samples)."""
        return self.first < 0


def simulate_sample_coverage(samples: int, generator: Generator) -> Floats:
    """Draw each sample's coverage relative to the cohort's mean; one in 150 samples is poor throughout."""
    coverage = np.exp(generator.normal(0, 0.15, samples))
    poor = generator.permutation(samples)[: samples // SAMPLES_PER_POOR_SAMPLE]
    coverage[poor] = POOR_COVERAGE
    return coverage


def simulate_calls(
    first: Dosages, second: Dosages, passes: NDArray[np.bool_], coverage: Floats, generator: Generator
) -> Calls:
    """Call the genotypes of some sites.

    Parameters
    ----------
    first, second
        True dosages of the site's variants (sites, samples), the second all zero where there is one variant;
        at most two alleles in all.
    passes
        Which sites are real (sites); the others get the reads of artefacts.
    coverage
        From `simulate_sample_coverage` (samples).
    generator
        Source of randomness.
    """
    depth = _draw_depth(first.shape, coverage, generator)
    balance = np.where(passes, ALTERNATE_READ_SHARE, ARTEFACT_READ_SHARE)[:, None]
    alternate = (first + second).astype(np.int8)
    share = np.where(alternate == 2, 1 - READ_ERROR, np.where(alternate == 1, balance, READ_ERROR))
    alternate_reads = generator.binomial(depth, share)
    # A caller names an allele only where it has seen it.
    alternate_reads = np.where(alternate == 1, np.clip(alternate_reads, 1, depth - 1), alternate_reads)
    both = (first == 1) & (second == 1)
    second_reads = np.where(
        both, np.clip(generator.binomial(alternate_reads, 0.5), 1, None), alternate_reads * (second > 0)
    )
    reads = np.stack([depth - alternate_reads, alternate_reads - second_reads, second_reads]).astype(np.int16)
    quality = _quality(alternate, both, reads, depth, generator)
    missing = (depth < FEWEST_READS) | (generator.random(depth.shape) < LOST_CALL_SHARE)
    return Calls(
        np.where(missing, -1, first).astype(np.int8),
        np.where(missing, -1, second).astype(np.int8),
        reads,
        quality,
    )


def _draw_depth(shape: tuple[int, ...], coverage: Floats, generator: Generator) -> NDArray[np.int64]:
    site_coverage = np.exp(generator.normal(0, 0.2, shape[0]))
    site_coverage[generator.random(shape[0]) < POOR_SITE_SHARE] = POOR_COVERAGE
    # Never below two reads: a missing call keeps its reads, and a heterozygous one needs both alleles.
    return generator.poisson(MEAN_DEPTH * site_coverage[:, None] * coverage).clip(2, MOST_READS)


def _quality(
    alternate: Dosages,
    both: NDArray[np.bool_],
    reads: NDArray[np.int16],
    depth: NDArray[np.int64],
    generator: Generator,
) -> NDArray[np.int16]:
    """Phred quality: three a read for one allele, nine for each read of a heterozygote's rarer allele."""
    rarer = np.where(both, np.minimum(reads[1], reads[2]), np.minimum(reads[0], reads[1] + reads[2]))
    quality = np.where(alternate == 1, 9 * rarer, np.where(both, 9 * rarer, 3 * depth))
    quality = quality - generator.integers(0, 4, size=depth.shape)
    return quality.clip(1, BEST_QUALITY).astype(np.int16)
