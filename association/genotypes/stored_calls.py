"""Calls as they are stored: numbers in the fewest bytes that hold them, which kernels read as they go.

Made wider first, they would take three times the memory, and moving that is most of the work.

Axes: v variants, n samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.genotypes.calls import Calls

# Whole numbers of one byte or two, or any of four.
Stored = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]

# The number that stands for an unknown one.
UNKNOWN: dict[type[np.generic], Any] = {
    np.uint8: np.uint8(255),
    np.uint16: np.uint16(65_535),
    np.float32: np.float32(np.nan),
}


@dataclass(frozen=True)
class StoredCalls:
    """Calls of some variants by all samples; a field that the VCFs do not have is None.

    Attributes
    ----------
    genotypes
        Codes (v, n), as `association.genotypes.calls` has them.
    quality, depth, reference_reads, alternate_reads
        Numbers as in `Calls`, those that are not known as `UNKNOWN` has them (v, n).
    """

    genotypes: NDArray[np.uint8]
    quality: Stored | None = None
    depth: Stored | None = None
    reference_reads: Stored | None = None
    alternate_reads: Stored | None = None

    def known(self) -> Calls:
        """Give numbers as floats, nan where unknown."""
        several = (self.quality, self.depth, self.reference_reads, self.alternate_reads)
        return Calls(self.genotypes, *(None if one is None else known(one).astype(np.float32) for one in several))

    def take(self, variants: NDArray[np.intp]) -> StoredCalls:
        """Give the calls of some of the variants."""
        several = (self.quality, self.depth, self.reference_reads, self.alternate_reads)
        return StoredCalls(self.genotypes[variants], *(None if one is None else one[variants] for one in several))

    def reads_at(self, places: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give the reads of both alleles at some places of the flattened calls, nan where unknown."""
        assert self.reference_reads is not None, "asked of calls with reads alone"
        assert self.alternate_reads is not None, "asked of calls with reads alone"
        reference, alternate = self.reference_reads.reshape(-1)[places], self.alternate_reads.reshape(-1)[places]
        return known(reference).astype(np.float64), known(alternate).astype(np.float64)


def unknown(stored: Stored) -> Any:
    """Give the number that stands for an unknown one among numbers."""
    return UNKNOWN[stored.dtype.type]


def known(stored: Stored) -> NDArray[np.float32]:
    """Give numbers as floats, nan where unknown."""
    if stored.dtype == np.float32:
        return np.asarray(stored, np.float32)
    return np.where(stored == unknown(stored), np.float32(np.nan), stored.astype(np.float32))


def reads_in_all(reference: NDArray[np.float64], alternate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add up the reads of two alleles; unknown ones count nothing."""
    return np.nan_to_num(reference) + np.nan_to_num(alternate)
