"""Missingness by batch: of the samples, and of the variants within each batch."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jobs.report import numbers, svg
from jobs.report.figures import ReportFigure
from jobs.report.qc.exhibits import FINE, LOOK, UNKNOWN, Exhibit, Finding, Section, sentence, some
from jobs.report.qc.inputs import QcInputs
from jobs.report.qc.layout import panel_row, shorten
from jobs.report.qc.palette import Category, categories, natural

QUANTILES = ("q05", "q25", "q50", "q75", "q95")
# Of more batches the figure shows so many: those with the lowest call rate.
MOST_BATCHES = 24
LONGEST_NAME = 22


def batch_section(inputs: QcInputs) -> Section:
    """Show missingness by batch, and how many variants were left out because batches differ."""
    title = "Missingness by batch"
    variants = inputs.summary("missingness_by_batch")
    batches = inputs.labels("batch")
    if batches.nunique() < 2 and len(variants) < 2:
        why = "no column with batches was given, or all samples are of one batch"
        finding = Finding(UNKNOWN, "Batches", sentence(why))
        return Section("batches", title, [finding], absent=[f"Missingness by batch: {why}."])
    table = _table(inputs, variants)
    absent = []
    if not inputs.known("call_rate"):
        absent.append("Missingness of samples: they have no call rate.")
    if variants.empty:
        absent.append("Missingness of variants within batches: it was not counted.")
    exhibits = [_missingness(table, categories(batches, "batch"))] if len(absent) < 2 else []
    return Section("batches", title, [_finding(table)], exhibits, absent=absent)


def _table(inputs: QcInputs, variants: pd.DataFrame) -> pd.DataFrame:
    """Give a row per batch: missingness of its samples and, where counted, of the variants in it."""
    batches, missing = inputs.labels("batch"), 1 - inputs.values("call_rate")
    counted = variants.assign(batch=variants["batch"].astype(str)).set_index("batch") if len(variants) else variants
    rows = []
    for name in sorted({*batches.dropna(), *counted.index.astype(str)}, key=natural):
        inside = (batches == name).to_numpy(np.bool_)
        values = missing[inside & np.isfinite(missing)]
        spread = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95)) if values.size else np.full(5, np.nan)
        row = {"batch": name, "samples": int(inside.sum())}
        row |= {f"samples_{place}": value for place, value in zip(QUANTILES, spread, strict=True)}
        if name in counted.index:
            # The upper quantiles of missingness are the lower ones of the call rate.
            for place, opposite in zip(QUANTILES, reversed(QUANTILES), strict=True):
                row[f"variants_{place}"] = 1 - float(counted[opposite][name]) if opposite in counted else np.nan
            if "variants_excluded" in counted:
                row["variants_excluded"] = int(counted["variants_excluded"][name])
        rows.append(row)
    return pd.DataFrame(rows)


def _finding(table: pd.DataFrame) -> Finding:
    worst = table.loc[table["samples_q50"].idxmax()] if table["samples_q50"].notna().any() else None
    text = f"{some(len(table), 'batch', 'batches')}."
    if worst is not None:
        lacking = numbers.percent(worst["samples_q50"])
        text += f" The median sample of batch {worst['batch']} lacks {lacking} of calls, the most."
    if "variants_excluded" not in table:
        return Finding(UNKNOWN, "Batches", f"{text} Variants that differ between batches were not counted.")
    excluded = int(table["variants_excluded"].fillna(0).sum())
    if not excluded:
        return Finding(FINE, "Batches", f"{text} No variant was left out because batches differ.")
    most = table.loc[table["variants_excluded"].fillna(0).idxmax()]
    text += f" {some(excluded, 'variant was', 'variants were')} left out because batches differ, "
    return Finding(LOOK, "Batches", text + f"{int(most['variants_excluded']):,} of them for batch {most['batch']}.")


def _missingness(table: pd.DataFrame, groups: list[Category]) -> Exhibit:
    """Draw medians and quantiles per batch: of samples on the left, of variants on the right."""
    color = {group.name: group.color for group in groups}
    shown = table
    if len(table) > MOST_BATCHES:
        shown = table.nlargest(MOST_BATCHES, "samples_q50")
    halves = [
        half for half in ("samples", "variants") if f"{half}_q50" in table and table[f"{half}_q50"].notna().any()
    ]
    with mpl.rc_context(svg.STYLE):
        figure, axes = panel_row(len(halves), height=0.35 + 0.27 * len(shown), left=1.7)
        for panel, half in zip(axes, halves, strict=True):
            _draw_half(panel, shown, half, color)
            if panel is not axes[0]:
                panel.set_yticklabels([])
        description = f"Missing calls in {len(shown)} batches."
        image = svg.inline_svg(figure, name="batches", description=description)
    caption = (
        "Dots are medians, thick bars the middle half, thin ones the middle 90%: of a batch's samples, and of the "
        "variants within it."
    )
    if len(shown) < len(table):
        caption += f" The {len(shown)} batches of {len(table)} whose samples lack most are shown."
    return Exhibit("missingness_by_batch", "Missing calls", caption, table, ReportFigure(image, shown, description))


def _draw_half(panel: Axes, table: pd.DataFrame, half: str, color: dict[str, str]) -> None:
    quantiles = 100 * table[[f"{half}_{place}" for place in QUANTILES]].to_numpy(np.float64)
    for place, (name, (q05, q25, q50, q75, q95)) in enumerate(zip(table["batch"], quantiles, strict=True)):
        shade = color.get(str(name), svg.FAINT_INK)
        panel.plot([q05, q95], [place, place], color=shade, linewidth=1.2)
        panel.plot([q25, q75], [place, place], color=shade, linewidth=5, solid_capstyle="butt")
        panel.plot([q50], [place], marker="o", markersize=5, color=svg.PAPER, markeredgecolor=shade, zorder=4)
    names = [shorten(str(name), LONGEST_NAME) for name in table["batch"]]
    panel.set_yticks(np.arange(len(names)), names, size=8)
    panel.tick_params(axis="y", length=0)
    panel.set_ylim(len(names) - 0.4, -0.6)
    panel.set_xlim(left=0)
    panel.set_xlabel("% of calls missing")
    panel.set_title("Samples" if half == "samples" else "Variants, within the batch")
