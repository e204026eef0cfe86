"""How values are spread, a row per group: each value where they are few, else a curve of their counts.

A bar spans the middle half of the values and a white dot is the median. Values beyond the axis stand at its edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jobs.report import svg
from jobs.report.qc.inputs import Booleans, Floats
from jobs.report.qc.palette import Category

# Up to so many values of a group are drawn one by one.
FEW = 60
# Of more values the lowest and the highest few are.
OUTMOST = 10
LEAST_BINS, MOST_BINS = 16, 50
# The axis reaches so many widths of the middle 98% beyond them; farther values stand at its edge.
REACH = 0.6
# Half a mark, as a share of the axis.
EDGE = 0.018
# Of flagged values in a row at most so many are drawn.
MOST_FLAGGED = 150
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Span:
    """The ends of an axis."""

    low: float
    high: float

    def clip(self, values: Floats) -> Floats:
        """Move values beyond the ends to the ends, far enough in for their marks to be whole."""
        edge = EDGE * (self.high - self.low)
        return np.clip(values, self.low + edge, self.high - edge)


def span_of(values: Floats, *limits: float | None) -> Span:
    """Choose an axis on which the bulk of the values and the limits can be read."""
    values = values[np.isfinite(values)]
    low, high = (float(end) for end in np.quantile(values, [0.01, 0.99]))
    reach = REACH * max(high - low, 1e-6 * max(abs(low), abs(high)), 1e-12)
    ends = [max(low - reach, float(values.min())), min(high + reach, float(values.max()))]
    ends += [limit for limit in limits if limit is not None]
    margin = 0.05 * max(max(ends) - min(ends), reach)
    return Span(min(ends) - margin, max(ends) + margin)


def draw_spread(panel: Axes, place: float, values: Floats, flagged: Booleans, color: str, span: Span) -> None:
    """Draw one row.

    Parameters
    ----------
    panel
        To draw on; rows are a unit apart.
    place
        Of the row's base line.
    values
        Finite numbers.
    flagged
        Which of them are beyond a threshold.
    color
        Of the group.
    span
        The axis.
    """
    if values.size == 0:
        return
    at = span.clip(values)
    if values.size <= FEW:
        _draw_dots(panel, at[~flagged], _scattered(place, int((~flagged).sum())), color)
    else:
        inside = np.sort(at[~flagged])
        counts, edges = np.histogram(inside, bins=_edges(inside))
        height = place - 0.1 - 0.62 * counts / max(1, counts.max())
        panel.stairs(height, edges, baseline=place - 0.1, fill=True, color=color, alpha=0.55, linewidth=0)
        # A curve shows no single value.
        ends = np.append(inside[:OUTMOST], inside[-OUTMOST:])
        _draw_dots(panel, ends, np.full(ends.size, place - 0.15), color)
    low, middle, high = span.clip(np.quantile(values, [0.25, 0.5, 0.75]))
    panel.plot([low, high], [place + 0.05] * 2, color=color, linewidth=3.4, solid_capstyle="butt", zorder=3)
    panel.plot([middle], [place + 0.05], marker="o", markersize=4.2, color=svg.PAPER, markeredgecolor=color, zorder=5)
    far = np.sort(at[flagged])[:: max(1, -(-int(flagged.sum()) // MOST_FLAGGED))]
    panel.scatter(far, np.full(far.size, place + 0.05), s=17, c=svg.MARK, marker="D", linewidths=0, zorder=6)


def _edges(values: Floats) -> Floats:
    """Give edges of bins, between whole numbers where most values are such."""
    bins = int(np.clip(2 * values.size ** (1 / 3), LEAST_BINS, MOST_BINS))
    low, high = float(values.min()), float(values.max())
    if np.mean(values == np.rint(values)) > 0.5 and high > low:
        width = np.ceil((high - low) / bins)
        return np.arange(np.floor(low) - 0.5, high + width, width, dtype=np.float64)
    return np.linspace(low, high if high > low else low + 1e-12 + 1e-6 * abs(low), bins + 1)


def _draw_dots(panel: Axes, at: Floats, heights: Floats, color: str) -> None:
    panel.scatter(at, heights, s=8, c=color, linewidths=0, alpha=0.75, zorder=3)


def _scattered(place: float, count: int) -> Floats:
    """Give heights above a base line that keep equal values apart; always the same ones."""
    return np.asarray(place - 0.2 - 0.5 * np.modf(np.arange(count) * 0.618034)[0], dtype=np.float64)


def finish_rows(panel: Axes, names: Sequence[str], span: Span) -> None:
    """Name the rows, first on top."""
    panel.set_yticks(np.arange(len(names)) - 0.15, names, size=8)
    panel.tick_params(axis="y", length=0)
    panel.set_ylim(len(names) - 0.55, -0.95)
    panel.set_xlim(span.low, span.high)
    panel.spines["left"].set_visible(False)


def spread_table(values: Floats, groups: Sequence[Category], flagged: Booleans) -> pd.DataFrame:
    """Give the numbers of the rows: samples with a value, quantiles, ends, and how many are flagged."""
    rows = []
    for group in groups:
        chosen = group.rows & np.isfinite(values)
        inside = values[chosen]
        ends = np.quantile(inside, (0, *QUANTILES, 1)) if inside.size else np.full(len(QUANTILES) + 2, np.nan)
        names = ("smallest", "q05", "q25", "q50", "q75", "q95", "largest")
        rows.append(
            {"group": group.name, "samples": inside.size, **dict(zip(names, ends, strict=True))}
            | {"flagged": int((flagged & chosen).sum())}
        )
    return pd.DataFrame(rows)
