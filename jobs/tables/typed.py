"""Read Excel and Parquet, whose values have types, as the texts that a person would write.

Dates become YYYY-MM-DD, with the time behind where it isn't midnight; whole numbers have no '.0'.
"""

from __future__ import annotations

import datetime
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils.exceptions import InvalidFileException
from pyarrow import parquet

from association.problems import InputError
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.tables.raw_table import RawTable

# Beyond it, not every whole number is a double.
LARGEST_WHOLE = 2.0**53

# The header, or the place where it would be, is row 1.
FIRST_ROW = 2


def value_text(value: object) -> str | None:
    """Write a value as text, None where there is none.

    Parameters
    ----------
    value
        A text, number, truth value, date, time or None.
    """
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time.min
        return value.date().isoformat() if midnight else value.replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_WHOLE:
        return str(int(value))
    return str(value)


def read_excel(path: Place, sheet: str | None) -> RawTable:
    """Read a sheet; its first row that isn't empty is the header.

    Raises
    ------
    InputError
        If the file is damaged, has no such sheet, or several and none is named.
    """
    try:
        with warnings.catch_warnings():
            # Of styles and extensions, which say nothing of values.
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(readable(path), read_only=True, data_only=True)
            try:
                rows = list(_rows(_choose_sheet(path, workbook, sheet)))
            finally:
                workbook.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        message = f"can't be read as an Excel file: {str(error).strip()}; save it anew as .xlsx, or as CSV"
        raise InputError.single(path.name, "file", message) from None
    if not rows:
        raise InputError.single(path.name, "file", "is empty; expected a header and a row per sample")
    names = [(value_text(value) or "").strip() for value in rows[0][1]]
    width = max(len(values) for _, values in rows)
    names += [""] * (width - len(names))
    padded = [(*values, *[None] * (width - len(values))) for _, values in rows[1:]]
    columns = [
        pa.array([value_text(value) for value in column], pa.string()).dictionary_encode()
        for column in (zip(*padded, strict=True) if padded else [[]] * width)
    ]
    lines = np.array([line for line, _ in rows[1:]], dtype=np.int64)
    return RawTable(tuple(names), tuple(columns), lines, "row")


def read_parquet(path: Place) -> RawTable:
    """Read a Parquet file.

    Raises
    ------
    InputError
        If it is damaged.
    """
    try:
        table = parquet.read_table(readable(path), partitioning=None)
    except (OSError, pa.ArrowException) as error:
        message = f"can't be read as Parquet: {str(error).strip()}; write or copy it again"
        raise InputError.single(path.name, "file", message) from None
    columns = tuple(_texts_of(column) for column in table.itercolumns())
    lines = np.arange(table.num_rows, dtype=np.int64) + FIRST_ROW
    return RawTable(tuple(name.strip() for name in table.column_names), columns, lines, "row")


def _texts_of(column: pa.ChunkedArray) -> pa.DictionaryArray | str:
    """Write a column as texts, each distinct value once; give its type where it has no such texts."""
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return str(column.type)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type):
        column = _wall_clock(column)
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks() if len(column) else None
    if encoded is None:
        return pa.array([], pa.dictionary(pa.int32(), pa.string()))
    texts = [value_text(value) for value in encoded.dictionary.to_pylist()]
    # Distinct values may read alike; dictionaries don't mind.
    absent = pa.array([text is None for text in texts], pa.bool_())
    codes = encoded.indices.cast(pa.int32())
    codes = pc.if_else(absent.take(codes), pa.scalar(None, pa.int32()), codes)
    return pa.DictionaryArray.from_arrays(codes, pa.array(texts, pa.string()).fill_null(""))


def _wall_clock(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give timestamps as a clock at their place shows them, to the microsecond."""
    if column.type.tz is not None:
        column = pc.local_timestamp(column)
    return column.cast(pa.timestamp("us"), safe=False)


def _choose_sheet(path: Place, workbook: Any, sheet: str | None) -> Any:
    """Give the sheet that is named, or the only one that isn't empty."""
    sheets = {worksheet.title: worksheet for worksheet in workbook.worksheets}
    present = ", ".join(f"'{name}'" for name in sheets)
    if sheet is not None:
        if sheet not in sheets:
            message = f"no sheet '{sheet}'; it has {present}: name one of these as `sheet`"
            raise InputError.single(path.name, "file", message)
        return sheets[sheet]
    filled = [worksheet for worksheet in sheets.values() if next(_rows(worksheet), None)]
    if len(filled) > 1:
        message = f"has {len(filled)} sheets, {present}; name one of these as `sheet` in the study file"
        raise InputError.single(path.name, "file", message)
    return filled[0] if filled else workbook.worksheets[0]


def _rows(worksheet: Any) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Give the number and values of each row that isn't empty."""
    # The size that a file states of its sheet is often wrong.
    worksheet.reset_dimensions()
    for number, values in enumerate(worksheet.iter_rows(values_only=True), start=1):
        if any(value is not None and str(value).strip() for value in values):
            yield number, values
