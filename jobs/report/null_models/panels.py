"""Panels at fixed places, and what figures of many patients share: few points of many, thin steps, bars.

A layout that is solved for would differ in its last digits from one drawing to the next; these are given in inches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from jobs.report import numbers, svg
from jobs.report.figures import MOST_POINTS_AS_SHAPES, WIDTH, draw_points

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# Of more patients than this, a scatter plot shows so many, drawn at random.
MOST_POINTS = 2_000
# A figure with more points than this draws them as pixels: a page has many figures.
MOST_SHAPES = 1_000
MANY = MOST_POINTS_AS_SHAPES + 1
SEED = 20_200
# Steps of a curve that a plot can show, about one for each of its pixels.
STEPS = 400
LEFT, RIGHT, ABOVE, BELOW, ACROSS, BETWEEN = 0.62, 0.12, 0.34, 0.48, 0.62, 0.86


def panel_grid(
    panels: int, *, columns: int, height: float, widths: Sequence[float] = (), left: float = LEFT
) -> tuple[Figure, list[Axes]]:
    """Make panels in rows of so many columns.

    Parameters
    ----------
    panels
        How many.
    columns
        In a row.
    height
        Of a panel, in inches.
    widths
        Relative widths of the columns; equal, if absent.
    left
        Room at the left, in inches.
    """
    rows = math.ceil(panels / columns)
    total = ABOVE + rows * height + (rows - 1) * BETWEEN + BELOW
    figure = Figure(figsize=(WIDTH, total))
    width = (WIDTH - left - RIGHT - (columns - 1) * ACROSS) / columns
    grid = figure.add_gridspec(
        rows,
        columns,
        left=left / WIDTH,
        right=1 - RIGHT / WIDTH,
        bottom=BELOW / total,
        top=1 - ABOVE / total,
        wspace=ACROSS / width,
        hspace=BETWEEN / height,
        width_ratios=list(widths) or None,
    )
    axes = [figure.add_subplot(grid[place]) for place in range(panels)]
    for panel in axes:
        panel.locator_params(axis="y", nbins=5)
        panel.locator_params(axis="x", nbins=6 - columns if columns > 1 else 6)
    return figure, axes


def columns_for(panels: int) -> int:
    """Choose 3 panels in a row, or 4 where that leaves fewer places empty."""
    return min((3, 4), key=lambda columns: (-panels % columns, columns)) if panels > 3 else 3


def some_of(count: int, most: int = MOST_POINTS) -> Integers:
    """Draw at most so many positions of `count`, in order; always the same ones."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.sort(np.random.default_rng(SEED).choice(count, most, replace=False)).astype(np.int64)


def some_words(count: int, what: str = "patients", most: int = MOST_POINTS) -> str:
    """Say that a scatter plot shows some only; nothing where it shows all."""
    if count <= most:
        return ""
    return f" Points are {numbers.count(most)} of {numbers.count(count)} {what}, drawn at random."


def scatter(
    panel: Axes,
    x: Any,
    y: Any,
    color: str,
    points: int,
    *,
    marker: str = "o",
    label: str | None = None,
    size: float = 7,
) -> None:
    """Draw points as the report does, but as pixels from fewer points in the figure on."""
    shapes = points <= MOST_SHAPES
    draw_points(panel, x, y, color, marker, points if shapes else MANY, label, size=7 if shapes else 11)


def thin_steps(times: Floats, end: float) -> Integers:
    """Keep the last of the steps that fall on the same pixel: positions in `times`, up to `end`."""
    shown = times[times <= end]
    if shown.size <= STEPS:
        return np.arange(shown.size, dtype=np.int64)
    pixel = np.floor(shown / end * STEPS)
    return np.flatnonzero(np.append(pixel[1:] != pixel[:-1], True)).astype(np.int64)


def month_ticks(end: float, most: int = 7) -> Floats:
    """Give round times in months from 0 to the end, at most so many."""
    for step in (1, 2, 3, 6, 12, 24, 36, 60, 120, 240):
        if end / step <= most:
            return np.arange(0, end + 1e-9, step, dtype=np.float64)
    return np.linspace(0, end, most)


def count_axis(panel: Axes) -> None:
    """Write counts along an axis, thousands as k."""
    panel.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
    panel.yaxis.set_major_formatter(lambda count, _: f"{count / 1000:g}k" if count >= 10_000 else f"{count:,.0f}")


def draw_histogram(panel: Axes, values: Floats, *, color: str = svg.FIRST, bins: int = 40) -> pd.DataFrame:
    """Draw how values are spread; columns lower, upper and patients."""
    counts, edges = np.histogram(values, bins=_edges(values, bins))
    panel.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=color, linewidth=0, alpha=0.85)
    count_axis(panel)
    return pd.DataFrame({"lower": edges[:-1], "upper": edges[1:], "patients": counts})


def _edges(values: Floats, most: int) -> Floats:
    """Give edges of bins: about the root of the number of values, whole numbers between halves."""
    lowest, highest = float(values.min()), float(values.max())
    if highest - lowest <= most and np.array_equal(values, np.rint(values)):
        return np.arange(lowest - 0.5, highest + 1, 1.0)
    number = int(np.clip(2 * values.size ** (1 / 3), 8, most))
    return np.linspace(lowest, highest if highest > lowest else lowest + 1, number + 1)
