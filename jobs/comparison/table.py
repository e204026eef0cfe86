"""The table of results that moved: its columns, listed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
import pyarrow as pa

from association.comparison.paired_rows import KEY, MOVED, NEWLY_TESTED, NO_LONGER_TESTED
from association.results import COLUMNS as RESULTS
from association.results import Column
from jobs.comparison.comparable import TOLD
from jobs.comparison.moved_results import MovedRow, PairedResults
from jobs.comparison.words import reason_words

_RESULTS = {column.name: column for column in RESULTS}
_NAMED = [_RESULTS[name] for name in (*KEY, "primary")]
_PAIRS = [
    Column(f"{name}_{side}", _RESULTS[name].type, f"{_RESULTS[name].meaning}; {when}")
    for name in TOLD
    for side, when in (("old", "in the old run"), ("new", "in the new run"))
]
COLUMNS = (
    Column("became", pa.string(), "moved: by more than ten-fold; newly tested, no longer tested: in one run alone"),
    *_NAMED,
    *_PAIRS,
    Column("why", pa.string(), "every cause that applies, in words; one to four people as <5"),
)
SCHEMA = pa.schema([(column.name, column.type) for column in COLUMNS])


def moved_table(moved: Sequence[MovedRow]) -> pa.Table:
    """Make the table."""
    rows = map(moved_row, moved)
    return pa.Table.from_pylist([row | {"why": "; ".join(row["why"])} for row in rows], schema=SCHEMA)


def moved_row(moved: MovedRow) -> dict[str, Any]:
    """Give a row: what names it, what either run says, and why, in words and by cause."""
    pairs = {
        f"{name}_{side}": _plain(row.get(name), _RESULTS[name].type)
        for name in TOLD
        for side, row in (("old", moved.old), ("new", moved.new))
    }
    named = {column.name: _plain(moved.row[column.name], column.type) for column in _NAMED}
    why = [reason_words(one) for one in moved.reasons]
    return {"became": moved.became, **named, **pairs, "why": why, "reasons": [*map(asdict, moved.reasons)]}


def _plain(value: Any, of_type: pa.DataType) -> Any:
    """Give a cell as JSON and Arrow know it; None where there is nothing."""
    if value is None or pd.isna(value):
        return None
    if pa.types.is_integer(of_type):
        return int(value)
    if pa.types.is_boolean(of_type):
        return bool(value)
    return float(value) if pa.types.is_floating(of_type) else str(value)


def result_counts(trait: str, paired: PairedResults, moved: Sequence[MovedRow]) -> dict[str, Any]:
    """Count a trait's results that were compared, and those that moved."""
    became = [one.became for one in moved]
    return {
        "trait": trait,
        "compared": paired.compared,
        "compared_primary": paired.primary,
        "moved_primary": sum(one.became == MOVED and bool(one.row["primary"]) for one in moved),
        **{name: became.count(name) for name in (MOVED, NEWLY_TESTED, NO_LONGER_TESTED)},
    }
