"""Lines of text as arrays: where each record's columns begin, and columns of text taken out of it.

Text is an array of bytes: lines, each ended by a newline, and some bytes of padding. A record is a line that is
neither empty nor begins with `#`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.kernels import njit
from hail_pipelines.vcf.header import FIXED_COLUMNS

CHROM, POS, ID, REF, ALT, QUAL, FILTER, INFO, FORMAT, CALLS = range(len(FIXED_COLUMNS) + 1)
_RETURN, _TAB, _HASH = b"\r\t#"


@dataclass(frozen=True)
class Records:
    """The records (l) of some text.

    Attributes
    ----------
    text
        The bytes.
    lines
        How many lines the text has, empty ones among them.
    numbers
        Each record's number among the lines (l), from 0.
    headings
        Numbers of the lines that begin with `#`.
    begins
        Where each record's columns begin (l, 11): the nine fixed ones, then all calls, then where another one would
        begin. So do columns that a record does not have.
    """

    text: NDArray[np.uint8]
    lines: int
    numbers: NDArray[np.int64]
    headings: NDArray[np.int64]
    begins: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.numbers)

    def span(self, column: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give where a column's text begins and ends in each record (l)."""
        return np.minimum(self.begins[:, column], self.begins[:, -1] - 1), self.begins[:, column + 1] - 1

    def complete(self) -> NDArray[np.bool_]:
        """Say of each record whether it has the fixed columns and one at least that follows them."""
        return self.begins[:, CALLS] < self.begins[:, -1]

    def line(self, record: int) -> bytes:
        """Give a record's whole line without its end."""
        return self.text[self.begins[record, CHROM] : self.begins[record, -1] - 1].tobytes()


def find_records(text: bytes) -> Records:
    """Find the records of a text and their columns.

    Parameters
    ----------
    text
        Lines, each ended by a newline, and `PADDING` bytes of zero.
    """
    array = np.frombuffer(text, np.uint8)
    ends = np.array(list(_line_ends(text)), np.int64)
    begins = np.empty((len(ends), len(FIXED_COLUMNS) + 2), np.int64)
    is_record = np.empty(len(ends), np.bool_)
    _find_columns(array, ends, begins, is_record)
    headings = np.flatnonzero(array[begins[:, CHROM]] == _HASH)
    return Records(array, len(ends), np.flatnonzero(is_record), headings, begins[is_record])


def _line_ends(text: bytes) -> Iterator[int]:
    """Find the newlines of a text; this looks at many bytes at once, and lines are long."""
    end = text.find(b"\n")
    while end >= 0:
        yield end
        end = text.find(b"\n", end + 1)


def unlike_before(text: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say of each stretch of text whether it differs from the one before it; the first does."""
    differs = np.empty(len(begins), np.bool_)
    _compare_with_before(text, begins, ends, differs)
    return differs


def text_column(text: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> pa.StringArray:
    """Take stretches of text as a column; one that begins at -1 is missing."""
    known = begins >= 0
    offsets = np.zeros(len(begins) + 1, np.int32)
    np.cumsum(np.where(known, ends - begins, 0), out=offsets[1:])
    data = np.empty(int(offsets[-1]), np.uint8)
    _copy(text, begins, offsets, data)
    if len(data) and data.max() > 127:
        pieces = [data[first:last].tobytes() for first, last in pairwise(offsets)]
        return pa.array([piece.decode("utf-8", "replace") for piece in pieces], pa.string(), mask=~known)
    valid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.StringArray.from_buffers(len(begins), pa.py_buffer(offsets), pa.py_buffer(data), valid)


@njit(cache=True, nogil=True)
def _find_columns(
    text: NDArray[np.uint8], ends: NDArray[np.int64], begins: NDArray[np.int64], is_record: NDArray[np.bool_]
) -> None:
    """Write where each line's columns begin; the line end of Windows is no part of a line."""
    begin = 0
    for line in range(len(ends)):
        end = ends[line]
        following = end + 1
        while end > begin and text[end - 1] == _RETURN:
            end -= 1
        is_record[line] = end > begin and text[begin] != _HASH
        begins[line, 0] = begin
        column, at = 1, begin
        while is_record[line] and column < begins.shape[1] - 1 and at < end:
            if text[at] == _TAB:
                begins[line, column] = at + 1
                column += 1
            at += 1
        begins[line, column:] = end + 1
        begin = following


@njit(cache=True, nogil=True)
def _compare_with_before(
    text: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64], differs: NDArray[np.bool_]
) -> None:
    """Compare each stretch with the one before."""
    for line in range(len(begins)):
        length = ends[line] - begins[line]
        same = line > 0 and length == ends[line - 1] - begins[line - 1]
        at = 0
        while same and at < length:
            same = text[begins[line] + at] == text[begins[line - 1] + at]
            at += 1
        differs[line] = not same


@njit(cache=True, nogil=True)
def _copy(
    text: NDArray[np.uint8], begins: NDArray[np.int64], offsets: NDArray[np.int32], data: NDArray[np.uint8]
) -> None:
    """Copy each stretch to its place."""
    for line in range(len(begins)):
        for at in range(offsets[line + 1] - offsets[line]):
            data[offsets[line] + at] = text[begins[line] + at]
