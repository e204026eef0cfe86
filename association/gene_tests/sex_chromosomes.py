"""Where males have one copy: X outside its pseudoautosomal regions.

The regions are those of the Genome Reference Consortium; GRCh38 names the chromosome chrX, GRCh37 names it X.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# First and last position, 1-based, of the two regions that X shares with Y.
PSEUDOAUTOSOMAL = {
    "chrX": ((10_001, 2_781_479), (155_701_383, 156_030_895)),
    "X": ((60_001, 2_699_520), (154_931_044, 155_260_560)),
}


def hemizygous_in_males(contig: NDArray[np.object_], position: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Say at which sites (v) males have one copy.

    Parameters
    ----------
    contig
        Chromosome of each site (v).
    position
        1-based (v).
    """
    single = np.zeros(contig.size, np.bool_)
    for name, regions in PSEUDOAUTOSOMAL.items():
        on_x = contig == name
        for first, last in regions:
            on_x &= (position < first) | (position > last)
        single |= on_x
    return single
