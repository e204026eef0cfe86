"""A gene at the terminal: a line for each mask, and the p-values of its tests beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from association.scan_settings import OMNIBUS

Row = Mapping[str, Any]

LAYOUT: Any = {"title_justify": "left", "box": None, "padding": (0, 2, 0, 0), "pad_edge": False}
COUNTED = ("carriers", "events", "expected", "effect", "se")
NOTHING, PRIMARY = "-", "*"
LEGEND = (
    f"{PRIMARY} the p-value that counts; effect: of the burden, log hazard or odds ratio or trait units, with its "
    "standard error"
)


def print_gene(rows: pd.DataFrame, lists: Sequence[str], console: Console) -> None:
    """Print what the results say of a gene.

    Parameters
    ----------
    rows
        Its result rows, of all traits.
    lists
        Gene lists that it is on.
    console
        Where to.
    """
    first = rows.iloc[0]
    on_lists = f"  on {', '.join(lists)}" if lists else ""
    console.print(Text(f"{first['gene']}  {first['contig']}:{first['start']:,}{on_lists}", style="bold"))
    for trait, own in rows.groupby("trait", sort=False):
        console.print()
        console.print(_table(str(trait), own))
        for line in _flags(own):
            console.print(Text(line))
    console.print()
    console.print(Text(LEGEND))


def _table(trait: str, rows: pd.DataFrame) -> Table:
    """Make a line of each mask and ceiling."""
    named = rows.assign(named=[_test(row, rows) for _, row in rows.iterrows()])
    tests = list(dict.fromkeys(named["named"]))
    table = Table(title=Text(trait), **LAYOUT)
    for name in ("mask", "up to", *COUNTED, *tests, "method"):
        table.add_column(name, justify="left" if name in ("mask", "up to", "method") else "right", no_wrap=True)
    for _, own in named.groupby(["mask", "max_af"], sort=False, dropna=False):
        by_test = {row["named"]: row for _, row in own.iterrows()}
        cells = [*_counts(own), *(_p_value(by_test.get(test)) for test in tests), _methods(own)]
        table.add_row(*map(Text, cells))
    return table


def _counts(own: pd.DataFrame) -> list[str]:
    """Give what is the same for all tests of a mask, and the effect of its burden."""
    row = own.iloc[0]
    burden = own[own["effect"].notna()].head(1)
    effect, error = (burden[name].iloc[0] if len(burden) else None for name in ("effect", "standard_error"))
    return [
        str(row["mask"]),
        _number(row["max_af"], "g"),
        _number(row["carriers"], ",.0f"),
        _number(row["observed_events"], ",.0f"),
        _number(row["expected_events"], ",.1f"),
        _number(effect, ".2f"),
        _number(error, ".2f"),
    ]


def _p_value(row: Row | None) -> str:
    return "" if row is None else f"{_number(row['p_value'], '.2g')}{PRIMARY if row['primary'] else ''}"


def _methods(own: pd.DataFrame) -> str:
    """Say how the p-values of a mask were made, or why there are none."""
    made = own["method"].dropna()
    return ", ".join(dict.fromkeys(made if len(made) else own["reason"].dropna()))


def _flags(rows: pd.DataFrame) -> Iterator[str]:
    """Give the cautions of each mask that has any."""
    for (mask, ceiling), own in rows.groupby(["mask", "max_af"], sort=False, dropna=False):
        flags = [flag for text in own["flags"].dropna() for flag in text.split(";") if flag]
        if flags:
            place = str(mask) if pd.isna(ceiling) else f"{mask} up to {ceiling:g}"
            yield f"  {place}: {', '.join(dict.fromkeys(flags))}"


def _test(row: Row, rows: pd.DataFrame) -> str:
    """Name a test; with its weights and its coding where the same test was made in other ways, too."""
    alike = rows[rows["test"] == row["test"]]
    several = [name for name in ("weights", "coding") if len(set(alike[name])) > 1 and row["test"] != OMNIBUS]
    return " ".join([str(row["test"]), *(str(row[name]) for name in several if not pd.isna(row[name]))])


def _number(value: Any, form: str) -> str:
    return NOTHING if pd.isna(value) else format(value, form)
