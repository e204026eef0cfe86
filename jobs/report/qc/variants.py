"""Metrics of the variants with their thresholds, and Ti/Tv by frequency."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jobs.report import svg, wording
from jobs.report.figures import ReportFigure
from jobs.report.null_models.panels import columns_for, panel_grid
from jobs.report.qc.exhibits import UNKNOWN, Exhibit, Finding, Section
from jobs.report.qc.inputs import QcInputs
from jobs.report.qc.layout import panel_row

NAMES = {
    "call_rate": "call rate",
    "het_balance": "allele balance of hets",
    "inbreeding": "inbreeding coefficient",
    "neg_log10_hwe_p": "Hardy-Weinberg \u2212log\u2081\u2080 p",
    "batch_call_rate_spread": "call rate, spread over batches",
    "quality_by_depth": "quality by depth (QD)",
    "vqslod": "VQSLOD",
    "calls_failed_share": "share of calls lost",
}
EXPECTED = ("call_rate", "het_balance", "inbreeding", "neg_log10_hwe_p", "quality_by_depth", "vqslod")
WHY_ABSENT = {
    "het_balance": "the calls have no depths of alleles (AD)",
    "quality_by_depth": "the VCF has no QD",
    "vqslod": "the VCF has no VQSLOD",
}


def variant_section(inputs: QcInputs) -> Section:
    """Show how metrics of variants are spread, and Ti/Tv by frequency."""
    histograms, classes = inputs.summary("histograms"), inputs.summary("ti_tv_by_frequency")
    found = set(histograms["metric"]) if "metric" in histograms else set()
    absent = [
        f"{_title(metric)}: {WHY_ABSENT.get(metric, 'it was not counted')}."
        for metric in EXPECTED
        if metric not in found
    ]
    exhibits = [_histograms(histograms)] if found else []
    findings = []
    if len(classes) and classes["ti_tv"].notna().any():
        exhibits.append(_ti_tv(classes))
    else:
        absent.append("Ti/Tv by frequency: it was not counted.")
        findings.append(Finding(UNKNOWN, "Ti/Tv", "Ti/Tv by frequency was not counted."))
    return Section("variants", "Variants", findings, exhibits, absent=absent)


def _title(metric: str) -> str:
    name = NAMES.get(metric, wording.plain_words(metric))
    return name[:1].upper() + name[1:]


def _histograms(histograms: pd.DataFrame) -> Exhibit:
    """Draw a panel per metric with its threshold."""
    metrics = list(histograms.groupby("metric", sort=False))
    columns = columns_for(len(metrics))
    with mpl.rc_context(svg.STYLE):
        figure, axes = panel_grid(len(metrics), columns=columns, height=1.45)
        for panel, (metric, rows) in zip(axes, metrics, strict=True):
            _draw_histogram(panel, rows)
            panel.set_title(_title(str(metric)), size=8.3)
        for panel in axes[::columns]:
            panel.set_ylabel("variants")
        description = f"Distributions of {len(metrics)} metrics of variants, with thresholds."
        image = svg.inline_svg(figure, name="variant-metrics", description=description)
    caption = (
        "Variants by each metric, before any was left out; those beyond an axis are counted in its outermost bar. "
        "Dashed: the threshold, where there is one. Where a few "
        "bars dwarf the others, the axis of counts is logarithmic above 10."
    )
    return Exhibit(
        "variant_metrics", "Metrics of variants", caption, histograms, ReportFigure(image, histograms, description)
    )


def _draw_histogram(panel: Axes, rows: pd.DataFrame) -> None:
    lower, upper, count = (rows[name].to_numpy(np.float64) for name in ("lower", "upper", "count"))
    panel.bar(lower, count, width=upper - lower, align="edge", color=svg.FIRST, linewidth=0, alpha=0.9)
    threshold = pd.to_numeric(rows["threshold"]).iloc[0] if "threshold" in rows else np.nan
    if np.isfinite(threshold):
        panel.axvline(threshold, color=svg.MARK, linewidth=1, linestyle=(0, (4, 3)))
    largest, typical = float(count.max()), float(np.median(count[count > 0])) if (count > 0).any() else 0.0
    if largest > 50 and largest > 20 * typical:
        panel.set_yscale("symlog", linthresh=10)
        powers = range(1, math.floor(math.log10(largest)) + 1, 2 if largest > 1e5 else 1)
        panel.set_yticks([0, *(10.0**power for power in powers)])
        panel.minorticks_off()
    panel.yaxis.set_major_formatter(lambda value, _: short(value))


def short(count: float) -> str:
    """Write a count for an axis: thousands as k, millions as M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:g}{letter}"
    return f"{count:g}"


def _ti_tv(classes: pd.DataFrame) -> Exhibit:
    """Draw Ti/Tv per class of frequency, with the number of variants."""
    ratio = classes["ti_tv"].to_numpy(np.float64)
    place = np.arange(len(classes))
    low, high = float(np.nanmin(ratio)), float(np.nanmax(ratio))
    with mpl.rc_context(svg.STYLE):
        figure, (panel,) = panel_row(1, height=2.2)
        panel.scatter(place, ratio, s=34, c=svg.FIRST, linewidths=0, zorder=3)
        for at, height, variants in zip(place, ratio, classes["variants"], strict=True):
            if np.isfinite(height):
                panel.annotate(
                    f"{height:.2f}\n{variants:,} variants",
                    (at, height),
                    xytext=(0, 7),
                    textcoords="offset points",
                    ha="center",
                    size=7.5,
                    color=svg.FAINT_INK,
                )
        panel.set_xticks(place, [str(name) for name in classes["frequency_class"]], size=8)
        panel.set_xlim(-0.6, len(classes) - 0.4)
        panel.set_ylim(max(0.0, low - 0.5), high + 0.5 + 0.15 * (high - low))
        panel.set_xlabel("frequency of the minor allele, variants that stay")
        panel.set_ylabel("Ti/Tv")
        description = "Ti/Tv of the variants that stay, by frequency."
        image = svg.inline_svg(figure, name="ti-tv", description=description)
    caption = (
        "Transitions over transversions. Errors are near 0.5, so a class that falls well below the others holds "
        "false variants. Coding regions are near 3, whole genomes near 2."
    )
    return Exhibit(
        "ti_tv_by_frequency", "Ti/Tv by frequency", caption, classes, ReportFigure(image, classes, description)
    )
