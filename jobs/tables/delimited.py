"""Read CSV and TSV: which separator, which lines, which rows have as many values as the header.

A first pass over the bytes finds what is no UTF-8 text and counts lines, so that the second, pyarrow's, need not.
Only a file with ragged rows, blank lines or line breaks within quotes is walked again, to tell rows from lines.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import csv as pyarrow_csv

from association.problems import InputError, Problem
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.tables.notes import MOST_PROBLEMS_SHOWN, Note
from jobs.tables.raw_table import Integers, RawTable

CHUNK = 1 << 20
SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons"}

# Rows at the top that tell which separator gives rows of one width.
ROWS_TRIED = 30

# The header is line 1.
FIRST_ROW_LINE = 2


@dataclass(frozen=True)
class _Lines:
    """What the first pass found."""

    count: int
    quoted: bool


def read_delimited(path: Place, *, gzipped: bool) -> RawTable:
    """Read a table of texts.

    Parameters
    ----------
    path
        The file: UTF-8, values separated by commas, tabs or semicolons, with a header.
    gzipped
        Whether it is compressed.

    Raises
    ------
    InputError
        If it is empty, cut off, no UTF-8, or its separator can't be told.
    """
    with _naming_faults(path, gzipped):
        lines = _scan(path, gzipped)
        separator, names = _header(path, gzipped)
        columns, ragged = _parse(path, gzipped, separator, names, lines.quoted)
        rows = len(columns[0])
        if not ragged and lines.count == rows + 1:
            return RawTable(_trimmed(names), columns, np.arange(rows) + FIRST_ROW_LINE, "line")
        begins, note = _walk(path, gzipped, separator, len(names))
    if begins.size != rows:
        message = "can't be told apart into rows; a quoted value may lack its closing quote"
        raise InputError.single(path.name, "file", message)
    return RawTable(_trimmed(names), columns, begins, "line", (note,) if note else ())


def _scan(path: Place, gzipped: bool) -> _Lines:
    """Count lines; refuse what is no UTF-8 text."""
    count, quoted, decoder, chunk, last = 0, False, codecs.getincrementaldecoder("utf-8")(), b"", b""
    with _open(path, gzipped) as stream:
        while chunk := stream.read(CHUNK):
            if not last and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                message = "is written in UTF-16 (Excel's 'Unicode Text'); save it as 'CSV UTF-8'"
                raise InputError.single(path.name, "file", message)
            if b"\0" in chunk:
                message = "can't be read as a table: it holds zero bytes; save it as CSV UTF-8, .xlsx or Parquet"
                raise InputError.single(path.name, "file", message)
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                raise _not_utf8(path, gzipped) from None
            count += chunk.count(b"\n")
            quoted = quoted or b'"' in chunk
            last = chunk
    if not last:
        raise InputError.single(path.name, "file", "is empty; expected a header and a row per sample")
    return _Lines(count + (not last.endswith(b"\n")), quoted)


def _not_utf8(path: Place, gzipped: bool) -> InputError:
    """Name the first line that isn't UTF-8."""
    with _open(path, gzipped) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                byte = line[error.start : error.start + 1]
                message = (
                    f"byte 0x{byte.hex().upper()} is not UTF-8; it may be '{byte.decode('latin-1')}' in Latin-1: "
                    "save the table as 'CSV UTF-8'"
                )
                return InputError.single(path.name, f"line {number}", f"can't be read as a table: {message}")
    return InputError.single(path.name, "last line", "ends within a character; copy the file again")


def _header(path: Place, gzipped: bool) -> tuple[str, list[str]]:
    """Find the separator and the header's names."""
    by_name = path.name.lower().removesuffix(".gz")
    named = "," if by_name.endswith(".csv") else "\t"
    heads = {separator: _head(path, gzipped, separator) for separator in SEPARATORS}
    wide = {separator: head for separator, head in heads.items() if head and len(head[0]) > 1}
    even = [separator for separator, head in wide.items() if len({len(row) for row in head}) == 1]
    if named in even or (named in wide and not even):
        return named, wide[named][0]
    fitting = even or list(wide)
    if not fitting:
        return named, heads[named][0] if heads[named] else []
    if len(fitting) > 1:
        found = " or ".join(SEPARATORS[separator] for separator in fitting)
        message = f"may be separated by {found}; save it as .tsv with tabs, or as .csv with commas"
        raise InputError.single(path.name, "line 1", message)
    return fitting[0], wide[fitting[0]][0]


