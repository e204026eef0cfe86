"""A gene over all traits: its effect in units of its error, so that traits of different units compare."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from jobs.report import numbers, svg, wording
from jobs.report.chances import NORMAL_95
from jobs.report.forest_figure import plain_p
from jobs.report.gene.effect_words import directed, firth, ratio_words
from jobs.report.gene.material import Gene, GeneFigure, GeneTrait, anchor, finish
from jobs.report.gene.panel import AXIS_TEXT, Panel, reach, round_ticks
from jobs.report.gene.pen import HALF, WHOLE, Pen, fit
from jobs.report.gene.shown import enough, known

LEFT, ABOVE, ROW, BELOW = 130.0, 38.0, 17.0, 28.0
COLUMNS = {"carriers": 440.0, "effect per allele (95% interval)": 572.0, "p of the gene": 706.0}
DATA = ["trait", "mask", "carriers", "effect", "standard_error", "deviations", "p_value"]


def across_traits_figure(gene: Gene) -> GeneFigure | None:
    """Draw the gene's effect on each trait; None with fewer than two traits that may be shown."""
    told = [one for one in gene.traits if _row(one) is not None]
    data = pd.DataFrame([_row(one) for one in told], columns=DATA)
    if len(data) < 2:
        return None
    height = ROW * len(data)
    pen = Pen(WHOLE, ABOVE + height + BELOW)
    limits = reach(data["deviations"], about=0.0)
    across = min(limits[0], -NORMAL_95 - 0.5), max(limits[1], NORMAL_95 + 0.5)
    panel = Panel(pen, LEFT, ABOVE, HALF - LEFT + 40, height, across, (len(data) - 0.5, -0.5))
    edge = panel.points([-NORMAL_95, NORMAL_95, NORMAL_95, -NORMAL_95], [-0.5, -0.5, 9e9, 9e9])
    pen.lines([edge], fill=svg.BAND)
    panel.upright(0.0)
    panel.bottom_axis(round_ticks(*across, most=7), "effect over its standard error")
    place, deviations = np.arange(len(data)), data["deviations"].to_numpy(np.float64)
    pen.lines([panel.points([0, x], [y, y]) for x, y in zip(deviations, place, strict=True)], stroke=svg.FIRST)
    pen.dots(panel.x(deviations), panel.y(place), svg.FIRST, radius=3.2)
    for name, x in COLUMNS.items():
        pen.text(x, 25, name, color=svg.FAINT_INK, size=AXIS_TEXT, anchor="middle")
    for number, (one, row) in enumerate(zip(told, data.to_dict("records"), strict=True)):
        y = float(panel.y(number))
        pen.text(LEFT - 8, y, fit(wording.title(one.trait), LEFT - 10), anchor="end")
        for words, x in zip(_texts(one, row), COLUMNS.values(), strict=True):
            pen.text(x, y, words, anchor="middle")
    pen.text(0, 10, "Across traits", size=9, weight="bold")
    description = f"Effect of {gene.symbol} on each trait, over its standard error."
    return finish(pen, data, description, name=f"{anchor(gene.symbol)}-traits", caption=CAPTION)


CAPTION = Markup(
    "<strong>Across traits.</strong> The burden\u2019s one-step effect in the mask behind each trait\u2019s p-value, "
    "in standard errors; within the band lie 95% of genes without any effect. Ratios are Firth\u2019s estimates. "
    "Traits differ in which direction is worse."
)


def _row(one: GeneTrait) -> list[object] | None:
    driver = one.driver
    effect, error = known(driver.get("effect")), known(driver.get("standard_error"))
    if not driver or not error > 0 or np.isnan(effect) or not enough(driver["carriers"], one.audience):
        return None
    # A gene of fewer than 3 carriers does not count: its test's p-value is not the gene's.
    p_value = known(one.counting.get("p_value"))
    return [one.trait, driver["mask"], driver["carriers"], effect, error, effect / error, p_value]


def _texts(one: GeneTrait, row: dict[str, object]) -> tuple[str, str, str]:
    firth_row = firth(one)
    if firth_row and one.words.ratio:
        estimate, lower, upper = (ratio_words(firth_row[f"firth_{name}"]) for name in ("effect", "lower", "upper"))
        told = f"{one.words.ratio} {estimate} ({lower} to {upper})"
        sure = known(firth_row["firth_lower"]) > 0 or known(firth_row["firth_upper"]) < 0
        direction = one.words.higher if known(firth_row["firth_effect"]) > 0 else one.words.lower
    else:
        estimate, interval = numbers.effect(row)
        told = f"{estimate} ({interval}) {one.words.effect}"
        sure = directed(known(row["effect"]), known(row["standard_error"]))
        direction = one.words.higher if known(row["effect"]) > 0 else one.words.lower
    # An interval that holds no effect as well names no direction.
    told = f"{direction}: {told}" if sure else told
    return numbers.count(row["carriers"]), told, plain_p(known(one.counting.get("neg_log10_p")))
