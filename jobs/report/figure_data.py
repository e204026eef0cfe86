"""A figure on the page, with the numbers that it shows beside it for programs to read.

The numbers are a block of JSON that no browser runs or draws: `rows` in all, and `columns` by name, a text column as
its distinct `values` and their places (`codes`), or its one `value`. Of a figure of more points than are drawn as
shapes, the strongest are given; the whole is among the tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from jobs.report.browse.inline import json_block
from jobs.report.figures import MOST_POINTS_AS_SHAPES, ReportFigure

# Enough to tell any two points of a screen apart.
DIGITS = 6
MOST_ROWS = 1_000
STRENGTHS = ("neg_log10_p", "observed")


def drawn(figure: ReportFigure) -> Markup:
    """Give a figure's drawing, and its numbers as a block of JSON of the same name."""
    # A gene's figure has a name of its own; the others' drawings have theirs.
    name = getattr(figure, "name", None) or getattr(figure.image, "name", None)
    if name is None:
        raise TypeError("the figure's drawing has no name: draw it by svg.inline_svg")
    return figure.image + "\n" + json_block(f"data-{name}", published(figure.data))


def published(data: pd.DataFrame) -> dict[str, Any]:
    """Give a figure's numbers by columns, as many rows as the page may hold."""
    kept = data
    if len(data) > MOST_POINTS_AS_SHAPES:
        strength = next((name for name in STRENGTHS if name in data), None)
        kept = data.head(MOST_ROWS) if strength is None else data.nlargest(MOST_ROWS, strength)
    return {"rows": len(data), "columns": {str(name): _column(kept[name].tolist()) for name in kept}}


def _column(cells: Sequence[Any]) -> Any:
    plain = [_plain(cell) for cell in cells]
    if not any(isinstance(cell, str) for cell in plain):
        return plain
    values = list(dict.fromkeys(plain))
    if len(values) == 1:
        return {"value": values[0]}
    places = {value: place for place, value in enumerate(values)}
    return {"values": values, "codes": [places[cell] for cell in plain]}


def _plain(cell: Any) -> Any:
    """Give a cell as JSON knows it: missing and infinite numbers are null."""
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, int | float):
        if not math.isfinite(cell):
            return None
        return cell if isinstance(cell, int) else float(f"{cell:.{DIGITS}g}")
    return None if cell is pd.NA or cell is pd.NaT else str(cell)
