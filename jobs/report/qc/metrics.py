"""Metrics of the samples: how they are spread, by cohort, batch and ancestry, and who is beyond a threshold."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from association.cohort.outliers import is_far
from jobs.report import svg
from jobs.report.figures import ReportFigure
from jobs.report.null_models.panels import panel_grid
from jobs.report.qc.exhibits import FINE, LOOK, UNKNOWN, Exhibit, Finding, Section, some
from jobs.report.qc.inputs import Booleans, QcInputs
from jobs.report.qc.layout import panel_row, shorten
from jobs.report.qc.palette import Category, categories
from jobs.report.qc.spreads import FEW, OUTMOST, draw_spread, finish_rows, span_of, spread_table

# Metric, its name, and why no sample may have it.
METRICS = (
    ("call_rate", "call rate", "no autosomal variant was left to count over"),
    ("mean_dp", "mean depth", "the calls have no depth (DP)"),
    ("mean_gq", "mean genotype quality", "the calls have no genotype quality (GQ)"),
    ("heterozygosity", "heterozygosity", "no autosomal variant was left to count over"),
    ("ti_tv", "Ti/Tv", "no transversion was called"),
    ("het_hom", "heterozygous / homozygous", "no homozygous minor genotype was called"),
    ("singletons", "singletons", "no autosomal variant was left to count over"),
    ("insertion_deletion", "insertions / deletions", "no deletion was called"),
)
NAMES = {metric: name for metric, name, _ in METRICS}
SMALLEST = {"call_rate": "min_call_rate", "mean_dp": "min_mean_depth"}
EVERYONE = "everyone"
COLUMNS = 4
LONGEST_NAME = 20
CAPTION = (
    "Each row is a group. Every sample is a dot where a group has {few} or fewer, else the shape is how many have "
    "such a value, with dots for the {outmost} lowest and highest; the bar spans the middle half and its dot is the "
    "median. Diamonds are beyond a threshold (dashed, where it is the same for everyone). A value beyond the axis "
    "stands at its edge."
)


def metric_section(inputs: QcInputs) -> Section:
    """Show the metrics by each grouping, and how far samples are from their stratum."""
    shown = [metric for metric, _, _ in METRICS if inputs.known(metric)]
    exhibits = [_by_group(inputs, shown, column) for column in inputs.groupings or [EVERYONE]] if shown else []
    measured = [metric for metric in shown if inputs.known(f"outlier_{metric}")]
    if measured:
        exhibits.append(_deviations(inputs, measured))
    listed = flagged_samples(inputs, shown)
    if len(listed):
        caption = "A sample may be beyond several thresholds; what is left out for it is a matter of the settings."
        exhibits.append(Exhibit("metric_outliers", "Samples beyond a threshold", caption, listed))
    absent = [f"{name[:1].upper()}{name[1:]}: {why}." for metric, name, why in METRICS if metric not in shown]
    if shown and not inputs.groupings:
        absent.append("By cohort, batch or ancestry: no two groups of samples are told apart.")
    if shown and not measured:
        absent.append("Deviations from the stratum: none was measured.")
    return Section("metrics", "Metrics of samples", [_finding(inputs, shown)], exhibits, absent=absent)


def smallest_allowed(inputs: QcInputs, metric: str) -> float | None:
    """Give the least that every sample must have of a metric; None where there is no such rule."""
    return inputs.threshold("sample", SMALLEST[metric]) if metric in SMALLEST else None


def flagged(inputs: QcInputs, metric: str) -> Booleans:
    """Say which samples are beyond a threshold of a metric: the one for everyone, or that of deviations."""
    smallest, limit = smallest_allowed(inputs, metric), inputs.deviation_limit(metric)
    beyond = np.zeros(len(inputs.samples), dtype=np.bool_)
    if smallest is not None:
        beyond |= inputs.values(metric) < smallest
    if limit is not None:
        beyond |= is_far(metric, inputs.values(f"outlier_{metric}"), limit)
    return beyond


def flagged_samples(inputs: QcInputs, shown: list[str]) -> pd.DataFrame:
    """List who is beyond a threshold of which metric: the value, and how far it is from its stratum."""
    parts = []
    about = [column for column in ("sample", "batch", "ancestry") if inputs.known(column)]
    for metric in shown:
        beyond = flagged(inputs, metric)
        numbers = {"value": inputs.values(metric), "deviation": inputs.values(f"outlier_{metric}")}
        part = inputs.samples[about].assign(metric=NAMES[metric], **numbers)
        parts.append(part[beyond])
    return pd.concat(parts, ignore_index=True) if any(len(part) for part in parts) else pd.DataFrame()


def _finding(inputs: QcInputs, shown: list[str]) -> Finding:
    """Say how many samples are beyond a threshold, and of what."""
    if not shown:
        return Finding(UNKNOWN, "Metrics", "No metric of samples is known.")
    beyond = {metric: int(flagged(inputs, metric).sum()) for metric in shown}
    found = [f"{NAMES[metric]} {count:,}" for metric, count in beyond.items() if count]
    if not found:
        return Finding(FINE, "Metrics", "No sample is beyond a threshold of a metric.")
    together = int(np.any([flagged(inputs, metric) for metric in shown], axis=0).sum())
    return Finding(
        LOOK, "Metrics", f"{some(together, 'sample is', 'samples are')} beyond a threshold: {', '.join(found)}."
    )


def _by_group(inputs: QcInputs, shown: list[str], column: str) -> Exhibit:
    """Draw a panel per metric, a row per group."""
    labels = pd.Series([EVERYONE] * len(inputs.samples)) if column == EVERYONE else inputs.labels(column)
    groups = categories(labels, column)
    tables = []
    with mpl.rc_context(svg.STYLE):
        columns = min(COLUMNS, max(2, len(shown)))
        figure, axes = panel_grid(len(shown), columns=columns, height=0.45 + 0.3 * len(groups), left=1.5)
        for place, (panel, metric) in enumerate(zip(axes, shown, strict=True)):
            tables.append(_draw_metric(panel, inputs, metric, groups).assign(metric=NAMES[metric]))
            if place % columns:
                panel.set_yticklabels([])
        words = "of all samples" if column == EVERYONE else f"by {column}"
        description = f"Distributions of {len(shown)} metrics of samples, {words}, with thresholds."
        image = svg.inline_svg(figure, name=f"metrics-{column}", description=description)
    table = pd.concat(tables, ignore_index=True)
    table = table[["metric", *(name for name in table if name != "metric")]].rename(columns={"group": column})
    name = "sample_metrics" if column == EVERYONE else f"sample_metrics_by_{column}"
    title = f"Metrics {words}"
    return Exhibit(
        name, title, CAPTION.format(few=FEW, outmost=OUTMOST), table, ReportFigure(image, table, description)
    )


def _draw_metric(panel: Axes, inputs: QcInputs, metric: str, groups: list[Category]) -> pd.DataFrame:
    """Draw one metric's rows, and give their numbers."""
    values, beyond, smallest = inputs.values(metric), flagged(inputs, metric), smallest_allowed(inputs, metric)
    span = span_of(values, smallest)
    for place, group in enumerate(groups):
        rows = group.rows & np.isfinite(values)
        draw_spread(panel, place, values[rows], beyond[rows], group.color, span)
    if smallest is not None:
        panel.axvline(smallest, color=svg.MARK, linewidth=1, linestyle=(0, (4, 3)))
    finish_rows(panel, [shorten(group.name, LONGEST_NAME) for group in groups], span)
    panel.locator_params(axis="x", nbins=4)
    panel.set_title(NAMES[metric][:1].upper() + NAMES[metric][1:])
    return spread_table(values, groups, beyond)


