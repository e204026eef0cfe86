"""Contamination: reads of other people in a sample, by CHARR.

References
----------
Lu W et al. (2023) CHARR efficiently estimates contamination from DNA sequencing data. American Journal of Human
Genetics 110:2068-2076. doi:10.1016/j.ajhg.2023.10.011
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd

from jobs.report import numbers, svg
from jobs.report.figures import ReportFigure
from jobs.report.null_models.panels import count_axis
from jobs.report.qc.exhibits import FINE, LOOK, UNKNOWN, Exhibit, Finding, Section, sentence, some
from jobs.report.qc.inputs import Booleans, QcInputs
from jobs.report.qc.layout import panel_row

BINS = 60
LIMIT = "max_contamination"
LISTED = ("sample", "batch", "charr", "charr_sites", "heterozygosity", "het_hom", "mean_dp")


def contaminated(inputs: QcInputs) -> Booleans:
    """Say which samples are above the threshold; none where there is none."""
    limit = inputs.threshold("sample", LIMIT)
    return np.zeros(len(inputs.samples), np.bool_) if limit is None else inputs.values("charr") > limit


def contamination_section(inputs: QcInputs) -> Section:
    """Show how contamination is spread, and name the samples above the threshold."""
    title = "Contamination"
    if not inputs.known("charr"):
        why = "there are no depths of alleles (AD), or too few homozygous calls with them"
        finding = Finding(UNKNOWN, title, sentence(why))
        return Section("contamination", title, [finding], absent=[f"Contamination: {why}."])
    above, limit = contaminated(inputs), inputs.threshold("sample", LIMIT)
    exhibits = [_spread(inputs, limit)]
    if above.any():
        table = inputs.samples[[name for name in LISTED if name in inputs.samples]][above]
        table = table.sort_values("charr", ascending=False, ignore_index=True)
        caption = "Most contaminated first. Heterozygosity and heterozygous / homozygous rise with contamination."
        exhibits.append(Exhibit("contaminated", "Samples above the threshold", caption, table))
    unknown = int((~np.isfinite(inputs.values("charr"))).sum())
    absent = [f"Contamination of {some(unknown, 'sample')}: no depths of alleles."] if unknown else []
    return Section("contamination", title, [_finding(above, limit)], exhibits, absent=absent)


def _finding(above: Booleans, limit: float | None) -> Finding:
    if limit is None:
        return Finding(UNKNOWN, "Contamination", "Measured, but no threshold is set: look at the figure.")
    if above.any():
        words = some(int(above.sum()), "sample is", "samples are")
        return Finding(LOOK, "Contamination", f"{words} contaminated: CHARR above {numbers.percent(limit)}.")
    return Finding(FINE, "Contamination", f"No sample is contaminated: no CHARR is above {numbers.percent(limit)}.")


def _spread(inputs: QcInputs, limit: float | None) -> Exhibit:
    """Draw a histogram, samples above the threshold in another colour."""
    values = 100 * inputs.values("charr")
    values = values[np.isfinite(values)]
    top = max(float(values.max()), 0.0 if limit is None else 100 * limit) * 1.04 or 1.0
    edges = np.linspace(min(0.0, float(values.min())), top, BINS + 1)
    if limit is not None:
        # The threshold is an edge, so that no bar is on both sides of it.
        edges = np.unique(np.append(edges, 100 * limit))
    counts, _ = np.histogram(values, bins=edges)
    beyond = np.zeros(counts.size, np.bool_) if limit is None else edges[:-1] >= 100 * limit
    with mpl.rc_context(svg.STYLE):
        figure, (panel,) = panel_row(1, height=2.2)
        for rows, color in ((~beyond, svg.FIRST), (beyond, svg.MARK)):
            panel.bar(edges[:-1][rows], counts[rows], np.diff(edges)[rows], align="edge", color=color, linewidth=0)
        if limit is not None:
            panel.axvline(100 * limit, color=svg.MARK, linewidth=1, linestyle=(0, (4, 3)))
        if counts.max() > 30:
            panel.set_yscale("symlog", linthresh=10)
        count_axis(panel) if counts.max() <= 30 else panel.set_yticks(*_ticks(int(counts.max())))
        panel.set_xlabel("CHARR, %")
        panel.set_ylabel("samples")
        description = "Contamination of the samples, with its threshold."
        image = svg.inline_svg(figure, name="contamination", description=description)
    kept = counts > 0
    table = pd.DataFrame({"from_percent": edges[:-1][kept], "to_percent": edges[1:][kept], "samples": counts[kept]})
    caption = (
        "Samples by reference reads where they are homozygous for the alternate allele, weighed by its frequency "
        "(CHARR). It rises with foreign reads, and falls behind them where they are many: sites are then called "
        "heterozygous."
    )
    caption += " The axis of counts is logarithmic above 10." if counts.max() > 30 else ""
    return Exhibit("contamination", "Distribution", caption, table, ReportFigure(image, table, description))


def _ticks(largest: int) -> tuple[list[int], list[str]]:
    """Give ticks of counts for an axis that is linear to 10 and then logarithmic."""
    ticks = [0, 5, *(10**power for power in range(1, len(str(largest)) + 1) if 10**power <= 2 * largest)]
    return ticks, [f"{tick:,}" for tick in ticks]
