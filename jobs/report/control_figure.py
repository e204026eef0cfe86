"""The genes' own p-values beside those of the synonymous control, a panel per trait.

Where nothing is wrong with the cohort, the control keeps to the band; what rises in the genes alone is theirs. Points
have no names: genes of one or two carriers are among those of the control.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jobs.report import svg, wording
from jobs.report.control import control_rows
from jobs.report.figures import WIDTH, ReportFigure, draw_points
from jobs.report.findings import TraitFindings
from jobs.report.quantile_figure import inflation_words
from jobs.report.quantiles import quantiles

PER_ROW = 3
# Inches: where panels stand is said, not solved for, so that every drawing is the same.
ROW, ABOVE, BELOW = 2.5, 0.3, 0.55
BAND_POINTS = 200
GENES, CONTROL = "genes", "control"


def control_figure(traits: Sequence[TraitFindings]) -> ReportFigure | None:
    """Draw the p-values of genes and of the control against what chance expects; None where no trait has both."""
    shown = [trait for trait in traits if len(trait.counting) and len(trait.control)]
    if not shown:
        return None
    across = min(PER_ROW, max(2, len(shown)))
    rows = -(-len(shown) // across)
    height = rows * (ROW + ABOVE + BELOW)
    drawn = []
    with mpl.rc_context(svg.STYLE):
        figure = Figure(figsize=(WIDTH, height))
        edges = {"left": 0.05, "right": 0.995, "bottom": BELOW / height, "top": 1 - ABOVE / height}
        grid = figure.add_gridspec(rows, across, **edges, wspace=0.14, hspace=(ABOVE + BELOW) / ROW)
        for place, trait in enumerate(shown):
            panel = figure.add_subplot(grid[place // across, place % across])
            panel.set_title(wording.title(trait.name))
            panel.set_xlabel("expected \u2212log₁₀ p")
            if place % across == 0:
                panel.set_ylabel("observed \u2212log₁₀ p")
            drawn.append(_draw(panel, trait))
        names = ", ".join(wording.plain_words(trait.name) for trait in shown)
        description = f"Quantiles of the genes' p-values beside those of the synonymous control, for {names}."
        image = svg.inline_svg(figure, name="control", description=description)
    return ReportFigure(image, pd.concat(drawn, ignore_index=True), description)


def _draw(panel: Axes, trait: TraitFindings) -> pd.DataFrame:
    """Draw a trait's panel; the band is of as many tests as there are genes."""
    series = {GENES: trait.genes, CONTROL: control_rows(trait.control)}
    points = sum(map(len, series.values()))
    drawn = []
    for (name, rows), color, marker in zip(series.items(), (svg.FIRST, svg.SECOND), "oD", strict=True):
        found = quantiles(rows["neg_log10_p"].to_numpy(np.float64))
        if name == GENES:
            edge = np.unique(np.geomspace(1, len(rows), BAND_POINTS).astype(int)) - 1
            expected = found.expected[edge]
            panel.fill_between(expected, found.lower[edge], found.upper[edge], color=svg.BAND, linewidth=0)
            panel.plot(expected, expected, color=svg.LINE, linewidth=0.9)
        words = ", ".join(filter(None, ({GENES: "genes", CONTROL: "synonymous"}[name], inflation_words(rows))))
        draw_points(panel, found.expected, found.observed, color, marker, points, words, size=11)
        places = {"expected": found.expected, "observed": found.observed}
        drawn.append(pd.DataFrame({"trait": trait.name, "series": name, **places}))
    line = -math.log10(trait.family.threshold)
    top = max(line, *(float(part["observed"].max()) for part in drawn))
    panel.axhline(line, color=svg.MARK, linewidth=1, linestyle=(0, (5, 3)))
    panel.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.1, fontsize=8)
    panel.set_xlim(left=0)
    panel.set_ylim(0, 1.35 * top)
    return pd.concat(drawn)
