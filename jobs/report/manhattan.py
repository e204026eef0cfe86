"""Each gene's p-value along the genome, with the line of significance."""

from __future__ import annotations

import math
import re

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jobs.report import svg, wording
from jobs.report.figures import DOTTED, WIDTH, ReportFigure, draw_points, slug
from jobs.report.findings import TraitFindings

# Genes named even where none passes.
NAMED_GENES = 3


def manhattan_figure(findings: TraitFindings) -> ReportFigure:
    """Draw each gene's p-value along the genome, with the line of significance."""
    # Summaries may not say where a gene lies.
    genes = _along_genome(findings.genes[findings.genes["start"].notna()])
    unplaced = len(findings.genes) - len(genes)
    with mpl.rc_context(svg.STYLE):
        figure = Figure(figsize=(WIDTH, 3.1), layout="constrained")
        panel = figure.subplots()
        for shade, color in enumerate((svg.FIRST, svg.FAINT_INK)):
            plain = genes[(genes["contig_number"] % 2 == shade) & ~genes["significant"]]
            draw_points(panel, plain["x"], plain["neg_log10_p"], color, "o", len(genes), size=14)
        passing = genes[genes["significant"]]
        draw_points(panel, passing["x"], passing["neg_log10_p"], svg.MARK, "D", 0, size=30)
        _name_genes(panel, genes)
        _draw_limits(panel, findings)
        middles = genes.groupby("contig", sort=False)["x"].agg(["min", "max"]).mean(axis=1)
        panel.set_xticks(middles, [str(contig).removeprefix("chr") for contig in middles.index], size=7.5)
        panel.tick_params(axis="x", length=0)
        panel.set_xlim(-0.02 * len(genes) - 0.5, 1.02 * max(len(genes), 1) - 0.5)
        panel.set_ylim(0, 1.1 * panel.get_ylim()[1])
        panel.set_xlabel("chromosome")
        panel.set_ylabel("\u2212log₁₀ p of the gene")
        description = (
            f"Each gene's p-value for {wording.plain_words(findings.name)} along the genome; "
            f"{len(passing)} of {len(genes)} genes pass the line of significance."
        )
        if unplaced:
            description += f" {unplaced:,} more are not drawn: no cohort says where they lie."
        image = svg.inline_svg(figure, name=f"genome-{slug(findings.name)}", description=description)
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
    _beside(panel, line, f"family-wise line,\n{findings.family.counted:,} genes count", sides[0])
    top = float(findings.genes["neg_log10_p"].max())
    if np.isfinite(findings.floor) and (findings.floor_hides_line or top > -math.log10(findings.floor) - 0.5):
        floor = -math.log10(findings.floor)
        panel.axhline(floor, color=svg.FAINT_INK, linewidth=0.8, linestyle=DOTTED)
        _beside(panel, floor, "smallest p that\npermutations show", sides[1])


def _beside(panel: Axes, height: float, text: str, side: str) -> None:
    """Write a line's name to the right of the panel."""
    position = (1.01, height)
    panel.text(*position, text, transform=panel.get_yaxis_transform(), va=side, size=7.5, color=svg.FAINT_INK)
