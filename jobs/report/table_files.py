"""The report's tables as files: TSV for programs, one Excel workbook for people, both without what is withheld."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from association.results import COLUMNS
from jobs.report import numbers
from jobs.report.inputs import ReportInputs
from jobs.result_files import write_tsv

# Rows of a sheet; a person who reads more of them reads the TSV.
MOST_ROWS = 20_000
WIDEST = 40
# What XML can't hold.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
MEANINGS = {column.name: column.meaning for column in COLUMNS}
ABOUT = "about"


def report_tables(inputs: ReportInputs) -> dict[str, pd.DataFrame]:
    """Give the tables that a report is made from, by their names in files.

    Parameters
    ----------
    inputs
        Of which nothing is left to withhold.
    """
    found = {
        "gene_tests": inputs.results,
        "attrition": pd.DataFrame([dict(row) for row in inputs.attrition]),
        "traits": _of_traits(inputs.traits),
        "exclusions": _listed(inputs.traits, "exclusions"),
        "coefficients": _listed(inputs.traits, "coefficients"),
        **{f"together_{name}": table for name, table in (inputs.together or {}).items()},
        "gene_sets": inputs.gene_sets,
        "gene_set_genes": inputs.set_genes,
        "known_genes": inputs.known_genes,
        "interactions": inputs.interactions,
        "mechanism": inputs.mechanism,
        **dict(_of_followed_up(inputs)),
    }
    if inputs.consortium is not None:
        found["cohort_forest"] = inputs.consortium.forest
        found["cohort_heterogeneity"] = inputs.consortium.heterogeneity
    return {name: table for name, table in found.items() if len(table)}


def _of_traits(traits: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    kept = ("name", "type", "samples", "events", "person_months", "strata")
    return pd.DataFrame([{name: trait.get(name) for name in kept} for trait in traits])


def _listed(traits: Sequence[Mapping[str, Any]], name: str) -> pd.DataFrame:
    return pd.DataFrame([{"trait": trait["name"], **one} for trait in traits for one in trait.get(name, ())])


def _of_followed_up(inputs: ReportInputs) -> Iterator[tuple[str, pd.DataFrame]]:
    for name in ("effects", "leave_one_out", "variants"):
        if (table := getattr(inputs, name)) is not None:
            yield f"follow_up_{name}", table
    for name, table in (inputs.profiles or {}).items():
        yield f"gene_{name}", table


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as TSV; a count that is withheld as "<5".

    Parameters
    ----------
    tables
        Of `report_tables`.
    folder
        That is there.
    """
    for name, table in tables.items():
        write_tsv(_with_words(table), folder / f"{name}.tsv")


def _with_words(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table with words for counts that are withheld; other numbers of such a column as they are."""
    changed = {}
    for name in table:
        cells = table[name]
        if cells.map(numbers.withheld).any():
            changed[str(name)] = cells.map(_told)
    return table.assign(**changed)


def _told(cell: Any) -> str | None:
    if numbers.withheld(cell):
        return numbers.FEW_WORDS
    return f"{cell:g}" if numbers.present(cell) else None


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
    book = Workbook(write_only=True)
    told = []
    for name, table in tables.items():
        rows = _for_people(table) if name == "gene_tests" else table
        _write_sheet(book, name, rows.head(MOST_ROWS))
        more = "" if len(table) <= min(len(rows), MOST_ROWS) else f"; all {len(table):,} rows are in {name}.tsv"
        told.append({"sheet": name, "column": "", "meaning": f"{min(len(rows), MOST_ROWS):,} rows{more}"})
        told += [{"sheet": name, "column": str(column), "meaning": _meaning(column)} for column in table]
    _write_sheet(book, ABOUT, pd.DataFrame(told))
    written = io.BytesIO()
    book.save(written)
    path.write_bytes(_without_times(written.getvalue()))


def _without_times(workbook: bytes) -> bytes:
    """Take the time of writing out of a workbook, so that the same tables make the same file."""
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>", b"", content)
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return found.getvalue()


def _for_people(results: pd.DataFrame) -> pd.DataFrame:
    primary = results[results["primary"].eq(True)]
    rows = primary if len(primary) else results
    return rows.sort_values(["trait", "neg_log10_p", "gene"], ascending=[True, False, True], kind="stable")


def _meaning(column: Any) -> str:
    """Explain a column as the results do, or as the table's Arrow schema says."""
    return MEANINGS.get(str(column), "")


def _write_sheet(book: Workbook, name: str, table: pd.DataFrame) -> None:
    """Write a sheet: its header stays in view and has filters, its columns are as wide as what they hold."""
    sheet = book.create_sheet(name[:31])
    sheet.freeze_panes = "B2"
    columns = [str(column) for column in table]
    records = table.astype(object).to_numpy().tolist()
    for place, column in enumerate(columns):
        longest = max([len(column) + 2, *(len(_width(row[place])) for row in records[:200])])
        sheet.column_dimensions[get_column_letter(place + 1)].width = min(longest + 1, WIDEST)
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(columns), 1))}{len(records) + 1}"
    sheet.append([_cell(sheet, column, header=True) for column in columns])
    for row in records:
        sheet.append([_cell(sheet, cell) for cell in row])


def _width(cell: Any) -> str:
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def _cell(sheet: Any, value: Any, *, header: bool = False) -> Any:
    """Give a cell with its type: a number, a truth or a text; nothing where nothing is known."""
    if numbers.withheld(value):
        value = numbers.FEW_WORDS
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | int) or hasattr(value, "item"):
        return value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    cell = WriteOnlyCell(sheet, _NO_TEXT.sub("", str(value)))
    # A text that begins with = + - or @ is a text.
    cell.data_type = "s"
    if str(value)[:1] in ("=", "+", "-", "@"):
        cell.quotePrefix = True
    if header:
        cell.font, cell.alignment = Font(bold=True), Alignment(vertical="top")
    return cell
