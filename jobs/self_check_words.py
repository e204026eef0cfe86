"""A self-check's result at the terminal: two compact tables and a verdict in one line."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from association.error_rates import ALL_CLASSES, NOT_KEPT, verdicts

COMPARED_LEVEL = 1e-3
SHOWN_LEVELS = (0.05, 0.01, 1e-3)
PLACES_PER_LINE = 3
LAYOUT: Any = {"title_justify": "left", "box": None, "padding": (0, 1, 0, 0), "pad_edge": False}


def print_check(levels: pd.DataFrame, recall: pd.DataFrame, console: Console) -> None:
    """Print a check's tables and its verdict.

    Parameters
    ----------
    levels, recall
        Of `association.error_rates`.
    console
        Where to.
    """
    console.print(_level_lines(levels))
    console.print()
    console.print(_recall_lines(recall))
    console.print()
    console.print(verdict_words(levels), markup=False)


def verdict_words(levels: pd.DataFrame) -> str:
    """Say in a line whether every test keeps its level, or which do not."""
    found = verdicts(levels)
    broken = found[found["verdict"] == NOT_KEPT]
    tests = levels[levels["carriers"] == ALL_CLASSES]
    counted = int(tests[tests["level"] == tests["level"].max()]["tests"].sum())
    if broken.empty:
        return f"verdict: every test keeps its level ({counted:,} p-values of simulated null traits)"
    places = [
        f"{row.kind}, {row.test}: {row.ratio:.2g} times {row.level:g} {_among(row.carriers)} "
        f"({row.lower:.2g} or more)"
        for row in broken.itertuples()
    ]
    more = len(places) - PLACES_PER_LINE
    listed = "; ".join(places[:PLACES_PER_LINE]) + (f"; and {more} more" if more > 0 else "")
    return f"verdict: LEVEL NOT KEPT by {len(places)} of {len(found)} tests: {listed}"


def _among(carriers: str) -> str:
    return "over all genes" if carriers == ALL_CLASSES else f"at {carriers} carrier{'' if carriers == '1' else 's'}"


def _level_lines(levels: pd.DataFrame) -> Table:
    lines = Table(title="Share of p-values up to a level, over the level; nothing planted", **LAYOUT)
    for name in ("trait", "test"):
        lines.add_column(name, no_wrap=True)
    for name in ("p-values", *(f"{level:g}" for level in SHOWN_LEVELS), f"textbook\n{COMPARED_LEVEL:g}"):
        lines.add_column(name, justify="right")
    lines.add_column("level")
    verdict = verdicts(levels).set_index(["kind", "test"])["verdict"]
    together = levels[levels["carriers"] == ALL_CLASSES]
    for (kind, test), rows in together.groupby(["kind", "test"], sort=False):
        at = rows.set_index("level")
        ratios = [f"{at['ratio'][level]:.2f}" for level in SHOWN_LEVELS]
        textbook = f"{at['textbook_ratio'][COMPARED_LEVEL]:.1f}"
        kept = verdict[kind, test]
        style = "bold red" if kept == NOT_KEPT else None
        lines.add_row(_kind(kind), test, f"{at['tests'].iloc[0]:,}", *ratios, textbook, kept, style=style)
    return lines


def _recall_lines(recall: pd.DataFrame) -> Table:
    """List what the last test finds: the omnibus, wherever there is one."""
    test = recall["test"].iloc[-1]
    title = f"Share of planted effects with p at most {COMPARED_LEVEL:g}, {test}, by carriers"
    rows = recall[(recall["test"] == test) & (recall["level"] == COMPARED_LEVEL)]
    lines = Table(title=title, **LAYOUT)
    for name in ("trait", "effect"):
        lines.add_column(name, no_wrap=True)
    classes = list(dict.fromkeys(rows["carriers"]))
    for name in classes:
        lines.add_column(name, justify="right")
    for (kind, effect), part in rows.groupby(["kind", "effect"], sort=False):
        found = part.set_index("carriers")
        shares = [
            f"{found['found'][name]}/{found['planted'][name]}" if name in found.index else "" for name in classes
        ]
        lines.add_row(_kind(kind), effect, *shares)
    return lines


def _kind(kind: object) -> str:
    return str(kind).replace("_", " ")