def _head(path: Place, gzipped: bool, separator: str) -> list[list[str]]:
    with _open(path, gzipped) as stream, _text(stream) as text:
        rows = (row for row in csv.reader(text, delimiter=separator) if row)
        return list(itertools.islice(rows, ROWS_TRIED))


def _parse(
    path: Place, gzipped: bool, separator: str, names: list[str], quoted: bool
) -> tuple[tuple[pa.DictionaryArray, ...], bool]:
    """Give a column per name, and whether rows were left out for their number of values."""
    ragged = []

    def leave_out(row: pyarrow_csv.InvalidRow) -> str:
        ragged.append(row.actual_columns)
        return "skip"

    codes = pa.dictionary(pa.int32(), pa.string())
    with pa.input_stream(readable(path), compression="gzip" if gzipped else None) as stream:
        table = pyarrow_csv.read_csv(
            stream,
            read_options=pyarrow_csv.ReadOptions(block_size=8 * CHUNK),
            parse_options=pyarrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=quoted, invalid_row_handler=leave_out
            ),
            convert_options=pyarrow_csv.ConvertOptions(column_types=dict.fromkeys(names, codes), check_utf8=False),
        )
    columns = [column.unify_dictionaries() for column in table.itercolumns()]
    del table
    return tuple(_joined(columns.pop(0), codes) for _ in range(len(columns))), bool(ragged)


def _joined(column: pa.ChunkedArray, codes: pa.DataType) -> pa.DictionaryArray:
    """Put a column's pieces together, all of which have the same texts."""
    return column.combine_chunks() if len(column) else pa.array([], codes)


def _walk(path: Place, gzipped: bool, separator: str, width: int) -> tuple[Integers, Note | None]:
    """Give the line on which each row begins, and note the rows that have too many values or too few."""
    begins: list[int] = []
    ragged: list[tuple[int, int]] = []
    with _open(path, gzipped) as stream, _text(stream) as text:
        reader = csv.reader(text, delimiter=separator)
        last = 0
        for row in reader:
            begin, last = last + 1, reader.line_num
            if len(row) == width:
                begins.append(begin)
            elif any(value.strip() for value in row):
                ragged.append((begin, len(row)))
    return np.array(begins[1:], dtype=np.int64), _ragged_note(ragged, len(begins) - 1, width)


def _ragged_note(ragged: list[tuple[int, int]], even: int, width: int) -> Note | None:
    if not ragged:
        return None
    if not even and all(found == width + 1 for _, found in ragged):
        message = "every row has one value more than the header; write the table without row names"
        return Note.single("line 1", message)
    remedy = "fill up the row, and put values that hold the separator in quotes"
    problems = [
        Problem(f"line {line}", f"{found} value{'s' * (found != 1)} where the header has {width}; {remedy}")
        for line, found in ragged[:MOST_PROBLEMS_SHOWN]
    ]
    return Note(tuple(problems), len(ragged))


def _trimmed(names: list[str]) -> tuple[str, ...]:
    return tuple(name.strip() for name in names)


def _open(path: Place, gzipped: bool) -> BinaryIO:
    return gzip.open(readable(path), "rb") if gzipped else path.open("rb")  # type: ignore[return-value]


def _text(stream: BinaryIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")


@contextmanager
def _naming_faults(path: Place, gzipped: bool) -> Iterator[None]:
    """Say what is wrong with a file that can't be read."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile):
        message = "is cut off or damaged: the gzipped data ends early; copy it again"
        raise InputError.single(path.name, "file", message) from None
    except (OSError, csv.Error, pa.ArrowException) as error:
        remedy = "copy it again" if gzipped else "a quoted value may lack its closing quote"
        message = f"can't be read as a table: {str(error).strip()}; {remedy}"
        raise InputError.single(path.name, "file", message) from None
