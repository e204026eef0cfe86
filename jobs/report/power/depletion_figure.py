"""Carriers who died before they could enrol: their share that is left, and the power that is left."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd

from jobs.report import svg, wording
from jobs.report.figures import ReportFigure, slug
from jobs.report.null_models.panels import panel_grid
from jobs.report.power.panels import FAMILIES, line_of, log_axis

HEIGHT = 2.3
FEWEST_CARRIERS = 5


def depletion_figure(trait: str, rows: pd.DataFrame) -> ReportFigure:
    """Draw what left truncation takes.

    Parameters
    ----------
    trait
        Its name.
    rows
        Its rows of `association.power.power_columns.DEPLETION`.
    """
    with mpl.rc_context(svg.STYLE):
        figure, panels = panel_grid(1 + len(FAMILIES), columns=3, height=HEIGHT)
        kept = rows.drop_duplicates("hazard_ratio")
        panels[0].set_title("Carriers left at entry")
        panels[0].fill_between(
            kept["hazard_ratio"], kept["kept_lower"], kept["kept_upper"], color=svg.BAND, linewidth=0
        )
        panels[0].plot(kept["hazard_ratio"], kept["kept_share"], color=svg.INK, marker="o", markersize=3, linewidth=1)
        for panel, (family, words) in zip(panels[1:], FAMILIES.items(), strict=True):
            panel.set_title(f"Power: {words.lower()}")
            part = rows[(rows["family"] == family) & (rows["carriers"] >= FEWEST_CARRIERS)]
            for number, (carriers, curve) in enumerate(part.groupby("carriers")):
                color, dashes = line_of(number)
                x = curve["hazard_ratio"]
                panel.plot(x, curve["power_undepleted"], color=svg.LINE, linestyle=dashes, linewidth=0.8)
                panel.plot(x, curve["power"], color=color, linestyle=dashes, linewidth=1.1, label=str(carriers))
        for panel in panels:
            panel.set_ylim(-0.02, 1.02)
            log_axis(panel, rows["hazard_ratio"].tolist(), axis="x")
            panel.set_xlabel("hazard ratio")
        lines = panels[-1].get_legend_handles_labels()
        panels[0].legend(*lines, title="carriers at onset", loc="upper right", fontsize=7, title_fontsize=7)
        description = (
            f"Share of carriers who live to enrol, and power with those who do, for {wording.plain_words(trait)}."
        )
        image = svg.inline_svg(figure, name=f"depletion-{slug(trait)}", description=description)
    shown = ["hazard_ratio", "kept_share", "family", "carriers", "power_undepleted", "power"]
    return ReportFigure(image, rows[shown], description)
