"""Tables as the page shows them: headings in words, numbers as a reader wants them, long tables cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from jobs.report import numbers, wording

# A longer table is cut on the page and whole in its file.
MOST_ROWS = 200
DIGITS = 4
# A number nearer to zero is what rounding left of zero.
ROUNDING = 1e-12
QUANTILE_WORDS = {"q05": "5%", "q25": "25%", "q50": "median", "q75": "75%", "q95": "95%"}
WORDS = {
    "ti_tv": "Ti/Tv",
    "ibs0": "IBS0",
    "charr": "CHARR",
    "charr_sites": "CHARR sites",
    "het_hom": "heterozygous / homozygous",
    "mean_dp": "mean depth",
    "x_copies": "copies of X",
    "y_copies": "copies of Y",
    "x_ploidy": "X by depth",
    "y_ploidy": "Y by depth",
    "x_inbreeding": "inbreeding on X",
    "y_call_rate": "called on Y",
    "skipped": "not applied, as",
    "fails": "fail the rule",
    "fails_only": "fail only this",
    "from_percent": "from, %",
    "to_percent": "to, %",
}
PERCENTAGES = ("samples_q", "variants_q")


@dataclass(frozen=True)
class TableView:
    """A table in words.

    Attributes
    ----------
    headings
        Each with the class of its cells: "n" for numbers.
    rows
        Cells as text.
    hidden
        How many rows are only in the file.
    """

    headings: list[tuple[str, str]]
    rows: list[list[str]]
    hidden: int


def table_view(table: pd.DataFrame) -> TableView:
    """Write a table for the page."""
    shown = table.head(MOST_ROWS)
    headings = [(heading(str(name)), "n" if _is_number(table[name]) else "") for name in table]
    columns = [_column(str(name), shown[name]) for name in table]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return TableView(headings, rows, len(table) - len(shown))


def heading(name: str) -> str:
    """Write a column's name in words."""
    if name in WORDS:
        return WORDS[name]
    before, _, last = name.rpartition("_")
    if last in QUANTILE_WORDS:
        return f"{before.replace('_', ' ')}, {QUANTILE_WORDS[last]}".removeprefix(", ")
    if before.endswith(tuple(QUANTILE_WORDS)) and last == "share":
        return QUANTILE_WORDS[before]
    return wording.plain_words(name)


def _column(name: str, values: pd.Series) -> list[str]:
    """Write a column's cells: as counts only where all its numbers are whole."""
    whole = not pd.api.types.is_float_dtype(values) or bool((values.dropna() % 1 == 0).all())
    return [cell(name, value, whole=whole) for value in values]


def cell(name: str, value: Any, *, whole: bool = False) -> str:
    """Write a cell; numbers of a whole column without decimals."""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    if value is None or value is pd.NA or not numbers.present(value):
        return numbers.NOTHING
    if name.endswith("_share") or name in ("share", "charr") or name.startswith(PERCENTAGES):
        return numbers.percent(value)
    if whole:
        return f"{int(value):,}".replace("-", "\u2212")
    return numbers.number(0 if abs(value) < ROUNDING else value, DIGITS)


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def setting_rows(settings: Mapping[str, Any], path: str = "") -> list[tuple[str, str]]:
    """List settings with their paths, off where a rule is off."""
    rows: list[tuple[str, str]] = []
    for name, value in settings.items():
        place = f"{path}.{name}" if path else str(name)
        if isinstance(value, Mapping) and value:
            rows += setting_rows(value, place)
        else:
            rows.append((place, _setting(value)))
    return rows


def _setting(value: Any) -> str:
    if value is None or value == {} or value == []:
        return "off" if value is None else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
