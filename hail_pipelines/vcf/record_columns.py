"""The fixed columns of records: where each lies, its filters, its id and the order of its call fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.genotypes.places import AUTOSOME, PSEUDOAUTOSOMAL
from association.kernels import njit
from hail_pipelines.reference_genome import (
    CHROMOSOME_LENGTHS,
    CHROMOSOMES,
    ReferenceGenome,
    contig_recoding,
    genome_contig,
    is_other_contig,
    places_of,
)
from hail_pipelines.vcf.header import CALL_FIELDS
from hail_pipelines.vcf.line_columns import CHROM, FILTER, FORMAT, ID, POS, Records, text_column, unlike_before

# A chromosome is its number among `CHROMOSOMES`.
OTHER_CONTIG, UNKNOWN_CONTIG = -1, -2
_ZERO, _NINE = b"09"
_BEYOND_ANY = 1 << 40
_ODD_FILTERS = {"", "PASS", "0"}

T = TypeVar("T")


@dataclass(frozen=True)
class Places:
    """Where records (l) lie.

    Attributes
    ----------
    chromosomes
        Numbers among `CHROMOSOMES`, or `OTHER_CONTIG` or `UNKNOWN_CONTIG` (l).
    positions
        Positions (l), from 1.
    paired
        Whether everyone has two copies of the place (l).
    sound
        Whether the contig is one of the build's and the position lies on it (l).
    """

    chromosomes: NDArray[np.int64]
    positions: NDArray[np.int64]
    paired: NDArray[np.bool_]
    sound: NDArray[np.bool_]


def find_places(records: Records, reference_genome: ReferenceGenome) -> Places:
    """Read records' CHROM and POS."""
    numbers = _chromosome_numbers(reference_genome)

    def number_of(contig: bytes) -> int:
        name = contig.decode("utf-8", "replace")
        return numbers.get(name, OTHER_CONTIG if is_other_contig(name, reference_genome) else UNKNOWN_CONTIG)

    chromosomes = np.array(_by_run(records, CHROM, number_of), np.int64)
    positions = np.empty(len(records), np.int64)
    _read_positions(records.text, *records.span(POS), positions)
    lengths = np.array([*CHROMOSOME_LENGTHS[reference_genome].values(), _BEYOND_ANY, _BEYOND_ANY])
    sound = (chromosomes != UNKNOWN_CONTIG) & (positions > 0) & (positions <= lengths[chromosomes])
    own_names = np.array([*(genome_contig(name, reference_genome) for name in CHROMOSOMES), "", ""])
    places = places_of(own_names[chromosomes], np.where(sound, positions, 0).astype(np.int32), reference_genome)
    paired = (chromosomes >= 0) & ((places == AUTOSOME) | (places == PSEUDOAUTOSOMAL))
    return Places(chromosomes, positions, paired, sound)


def find_formats(records: Records) -> NDArray[np.int64]:
    """Read records' FORMAT: the places of GT, GQ, DP and AD in it, -1 for none, and how many fields it names (l, 5).

    A FORMAT that names any of the four twice counts as one of no fields.
    """
    return np.array(_by_run(records, FORMAT, _format), np.int64).reshape(-1, len(CALL_FIELDS) + 1)


def find_filters(records: Records) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Read records' FILTER as sorted names, none for PASS; and say which have an odd name.

    Odd are an empty name, and PASS or 0 beside others: such a record has not passed.
    """
    coded = text_column(records.text, *records.span(FILTER)).dictionary_encode()
    names = [_filters(text) for text in coded.dictionary.to_pylist()]
    odd = np.array([not _ODD_FILTERS.isdisjoint(each or ()) for each in names], np.bool_)
    return pa.array(names, pa.list_(pa.string())).take(coded.indices), odd[coded.indices.to_numpy()]


def find_ids(records: Records) -> pa.Array:
    """Read records' ID; a dot is missing."""
    ids = text_column(records.text, *records.span(ID))
    return pc.if_else(pc.equal(ids, "."), pa.scalar(None, pa.string()), ids)


@lru_cache
def _chromosome_numbers(reference_genome: ReferenceGenome) -> dict[str, int]:
    """Give each chromosome its number, by every spelling that is read."""
    own = {genome_contig(name, reference_genome): number for number, name in enumerate(CHROMOSOMES)}
    recoded = contig_recoding(reference_genome).items()
    return own | {name: own.get(genome_name, OTHER_CONTIG) for name, genome_name in recoded}


def _by_run(records: Records, column: int, read: Callable[[bytes], T]) -> list[T]:
    """Read a column whose neighbours are mostly alike: what is read of one holds for those alike that follow."""
    begins, ends = records.span(column)
    runs = np.flatnonzero(unlike_before(records.text, begins, ends))
    found = [read(records.text[begins[first] : ends[first]].tobytes()) for first in runs]
    lengths = np.diff(np.append(runs, len(records)))
    return [value for value, length in zip(found, lengths.tolist(), strict=True) for _ in range(length)]


@lru_cache(maxsize=4096)
def _format(text: bytes) -> tuple[int, ...]:
    """Find the call fields among the names of a FORMAT."""
    names = text.decode("utf-8", "replace").split(":")
    places = tuple(names.index(name) if name in names else -1 for name in CALL_FIELDS)
    twice = any(names.count(name) > 1 for name in CALL_FIELDS)
    return (*places, 0 if twice else len(names))


def _filters(text: str) -> list[str] | None:
    """Read one FILTER."""
    if text == ".":
        return None
    return [] if text == "PASS" else sorted(set(text.split(";")))


@njit(cache=True, nogil=True)
def _read_positions(
    text: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64], positions: NDArray[np.int64]
) -> None:
    """Read whole numbers; 0 for what is none."""
    for record in range(len(begins)):
        value = 0
        for at in range(begins[record], ends[record]):
            if not _ZERO <= text[at] <= _NINE:
                value = 0
                break
            value = min(value * 10 + (text[at] - _ZERO), _BEYOND_ANY)
        positions[record] = value
