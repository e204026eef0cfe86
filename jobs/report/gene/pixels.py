"""A pen's marks as a matplotlib figure, from which a file of pixels is made.

The figure has no axes: to make them takes longer than to draw the marks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from jobs.report import svg
from jobs.report.gene.marks import Dots, Mark, Path, Words

POINTS_PER_INCH = 72
ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def figure(marks: Sequence[Mark], width: float, height: float, colors: Mapping[str, str]) -> Figure:
    """Draw marks, each above those before it.

    Parameters
    ----------
    marks
        What a pen drew.
    width, height
        Of the drawing, in points.
    colors
        Real ones, by stand-in.
    """
    drawn = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH))
    scale = 1 / POINTS_PER_INCH
    place = Affine2D().scale(scale, -scale).translate(0, height * scale) + drawn.dpi_scale_trans
    for order, mark in enumerate(marks, 1):
        drawn.add_artist(_artist(mark, colors, transform=place, zorder=order))
    return drawn


def _artist(mark: Mark, colors: Mapping[str, str], **look: Any) -> Artist:
    if isinstance(mark, Words):
        look |= {"size": mark.size, "weight": mark.weight, "style": mark.style, "color": colors[mark.color]}
        return Text(mark.x, mark.y, mark.text, ha=ANCHORS[mark.anchor], va="center", parse_math=False, **look)
    if isinstance(mark, Dots):
        look |= {"markeredgecolor": colors[mark.color], "markeredgewidth": float(mark.hollow)}
        look |= {"markerfacecolor": colors[svg.PAPER if mark.hollow else mark.color], "alpha": mark.opacity}
        return Line2D(*mark.places.T, linestyle="none", marker="o", markersize=2 * mark.radius, **look)
    return PathPatch(
        _outline(mark),
        fill=bool(mark.fill),
        facecolor=colors[mark.fill] if mark.fill else "none",
        edgecolor=colors[mark.stroke] if mark.stroke else "none",
        linewidth=mark.width if mark.stroke else 0,
        linestyle=(0, mark.dash) if mark.dash else "solid",
        alpha=mark.opacity,
        **look,
    )


def _outline(mark: Path) -> Outline:
    """Put a mark's lines together, closed where they are filled."""
    parts = [Outline(line, closed=False) for line in mark.lines]
    if mark.fill:
        parts = [Outline(np.vstack([line, line[:1]]), closed=True) for line in mark.lines]
    return Outline.make_compound_path(*parts)
