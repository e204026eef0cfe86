"""What the figures of power share: a line for each number of carriers, axes of effects and of carriers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from jobs.report import svg

DASHED, DOTTED = (0, (4, 1.6)), (0, (1.2, 1.6))
LINES: Sequence[tuple[str, Any]] = [
    (color, dashes) for dashes in ("solid", DASHED, DOTTED) for color in (svg.FIRST, svg.SECOND, svg.MARK, svg.INK)
]
FAMILIES = {"genes": "A gene among all", "panel": "A panel by itself"}


def line_of(number: int) -> tuple[str, Any]:
    """Give color and dashes of the line of this number; of many they come again."""
    return LINES[number % len(LINES)]


def log_axis(panel: Axes, values: Sequence[float], *, axis: str) -> None:
    """Make an axis logarithmic, with a tick at each of some round values."""
    named: Any = panel.xaxis if axis == "x" else panel.yaxis
    (panel.set_xscale if axis == "x" else panel.set_yscale)("log")
    named.set_major_locator(FixedLocator(thinned(values)))
    named.set_minor_locator(NullLocator())
    named.set_major_formatter(lambda value, _: f"{value:g}")


def thinned(values: Sequence[float], apart: float = 1.25) -> list[float]:
    """Leave out values that stand too close to the one before to have a tick of their own."""
    kept: list[float] = []
    for value in np.unique(values).tolist():
        if not kept or value >= apart * kept[-1]:
            kept.append(value)
    return kept
