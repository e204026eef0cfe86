"""Who is in a trait, and who is out and why."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from jobs.report import numbers, svg, wording
from jobs.report.figures import WIDTH, ReportFigure, slug
from jobs.report.null_models.inputs import TraitPage

SHADES = (0.95, 0.6, 0.35)


def who_is_in(trait: TraitPage) -> pd.DataFrame:
    """List those who are in, then those who are out by reason, most frequent first; columns reason, count, share."""
    out = pd.DataFrame(list(trait.summary.get("exclusions", ())), columns=["reason", "count"])
    out = out[out["count"] > 0].sort_values("count", ascending=False, kind="stable")
    inside = pd.DataFrame({"reason": [""], "count": [trait.summary["samples"]]})
    table = pd.concat([inside, out], ignore_index=True).astype({"count": "int64"})
    return table.assign(share=table["count"] / table["count"].sum())


def who_is_in_figure(trait: TraitPage) -> ReportFigure:
    """Draw one bar of all participants, those who are in first."""
    table = who_is_in(trait)
    start = table["share"].cumsum() - table["share"]
    with mpl.rc_context(svg.STYLE):
        figure = Figure(figsize=(WIDTH, 0.52))
        panel = figure.add_axes((0.002, 0.5, 0.996, 0.46))
        for place, (left, share) in enumerate(zip(start, table["share"], strict=True)):
            color, alpha = (svg.FIRST, 1.0) if place == 0 else (svg.SECOND, SHADES[(place - 1) % len(SHADES)])
            panel.barh(0, share, left=left, height=1, color=color, alpha=alpha, edgecolor=svg.PAPER, linewidth=1.5)
        words: dict[str, Any] = {"size": 8, "va": "top", "color": svg.FAINT_INK}
        inside, out = int(table["count"][0]), int(table["count"][1:].sum())
        panel.text(0.002, -0.72, f"in: {numbers.count(inside)}", **words)
        panel.text(0.998, -0.72, f"out: {numbers.count(out)}", ha="right", **words)
        panel.set_xlim(0, 1)
        panel.set_ylim(-0.5, 0.5)
        panel.axis("off")
        reasons = f"{len(table) - 1} reason{'' if len(table) == 2 else 's'}"
        description = (
            f"{numbers.count(inside)} of {numbers.count(inside + out)} participants are in "
            f"{wording.plain_words(trait.name)}; the others are out, for {reasons}."
        )
        image = svg.inline_svg(figure, name=f"in-{slug(trait.name)}", description=description)
    return ReportFigure(image, table, description)
