"""A gene over the cohorts of a meta-analysis: each cohort's own effect, and the one of all together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from jobs.report import numbers, svg, wording
from jobs.report.consortium import Consortium
from jobs.report.forest_figure import KEY, TOGETHER, cohort_rows, plain_p
from jobs.report.gene.material import GeneFigure, GeneTrait, finish
from jobs.report.gene.panel import AXIS_TEXT, Panel, reach, round_ticks
from jobs.report.gene.pen import WHOLE, Pen, fit
from jobs.report.gene.shown import may_tell

LEFT, WIDTH, ABOVE, ROW, BELOW = 130.0, 290.0, 38.0, 15.0, 28.0
COLUMNS = {"carriers": 462.0, "effect (95% interval)": 566.0, "p of all others": 700.0}
# Intervals are cut beyond so many times the reach of the one of all cohorts.
LONGEST = 3.0


def across_cohorts_figure(one: GeneTrait, consortium: Consortium) -> GeneFigure | None:
    """Draw the gene's effect in each cohort; None where no cohort's part is known."""
    if not one.driver:
        return None
    data = cohort_rows(pd.DataFrame([one.driver])[KEY], consortium)
    if data.empty:
        return None
    told = [pd.isna(count) or may_tell(count, one.audience) for count in data["carriers"]]
    data = data[np.array(told)].reset_index(drop=True)
    if len(data) < 2:
        return None
    pen = Pen(WHOLE, ABOVE + ROW * len(data) + BELOW)
    across = _limits(data)
    panel = Panel(pen, LEFT, ABOVE, WIDTH, ROW * len(data), across, (len(data) - 0.5, -0.5))
    panel.upright(0.0)
    panel.bottom_axis(round_ticks(*across), f"{one.words.effect} per allele")
    _draw(panel, data)
    for name, x in COLUMNS.items():
        pen.text(x, 25, name, color=svg.FAINT_INK, size=AXIS_TEXT, anchor="middle")
    for place, row in enumerate(data.to_dict("records")):
        y, whole = float(panel.y(place)), row["cohort"] == TOGETHER
        pen.text(LEFT - 8, y, fit(str(row["cohort"]), LEFT - 10), anchor="end", weight="bold" if whole else "normal")
        estimate, interval = numbers.effect(row)
        texts = (
            "" if whole else numbers.count(row["carriers"]),
            f"{estimate} ({interval})" if interval else estimate,
            "" if whole else plain_p(row["neg_log10_p_without"]),
        )
        for words, x in zip(texts, COLUMNS.values(), strict=True):
            pen.text(x, y, words, anchor="middle")
    pen.text(0, 10, f"{wording.title(one.trait)}: across cohorts", size=9, weight="bold")
    description = f"Effect of {one.gene} on {wording.plain_words(one.trait)} in each cohort, and in all together."
    return finish(pen, data, description, name=one.name("cohorts"), caption=_caption(data.iloc[-1]))


def _limits(data: pd.DataFrame) -> tuple[float, float]:
    whole = data.iloc[-1]
    far = LONGEST * (whole["upper"] - whole["lower"])
    lower, upper = np.maximum(data["lower"], whole["effect"] - far), np.minimum(data["upper"], whole["effect"] + far)
    return reach(np.concatenate([lower, upper, data["effect"]]), about=0.0)


def _draw(panel: Panel, data: pd.DataFrame) -> None:
    own, whole, last = data.iloc[:-1], data.iloc[-1], len(data) - 1
    weight = (1 / own["standard_error"] ** 2).fillna(0).to_numpy(np.float64)
    share = np.sqrt(weight / max(weight.sum(), 1e-300))
    panel.upright(float(whole["effect"]), svg.MARK, dash=(1, 2))
    for place, (row, size) in enumerate(zip(own.to_dict("records"), share, strict=True)):
        if not np.isnan(row["effect"]):
            panel.pen.lines([panel.points([row["lower"], row["upper"]], [place, place])], stroke=svg.FIRST, width=1.2)
            x, y = panel.x(row["effect"]), panel.y(place)
            panel.pen.dots(x, y, svg.FIRST, radius=1.6 + 3.2 * float(size), shape="square")
    x, y = panel.x([whole["lower"], whole["effect"], whole["upper"], whole["effect"]]), float(panel.y(last))
    panel.pen.lines([np.column_stack([x, [y, y - 4.5, y, y + 4.5]])], fill=svg.MARK)


def _caption(whole: pd.Series) -> Markup:
    differ = ""
    if not np.isnan(whole["cochran_q"]):
        differ = (
            f" Cochran\u2019s Q {numbers.estimate(whole['cochran_q'])} (p {plain_p(whole['neg_log10_p_q'])}), "
            f"I\u00b2 {100 * whole['i_squared']:.0f}%."
        )
    return Markup(
        "<strong>Across cohorts.</strong> One-step effect with its 95% interval, squares by weight; below, one "
        "effect for all of them.{}"
    ).format(differ)
