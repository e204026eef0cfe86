"""Power against the effect, a line for each number of carriers: formula as lines, simulated studies as points."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from jobs.report import svg, wording
from jobs.report.figures import ReportFigure, slug
from jobs.report.null_models.panels import panel_grid
from jobs.report.power.panels import FAMILIES, line_of, log_axis

HEIGHT = 2.9
ASKED = 0.8
# Room beside the smallest and the largest effect.
EDGE = 1.04


def curve_figure(trait: str, rows: pd.DataFrame) -> ReportFigure:
    """Draw a trait's curves, a panel for each family.

    Parameters
    ----------
    trait
        Its name.
    rows
        Its rows of `association.power.power_columns.CURVES`.
    """
    ratio = "ratio" in rows["unit"].iloc[0]
    with mpl.rc_context(svg.STYLE):
        figure, panels = panel_grid(len(FAMILIES), columns=2, height=HEIGHT)
        for panel, (family, words) in zip(panels, FAMILIES.items(), strict=True):
            part = rows[rows["family"] == family]
            panel.set_title(f"{words}: p ≤ {part['level'].iloc[0]:.2g}")
            panel.axhline(ASKED, color=svg.RULE, linewidth=0.9)
            for number, (carriers, curve) in enumerate(part.groupby("carriers")):
                _draw(panel, curve, number, str(carriers))
            if ratio:
                log_axis(panel, part["effect"].tolist(), axis="x")
            else:
                panel.locator_params(axis="x", nbins=8)
            # Where everything is out of reach nothing is drawn that would set the axis.
            panel.set_xlim(part["effect"].min() / EDGE, part["effect"].max() * EDGE)
            if part["method"].eq("unattainable").all():
                panel.text(0.5, 0.4, "out of reach", transform=panel.transAxes, ha="center", color=svg.FAINT_INK)
            panel.set_ylim(-0.02, 1.02)
            panel.set_xlabel(str(rows["unit"].iloc[0]))
        panels[0].set_ylabel("power")
        panels[-1].legend(title="carriers", loc="lower right", fontsize=7.5, title_fontsize=7.5, handlelength=2.4)
        description = (
            f"Power to find an effect on {wording.plain_words(trait)}, by its size and the number of carriers."
        )
        image = svg.inline_svg(figure, name=f"power-{slug(trait)}", description=description)
    shown = ["family", "carriers", "effect", "power_formula", "power_simulated", "power_lower", "power_upper"]
    return ReportFigure(image, rows[shown], description)


def _draw(panel: Axes, curve: pd.DataFrame, number: int, label: str) -> None:
    """Draw one number of carriers; nothing but its name where it can't be significant."""
    color, dashes = line_of(number)
    able = bool((curve["method"] != "unattainable").all())
    simulated = curve["power_simulated"].notna().all()
    line = curve["power_formula"] if simulated else curve["power_small_effects"]
    name = label if able else f"{label}: out of reach"
    panel.plot(
        curve["effect"], line if able else line * float("nan"), color=color, linestyle=dashes, label=name, lw=1.1
    )
    if simulated and able:
        panel.vlines(curve["effect"], curve["power_lower"], curve["power_upper"], color=color, linewidth=1)
        panel.scatter(curve["effect"], curve["power_simulated"], s=9, color=color, linewidths=0, zorder=3)
