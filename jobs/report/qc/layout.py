"""Panels of the page's figures at places given in inches, and legends in rows above them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from jobs.report import svg
from jobs.report.figures import WIDTH
from jobs.report.qc.palette import Category

LEFT, RIGHT, BELOW, ABOVE, BETWEEN = 0.68, 0.14, 0.5, 0.3, 0.8
LEGEND_ROW = 0.22
LONGEST_LABEL = 32
# Inches of a legend's letter and of its mark; generous, as the page's fonts differ.
LETTER, MARK = 0.07, 0.34
RING: dict[str, Any] = {"marker": "o", "markerfacecolor": "none", "markeredgecolor": svg.MARK, "markersize": 8}


def panel_row(
    panels: int,
    *,
    height: float,
    legend: Sequence[Line2D] = (),
    widths: Sequence[float] = (),
    left: float = LEFT,
    right: float = RIGHT,
    below: float = BELOW,
) -> tuple[Figure, list[Axes]]:
    """Make panels side by side, the legend in rows above all of them.

    Parameters
    ----------
    panels
        How many.
    height
        Of a panel, in inches.
    legend
        Marks with labels.
    widths
        Relative widths; equal, if absent.
    left, right, below
        Room around the panels, in inches.
    """
    letters = max((len(str(mark.get_label())) for mark in legend), default=1)
    columns = max(1, int(WIDTH / (LETTER * letters + MARK)))
    above = ABOVE + LEGEND_ROW * math.ceil(len(legend) / columns)
    total = above + height + below
    figure = Figure(figsize=(WIDTH, total))
    width = (WIDTH - left - right - (panels - 1) * BETWEEN) / panels
    grid = figure.add_gridspec(
        1,
        panels,
        left=left / WIDTH,
        right=1 - right / WIDTH,
        bottom=below / total,
        top=1 - above / total,
        wspace=BETWEEN / width,
        width_ratios=list(widths) or None,
    )
    if legend:
        _add_legend(figure, legend, columns)
    axes = [figure.add_subplot(grid[place]) for place in range(panels)]
    for panel in axes:
        panel.locator_params(nbins=6)
    return figure, axes


def _add_legend(figure: Figure, marks: Sequence[Line2D], columns: int) -> None:
    """Put marks with their labels into the upper left corner."""
    figure.legend(
        handles=list(marks),
        loc="upper left",
        bbox_to_anchor=(0, 1),
        ncols=min(columns, len(marks)),
        fontsize=8.5,
        handletextpad=0.3,
        columnspacing=1.4,
        borderaxespad=0,
    )


def shorten(name: str, longest: int) -> str:
    """Leave out the middle of a long name: names of a series differ at their ends."""
    if len(name) <= longest:
        return name
    end = longest // 3
    return f"{name[: longest - end - 1].rstrip()}\u2026{name[-end:].lstrip()}"


def legend_marks(groups: Sequence[Category]) -> list[Line2D]:
    """Give a mark per group for the legend."""
    return [
        mark(
            shorten(group.name, LONGEST_LABEL) + group.size_words,
            marker=group.marker,
            color=group.color,
            markersize=5.5,
        )
        for group in groups
    ]


def mark(label: str, **style: Any) -> Line2D:
    """Give one mark for the legend."""
    return Line2D([], [], linestyle="none", label=label, **style)
