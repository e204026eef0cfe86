"""Read the visits table: a row per visit, under the engine's names and in its units.

The total is the sum of the 12 items where the table has them, and unknown if one of them is; a visit without any has
the total that the table states. A value outside its
range is set to missing and handed on, for the report to count: it says nothing against the rest of the table. A unit
other than stated does, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infra.storage import Place
from jobs.study.tables import Visits
from jobs.tables.dates import DateStyle
from jobs.tables.measures import ITEMS, check_unit, impossible, in_engine_unit
from jobs.tables.patient_dates import ONSET, after_onset, days_since_onset
from jobs.tables.sample_ids import describe_mismatch
from jobs.tables.table import Table
from jobs.tables.visit_layouts import REMEDY, Layout, Measured, read_long, read_wide

Integers = NDArray[np.int64]

NAMED = ("fvc", "cmap", "distal_latency", "munix", "f_wave_frequency")
RESERVED = ("patient", "date", "row", "sample")


@dataclass(frozen=True)
class VisitsRead:
    """A table of visits.

    Attributes
    ----------
    visits
        One row per visit of a participant: patient, date, item_1 to item_12, total, stated_total, measures, row;
        sorted by patient, date and row.
    unknown
        The visits of samples that are no participants: row.
    out_of_range
        Values set to missing: row, patient, and column and value as the file has them.
    """

    visits: pd.DataFrame
    unknown: pd.DataFrame
    out_of_range: pd.DataFrame


def read_visits(
    path: Place,
    settings: Visits,
    samples: pd.Series,
    onset: pd.Series | None,
    *,
    measures: Iterable[str] = (),
    scored: bool = True,
) -> VisitsRead:
    """Read the visits of participants.

    Parameters
    ----------
    path
        The table.
    settings
        Its layout, what its columns are called, how it writes times, and its units.
    samples
        The participants' ids, sorted (n).
    onset
        Their dates of onset (n), from which numbers are counted where the table has no dates.
    measures
        Other columns that are needed, under their own names.
    scored
        Whether the ALSFRS-R is needed; else it is read where the table has it.

    Raises
    ------
    InputError
        With every column that is missing and every value that can't be used.
    """
    columns = settings.columns
    table = Table(path, sheet=settings.sheet, ids=columns.sample)
    table.require([columns.sample, columns.visit_date], REMEDY)
    table.identifiers(columns.sample)
    patient = _patients(table, columns.sample, samples)
    date = _dates(table, settings, patient, onset)
    needed, optional = _wanted(table, settings, tuple(measures), scored)
    layout = (
        read_wide(table, needed, optional)
        if columns.item is None
        else read_long(table, columns, date, needed, optional)
    )
    lines, patient = table.lines[layout.rows], patient[layout.rows]
    moment = date.to_numpy("datetime64[ns]")[layout.rows]
    order = np.lexsort([lines, moment, patient])
    order = order[patient[order] >= 0]
    units = settings.units.model_dump()
    out_of_range, read = [], {"patient": patient[order], "date": moment[order]}
    for name in list(layout.measures):
        # Each is let go once it is read: of millions of visits, two of everything do not fit.
        measured = layout.measures.pop(name)
        values, strange = _in_range(table, name, measured, units.get(name), columns.score)
        read[name] = values[order]
        out_of_range.append(_values_at(table, layout, measured, patient, strange))
    table.close()
    visits = pd.DataFrame(_with_total(read) | {"row": lines[order]}, copy=False)
    unknown = pd.DataFrame({"row": lines[patient < 0]})
    return VisitsRead(visits, unknown, _joined(out_of_range))


def _patients(table: Table, column: str, samples: pd.Series) -> Integers:
    """Give each row's position in the participants, -1 where it has none; note ids that only look different."""
    ids = table.encoded(column)
    position = pd.Index(samples).get_indexer(pd.Index(ids.texts, dtype=object)).astype(np.int64)
    used = np.unique(ids.codes[ids.codes >= 0])
    mismatch = describe_mismatch(ids.texts[used], samples, position[used] >= 0)
    if mismatch is not None and column in table.columns:
        table.add(f"column '{column}'", mismatch)
    return np.asarray(ids.spread(position, -1), dtype=np.int64)


