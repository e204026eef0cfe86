"""Carriers' values over the spread of all others'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from jobs.report import numbers, svg, wording
from jobs.report.audience import Audience
from jobs.report.gene.marks import Floats
from jobs.report.gene.material import GeneFigure, GeneTrait, finish
from jobs.report.gene.panel import AXIS_TEXT, Panel, reach, round_ticks
from jobs.report.gene.pen import HALF, Pen
from jobs.report.gene.shown import known

LEFT, RIGHT, ABOVE, HEIGHT, BELOW = 52.0, 10.0, 26.0, 62.0, 28.0
QUANTILES = ("others_low", "others_lower_quartile", "median_others", "others_upper_quartile", "others_high")
CARRIERS, OTHERS = svg.SECOND, svg.LINE
# Where the lines of carriers and others are, from the top.
PLACES = (0.3, 0.78)
BOX = 0.3


def spread_figure(one: GeneTrait) -> GeneFigure | None:
    """Draw each carrier's value; None for a consortium: even the quartiles of a few are single people's."""
    found = one.table("values")
    values = np.sort(found["value"].dropna().to_numpy(np.float64)) if len(found) else np.empty(0)
    others = np.array([known(one.group.get(name)) for name in QUANTILES])
    if not values.size or np.isnan(others).any() or one.audience is not Audience.SITE:
        return None
    pen = Pen(HALF, ABOVE + HEIGHT + BELOW)
    across = reach(np.concatenate([values, others]))
    panel = Panel(pen, LEFT, ABOVE, HALF - LEFT - RIGHT, HEIGHT, across, (1, 0))
    panel.bottom_axis(round_ticks(*across, most=6), _unit(one))
    _draw_box(panel, others, PLACES[1], OTHERS)
    pen.dots(panel.x(values), panel.y(PLACES[0]) + _heap(panel, values), CARRIERS, radius=2.3, opacity=0.85)
    for place, words in zip(PLACES, ("carriers", "others"), strict=True):
        pen.text(LEFT - 8, float(panel.y(place)), words, size=AXIS_TEXT, anchor="end")
    panel.title(f"{wording.title(one.trait)}: each carrier")
    description = f"Values of {wording.plain_words(one.trait)} of carriers of {one.gene} beside the spread of others."
    name, caption = one.name("values"), _caption(one.group)
    data = pd.DataFrame(
        {"group": ["carriers"] * len(values) + ["others"] * len(others), "value": np.append(values, others)}
    )
    return finish(pen, data, description, name=name, caption=caption)


def _unit(one: GeneTrait) -> str:
    words = one.words.effect
    return words if not words.startswith("log ") and words != "trait units" else "value"


def _draw_box(panel: Panel, quantiles: Floats, place: float, color: str) -> None:
    """Draw a box of quartiles with the median, and whiskers to the outer quantiles."""
    panel.pen.lines([panel.points(quantiles[[0, 4]], [place, place])], stroke=color, width=1.2)
    lower, middle, upper = panel.x(quantiles[1:4])
    top, bottom = (float(panel.y(place + sign * BOX / 2)) for sign in (-1, 1))
    corners = np.array([(lower, top), (upper, top), (upper, bottom), (lower, bottom)])
    panel.pen.lines([corners], fill=svg.PAPER, stroke=color, width=1.2)
    panel.pen.line((middle, top), (middle, bottom), stroke=color, width=2.2)


def _heap(panel: Panel, values: Floats) -> Floats:
    """Move dots that would hide each other up and down, by turns."""
    x, room = panel.x(values), 4.2
    levels = np.array([0, -1, 1, -2, 2, -3, 3])
    last = np.full(levels.size, -np.inf)
    moved = np.zeros(len(x))
    for number, at in enumerate(x):
        free = np.flatnonzero(at - last >= room)
        level = int(free[0]) if free.size else int(last.argmin())
        last[level] = at
        moved[number] = levels[level] * 4.0
    return moved


def _caption(group: Mapping[str, Any]) -> Markup:
    medians = ""
    if numbers.present(group.get("median_carriers")) and numbers.present(group.get("median_others")):
        medians = (
            f" Medians: {numbers.estimate(group['median_carriers'])} and {numbers.estimate(group['median_others'])}."
        )
    return Markup(
        "<strong>Values.</strong> A dot for each carrier; others: median, quartiles, and 10% to 90%.{}"
    ).format(medians)
