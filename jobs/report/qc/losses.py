"""How much of each sample the rules of genotypes set to missing."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd

from jobs.report import svg
from jobs.report.figures import ReportFigure
from jobs.report.qc.exhibits import Exhibit, Section
from jobs.report.qc.inputs import Floats, QcInputs
from jobs.report.qc.layout import panel_row, shorten
from jobs.report.qc.palette import categories
from jobs.report.qc.spreads import draw_spread, finish_rows, span_of, spread_table

LONGEST_NAME = 22


def lost_share(inputs: QcInputs) -> Floats:
    """Give the share of each sample's calls that failed a rule of genotypes."""
    present = inputs.values("calls_present")
    return inputs.values("calls_failed") / np.where(present > 0, present, np.nan)


def loss_section(inputs: QcInputs) -> Section:
    """Show the share of calls lost per sample, by batch where there are batches."""
    title = "Calls lost per sample"
    share = lost_share(inputs)
    if not np.isfinite(share).any():
        return Section("losses", title, absent=["Calls lost per sample: they were not counted."])
    column = next((one for one in ("batch", "cohort") if one in inputs.groupings), None)
    labels = pd.Series(["everyone"] * len(inputs.samples)) if column is None else inputs.labels(column)
    groups = categories(labels, column or "")
    nobody = np.zeros(share.size, dtype=np.bool_)
    with mpl.rc_context(svg.STYLE):
        figure, (panel,) = panel_row(1, height=0.5 + 0.32 * len(groups), left=1.7)
        span = span_of(100 * share, 0.0)
        for place, group in enumerate(groups):
            values = 100 * share[group.rows & np.isfinite(share)]
            draw_spread(panel, place, values, np.zeros(values.size, np.bool_), group.color, span)
        finish_rows(panel, [shorten(group.name, LONGEST_NAME) for group in groups], span)
        panel.set_xlabel("% of the sample's calls that fail a rule of genotypes")
        description = "Share of calls per sample that failed a rule of genotypes."
        image = svg.inline_svg(figure, name="losses", description=description)
    table = spread_table(share, groups, nobody).drop(columns="flagged").rename(columns={"group": column or "group"})
    table = table.rename(columns={name: f"{name}_share" for name in table.columns[2:]})
    caption = "Each row is a group; the bar spans the middle half of its samples and its dot is the median."
    exhibit = Exhibit("calls_lost_per_sample", title, caption, table, ReportFigure(image, table, description))
    return Section("losses", title, exhibits=[exhibit])