def _dates(table: Table, settings: Visits, patient: Integers, onset: pd.Series | None) -> pd.Series:
    """Read dates, or place numbers since onset on each patient's calendar."""
    column = settings.columns.visit_date
    if settings.times == "dates":
        if onset is not None and len(onset) and bool((onset == ONSET).all()):
            message = "visits.times is dates, but participants.times counts from onset; give both tables alike"
            table.add(f"column '{column}'", message)
        return table.dates(column, DateStyle(settings.date_format, "visits.date_format"))
    days = days_since_onset(table, column, settings.times, "visits.times")
    if onset is None or not onset.notna().any():
        message = f"visits.times is {settings.times} since onset, but the participants have no dates of onset"
        table.add(f"column '{column}'", f"{message}; map onset_date in participants.columns")
        return pd.Series(pd.NaT, index=days.index, dtype="datetime64[ns]")
    own = np.append(onset.to_numpy("datetime64[ns]"), np.datetime64("NaT"))[patient]
    return after_onset(pd.Series(own, index=days.index), days)


def _wanted(
    table: Table, settings: Visits, measures: tuple[str, ...], scored: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Give the file's word for each measure by the engine's: those that are needed, and those that may be there."""
    columns = settings.columns
    mapped = columns.model_dump()
    scores = dict(zip(ITEMS, columns.items, strict=True)) if columns.items else {"total": columns.total}
    if columns.items and len(set(columns.items)) < len(ITEMS):
        twice = next(column for column in columns.items if columns.items.count(column) > 1)
        table.add("visits.columns.items", f"'{twice}' is named twice; name 12 different columns")
    needed = {name: mapped[name] for name in NAMED if mapped[name]}
    optional: dict[str, str] = {}
    if columns.items:
        (needed if "total" in columns.model_fields_set else optional)["stated_total"] = columns.total
    (needed if scored or "total" in measures else optional).update(scores)
    for measure in measures:
        if measure in RESERVED:
            table.add(f"column '{measure}'", "has a name that the engine uses for another; rename it in the table")
        elif measure not in needed and measure not in optional and measure != "total":
            needed[measure] = measure
    return needed, optional


def _in_range(
    table: Table, name: str, measured: Measured, unit: str | None, score: str | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give a measure in the engine's unit without impossible values (v), and say which those were."""
    column = measured.column
    unit_check = check_unit(name, unit or "", measured.values)
    if unit_check.message is not None:
        table.add(f"column '{score or column}'", unit_check.message)
    if unit_check.mixed.any():
        mixed = np.zeros(table.length, dtype=bool)
        rows = measured.rows if measured.rows is not None else np.arange(table.length)
        mixed[rows[unit_check.mixed]] = True
        message = f"is in another unit than most values of '{column}', {unit}, it seems; write all in one unit"
        table.note(score or column, mixed, message)
    values = in_engine_unit(measured.values, unit or "")
    strange = impossible(name, values) | unit_check.impossible
    return np.where(strange, np.nan, values), strange


def _values_at(
    table: Table, layout: Layout, measured: Measured, patient: Integers, strange: NDArray[np.bool_]
) -> pd.DataFrame:
    """List values with their rows, as the file has them."""
    rows = (layout.rows if measured.rows is None else measured.rows)[strange]
    return pd.DataFrame(
        {
            "row": table.lines[rows],
            "patient": patient[strange],
            "column": pd.Series(measured.column, index=range(rows.size), dtype=object),
            "value": measured.values[strange],
        }
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put lists of values together, those of participants alone, by row."""
    whole = (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["row", "patient", "column", "value"])
    )
    return whole[whole["patient"] >= 0].sort_values("row", kind="stable", ignore_index=True)


def _with_total(columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Add up the items, where there are all; where there are none, take the total that the table states."""
    if not set(ITEMS) <= set(columns):
        return columns
    total = sum((columns[item] for item in ITEMS[1:]), start=columns[ITEMS[0]])
    if "stated_total" in columns:
        unscored = np.logical_and.reduce([np.isnan(columns[item]) for item in ITEMS])
        total = np.where(unscored, columns["stated_total"], total)
    return columns | {"total": total}
