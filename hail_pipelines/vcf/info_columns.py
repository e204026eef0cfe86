"""INFO fields of records as columns, typed as their headers declare.

A field that a record lacks, or whose value is a dot or empty, is missing; a flag that it lacks is false. Of a field
that is there twice the last value counts. Number=1 gives one value, any other number a list, whose dots are missing.

A list with a value for each allele that has not as many values as its record has alleles is missing, and counted: a
value looked up by an allele's number would be another allele's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.kernels import njit
from hail_pipelines.vcf.header import Declaration
from hail_pipelines.vcf.info_text import fits_integer, info_pattern
from hail_pipelines.vcf.line_columns import INFO, Records, text_column

_TYPES = {"Integer": pa.int32(), "Float": pa.float64(), "String": pa.string(), "Character": pa.string()}
_EXTRA_ALLELES = {"A": -1, "R": 0}
# A number of fewer digits fits.
_LARGE_INTEGER = r"\d{10}"
_SEMICOLON, _EQUALS, _DOT, _ZERO, _BLANK = b";=.0 "


@dataclass(frozen=True)
class InfoColumns:
    """The INFO fields of some records (l).

    Attributes
    ----------
    columns
        A column (l) by id.
    odd
        How many fields of each record have not as many values as it has alleles (l).
    readable
        Whether each record's fields have the declared types (l).
    """

    columns: dict[str, pa.Array]
    odd: NDArray[np.int64]
    readable: NDArray[np.bool_]


def info_type(declared: Declaration) -> pa.DataType:
    """Give the type of a field's column."""
    if declared.type == "Flag":
        return pa.bool_()
    of_one = _TYPES[declared.type]
    return of_one if _is_scalar(declared) else pa.list_(of_one)


def read_info(records: Records, alleles: NDArray[np.int64], declared: Mapping[str, Declaration]) -> InfoColumns:
    """Read INFO fields.

    Parameters
    ----------
    records
        The records (l).
    alleles
        How many alleles each has, the reference among them (l).
    declared
        The declarations of the fields to read, by id.
    """
    columns: dict[str, pa.Array] = {}
    odd, readable = np.zeros(len(records), np.int64), np.ones(len(records), np.bool_)
    for name, each in declared.items():
        values, spaced = _values(records, name, each)
        readable &= ~spaced
        if each.type == "Flag":
            columns[name] = pc.is_valid(values)
            continue
        if each.type in ("Integer", "Float"):
            values, sound = _numeric(values, each)
            readable &= sound
        if each.number in _EXTRA_ALLELES:
            found = pc.add(pc.count_substring(values, ","), 1)
            fits = pc.equal(found, pa.array(alleles + _EXTRA_ALLELES[each.number]))
            odd += pc.fill_null(pc.invert(fits), False).to_numpy(zero_copy_only=False)
            values = pc.if_else(fits, values, pa.scalar(None, pa.string()))
        columns[name] = _typed(values, each)
    return InfoColumns(columns, odd, readable)


def _is_scalar(declared: Declaration) -> bool:
    return declared.number.isdigit() and int(declared.number) == 1


def _values(records: Records, name: str, declared: Declaration) -> tuple[pa.StringArray, NDArray[np.bool_]]:
    """Take a field's values as text, and say which records have a blank in a key."""
    begins, ends = records.span(INFO)
    value_begins, value_ends = np.full_like(begins, -1), np.full_like(begins, -1)
    spaced = np.zeros(len(records), np.bool_)
    is_flag = declared.type == "Flag"
    key = np.frombuffer(name.encode(), np.uint8)
    _find_values(records.text, begins, ends, key, is_flag, value_begins, value_ends, spaced)
    return text_column(records.text, value_begins, value_ends), spaced


def _numeric(values: pa.StringArray, declared: Declaration) -> tuple[pa.StringArray, NDArray[np.bool_]]:
    """Take the values that are numbers of the declared type, others as missing; and say which records are sound."""
    trimmed = pc.utf8_trim_whitespace(values)
    matches = pc.match_substring_regex(trimmed, f"^(?:{info_pattern(declared)})$")
    sound = pc.fill_null(matches, True).to_numpy(zero_copy_only=False).copy()
    if declared.type == "Integer":
        long = pc.fill_null(pc.match_substring_regex(trimmed, _LARGE_INTEGER), False)
        for record in np.flatnonzero(sound & long.to_numpy(zero_copy_only=False)):
            sound[record] = fits_integer(trimmed[record].as_py())
    return pc.if_else(pa.array(sound), trimmed, pa.scalar(None, pa.string())), sound


def _typed(values: pa.StringArray, declared: Declaration) -> pa.Array:
    """Give values their type."""
    if _is_scalar(declared):
        return _cast(values, declared)
    lists = pc.split_pattern(values, ",")
    missing = lists.is_null() if lists.null_count else None
    return pa.ListArray.from_arrays(lists.offsets, _cast(lists.values, declared), mask=missing)


def _cast(values: pa.StringArray, declared: Declaration) -> pa.Array:
    """Give single values their type; dots are missing."""
    values = pc.if_else(pc.equal(values, "."), pa.scalar(None, pa.string()), values)
    of_type = _TYPES[declared.type]
    if of_type == pa.string():
        return values
    if of_type == pa.int32():
        return values.cast(pa.int64()).cast(of_type)
    try:
        return values.cast(of_type)
    except pa.ArrowInvalid:
        return pa.array([None if value is None else float(value) for value in values.to_pylist()], of_type)


@njit(cache=True, nogil=True)
def _find_values(
    text: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    key: NDArray[np.uint8],
    is_flag: bool,
    value_begins: NDArray[np.int64],
    value_ends: NDArray[np.int64],
    spaced: NDArray[np.bool_],
) -> None:
    """Find where each record's last value of a key begins and ends that says something; a flag's 0 does not."""
    nothing = _ZERO if is_flag else _DOT
    for record in range(len(begins)):
        at, end = begins[record], ends[record]
        while at < end:
            begin = at
            while at < end and text[at] != _EQUALS and text[at] != _SEMICOLON:
                spaced[record] = spaced[record] or text[at] == _BLANK
                at += 1
            same = at - begin == len(key)
            place = 0
            while same and place < len(key):
                same = text[begin + place] == key[place]
                place += 1
            has_value = at < end and text[at] == _EQUALS
            value = at + 1 if has_value else at
            while at < end and text[at] != _SEMICOLON:
                at += 1
            says = at - value != 1 or text[value] != nothing
            if same and says and (is_flag or at > value):
                value_begins[record], value_ends[record] = value, at
            at += 1
