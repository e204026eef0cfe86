"""The cohort's variants by their places, to which files of variants are joined.

A place is one number: the chromosome's above the position's 32 bits. Places of the cohort are in order, so those of a
file are found by bisection, whatever order it is in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.call_files import KEY
from hail_pipelines.places import Place, readable
from hail_pipelines.reference_genome import CHROMOSOMES, ReferenceGenome, genome_contig

NOWHERE = -1


@dataclass(frozen=True)
class CohortPlaces:
    """The cohort's variants (v).

    Attributes
    ----------
    places
        In order (v).
    refs, alts
        Alleles in minimal representation (v).
    """

    places: NDArray[np.int64]
    refs: pa.ChunkedArray
    alts: pa.ChunkedArray

    def meet(self, places: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pair the rows of a file with the variants at the same places.

        Returns the row and the variant of each pair, in order of rows.

        Parameters
        ----------
        places
            Of the file's rows (r).
        """
        starts = np.searchsorted(self.places, places)
        sizes = np.searchsorted(self.places, places, side="right") - starts
        rows = np.repeat(np.arange(len(places)), sizes)
        variants = np.arange(len(rows)) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
        return rows, variants


def read_places(variants: Place, reference_genome: ReferenceGenome) -> CohortPlaces:
    """Read where the cohort's variants lie; its chromosomes are spelled as the build's."""
    table = pq.read_table(readable(variants), columns=list(KEY))
    return CohortPlaces(
        places_on(table["contig"].combine_chunks(), table["position"].to_numpy(), reference_genome),
        table["ref"],
        table["alt"],
    )


def places_on(
    contigs: pa.Array, positions: NDArray[np.integer], reference_genome: ReferenceGenome
) -> NDArray[np.int64]:
    """Give the place of each row; `NOWHERE` on a contig that is no chromosome.

    Parameters
    ----------
    contigs
        In any spelling of the build's, null where unknown (r).
    positions
        From 1 (r).
    reference_genome
        The build.
    """
    encoded = contigs.dictionary_encode()
    order = {genome_contig(bare, reference_genome): number for number, bare in enumerate(CHROMOSOMES)}
    names = [genome_contig(name, reference_genome) for name in encoded.dictionary.to_pylist()]
    numbers = np.array([*(order.get(name, NOWHERE) for name in names), NOWHERE], np.int64)
    of_rows = numbers[encoded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)]
    return np.where(of_rows == NOWHERE, NOWHERE, of_rows * (1 << 32) + positions)


def minimal(
    positions: NDArray[np.int64], refs: pa.Array, alts: pa.Array
) -> tuple[NDArray[np.int64], pa.Array, pa.Array]:
    """Take the bases that both alleles share off their ends, then off their starts, and leave one of each.

    Parameters
    ----------
    positions, refs, alts
        Variants; null alleles stay (r).
    """
    long = pc.and_(pc.greater(pc.utf8_length(refs), 1), pc.greater(pc.utf8_length(alts), 1))
    rows = np.flatnonzero(long.fill_null(False).to_numpy(zero_copy_only=False))
    if not len(rows):
        return positions, refs, alts
    at = pa.array(rows)
    pairs = zip(refs.take(at).to_pylist(), alts.take(at).to_pylist(), strict=True)
    offsets, short_refs, short_alts = zip(*(_trimmed(ref, alt) for ref, alt in pairs), strict=True)
    positions = positions.copy()
    positions[rows] += offsets
    mask = long.fill_null(False)
    return (
        positions,
        pc.replace_with_mask(refs, mask, pa.array(short_refs)),
        pc.replace_with_mask(alts, mask, pa.array(short_alts)),
    )


def _trimmed(ref: str, alt: str) -> tuple[int, str, str]:
    """Trim a pair of alleles; how far the position moves comes first."""
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    start = 0
    while len(ref) > start + 1 and len(alt) > start + 1 and ref[start] == alt[start]:
        start += 1
    return start, ref[start:], alt[start:]
