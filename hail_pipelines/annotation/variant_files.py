"""Files of variants: what they say is joined to the cohort's variants by locus and alleles, both minimal.

TSV, CSV, Parquet, or a Hail Table. One that is on another build is told by its reference bases: of two
builds about 70% differ at the same position, of one none.

What a file says of the cohort's variants is written as rows (`source_rows`) in order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.problems import InputError
from hail_pipelines.annotation.cohort_places import CohortPlaces, minimal, places_on
from hail_pipelines.annotation.source_rows import RowsWriter
from hail_pipelines.annotation.values import plain_texts
from hail_pipelines.annotation.variant_texts import (
    column_names,
    locus_columns,
    positions_of,
    read_blocks,
    require_columns,
    upper,
)
from hail_pipelines.places import Place
from hail_pipelines.reference_genome import ReferenceGenome, other_genome

# With this many positions in common, more than this share of other reference bases is no accident.
ENOUGH_POSITIONS = 20
MOST_OTHER_BASES = 0.1


@dataclass(frozen=True)
class JoinCounts:
    """How a file's variants met the cohort's.

    Attributes
    ----------
    matched
        Variants of the cohort that the file holds.
    shared_positions
        Variants of the cohort at whose position the file holds any variant.
    other_bases
        Those of them where the file has another reference base.
    """

    matched: int
    shared_positions: int
    other_bases: int


def join_file(
    path: Place,
    cohort: CohortPlaces,
    rows: Place,
    *,
    reference_genome: ReferenceGenome,
    locus: Mapping[str, str],
    columns: Sequence[str],
) -> JoinCounts:
    """Write the rows of a file that are of the cohort's variants, and count how the two met.

    Parameters
    ----------
    path
        The file; no Hail Table.
    cohort
        The cohort's variants (v).
    rows
        The file to write.
    reference_genome
        The build of both.
    locus
        The file's own name for each of contig, position, ref and alt, where it differs.
    columns
        Columns to keep of each row; they are there.

    Raises
    ------
    InputError
        If the file can't be read, or a column that says which variant a row is of is absent.
    """
    names = locus_columns(locus)
    require_columns(path, names, column_names(path))
    join = _Join(cohort)
    with RowsWriter(rows) as writer:
        for block in read_blocks(path, list(dict.fromkeys([*names, *columns]))):
            contigs, positions = plain_texts(block[names[0]]), positions_of(path, block[names[1]])
            positions, refs, alts = minimal(positions, upper(block[names[2]]), upper(block[names[3]]))
            places = places_on(contigs, positions, reference_genome)
            own, variants = join.meet(places, refs, alts)
            writer.write(variants, block.select(list(columns)).take(pa.array(own)))
    return join.counts()


class _Join:
    """Joins a file's rows to the cohort's variants, and remembers how they met."""

    def __init__(self, cohort: CohortPlaces) -> None:
        self._cohort = cohort
        self._matched, self._shared, self._other = np.zeros((3, len(cohort.places)), bool)

    def meet(
        self, places: NDArray[np.int64], refs: pa.Array, alts: pa.Array
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Give the rows that are of the cohort's variants, and the variant of each.

        Parameters
        ----------
        places, refs, alts
            The rows' variants in minimal representation (r).
        """
        known = pc.and_(refs.is_valid(), alts.is_valid()).to_numpy(zero_copy_only=False)
        rows, variants = self._cohort.meet(np.where(known, places, -1))
        at, of = pa.array(rows), pa.array(variants)
        own_refs, row_refs = self._cohort.refs.take(of).combine_chunks(), refs.take(at)
        same = pc.and_(
            pc.equal(own_refs, row_refs), pc.equal(self._cohort.alts.take(of).combine_chunks(), alts.take(at))
        )
        # Of several rows at a position the first tells whether the file is on the same build.
        new, first = np.unique(variants, return_index=True)
        unseen = ~self._shared[new]
        new, first = new[unseen], first[unseen]
        base, row_base = (pc.utf8_slice_codeunits(alleles, 0, 1) for alleles in (own_refs, row_refs))
        self._other[new] = pc.not_equal(base, row_base).to_numpy(zero_copy_only=False)[first]
        self._shared[new] = True
        matched = np.flatnonzero(same.to_numpy(zero_copy_only=False))
        self._matched[variants[matched]] = True
        return rows[matched], variants[matched]

    def counts(self) -> JoinCounts:
        """Count how the file met the cohort."""
        return JoinCounts(int(self._matched.sum()), int(self._shared.sum()), int(self._other.sum()))


def check_join(path: Place, counts: JoinCounts, variants: int, reference_genome: ReferenceGenome) -> None:
    """Refuse a file that is on another build, or that holds none of the cohort's variants.

    Parameters
    ----------
    path
        The file.
    counts
        How its variants met the cohort's.
    variants
        How many variants the cohort has.
    reference_genome
        The study's build.

    Raises
    ------
    InputError
        If it is such a file.
    """
    shared, other = counts.shared_positions, counts.other_bases
    remedy = f"it may be on {other_genome(reference_genome)}; use the one on {reference_genome}, the study's genome"
    if shared >= ENOUGH_POSITIONS and other > MOST_OTHER_BASES * shared:
        message = f"at {other:,} of the {shared:,} positions that it shares with the VCFs the reference base differs"
        raise InputError.single(str(path), "reference bases", f"{message}: {remedy}")
    if variants and not counts.matched:
        message = (
            f"none of the VCFs' {variants:,} variants is in it, although {shared:,} of their positions are"
            if shared
            else f"none of the VCFs' {variants:,} variants is in it, nor any of their positions"
        )
        raise InputError.single(str(path), "variants", f"{message}: {remedy}, made for the same calls")
