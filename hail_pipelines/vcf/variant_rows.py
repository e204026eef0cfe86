"""The rows that come of records: one for each alternate allele that is a sequence, in minimal representation.

`*` (the position is deleted by another record) and symbolic alleles such as `<NON_REF>` have no sequence to test.
Trimming shared bases may move a row to a later position.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.kernels import njit
from hail_pipelines.vcf.alleles import MOST_ALTERNATES, Variant, allele_counts, plain_records, split_alleles
from hail_pipelines.vcf.line_columns import ALT, REF, Records, text_column
from hail_pipelines.vcf.record_columns import Places

_STRINGS = pa.list_(pa.string())
_TYPES = (pa.int32(), pa.string(), pa.string(), pa.int32())
_COMMA, _DOT = b",."


@dataclass(frozen=True)
class VariantRows:
    """The rows (r) that come of records (l).

    Attributes
    ----------
    records
        The record of each row (r), ascending.
    allele
        The number of the row's allele in it (r).
    plain
        Whether the record is one variant as it stands (r).
    table
        The rows' position, ref, alt, old_alleles and a_index.
    alleles
        How many alleles each record has, the reference among them (l).
    counts
        What was found in the alleles, by the names of `LoadCounts`.
    """

    records: NDArray[np.int64]
    allele: NDArray[np.int64]
    plain: NDArray[np.bool_]
    table: pa.Table
    alleles: NDArray[np.int64]
    counts: Counter[str]

    def __len__(self) -> int:
        return len(self.records)


def find_variants(records: Records, places: Places) -> VariantRows:
    """Make rows of the records that lie on a chromosome and have no more than `MOST_ALTERNATES`.

    Parameters
    ----------
    records
        The records (l).
    places
        Where they lie.
    """
    text, refs, alts = records.text, records.span(REF), records.span(ALT)
    alleles = np.empty(len(records), np.int64)
    _count_alleles(text, *alts, alleles)
    is_read = (places.chromosomes >= 0) & places.sound & (alleles <= 1 + MOST_ALTERNATES)
    is_plain = is_read & plain_records(text, refs, alts)
    plain, other = np.flatnonzero(is_plain), np.flatnonzero(is_read & ~is_plain)
    parts, counts = [_plain_rows(records, places, plain)], Counter[str]()
    of_record, numbers = [plain], [np.ones(len(plain), np.int64)]
    if len(other):
        found, split = _split_records(records, places, other, counts)
        parts.append(split)
        of_record.append(found)
        numbers.append(split["a_index"].to_numpy().astype(np.int64))
    order = np.argsort(np.concatenate(of_record), kind="stable")
    table = parts[0] if len(parts) == 1 else pa.concat_tables(parts).take(order).combine_chunks()
    rows = np.concatenate(of_record)[order]
    return VariantRows(rows, np.concatenate(numbers)[order], is_plain[rows], table, alleles, counts)


def _plain_rows(records: Records, places: Places, plain: NDArray[np.int64]) -> pa.Table:
    """Make the rows of records that are one variant as they stand."""
    begins = np.stack([records.span(column)[0][plain] for column in (REF, ALT)], axis=1)
    ends = np.stack([records.span(column)[1][plain] for column in (REF, ALT)], axis=1)
    ref, alt = (
        text_column(records.text, np.ascontiguousarray(begins[:, one]), np.ascontiguousarray(ends[:, one]))
        for one in range(2)
    )
    both = text_column(records.text, begins.reshape(-1), ends.reshape(-1))
    old = pa.ListArray.from_arrays(pa.array(np.arange(0, 2 * len(plain) + 1, 2), pa.int32()), both)
    position = places.positions[plain].astype(np.int32)
    return _rows(pa.array(position), ref, alt, old, pa.array(np.ones(len(plain), np.int32)))


def _split_records(
    records: Records, places: Places, other: NDArray[np.int64], counts: Counter[str]
) -> tuple[NDArray[np.int64], pa.Table]:
    """Make the rows of other records, one by one; count what is odd in them."""
    refs, alts = (_texts(records, column, other) for column in (REF, ALT))
    variants: list[Variant] = []
    olds: list[list[str]] = []
    of_record: list[int] = []
    of_old: list[int] = []
    positions = places.positions[other].tolist()
    for record, position, ref, alt in zip(other.tolist(), positions, refs, alts, strict=True):
        alleles = [ref] if alt == "." else [ref, *alt.split(",")]
        counts.update(allele_counts(alleles))
        found = list(split_alleles(position, alleles))
        counts["moved"] += sum(variant.position != position for variant in found)
        variants += found
        of_old += [len(olds)] * len(found)
        olds.append(alleles)
        of_record += [record] * len(found)
    columns = list(zip(*variants, strict=True)) if variants else [()] * 4
    position, ref, alt, number = (pa.array(column, of_type) for column, of_type in zip(columns, _TYPES, strict=True))
    old = pa.array(olds, _STRINGS).take(pa.array(of_old, pa.int64()))
    return np.array(of_record, np.int64), _rows(position, ref, alt, old, number)


def _rows(position: pa.Array, ref: pa.Array, alt: pa.Array, old: pa.Array, number: pa.Array) -> pa.Table:
    return pa.table({"position": position, "ref": ref, "alt": alt, "old_alleles": old, "a_index": number})


def _texts(records: Records, column: int, some: NDArray[np.int64]) -> list[str]:
    begins, ends = records.span(column)
    texts: list[str] = text_column(records.text, begins[some], ends[some]).to_pylist()
    return texts


@njit(cache=True, nogil=True)
def _count_alleles(
    text: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64], alleles: NDArray[np.int64]
) -> None:
    """Count each record's alleles: one more than its ALT has, where a dot alone is none."""
    for record in range(len(begins)):
        begin, end = begins[record], ends[record]
        found = 1 if end - begin == 1 and text[begin] == _DOT else 2
        for at in range(begin, end):
            found += text[at] == _COMMA
        alleles[record] = found
