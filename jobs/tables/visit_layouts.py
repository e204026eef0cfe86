"""Bring a table of visits into one layout: a row per visit, and a column of numbers per measure.

In the wide layout a row of the file is a visit. In the long layout it is one measure of a visit, and the rows of one
sample and date are one visit, at the first of their lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.study.tables import VisitColumns
from jobs.tables.measures import RANGES
from jobs.tables.raw_table import TextColumn
from jobs.tables.table import Table, closest

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

REMEDY = "Map it in visits.columns"


@dataclass(frozen=True)
class Measured:
    """One measure of every visit (v).

    Attributes
    ----------
    column
        What the file calls it: its column, or what stands in the column of items.
    values
        NaN where not measured (v).
    rows
        Which row of the table each value stands in (v); None where that is the visit's.
    """

    column: str
    values: Floats
    rows: Integers | None = None


@dataclass(frozen=True)
class Layout:
    """Visits as a table holds them (v).

    Attributes
    ----------
    rows
        The row of the table that each begins in (v).
    measures
        By the engine's name.
    """

    rows: Integers
    measures: dict[str, Measured]


def read_wide(table: Table, needed: Mapping[str, str], optional: Mapping[str, str]) -> Layout:
    """Read a table with a row per visit.

    Parameters
    ----------
    table
        The visits.
    needed, optional
        By the engine's name, the column of each measure: that must be there, and that may.
    """
    for name, column in needed.items():
        table.require([column], _remedy(name, column))
    there = {name: column for name, column in optional.items() if column in table.columns}
    measures = {
        name: Measured(column, table.numbers(column).to_numpy(np.float64))
        for name, column in {**needed, **there}.items()
    }
    return Layout(np.arange(table.length), measures)


def read_long(
    table: Table,
    columns: VisitColumns,
    dates: pd.Series,
    needed: Mapping[str, str],
    optional: Mapping[str, str],
) -> Layout:
    """Read a table with a row per visit and measure.

    Parameters
    ----------
    table
        The visits.
    columns
        What its columns are called.
    dates
        Of its rows (n).
    needed, optional
        By the engine's name, what the column of items says of each measure.
    """
    item, score = str(columns.item), str(columns.score)
    table.require([item, score], REMEDY)
    labels = table.encoded(item)
    if item in table.columns:
        _require_labels(table, item, labels, needed)
    position = {text: code for code, text in enumerate(labels.texts)}
    wanted = {name: label for name, label in {**needed, **optional}.items() if label in position}
    is_wanted = np.isin(labels.codes, [position[label] for label in wanted.values()])
    numbers = table.numbers(score, where=is_wanted).to_numpy(np.float64)
    visit, first = _group(table.encoded(columns.sample).codes, dates)
    measures = {}
    for name, label in wanted.items():
        rows = np.flatnonzero((labels.codes == position[label]) & np.isfinite(numbers))
        measures[name] = _place(table, score, label, rows, numbers, visit, first)
    return Layout(first, measures)


def _require_labels(table: Table, item: str, labels: TextColumn, needed: Mapping[str, str]) -> None:
    """Note measures that the column of items never names."""
    used = labels.texts[np.unique(labels.codes[labels.codes >= 0])]
    present = ", ".join(f"'{text}'" for text in used[:40]) or "nothing"
    for name, label in needed.items():
        if label not in set(used):
            message = f"no row says '{label}'{closest(label, used)}; it says {present}. {_remedy(name, label)}"
            table.add(f"column '{item}'", message)
    message = "no word for what was measured; fill it in, or remove the row"
    table.note(item, labels.codes < 0, message, show_value=False)


def _remedy(name: str, column: str) -> str:
    """Say what to do where a measure isn't there; one of the study's own is read under its own name."""
    if name == "total":
        return f"{REMEDY}, or name the 12 items in visits.columns.items"
    return "Name one of these in the trait" if name == column and name not in RANGES else REMEDY


def _group(samples: NDArray[np.signedinteger], dates: pd.Series) -> tuple[Integers, Integers]:
    """Give the visit of each row (n) and the first row of each visit (v), in the order of the file."""
    keys = pd.MultiIndex.from_arrays([samples, dates.to_numpy("datetime64[ns]").astype(np.int64)])
    visit, _ = pd.factorize(keys)
    _, first = np.unique(visit, return_index=True)
    return visit.astype(np.int64), first.astype(np.int64)


def _place(
    table: Table, score: str, label: str, rows: Integers, numbers: Floats, visit: Integers, first: Integers
) -> Measured:
    """Put the values of one measure with their visits, and note those that contradict an earlier one."""
    source = first.copy()
    source[visit[rows[::-1]]] = rows[::-1]
    values = np.full(first.size, np.nan)
    values[visit[rows]] = numbers[source[visit[rows]]]
    contradicted = np.zeros(table.length, dtype=bool)
    contradicted[rows[numbers[rows] != values[visit[rows]]]] = True
    message = f"contradicts an earlier row, which has another '{label}' of the same sample and date; keep one of them"
    table.note(score, contradicted, message)
    return Measured(label, values, source)
