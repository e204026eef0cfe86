"""How much each carrier weighs in a gene's effect. Of single people, so for the site alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from jobs.report import numbers, svg, wording
from jobs.report.audience import Audience
from jobs.report.gene.material import GeneFigure, GeneTrait, finish
from jobs.report.gene.panel import Panel, legend, reach, round_ticks
from jobs.report.gene.pen import HALF, Pen
from jobs.report.gene.shown import known

LEFT, RIGHT, ABOVE, HEIGHT, BELOW = 44.0, 8.0, 26.0, 96.0, 16.0
MOST_CARRIERS = 120
FEWEST = 2
COLUMNS = ["line", "event", "alleles", "dfbeta"]


def influence_figure(one: GeneTrait) -> GeneFigure | None:
    """Draw what each carrier adds to the effect; None for a consortium, and where nothing is known."""
    rows = influences(one)
    if len(rows) < FEWEST:
        return None
    everyone = len(rows)
    if everyone > MOST_CARRIERS:
        rows = rows.loc[rows["dfbeta"].abs().nlargest(MOST_CARRIERS).index]
    rows = rows.sort_values(["dfbeta", "line"], kind="stable").reset_index(drop=True)
    up = reach(rows["dfbeta"], about=0.0)
    pen = Pen(HALF, ABOVE + HEIGHT + BELOW)
    panel = Panel(pen, LEFT, ABOVE, HALF - LEFT - RIGHT, HEIGHT, (-1, len(rows)), up)
    panel.left_axis(round_ticks(*up, most=4))
    panel.pen.lines([panel.points(panel.across, [0, 0])], stroke=svg.LINE)
    place, event = np.arange(len(rows)), rows["event"].to_numpy(np.float64)
    groups = [("with", event == 1, svg.SECOND, "circle", False), ("without", event == 0, svg.FIRST, "circle", True)]
    if np.isnan(event).all():
        groups = [("", np.isnan(event), svg.FIRST, "circle", False)]
    for _, chosen, color, shape, hollow in groups:
        own, height = place[chosen], rows["dfbeta"].to_numpy(np.float64)[chosen]
        stems = [panel.points([x, x], [0, y]) for x, y in zip(own, height, strict=True)]
        pen.lines(stems, stroke=color, width=1.4)
        pen.dots(panel.x(own), panel.y(height), color, radius=2.3, shape=shape, hollow=hollow)
    panel.title(f"{wording.title(one.trait)}: influence")
    events = one.words.events
    named = [(f"{words} {events[:-1]}", color) for words, chosen, color, _, _ in groups if words and chosen.any()]
    if named:
        legend(pen, panel.right, panel.top - 16, named)
    pen.text(LEFT, panel.bottom + 10, "carriers, in the order of their influence", color=svg.FAINT_INK, size=7.5)
    description = f"What each carrier of {one.gene} adds to its effect on {wording.plain_words(one.trait)}."
    return finish(pen, rows[COLUMNS], description, name=one.name("influence"), caption=_caption(rows, everyone))


def influences(one: GeneTrait) -> pd.DataFrame:
    """Give each carrier's influence; nothing for a consortium."""
    rows = one.table("influence")
    if rows.empty or one.audience is not Audience.SITE:
        return pd.DataFrame(columns=[*COLUMNS, "effect"])
    return rows[rows["dfbeta"].notna()]


def _caption(rows: pd.DataFrame, everyone: int) -> Markup:
    effect = known(rows["effect"].iloc[0])
    largest = float(rows.loc[rows["dfbeta"].abs().idxmax(), "dfbeta"])
    whole = ""
    if np.isfinite(effect):
        whole = (
            f" Without the most influential one the effect would be {numbers.estimate(effect - largest)}; "
            f"with all, it is {numbers.estimate(effect)}."
        )
    some = f" The {len(rows)} largest of {everyone}." if len(rows) < everyone else ""
    return Markup(
        "<strong>Influence.</strong> By how much the one-step effect per allele is larger with each carrier than "
        "without (dfbeta).{}{}"
    ).format(whole, some)
