"""The report's tables as sheets of one workbook, for those who read tables in a spreadsheet."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from association.results import COLUMNS
from jobs.report import numbers

# Rows of a sheet; a person who reads more of them reads the TSV.
MOST_ROWS = 20_000
WIDEST = 40
# Rows that a column's width is taken from.
LOOKED_AT = 200
LONGEST_NAME = 31
MEANINGS = {column.name: column.meaning for column in COLUMNS}
ABOUT = "about"
# Rows go to the file as they come, and no text becomes a formula or a link.
AS_IT_IS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
LIKE_A_FORMULA = ("=", "+", "-", "@")
# What XML can't hold.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# The same tables make the same file, whenever they are written.
_NO_DAY = datetime(1980, 1, 1)


def write_workbook(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write the tables as sheets of a workbook, and one that explains their columns.

    Of the results the rows are those by which genes count. Cells have types, and no text is a formula, whatever it
    begins with.

    Parameters
    ----------
    tables
        Of `report_tables`.
    path
        The file.
    """
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, AS_IT_IS) as book:
        book.set_properties({"created": _NO_DAY})
        told = []
        for name, table in tables.items():
            rows = _for_people(table) if name == "gene_tests" else table
            _write_sheet(book, name, rows.head(MOST_ROWS))
            more = "" if len(table) <= min(len(rows), MOST_ROWS) else f"; all {len(table):,} rows are in {name}.tsv"
            told.append({"sheet": name, "column": "", "meaning": f"{min(len(rows), MOST_ROWS):,} rows{more}"})
            told += [{"sheet": name, "column": str(column), "meaning": _meaning(column)} for column in table]
        _write_sheet(book, ABOUT, pd.DataFrame(told))
    path.write_bytes(written.getvalue())


def _for_people(results: pd.DataFrame) -> pd.DataFrame:
    primary = results[results["primary"].eq(True)]
    rows = primary if len(primary) else results
    return rows.sort_values(["trait", "neg_log10_p", "gene"], ascending=[True, False, True], kind="stable")


def _meaning(column: Any) -> str:
    """Explain a column as the results do, or as the table's Arrow schema says."""
    return MEANINGS.get(str(column), "")


def _write_sheet(book: xlsxwriter.Workbook, name: str, table: pd.DataFrame) -> None:
    """Write a sheet: its header stays in view and has filters, its columns are as wide as what they hold."""
    sheet = book.add_worksheet(name[:LONGEST_NAME])
    header = book.add_format({"bold": True, "valign": "top"})
    quoted = book.add_format({"quote_prefix": True})
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(table), max(table.shape[1] - 1, 0))
    columns = [list(_cells(table.iloc[:, place])) for place in range(table.shape[1])]
    for place, (title, cells) in enumerate(zip(map(str, table), columns, strict=True)):
        longest = max([len(title) + 2, *(len(_width(cell)) for cell in cells[:LOOKED_AT])])
        sheet.set_column(place, place, min(longest + 1, WIDEST))
        sheet.write_string(0, place, title, header)
    for row, record in enumerate(zip(*columns, strict=True), 1):
        for place, cell in enumerate(record):
            if isinstance(cell, str):
                sheet.write_string(row, place, cell, quoted if cell.startswith(LIKE_A_FORMULA) else None)
            elif isinstance(cell, bool):
                sheet.write_boolean(row, place, cell)
            elif cell is not None:
                sheet.write_number(row, place, cell)


def _cells(column: pd.Series) -> Iterator[str | bool | float | None]:
    """Give each cell with its type: a number, a truth or a text; None where nothing is known."""
    for value in column.astype(object):
        plain = value.item() if hasattr(value, "item") else value
        if numbers.withheld(plain):
            yield numbers.FEW_WORDS
        elif plain is None or plain is pd.NA or plain is pd.NaT or (isinstance(plain, float) and math.isnan(plain)):
            yield None
        elif isinstance(plain, bool | int | float):
            yield plain if math.isfinite(plain) else None
        else:
            yield _NO_TEXT.sub("", str(plain)) or None


def _width(cell: Any) -> str:
    return f"{cell:.4g}" if isinstance(cell, float) else "" if cell is None else str(cell)
