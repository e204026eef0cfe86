"""When patients came under observation and when they left it."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jobs.report import svg, wording
from jobs.report.figures import ReportFigure, slug
from jobs.report.null_models.inputs import Floats, TraitPage
from jobs.report.null_models.panels import Integers, count_axis, draw_histogram, panel_grid, scatter, some_of

OUTCOMES = {0: "censored", 1: "event", 2: "competing event"}
COLORS = {0: svg.FAINT_INK, 1: svg.FIRST, 2: svg.SECOND}
MARKERS = {0: "o", 1: "D", 2: "s"}
SHARE_BEYOND = 0.005


def entry_figure(trait: TraitPage) -> ReportFigure:
    """Draw a histogram of entries, one of exits by what happened, and entry against exit."""
    entry, exit_, cause = trait.column("entry"), trait.column("exit"), trait.cause
    known = np.isfinite(entry)
    with mpl.rc_context(svg.STYLE):
        figure, (entries, exits, both) = panel_grid(3, columns=3, height=2.1)
        spread = draw_histogram(entries, _within(entry[known])) if known.any() else pd.DataFrame()
        entries.set_title("When they entered")
        _draw_exits(exits, exit_, cause)
        drawn = _draw_both(both, entry, exit_, cause)
        for panel in (entries, exits):
            panel.set_xlabel("months")
        entries.set_ylabel("patients")
        description = f"When the patients of {wording.plain_words(trait.name)} entered observation and left it."
        image = svg.inline_svg(figure, name=f"entry-{slug(trait.name)}", description=description)
    data = pd.concat([spread.assign(shown="entries"), drawn.assign(shown="both")], ignore_index=True)
    return ReportFigure(image, data, description)


def _within(values: Floats) -> Floats:
    """Leave out the few that lie far beyond the others, so that the bars have width."""
    return values[values <= np.quantile(values, 1 - SHARE_BEYOND)]


def _draw_exits(panel: Axes, exit_: Floats, cause: Integers) -> None:
    """Draw a stacked histogram: events below, then the other outcomes."""
    shown = exit_ <= np.quantile(exit_, 1 - SHARE_BEYOND)
    bins = int(np.clip(2 * exit_.size ** (1 / 3), 8, 40))
    edges = np.histogram_bin_edges(exit_[shown], bins)
    floor = np.zeros(edges.size - 1)
    for code in (1, 2, 0):
        counts = np.histogram(exit_[shown & (cause == code)], edges)[0]
        if counts.any():
            panel.bar(
                edges[:-1], counts, width=np.diff(edges), bottom=floor, align="edge", color=COLORS[code],
                linewidth=0, alpha=0.85 if code else 0.5, label=OUTCOMES[code],
            )  # fmt: skip
            floor = floor + counts
    count_axis(panel)
    panel.set_title("When they left, and why")
    panel.legend(fontsize=7.8, handlelength=1, borderaxespad=0.1)


def _draw_both(panel: Axes, entry: Floats, exit_: Floats, cause: Integers) -> pd.DataFrame:
    """Draw a point per patient, all above the line where entry is exit."""
    chosen = some_of(exit_.size)
    data = pd.DataFrame({"entry": entry, "exit": exit_, "cause": cause}).iloc[chosen]
    data = data[np.isfinite(data["entry"])]
    for code, rows in data.groupby("cause"):
        words = OUTCOMES[code]
        scatter(panel, rows["entry"], rows["exit"], COLORS[code], len(data), marker=MARKERS[code], label=words)
    longest = float(data["exit"].max()) if len(data) else 1.0
    panel.plot([0, longest], [0, longest], color=svg.LINE, linewidth=0.8)
    panel.set_xlim(min(0.0, float(data["entry"].min())) if len(data) else 0, None)
    panel.set_title("Entry against exit")
    panel.set_xlabel("entry, months")
    panel.set_ylabel("exit, months")
    if len(data):
        panel.set_xlim(right=max(1e-6, 1.05 * float(data["entry"].max())))
    panel.set_ylim(0, 1.04 * longest)
    if len(data):
        panel.legend(fontsize=7.8, handletextpad=0.1, borderaxespad=0.1, loc="lower right")
    return data