def _deviations(inputs: QcInputs, measured: list[str]) -> Exhibit:
    """Draw how far samples are from the median of their stratum, a row per metric with its limits."""
    tables = []
    everyone = categories(pd.Series([EVERYONE] * len(inputs.samples)), EVERYONE)
    distances = {metric: inputs.values(f"outlier_{metric}") for metric in measured}
    limits = {metric: inputs.deviation_limit(metric) for metric in measured}
    ends = [sign * limit for limit in limits.values() if limit is not None for sign in (-1, 1)]
    with mpl.rc_context(svg.STYLE):
        figure, (panel,) = panel_row(1, height=0.4 + 0.34 * len(measured), left=1.75)
        span = span_of(np.concatenate(list(distances.values())), *ends)
        for place, (metric, values) in enumerate(distances.items()):
            limit = limits[metric]
            beyond = np.zeros(values.size, np.bool_) if limit is None else is_far(metric, values, limit)
            known = np.isfinite(values)
            draw_spread(panel, place, values[known], beyond[known], everyone[0].color, span)
            for end in () if limit is None else (-limit, limit):
                panel.plot([end, end], [place - 0.75, place + 0.2], color=svg.MARK, linewidth=1.2)
            tables.append(
                spread_table(values, everyone, beyond).assign(
                    metric=NAMES[metric], limit=np.nan if limit is None else limit
                )
            )
        finish_rows(panel, [NAMES[metric] for metric in measured], span)
        panel.set_xlabel("distance from the stratum's median, in scaled median absolute deviations")
        description = f"Deviations of {len(measured)} metrics from the medians of strata, with their limits."
        image = svg.inline_svg(figure, name="deviations", description=description)
    table = pd.concat(tables, ignore_index=True).drop(columns="group")
    table = table[["metric", "limit", *(name for name in table if name not in ("metric", "limit"))]]
    caption = (
        "Each sample against its own stratum (batch and ancestry). Upright lines are the limits; a metric without "
        "them is shown, but excludes nobody. Diamonds are beyond the limit."
    )
    return Exhibit("sample_deviations", "Deviations", caption, table, ReportFigure(image, table, description))
