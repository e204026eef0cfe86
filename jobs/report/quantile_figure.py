"""Observed against expected p-values: of the genes, and of each test on the negative control."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from association.scan_settings import CONTROL_MASK
from jobs.report import numbers, svg, wording
from jobs.report.figures import DOTTED, WIDTH, ReportFigure, draw_points, slug
from jobs.report.findings import TraitFindings, primary_rows
from jobs.report.masks import TEST
from jobs.report.quantiles import inflation, quantiles

# Panels of the control beside that of the genes.
PANELS_PER_ROW = 3
# Enough for a band to look smooth at any number of tests.
BAND_POINTS = 200
SERIES = (svg.FIRST, svg.SECOND)
MARKERS = ("o", "D", "s", "^")
# Where panels stand, in shares of the width and in inches from above and below: a layout that is solved for would
# differ in its last digits from one drawing to the next.
GENES_ACROSS = (0.05, 0.33)
CONTROL_ACROSS = (0.40, 0.995)
ABOVE, BELOW, ROW = 0.52, 0.48, 1.6


def quantile_figure(findings: TraitFindings) -> ReportFigure:
    """Draw a panel of the genes' own p-values, and one per test of the control; a series per frequency ceiling."""
    genes = primary_rows(findings.tested[findings.tested["mask"] != CONTROL_MASK])
    points = len(genes) + len(findings.control)
    tests = findings.control.groupby(TEST, dropna=False).ngroups
    rows = max(2, -(-tests // PANELS_PER_ROW))
    drawn = []
    with mpl.rc_context(svg.STYLE):
        figure = Figure(figsize=(WIDTH, ABOVE + ROW * rows + BELOW))
        figure.text(0, 0.5, "observed \u2212log₁₀ p", size=8.5, color=svg.FAINT_INK, rotation=90, va="center")
        if len(genes):
            panel = figure.add_subplot(_grid(figure, 1, 1, GENES_ACROSS, "Genes, one p-value each")[0])
            drawn.append(_draw(panel, genes, _top(genes), findings.floor, points))
        if tests:
            grid = _grid(figure, rows, PANELS_PER_ROW, CONTROL_ACROSS, "Synonymous control, by test")
            drawn += _draw_control(figure, grid, findings, points)
        description = (
            f"Quantile-quantile plots of {wording.plain_words(findings.name)}: "
            "the p-values of genes, and of each test of the control."
        )
        image = svg.inline_svg(figure, name=f"qq-{slug(findings.name)}", description=description)
    return ReportFigure(image, pd.concat(drawn, ignore_index=True), description)


def _grid(figure: Figure, rows: int, columns: int, across: tuple[float, float], words: str) -> GridSpec:
    """Make room for panels, and name them and the axis that they share."""
    height = float(figure.get_figheight())
    figure.text(across[0], 1 - 0.16 / height, words, size=9, weight="bold", va="center")
    middle, words = sum(across) / 2, "expected \u2212log₁₀ p"
    figure.text(middle, 0.1 / height, words, size=8.5, color=svg.FAINT_INK, ha="center", va="center")
    bottom, top = BELOW / height, 1 - ABOVE / height
    left, right = across
    return figure.add_gridspec(
        rows, columns, left=left, right=right, bottom=bottom, top=top, wspace=0.12, hspace=0.36
    )


def _draw_control(figure: Figure, grid: GridSpec, findings: TraitFindings, points: int) -> list[pd.DataFrame]:
    """Draw a panel per test; labels at the outer ones only."""
    tests = list(findings.control.groupby(TEST, sort=False, dropna=False))
    drawn = []
    for place, (key, group) in enumerate(tests):
        panel = figure.add_subplot(grid[place])
        panel.set_title(wording.test_words(dict(zip(TEST, key, strict=True))), size=8.5, weight="normal")
        drawn.append(_draw(panel, group, _top(findings.control), findings.floor, points))
        panel.tick_params(labelleft=place % PANELS_PER_ROW == 0, labelbottom=place + PANELS_PER_ROW >= len(tests))
    return drawn


def _top(rows: pd.DataFrame) -> float:
    """Give the height of panels that show all of these rows, what is expected of them, and their legend."""
    return 1.25 * max(math.log10(1 + rows["gene"].nunique()), float(rows["neg_log10_p"].max()))


def _draw(panel: Axes, rows: pd.DataFrame, top: float, floor: float, points: int) -> pd.DataFrame:
    drawn = []
    ceilings = rows.groupby("max_af", sort=False, dropna=False)
    for series, (max_af, part) in enumerate(ceilings):
        found = quantiles(part["neg_log10_p"].to_numpy(np.float64))
        if series == 0:
            edge = np.unique(np.geomspace(1, len(part), BAND_POINTS).astype(int)) - 1
            expected = found.expected[edge]
            panel.fill_between(expected, found.lower[edge], found.upper[edge], color=svg.BAND, linewidth=0)
            panel.plot(expected, expected, color=svg.LINE, linewidth=0.9)
        label = ", ".join(filter(None, (_ceiling_words(max_af, ceilings.ngroups), inflation_words(part)))) or None
        draw_points(panel, found.expected, found.observed, SERIES[series % 2], MARKERS[series % 4], points, label)
        # Points have no names: genes of one or two carriers are among them.
        named = part.iloc[found.order][["mask", "max_af", *TEST]]
        drawn.append(named.assign(expected=found.expected, observed=found.observed))
    _mark_floor(panel, floor, drawn)
    if panel.get_legend_handles_labels()[1]:
        panel.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.1, fontsize=8)
    panel.set_xlim(left=0)
    panel.set_ylim(0, top)
    return pd.concat(drawn)


def _ceiling_words(max_af: float, ceilings: int) -> str:
    return f"≤ {numbers.percent(max_af)}" if ceilings > 1 else ""


def inflation_words(rows: pd.DataFrame) -> str:
    """Write lambda and where chance puts it; nothing where there are too few tests."""
    found = inflation(rows["p_value"].to_numpy(np.float64))
    return "" if found is None else f"λ {found.factor:.2f} ({found.lower:.2f}\u2013{found.upper:.2f})"


def _mark_floor(panel: Axes, floor: float, drawn: Sequence[pd.DataFrame]) -> None:
    """Show where permutation p-values end, if any point came near it."""
    top = max(float(part["observed"].max()) for part in drawn)
    if np.isfinite(floor) and top > -math.log10(floor) - 0.5:
        panel.axhline(-math.log10(floor), color=svg.FAINT_INK, linewidth=0.8, linestyle=DOTTED)
