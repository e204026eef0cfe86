"""Read a table of any kind: CSV and TSV (also gzipped), Excel, Parquet.

What kind a file is, its first bytes say, not its name. Rows without any value are left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from association.problems import InputError, Problem
from infra.storage import Place
from jobs.tables.delimited import read_delimited
from jobs.tables.notes import MOST_PROBLEMS_SHOWN, Note
from jobs.tables.raw_table import MISSING, RawTable
from jobs.tables.typed import read_excel, read_parquet

GZIP, ZIP, OLD_EXCEL, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"


def read_raw(path: Place, *, sheet: str | None = None) -> RawTable:
    """Read a table.

    Parameters
    ----------
    path
        The file.
    sheet
        Which sheet of an Excel file; None for its only one.

    Raises
    ------
    InputError
        If there is no such file, it is no table, or it holds no rows.
    """
    kind = _kind(path)
    if kind == OLD_EXCEL:
        message = (
            "is an old (.xls) or a password-protected Excel file; save it as .xlsx without a password, or as CSV"
        )
        raise InputError.single(path.name, "file", message)
    if kind == ZIP:
        raw = read_excel(path, sheet)
    elif sheet is not None:
        message = f"is no Excel file, so it has no sheet '{sheet}'; take `sheet` out of the study file"
        raise InputError.single(path.name, "file", message)
    else:
        raw = read_parquet(path) if kind == PARQUET else read_delimited(path, gzipped=kind == GZIP)
    raw = _without_repeated_headers(_without_empty_rows(raw))
    if not raw.lines.size and not raw.notes:
        raise InputError.single(path.name, "file", "holds no rows; expected a header and a row per sample")
    return raw


def _kind(path: Place) -> bytes:
    """Give the first bytes that tell a file's kind, none for a plain text."""
    if path.is_dir():
        raise InputError.single(str(path), "file", "is a folder; name the table in it")
    if not path.is_file():
        raise InputError.single(str(path), "file", "no such table; check its path in the study file")
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except PermissionError:
        message = "can't be read: permission denied; ask its owner for access"
        raise InputError.single(path.name, "file", message) from None
    return next((kind for kind in (GZIP, ZIP, OLD_EXCEL, PARQUET) if start.startswith(kind)), b"")


def _without_empty_rows(raw: RawTable) -> RawTable:
    """Leave out rows in which every value is missing."""
    empty = np.full(raw.lines.size, True)
    for column in raw.columns:
        if not empty.any():
            return raw
        if isinstance(column, str):
            return raw
        absent = pc.is_in(pc.utf8_trim_whitespace(column.dictionary), pa.array(MISSING))
        of_code = np.append(absent.to_numpy(zero_copy_only=False).astype(bool), True)
        empty &= of_code[column.indices.fill_null(len(absent)).to_numpy(zero_copy_only=False)]
    return raw.filter(~empty)


def _without_repeated_headers(raw: RawTable) -> RawTable:
    """Leave out, and note, rows that say what the header says, as tables do that were put one below another."""
    repeats = np.full(raw.lines.size, True)
    for name, column in zip(raw.names, raw.columns, strict=True):
        if isinstance(column, str) or not name:
            return raw
        matching = pc.index(pc.utf8_trim_whitespace(column.dictionary), name).as_py()
        if matching < 0:
            return raw
        repeats &= column.indices.fill_null(-1).to_numpy(zero_copy_only=False) == matching
    lines = raw.lines[repeats]
    if not lines.size:
        return raw
    message = "repeats the header; remove it"
    shown = tuple(Problem(f"{raw.row_word} {line}", message) for line in lines[:MOST_PROBLEMS_SHOWN])
    return replace(raw.filter(~repeats), notes=(*raw.notes, Note(shown, lines.size)))
