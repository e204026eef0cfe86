"""The report's figures, each with the numbers that it shows.

Drawn with matplotlib's objects, never its global state. A figure with many points draws them as pixels within the
SVG, so that the page stays light.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jobs.report import svg, wording
from jobs.report.findings import TraitFindings, mask_rank
from jobs.report.quantiles import quantiles

WIDTH = 10.4
MOST_POINTS_AS_SHAPES = 3_000
PANELS_PER_ROW = 4
# Enough for a band to look smooth at any number of tests.
BAND_POINTS = 200
SERIES = (svg.FIRST, svg.SECOND)
MARKERS = ("o", "D", "s", "^")
# Genes named in a Manhattan plot even where none passes.
NAMED_GENES = 3


@dataclass(frozen=True)
class ReportFigure:
    """A figure and what it shows.

    Attributes
    ----------
    image
        SVG for the page.
    data
        The drawn points, a row each.
    description
        What the figure says, in words.
    """

    image: Markup
    data: pd.DataFrame
    description: str


def quantile_figure(findings: TraitFindings) -> ReportFigure:
    """Draw observed against expected p-values: a panel per mask and ceiling, a series per test."""
    groups = list(findings.tested.groupby(["mask", "max_af"], sort=False))
    groups.sort(key=lambda group: (mask_rank(str(group[0][0])), -float(group[0][1])))
    ceilings = findings.tested.groupby("mask")["max_af"].nunique().max()
    rows = -(-len(groups) // PANELS_PER_ROW)
    drawn = []
    with mpl.rc_context(svg.STYLE):
        figure = Figure(figsize=(WIDTH, 2.75 * rows), layout="constrained")
        panels = figure.subplots(rows, PANELS_PER_ROW, squeeze=False, sharex=True, sharey=True)
        for panel in panels.flat[len(groups) :]:
            panel.set_visible(False)
        for panel, ((mask, max_af), part) in zip(panels.flat, groups, strict=False):
            panel.set_title(_panel_title(str(mask), float(max_af) if ceilings > 1 else None))
            drawn.append(_draw_quantiles(panel, part, findings.floor, len(findings.tested)))
        panels[0, 0].set_ylim(0, 1.28 * max(float(part["observed"].max()) for part in drawn))
        figure.supxlabel("expected \u2212log₁₀ p", size=8.5, color=svg.FAINT_INK)
        figure.supylabel("observed \u2212log₁₀ p", size=8.5, color=svg.FAINT_INK)
        description = f"Quantile-quantile plots of {findings.name}, a panel per mask."
        image = svg.inline_svg(figure, name=f"qq-{_slug(findings.name)}", description=description)
    return ReportFigure(image, pd.concat(drawn, ignore_index=True), description)


def _panel_title(mask: str, max_af: float | None) -> str:
    words = wording.mask_words(mask).replace("loss of function or damaging", "LoF or damaging")
    return words if max_af is None else f"{words}, ≤ {wording.percent(max_af)}"


def _draw_quantiles(panel: Axes, rows: pd.DataFrame, floor: float, points: int) -> pd.DataFrame:
    drawn = []
    for series, (test, part) in enumerate(rows.groupby("test", sort=False)):
        found = quantiles(part["neg_log10_p"].to_numpy(np.float64))
        if series == 0:
            edge = np.unique(np.geomspace(1, len(part), BAND_POINTS).astype(int)) - 1
            expected = found.expected[edge]
            panel.fill_between(expected, found.lower[edge], found.upper[edge], color=svg.BAND, linewidth=0)
            panel.plot(expected, expected, color=svg.LINE, linewidth=0.9)
        inflation = "" if found.inflation is None else f", λ {found.inflation:.2f}"
        label = f"{wording.test_words(str(test))}{inflation}"
        _points(panel, found.expected, found.observed, SERIES[series % 2], MARKERS[series % 4], points, label)
        named = part.iloc[found.order][["gene", "mask", "max_af", "test"]]
        drawn.append(named.assign(expected=found.expected, observed=found.observed))
    _mark_floor(panel, floor, drawn)
    panel.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.1, fontsize=8)
    panel.set_xlim(left=0)
    return pd.concat(drawn)


def _mark_floor(panel: Axes, floor: float, drawn: Sequence[pd.DataFrame]) -> None:
    """Show where permutation p-values end, if any point came near it."""
    top = max(float(part["observed"].max()) for part in drawn)
    if np.isfinite(floor) and top > -math.log10(floor) - 0.5:
        panel.axhline(-math.log10(floor), color=svg.FAINT_INK, linewidth=0.8, linestyle=(0, (1, 2)))


def _points(
    panel: Axes, x: Any, y: Any, color: str, marker: str, points: int, label: str | None = None, size: float = 9
) -> None:
    pixels = points > MOST_POINTS_AS_SHAPES
    panel.scatter(
        x,
        y,
        s=size / 2 if pixels else size,
        marker=marker,
        c=svg.PIXELS[color] if pixels else color,
        linewidths=0,
        alpha=0.8,
        label=label,
        rasterized=pixels,
        clip_on=False,
        zorder=3,
    )


def manhattan_figure(findings: TraitFindings) -> ReportFigure:
    """Draw each gene's smallest p-value along the genome, with the line of significance."""
    genes = _along_genome(findings.genes)
    with mpl.rc_context(svg.STYLE):
        figure = Figure(figsize=(WIDTH, 3.1), layout="constrained")
        panel = figure.subplots()
        for shade, color in enumerate((svg.FIRST, svg.FAINT_INK)):
            plain = genes[(genes["contig_number"] % 2 == shade) & ~genes["significant"]]
            _points(panel, plain["x"], plain["neg_log10_p"], color, "o", len(genes), size=14)
        passing = genes[genes["significant"]]
        _points(panel, passing["x"], passing["neg_log10_p"], svg.MARK, "D", 0, size=30)
        _name_genes(panel, genes)
        _draw_limits(panel, findings)
        middles = genes.groupby("contig", sort=False)["x"].agg(["min", "max"]).mean(axis=1)
        panel.set_xticks(middles, [str(contig).removeprefix("chr") for contig in middles.index], size=7.5)
        panel.tick_params(axis="x", length=0)
        panel.set_xlim(-0.02 * len(genes) - 0.5, 1.02 * len(genes) - 0.5)
        panel.set_ylim(0, 1.1 * panel.get_ylim()[1])
        panel.set_xlabel("chromosome")
        panel.set_ylabel("\u2212log₁₀ p, smallest of the gene")
        description = (
            f"Each gene's smallest p-value for {findings.name} along the genome; {len(passing)} of {len(genes)} "
            "genes pass the line of significance."
        )
        image = svg.inline_svg(figure, name=f"genome-{_slug(findings.name)}", description=description)
    shown = ["gene", "contig", "start", "mask", "test", "neg_log10_p", "significant"]
    return ReportFigure(image, genes[shown], description)


