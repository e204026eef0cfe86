"""What can be found by how many carriers: the detectable effect, and the smallest p-value that can be attained."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jobs.report import numbers, svg, wording
from jobs.report.figures import ReportFigure, slug
from jobs.report.null_models.panels import panel_grid
from jobs.report.power.panels import DOTTED, FAMILIES, log_axis

HEIGHT = 2.5
COLORS = {"genes": svg.FIRST, "panel": svg.SECOND}
# A smaller attainable p-value says no more than this one.
SMALLEST_EXPONENT = 30.0


def detectable_figure(trait: str, rows: pd.DataFrame) -> ReportFigure:
    """Draw detectable effects and attainable p-values of a trait.

    Parameters
    ----------
    trait
        Its name.
    rows
        Its rows of `association.power.power_columns.DETECTABLE` for numbers of carriers, not panels.
    """
    with mpl.rc_context(svg.STYLE):
        figure, (effects, attainable) = panel_grid(2, columns=2, height=HEIGHT)
        _draw_effects(effects, rows)
        _draw_attainable(attainable, rows)
        for panel in (effects, attainable):
            log_axis(panel, rows["carriers"].tolist(), axis="x")
            panel.set_xlabel("carriers")
        description = (
            f"Detectable effect on {wording.plain_words(trait)}, and the smallest attainable p-value, "
            "by number of carriers."
        )
        image = svg.inline_svg(figure, name=f"detectable-{slug(trait)}", description=description)
    shown = ["family", "carriers", "level", "detectable", "detectable_small_effects", "min_attainable_p"]
    return ReportFigure(image, rows[shown], description)


def _draw_effects(panel: Axes, rows: pd.DataFrame) -> None:
    panel.set_title(f"{rows['unit'].iloc[0].capitalize()} found in 4 of 5 studies")
    for family, color in COLORS.items():
        part = rows[rows["family"] == family].sort_values("carriers")
        small = part["detectable_small_effects"]
        panel.plot(part["carriers"], small, color=color, linestyle=DOTTED, linewidth=1)
        panel.plot(part["carriers"], part["detectable_formula"], color=color, linewidth=1.1, label=FAMILIES[family])
        panel.scatter(part["carriers"], part["detectable"], s=12, color=color, linewidths=0, zorder=3)
    sizes = rows[["detectable", "detectable_formula", "detectable_small_effects"]].to_numpy(np.float64)
    found = sizes[np.isfinite(sizes)]
    if "ratio" in rows["unit"].iloc[0] and found.size:
        log_axis(panel, [1.5, 2, 3, 5, 10, 20, 40, 100, 300, 1000], axis="y")
        panel.set_ylim(max(1.0, 0.9 * float(found.min())), 1.15 * min(float(found.max()), 1000.0))
    if not found.size:
        panel.set_yticks([])
        panel.text(0.5, 0.5, "no effect is found", transform=panel.transAxes, ha="center", color=svg.FAINT_INK)
    panel.legend(loc="upper right", fontsize=7.5)


def _draw_attainable(panel: Axes, rows: pd.DataFrame) -> None:
    """Draw -log10 of the smallest p-values, and the lines that they must cross."""
    panel.set_title("Smallest attainable p-value")
    own = rows[rows["family"] == "genes"].sort_values("carriers")
    exponent = -np.log10(np.maximum(own["min_attainable_p"].to_numpy(np.float64), 10.0**-300))
    panel.plot(own["carriers"], exponent, color=svg.INK, marker="o", markersize=3, linewidth=1)
    for family, color in COLORS.items():
        level = float(rows.loc[rows["family"] == family, "level"].iloc[0])
        panel.axhline(-np.log10(level), color=color, linewidth=0.9)
        words = f"{FAMILIES[family]}: p ≤ {level:.2g}"
        place = (float(own["carriers"].max()), -np.log10(level))
        panel.annotate(words, place, (0, 2), textcoords="offset points", ha="right", size=7, color=svg.FAINT_INK)
    panel.set_ylim(0, min(SMALLEST_EXPONENT, 1.1 * float(exponent.max())))
    panel.yaxis.set_major_formatter(lambda value, _: "1" if value == 0 else f"1e\u2212{numbers.count(value)}")
