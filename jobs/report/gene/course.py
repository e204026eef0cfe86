"""Carriers' visits over the band of all patients; their quartiles alone, where nobody's own course may be shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from jobs.report import svg, wording
from jobs.report.audience import Audience
from jobs.report.gene.material import GeneFigure, GeneTrait, finish
from jobs.report.gene.panel import Panel, legend, reach, round_ticks
from jobs.report.gene.pen import HALF, Pen
from jobs.report.gene.shown import enough, told_course
from jobs.report.null_models.panels import month_ticks

LEFT, RIGHT, ABOVE, HEIGHT, BELOW = 40.0, 8.0, 26.0, 172.0, 28.0
CARRIERS, ALL = svg.SECOND, svg.LINE
COLUMNS = ["line", "time", "value", "lower", "upper"]


def course_figure(one: GeneTrait, band: pd.DataFrame) -> GeneFigure | None:
    """Draw the courses; None where there is nothing that readers may see.

    Parameters
    ----------
    one
        The gene and trait.
    band
        The trait's rows of the band of all patients.
    """
    visits = one.table("course")
    if visits.empty or len(band) < 2 or not enough(one.group.get("carriers"), one.audience):
        return None
    alone = one.audience is Audience.SITE
    # Where few are left, all patients' quantiles jump about.
    drawn = visits if alone else told_course(visits, band["time"], one.audience)
    if drawn.empty:
        return None
    end = 1.04 * max(float(drawn["time"].max()), float(band["time"].iloc[1]))
    band = band[band["time"] <= end]
    pen = Pen(HALF, ABOVE + HEIGHT + BELOW)
    heights = [drawn[name] for name in ("value", "lower", "upper") if name in drawn]
    up = reach(np.concatenate([band["lower"], band["upper"], *heights]), margin=0.03)
    panel = Panel(pen, LEFT, ABOVE, HALF - LEFT - RIGHT, HEIGHT, (0, end), up)
    panel.left_axis(round_ticks(*up))
    panel.bottom_axis(month_ticks(end).tolist(), "months from the first visit")
    _draw_band(panel, band, ALL)
    (_draw_lines if alone else _draw_quartiles)(panel, drawn)
    panel.title(f"{wording.title(one.trait)}: course")
    legend(pen, panel.right, panel.top - 16, [("carriers", CARRIERS), ("all patients", ALL)])
    whose = "each carrier" if alone else "carriers"
    description = f"Course of {wording.plain_words(one.trait)} of {whose} of {one.gene} over that of all patients."
    return finish(pen, _data(drawn, band), description, name=one.name("course"), caption=_caption(alone))


def _draw_band(panel: Panel, band: pd.DataFrame, color: str) -> None:
    lower, upper = (panel.points(band["time"], band[end]) for end in ("lower", "upper"))
    panel.pen.lines([np.vstack([lower, upper[::-1]])], fill=color, opacity=0.22)
    panel.pen.lines([panel.points(band["time"], band["middle"])], stroke=color, width=1.6)


def _draw_lines(panel: Panel, visits: pd.DataFrame) -> None:
    lines = [panel.points(own["time"], own["value"]) for _, own in visits.groupby("line")]
    panel.pen.lines([line for line in lines if len(line) > 1], stroke=CARRIERS, width=1.1, opacity=0.75)
    ends = np.array([line[-1] for line in lines])
    panel.pen.dots(ends[:, 0], ends[:, 1], CARRIERS, radius=1.8)


def _draw_quartiles(panel: Panel, quartiles: pd.DataFrame) -> None:
    _draw_band(panel, quartiles, CARRIERS)


def _data(drawn: pd.DataFrame, band: pd.DataFrame) -> pd.DataFrame:
    """Give what is drawn: carriers' rows, then those of all patients."""
    own = drawn.rename(columns={"middle": "value"}).assign(group="carriers")
    everyone = band.rename(columns={"middle": "value"}).assign(group="all")
    columns = ["group", *(name for name in COLUMNS if name in own or name in everyone)]
    return pd.concat([own, everyone], ignore_index=True).reindex(columns=columns)


def _caption(alone: bool) -> Markup:
    carriers = "A line for each carrier, a dot at the last visit" if alone else "Median and quartiles of carriers"
    return Markup("<strong>Course.</strong> {}, over all patients: median, and 10% to 90%.").format(carriers)