def _along_genome(genes: pd.DataFrame) -> pd.DataFrame:
    """Order genes by chromosome, numbers before letters, and position; equal steps between them."""

    def rank(contig: str) -> tuple[int, str]:
        digits = re.fullmatch(r"(?:chr)?(\d+)", contig)
        return (int(digits[1]), "") if digits else (1_000, contig)

    contigs = sorted(genes["contig"].astype(str).unique(), key=rank)
    number = genes["contig"].astype(str).map({contig: place for place, contig in enumerate(contigs)})
    ordered = genes.assign(contig_number=number).sort_values(["contig_number", "start", "gene"], kind="stable")
    return ordered.reset_index(drop=True).assign(x=np.arange(len(ordered)))


def _name_genes(panel: Axes, genes: pd.DataFrame) -> None:
    """Write the symbols of the genes that pass, or of the first few."""
    named = genes[genes["significant"]].nlargest(20, "neg_log10_p")
    if named.empty:
        named = genes.nlargest(NAMED_GENES, "neg_log10_p")
    for _, gene in named.iterrows():
        right = gene["x"] > 0.9 * len(genes)
        panel.annotate(
            str(gene["gene"]),
            (gene["x"], gene["neg_log10_p"]),
            xytext=(-5 if right else 5, 3),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=8.5,
            fontstyle="italic",
        )


def _draw_limits(panel: Axes, findings: TraitFindings) -> None:
    """Draw the line of significance and, where it matters, the smallest p-value that permutations could show."""
    line = -math.log10(findings.family.threshold)
    panel.axhline(line, color=svg.MARK, linewidth=1, linestyle=(0, (5, 3)))
    sides = ("bottom", "top") if findings.floor_hides_line else ("top", "bottom")
    _beside(panel, line, f"family-wise line,\n{findings.family.counted:,} tests count", sides[0])
    top = float(findings.genes["neg_log10_p"].max())
    if np.isfinite(findings.floor) and (findings.floor_hides_line or top > -math.log10(findings.floor) - 0.5):
        floor = -math.log10(findings.floor)
        panel.axhline(floor, color=svg.FAINT_INK, linewidth=0.8, linestyle=(0, (1, 2)))
        _beside(panel, floor, "smallest p that\npermutations show", sides[1])


def _beside(panel: Axes, height: float, text: str, side: str) -> None:
    """Write a line's name to the right of the panel."""
    position = (1.01, height)
    panel.text(*position, text, transform=panel.get_yaxis_transform(), va=side, size=7.5, color=svg.FAINT_INK)


def attrition_figure(attrition: Sequence[Mapping[str, Any]]) -> ReportFigure:
    """Draw the share that each rule excluded, a panel per unit."""
    data = pd.DataFrame([dict(row) for row in attrition])
    data["share"] = data["excluded"] / data["before"].where(data["before"] > 0)
    units = list(dict.fromkeys(data["unit"]))
    with mpl.rc_context(svg.STYLE):
        most_rules = int(data["unit"].value_counts().max())
        figure = Figure(figsize=(WIDTH, 0.55 + 0.24 * most_rules), layout="constrained")
        panels = figure.subplots(1, len(units), squeeze=False)
        for panel, unit in zip(panels.flat, units, strict=True):
            _draw_attrition(panel, str(unit), data[data["unit"] == unit], most_rules)
        description = "Share of calls, variants and samples that each rule of quality control excluded."
        image = svg.inline_svg(figure, name="attrition", description=description)
    return ReportFigure(image, data[["unit", "step", "before", "excluded", "after", "share"]], description)


def _draw_attrition(panel: Axes, unit: str, rows: pd.DataFrame, most_rules: int) -> None:
    share = rows["share"].fillna(0).to_numpy(np.float64)
    place = np.arange(len(rows))
    panel.barh(place, share, height=0.62, color=svg.FIRST)
    for height, excluded in enumerate(rows["excluded"]):
        text = f"{excluded:,} ({wording.percent(share[height])})" if excluded else "0"
        end = (float(share[height]), height)
        panel.annotate(
            text, end, xytext=(4, 0), textcoords="offset points", va="center", size=7.5, color=svg.FAINT_INK
        )
    panel.set_yticks(place, [str(step).replace("_", " ") for step in rows["step"]], size=8)
    panel.set_xlim(0, max(float(share.max()), 1e-3) * 1.7)
    panel.set_xticks([])
    panel.spines["bottom"].set_visible(False)
    panel.tick_params(axis="y", length=0)
    panel.set_ylim(most_rules - 0.5, -0.5)
    panel.set_title(f"{unit}s excluded")


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name)
