"""The calls of some variants by all samples, as arrays of variants (v) by samples (n).

A call of one alternate allele has one of a handful of codes. Its quality and reads are numbers, `nan` where the VCF
has none; whole numbers up to 16 million are exact in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HOMOZYGOUS_REFERENCE, HETEROZYGOUS, HOMOZYGOUS_ALTERNATE, HAPLOID_REFERENCE, HAPLOID_ALTERNATE, NO_CALL = range(6)
# By code: alternate alleles, and alleles in all.
ALTERNATES = np.array([0, 1, 2, 0, 1, 0], np.int8)
PLOIDY = np.array([2, 2, 2, 1, 1, 0], np.int8)


@dataclass(frozen=True)
class Calls:
    """Calls as they were loaded; a field that the VCFs do not have is None.

    Attributes
    ----------
    genotypes
        Codes (v, n), uint8.
    quality
        GQ (v, n), float32.
    depth
        DP in reads (v, n), float32.
    reference_reads, alternate_reads
        AD of every other allele together, and of the alternate (v, n), float32.
    """

    genotypes: NDArray[np.uint8]
    quality: NDArray[np.float32] | None = None
    depth: NDArray[np.float32] | None = None
    reference_reads: NDArray[np.float32] | None = None
    alternate_reads: NDArray[np.float32] | None = None

    def take(self, variants: NDArray[np.bool_] | NDArray[np.intp]) -> Calls:
        """Give the calls of some of the variants.

        Parameters
        ----------
        variants
            A mask (v), or numbers.
        """
        numbers = (self.quality, self.depth, self.reference_reads, self.alternate_reads)
        return Calls(self.genotypes[variants], *(None if one is None else one[variants] for one in numbers))
