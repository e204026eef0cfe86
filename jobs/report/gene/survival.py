"""A gene's survival curves: carriers against all others, with the number at risk below."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from association.gene_profile.profile_columns import CARRIERS, OTHERS
from jobs.report import numbers, svg, wording
from jobs.report.audience import Audience
from jobs.report.gene.marks import Floats
from jobs.report.gene.material import GeneFigure, GeneTrait, finish
from jobs.report.gene.panel import AXIS_TEXT, Panel, legend
from jobs.report.gene.pen import HALF, Pen
from jobs.report.gene.shown import drawn_curve, known, may_tell, tells_of_events
from jobs.report.gene.survival_words import survival_caption
from jobs.report.null_models.panels import month_ticks

COLORS = {OTHERS: svg.LINE, CARRIERS: svg.SECOND}
LEFT, RIGHT, ABOVE, HEIGHT, LINE = 62.0, 8.0, 26.0, 150.0, 11.5
BELOW = 70.0
# A curve has at most so many steps on the page: one for each point of its width or so.
STEPS = 140
TABLE = ["group", "time", "survival", "lower", "upper"]


def survival_figure(one: GeneTrait) -> GeneFigure | None:
    """Draw the curves; None where there are none that readers may see."""
    if one.table("curves").empty or not tells_of_events(one.group, one.audience):
        return None
    curves = {
        group: drawn_curve(rows, one.audience).assign(group=group)[TABLE]
        for group, rows in one.table("curves").groupby("group", sort=False)
    }
    if any(len(curves.get(group, ())) < 2 for group in COLORS):
        return None
    # The others' last few would squeeze the part where there are carriers.
    end = min(1.35 * curves[CARRIERS]["time"].max(), max(curve["time"].max() for curve in curves.values()))
    curves = {group: _thin(curves[group][curves[group]["time"] <= end], end) for group in COLORS}
    pen = Pen(HALF, ABOVE + HEIGHT + BELOW)
    panel = Panel(pen, LEFT, ABOVE, HALF - LEFT - RIGHT, HEIGHT, (0, end))
    panel.left_axis([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    ticks = month_ticks(end).tolist()
    panel.bottom_axis(ticks, _clock(one))
    for group, curve in curves.items():
        _draw(panel, curve, COLORS[group])
    panel.title(f"{wording.title(one.trait)}: without the event")
    legend(pen, panel.right, panel.top - 16, [("carriers", COLORS[CARRIERS]), ("others", COLORS[OTHERS])])
    _write_at_risk(panel, one.table("at_risk"), ticks, one.audience)
    data = pd.concat(curves.values(), ignore_index=True)
    description = (
        f"Kaplan\u2013Meier curves of {wording.plain_words(one.trait)} of carriers of {one.gene} and of others, "
        "with the number at risk below."
    )
    name, caption = one.name("survival"), survival_caption(one)
    return finish(pen, data, description, name=name, caption=caption)


def _clock(one: GeneTrait) -> str:
    origin = (one.findings.summary.get("definition") or {}).get("origin")
    if origin:
        return f"months from {origin}"
    return "time" if one.findings.type == "time_to_event" else "months"


def _thin(curve: pd.DataFrame, end: float) -> pd.DataFrame:
    """Keep the last of the steps that fall on the same place."""
    if len(curve) <= STEPS:
        return curve
    place = np.floor(curve["time"].to_numpy(np.float64) / end * STEPS)
    return curve[np.append(place[1:] != place[:-1], True) | (np.arange(len(curve)) == 0)]


def _draw(panel: Panel, curve: pd.DataFrame, color: str) -> None:
    time = curve["time"].to_numpy(np.float64)
    banded = curve[["lower", "upper"]].notna().all(axis=1).to_numpy()
    if banded.sum() > 1:
        limits = curve[["lower", "upper"]].ffill().fillna(1.0)
        lower, upper = (panel.steps(time, limits[end]) for end in ("lower", "upper"))
        panel.pen.lines([np.vstack([lower, upper[::-1]])], fill=color, opacity=0.2)
    panel.pen.lines([panel.steps(time, curve["survival"])], stroke=color, width=1.6)


def _write_at_risk(panel: Panel, at_risk: pd.DataFrame, ticks: list[float], audience: Audience) -> None:
    """Write how many are at risk at each tick, a line for each group of which it is told."""
    height = panel.bottom + 33
    look: dict[str, Any] = {"size": AXIS_TEXT, "anchor": "end"}
    panel.pen.text(panel.left - 12, height, "At risk", color=svg.FAINT_INK, **look)
    groups = at_risk["group"].unique() if len(at_risk) else ()
    for line, group in enumerate((one for one in (CARRIERS, OTHERS) if one in groups), start=1):
        y = height + line * LINE
        panel.pen.text(panel.left - 12, y, group, color=svg.INK, **look)
        rows = at_risk[at_risk["group"] == group]
        for tick, count in zip(*_at_ticks(rows, ticks), strict=True):
            told = numbers.count(int(count)) if may_tell(count, audience) else f"<{audience.least}"
            panel.pen.text(float(panel.x(tick)), y, told, size=AXIS_TEXT, anchor="middle")


def _at_ticks(rows: pd.DataFrame, ticks: list[float]) -> tuple[Floats, Floats]:
    """Give times to write at, and counts: those of the table that are ticks, else all of the table."""
    if rows.empty:
        return np.empty(0), np.empty(0)
    times = rows["time"].to_numpy(np.float64)
    counts = np.array([known(count) for count in rows["at_risk"]])
    inside = times <= ticks[-1] + 1e-9
    return times[inside], counts[inside]
