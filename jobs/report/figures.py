"""What the report's figures share, and the figure of who was left out.

Figures are drawn with matplotlib's objects, never its global state, and carry the numbers that they show. One with
many points draws them as pixels within the SVG, so that the page stays light.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jobs.report import numbers, svg

WIDTH = 10.4
MOST_POINTS_AS_SHAPES = 3_000
DOTTED = (0, (1, 2))


@dataclass(frozen=True)
class ReportFigure:
    """A figure and what it shows.

    Attributes
    ----------
    image
        SVG for the page.
    data
        The drawn points, a row each.
    description
        What the figure says, in words.
    """

    image: Markup
    data: pd.DataFrame
    description: str

    @property
    def width(self) -> float:
        """Give how wide it is drawn, in inches."""
        return float(self.drawn()[1].get_figwidth())

    def drawn(self) -> tuple[str, Figure]:
        """Give the figure's name on the page, and the drawing that its files are made from."""
        if not isinstance(self.image, svg.Drawing):
            raise TypeError("the figure has no drawing: make its image by svg.inline_svg")
        return self.image.name, self.image.figure


def draw_points(
    panel: Axes, x: Any, y: Any, color: str, marker: str, points: int, label: str | None = None, size: float = 9
) -> None:
    """Draw points, as pixels where the figure has so many that shapes would make the page heavy."""
    pixels = points > MOST_POINTS_AS_SHAPES
    panel.scatter(
        x,
        y,
        s=size / 2 if pixels else size,
        marker=marker,
        c=svg.PIXELS[color] if pixels else color,
        linewidths=0,
        alpha=0.8,
        label=label,
        rasterized=pixels,
        clip_on=False,
        zorder=3,
    )


def slug(name: str) -> str:
    """Make a name fit for an id."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name)


def attrition_figure(attrition: Sequence[Mapping[str, Any]]) -> ReportFigure:
    """Draw the share that each rule excluded, a panel per unit."""
    data = pd.DataFrame([dict(row) for row in attrition])
    before, excluded = (data[name].astype(float) for name in ("before", "excluded"))
    data["share"] = (excluded / before.where(before > 0)).where(excluded != numbers.FEW)
    units = list(dict.fromkeys(data["unit"]))
    with mpl.rc_context(svg.STYLE):
        most_rules = int(data["unit"].value_counts().max())
        figure = Figure(figsize=(WIDTH, 0.55 + 0.24 * most_rules), layout="constrained")
        panels = figure.subplots(1, len(units), squeeze=False)
        for panel, unit in zip(panels.flat, units, strict=True):
            _draw_attrition(panel, str(unit), data[data["unit"] == unit], most_rules)
        description = "Share of calls, variants and samples that each rule of quality control excluded."
        image = svg.inline_svg(figure, name="attrition", description=description)
    return ReportFigure(image, data[["unit", "step", "before", "excluded", "after", "share"]], description)


def _draw_attrition(panel: Axes, unit: str, rows: pd.DataFrame, most_rules: int) -> None:
    share = rows["share"].fillna(0).to_numpy(np.float64)
    place = np.arange(len(rows))
    panel.barh(place, share, height=0.62, color=svg.FIRST)
    for height, excluded in enumerate(rows["excluded"]):
        text = numbers.count(excluded)
        if excluded and numbers.present(rows["share"].iloc[height]):
            text += f" ({numbers.percent(share[height])})"
        end = (float(share[height]), height)
        panel.annotate(
            text, end, xytext=(4, 0), textcoords="offset points", va="center", size=7.5, color=svg.FAINT_INK
        )
    panel.set_yticks(place, [str(step).replace("_", " ") for step in rows["step"]], size=8)
    panel.set_xlim(0, max(float(share.max()), 1e-3) * 1.7)
    panel.set_xticks([])
    panel.spines["bottom"].set_visible(False)
    panel.tick_params(axis="y", length=0)
    panel.set_ylim(most_rules - 0.5, -0.5)
    panel.set_title(f"{unit}s excluded")
