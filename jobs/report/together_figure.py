"""The figure of how traits go together: patients below the diagonal, genes above it."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from jobs.report import svg, wording
from jobs.report.figures import ReportFigure

CELL = 0.72
LABELS = 1.6
# A square of this share of its cell stands for a correlation of one.
LARGEST = 0.92


def correlation_figure(correlations: pd.DataFrame, traits: Sequence[str]) -> ReportFigure:
    """Draw a square per pair of traits, its side the root of the correlation's size, its colour the sign.

    Parameters
    ----------
    correlations
        `association.traits_together.together_columns.CORRELATION_COLUMNS`.
    traits
        In the order of rows and columns.
    """
    place = {name: number for number, name in enumerate(traits)}
    rows = []
    for row in correlations.to_dict("records"):
        first, second = place[row["trait_1"]], place[row["trait_2"]]
        rows.append(("residuals", first, second, row["residual_correlation"]))
        rows.append(("genes", second, first, row["gene_correlation"]))
    data = pd.DataFrame(rows, columns=["of", "x", "y", "correlation"])
    description = "Correlations of traits: of patients' residuals below the diagonal, of genes' statistics above it."
    with mpl.rc_context(svg.STYLE):
        size = CELL * len(traits)
        figure = Figure(figsize=(size + 2 * LABELS, size + 0.9), layout="constrained")
        panel = figure.subplots()
        for own in data.itertuples():
            _draw_square(panel, int(own.x), int(own.y), float(own.correlation))
        names = [wording.plain_words(name) for name in traits]
        panel.set_xticks(range(len(traits)), names, rotation=30, ha="right")
        panel.set_yticks(range(len(traits)), names)
        panel.tick_params(length=0)
        panel.set_xlim(-0.5, len(traits) - 0.5)
        panel.set_ylim(len(traits) - 0.5, -0.5)
        panel.set_aspect("equal")
        panel.spines[["bottom", "left"]].set_visible(False)
        image = svg.inline_svg(figure, name="together", description=description)
    return ReportFigure(image, data, description)


def _draw_square(panel: mpl.axes.Axes, x: int, y: int, correlation: float) -> None:
    panel.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor=svg.RULE, linewidth=0.6))
    if np.isnan(correlation):
        return
    side = LARGEST * np.sqrt(min(abs(correlation), 1.0))
    color = svg.FIRST if correlation >= 0 else svg.SECOND
    corner = (x - side / 2, y - side / 2)
    panel.add_patch(Rectangle(corner, side, side, facecolor=color, edgecolor="none", alpha=0.55))
    panel.text(x, y, f"{correlation:.2f}".replace("-", "\u2212"), ha="center", va="center", size=8, color=svg.INK)
