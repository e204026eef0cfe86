"""The self-check's figure: type I error over its level, and recall, by carriers; a column per kind of trait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from association.error_rates import ALL_CLASSES, CARRIER_CLASSES
from jobs.report import svg

# The level at which a check of ordinary size has both enough p-values and enough to say.
ERROR_LEVEL = 0.01
RECALL_LEVEL = 1e-3
PIXELS_PER_INCH = 160
PAPER, INK, FAINT_INK, RULE = "#ffffff", "#1d232b", "#5d6875", "#b9c1ca"
COLORS = ("#2f7fc1", "#e08214", "#3a9d6b", "#8d62b5", "#d1497b", "#8a6d3b", "#4c5a67")
# A ratio of zero stands at the foot of a logarithmic axis.
LOWEST_RATIO = 0.1
RATIO_TICKS = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000)
STYLE: Any = svg.STYLE | {
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT_INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": FAINT_INK,
    "ytick.labelcolor": FAINT_INK,
}


def draw_check(levels: pd.DataFrame, recall: pd.DataFrame, *targets: Path) -> None:
    """Draw both tables of a check.

    Parameters
    ----------
    levels, recall
        Of `association.error_rates`.
    targets
        Files to write; what each is goes by its ending.
    """
    kinds = list(dict.fromkeys(levels["kind"]))
    tests = [test for test in dict.fromkeys(levels["test"]) if test in set(recall["test"])]
    with mpl.rc_context({**STYLE, "svg.hashsalt": "self-check"}):
        figure = Figure(figsize=(2.5 * len(kinds) + 0.6, 5.4), layout="constrained", facecolor=PAPER)
        panels = figure.subplots(2, len(kinds), squeeze=False, sharex=True, sharey="row")
        for (upper, lower), kind in zip(panels.T, kinds, strict=True):
            upper.set_title(kind.replace("_", " "))
            _draw_levels(upper, levels[(levels["kind"] == kind) & (levels["level"] == ERROR_LEVEL)], tests)
            _draw_recall(lower, recall[(recall["kind"] == kind) & (recall["level"] == RECALL_LEVEL)], tests)
        highest = max(10.0, 1.2 * float(levels.loc[levels["level"] == ERROR_LEVEL, "textbook_ratio"].max()))
        panels[0, 0].set_ylim(0.85 * LOWEST_RATIO, highest)
        shown = [tick for tick in RATIO_TICKS if tick <= highest]
        panels[0, 0].set_yticks(shown, [f"{tick:g}" for tick in shown])
        panels[0, 0].set_ylabel(f"share of p ≤ {ERROR_LEVEL:g} over {ERROR_LEVEL:g}\nwhere nothing is planted")
        panels[1, 0].set_ylabel(f"share of planted effects\nwith p ≤ {RECALL_LEVEL:g}")
        figure.supxlabel("carriers", size=8.5, color=FAINT_INK)
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), fontsize=8)
        for target in targets:
            nothing = {"Date": None} if target.suffix == ".svg" else {}
            figure.savefig(target, dpi=PIXELS_PER_INCH, metadata=nothing)


def _draw_levels(panel: Axes, rows: pd.DataFrame, tests: list[str]) -> None:
    """Draw ratios with their intervals, reported and textbook."""
    panel.set_yscale("log")
    panel.tick_params(axis="y", which="minor", left=False)
    panel.axhline(1, color=RULE, linewidth=0.9, zorder=1)
    apart = rows[rows["carriers"] != ALL_CLASSES]
    for number, test in enumerate(tests):
        part = apart[apart["test"] == test]
        x, color = _places(part, number, len(tests)), COLORS[number % len(COLORS)]
        ratio, lower, upper = (part[name].clip(lower=LOWEST_RATIO) for name in ("ratio", "lower", "upper"))
        panel.vlines(x, lower, upper, color=color, linewidth=1, alpha=0.6)
        panel.scatter(x, ratio, s=14, color=color, linewidths=0, label=test, zorder=3)
        textbook = part["textbook_ratio"].clip(lower=LOWEST_RATIO)
        label = "textbook" if number == len(tests) - 1 else None
        panel.scatter(x, textbook, s=12, facecolors="none", edgecolors=color, linewidths=0.7, label=label)


def _draw_recall(panel: Axes, rows: pd.DataFrame, tests: list[str]) -> None:
    """Draw the share found, a line per test: the stronger effect whole, the weaker dashed."""
    effects = list(dict.fromkeys(rows["effect"]))
    for strength, effect in enumerate(reversed(effects)):
        for number, test in enumerate(tests):
            part = rows[(rows["test"] == test) & (rows["effect"] == effect)]
            line = "-" if strength == 0 else (0, (3, 2))
            x, color = _places(part, number, len(tests)), COLORS[number % len(COLORS)]
            panel.plot(x, part["recall"], color=color, linewidth=1, linestyle=line, marker="o", markersize=2.5)
    panel.set_ylim(-0.03, 1.03)
    panel.set_xticks(range(len(CARRIER_CLASSES)), list(CARRIER_CLASSES.values()), size=7.5)
    words = f"— {effects[-1]}" + "".join(f"\n- - {effect}" for effect in effects[:-1])
    panel.text(0.03, 0.97, words, transform=panel.transAxes, va="top", size=7.5, color=FAINT_INK)


def _places(rows: pd.DataFrame, number: int, tests: int) -> NDArray[np.float64]:
    """Give the class of each row as a place along the axis, tests side by side."""
    classes = {name: place for place, name in enumerate(CARRIER_CLASSES.values())}
    place: NDArray[np.float64] = rows["carriers"].map(classes).to_numpy(np.float64)
    return place + 0.7 * ((number + 0.5) / tests - 0.5)
