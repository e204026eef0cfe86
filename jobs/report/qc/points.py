"""Points of samples or pairs, in their group's colour and mark; hollow or ringed for a further fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jobs.report import svg
from jobs.report.qc.inputs import Booleans, Floats
from jobs.report.qc.palette import Category

# A panel with more points than this draws them as pixels, so that the page stays light.
MOST_SHAPES = 600
SIZE, PIXEL_SIZE = 16.0, 7.0
# Fewer points than this are drawn large.
FEW, LARGE_SIZE = 150, 30.0


def draw_categories(
    panel: Axes, x: Floats, y: Floats, groups: Sequence[Category], *, hollow: Booleans, ringed: Booleans
) -> None:
    """Draw a point per row that has both coordinates, large groups beneath small ones.

    Parameters
    ----------
    panel
        To draw on.
    x, y
        Coordinates (n).
    groups
        Whose rows are of n.
    hollow, ringed
        Which points are drawn as outlines, and which get a ring (n).
    """
    drawn = np.isfinite(x) & np.isfinite(y)
    pixels = int(drawn.sum()) > MOST_SHAPES
    size = PIXEL_SIZE if pixels else LARGE_SIZE if int(drawn.sum()) < FEW else SIZE
    style: dict[str, Any] = {"s": size, "rasterized": pixels, "zorder": 3, "clip_on": False}
    for group in sorted(groups, key=lambda group: -int(group.rows.sum())):
        full, outline = group.rows & drawn & ~hollow, group.rows & drawn & hollow
        panel.scatter(x[full], y[full], c=group.color, marker=group.marker, linewidths=0, alpha=0.75, **style)
        panel.scatter(
            x[outline],
            y[outline],
            facecolors="none",
            edgecolors=group.color,
            marker=group.marker,
            linewidths=0.8,
            **style,
        )
    draw_rings(panel, x, y, ringed & drawn)


def draw_rings(panel: Axes, x: Floats, y: Floats, ringed: Booleans) -> None:
    """Put a ring around some points."""
    pixels = int(ringed.sum()) > MOST_SHAPES
    color = svg.PIXELS[svg.MARK] if pixels else svg.MARK
    panel.scatter(
        x[ringed],
        y[ringed],
        s=52,
        facecolors="none",
        edgecolors=color,
        linewidths=1.2,
        rasterized=pixels,
        zorder=4,
        clip_on=False,
    )
