"""Sex by genotypes: copies of X and Y by depth, or heterozygosity on X and calls on Y, against the reported sex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from association.cohort.karyotype import KARYOTYPE, X_COPIES, Y_COPIES
from jobs.report import svg
from jobs.report.figures import ReportFigure
from jobs.report.qc.exhibits import FINE, LOOK, UNKNOWN, Exhibit, Finding, Section, some
from jobs.report.qc.inputs import Floats, QcInputs
from jobs.report.qc.layout import RING, legend_marks, mark, panel_row
from jobs.report.qc.palette import categories
from jobs.report.qc.points import draw_categories

USUAL = ("XX", "XY")
# What the axes of copies show at least.
LEAST_X, LEAST_Y = (0.5, 2.5), (-0.1, 1.45)
MISMATCH_COLUMNS = (
    "sample",
    "batch",
    "reported_sex",
    "sex_from_genotypes",
    "karyotype",
    "x_copies",
    "y_copies",
    "x_ploidy",
    "y_ploidy",
    "x_inbreeding",
    "y_call_rate",
)


@dataclass(frozen=True)
class Plane:
    """What tells the sexes apart.

    Attributes
    ----------
    x, y
        A number per sample (n).
    x_name, y_name
        What they are; empty for numbers that only keep points apart.
    absent
        What is not known, in sentences.
    limited
        Whether karyotypes are told by limits of these very numbers.
    """

    x: Floats
    y: Floats
    x_name: str
    y_name: str
    absent: tuple[str, ...] = ()
    limited: bool = False


def x_inbreeding(inputs: QcInputs) -> Floats:
    """Give 1 - observed / expected heterozygous calls on X: about 0 of two copies, 1 of one."""
    expected = inputs.values("x_expected_heterozygous")
    return 1 - inputs.values("x_heterozygous") / np.where(expected > 0, expected, np.nan)


def y_call_rate(inputs: QcInputs) -> Floats:
    """Give the share of variants on Y that are called."""
    variants = inputs.values("y_variants")
    return inputs.values("y_called") / np.where(variants > 0, variants, np.nan)


def sex_section(inputs: QcInputs) -> Section:
    """Show what tells the sexes apart, count karyotypes by reported sex, and name mismatches."""
    plane = _plane(inputs)
    exhibits = [] if plane is None else [_copies(inputs, plane)]
    listed = _to_look_at(inputs)
    if len(listed):
        caption = (
            "Reported otherwise than the genotypes say, or with a karyotype that is not XX or XY. A mismatch is more "
            "often a swapped tube than a wrong table: look at the neighbours on the plate."
        )
        exhibits.append(Exhibit("sex_to_look_at", "Mismatches and unusual karyotypes", caption, listed))
    absent = ("Sex: the data have neither X nor Y to tell it from.",) if plane is None else plane.absent
    return Section("sex", "Sex and karyotype", [_finding(inputs, plane)], exhibits, absent=absent)


def _finding(inputs: QcInputs, plane: Plane | None) -> Finding:
    if plane is None and not (inputs.known("karyotype") and (inputs.labels("karyotype") != "unclear").any()):
        return Finding(UNKNOWN, "Sex", "The data have neither X nor Y to tell it from.")
    mismatches = int(inputs.flags("sex_mismatch").sum())
    found = inputs.labels("karyotype").value_counts()
    unusual = {str(name): int(size) for name, size in found.items() if name not in (*USUAL, "unclear")}
    unclear = int(found.get("unclear", 0))
    named = ", ".join(f"{name} {size:,}" for name, size in sorted(unusual.items()))
    text = f"{some(mismatches, 'sample is', 'samples are')} not of the reported sex"
    text += f"; unusual karyotypes: {named}" if unusual else "; no unusual karyotype"
    text += f"; {unclear:,} unclear." if unclear else "."
    if not inputs.known("reported_sex"):
        text = f"No sex was reported to compare with; karyotypes that are unusual: {named or 'none'}."
    return Finding(LOOK if mismatches or unusual else FINE, "Sex", text)


def _plane(inputs: QcInputs) -> Plane | None:
    """Choose what to show: copies by depth, else heterozygosity on X and calls on Y, as far as they are known."""
    for unit in ("copies", "ploidy"):
        x, y = inputs.values(f"x_{unit}"), inputs.values(f"y_{unit}")
        if np.isfinite(x).any() and np.isfinite(y).any():
            return Plane(x, y, "copies of X, by depth", "copies of Y, by depth", limited=unit == "copies")
    inbreeding, called = x_inbreeding(inputs), y_call_rate(inputs)
    no_depth = "Copies of X and Y: there is no depth outside their pseudoautosomal regions."
    names = ("inbreeding on X (1 \u2212 observed / expected heterozygous)", "share of variants on Y that are called")
    if np.isfinite(inbreeding).any() and np.isfinite(called).any():
        return Plane(inbreeding, 1.0 * called, *names, (no_depth,))
    random = np.modf(np.arange(len(inputs.samples)) * 0.618034)[0]
    if np.isfinite(inbreeding).any():
        absent = (no_depth, "Y: no variant on it is called. Points are spread along the axis at random.")
        return Plane(inbreeding, random, names[0], "", absent)
    if np.isfinite(called).any():
        absent = (no_depth, "X: too few variants on it. Points are spread along the axis at random.")
        return Plane(random, called, "", names[1], absent)
    return None


def _copies(inputs: QcInputs, plane: Plane) -> Exhibit:
    """Draw the samples in their karyotypes' colours, mismatches in rings."""
    groups = categories(inputs.labels("karyotype"), "karyotype")
    mismatch = inputs.flags("sex_mismatch")
    legend = legend_marks(groups)
    if mismatch.any():
        legend.append(mark(f"not of the reported sex ({int(mismatch.sum()):,})", **RING))
    with mpl.rc_context(svg.STYLE):
        figure, (panel,) = panel_row(1, height=3.6, legend=legend)
        nobody = np.zeros(len(inputs.samples), dtype=np.bool_)
        draw_categories(panel, plane.x, plane.y, groups, hollow=nobody, ringed=mismatch)
        for name, axis, set_ticks in (
            (plane.x_name, panel.set_xlabel, panel.set_xticks),
            (plane.y_name, panel.set_ylabel, panel.set_yticks),
        ):
            axis(name)
            if not name:
                set_ticks([])
        panel.margins(0.06)
        if plane.limited:
            _draw_limits(panel)
        description = f"What tells the sexes apart: {plane.x_name or plane.y_name}, by karyotype."
        image = svg.inline_svg(figure, name="sex", description=description)
    table = karyotype_table(inputs)
    caption = "Each point is a sample, in the colour of its karyotype."
    caption += (
        " Shaded: the depth that stands for each karyotype; between them it is unclear." if plane.limited else ""
    )
    if mismatch.any():
        caption += " Rings mark samples that are not of the reported sex."
    return Exhibit("karyotypes", "X against Y", caption, table, ReportFigure(image, table, description))


def karyotype_table(inputs: QcInputs) -> pd.DataFrame:
    """Count samples by karyotype and reported sex."""
    reported = inputs.labels("reported_sex").fillna("not reported")
    counts = pd.crosstab(inputs.labels("karyotype").fillna("not known"), reported).astype("int64")
    counts.columns = [
        f"reported {name}" if name != "not reported" else "not reported" for name in counts.columns.astype(str)
    ]
    return counts.assign(samples=counts.sum(axis=1)).rename_axis("karyotype").reset_index()


def _draw_limits(panel: Axes) -> None:
    """Draw the range of depth that stands for each karyotype, with its name."""
    (left, right), (bottom, top) = panel.get_xlim(), panel.get_ylim()
    panel.set_xlim(min(left, LEAST_X[0]), max(right, LEAST_X[1]))
    panel.set_ylim(min(bottom, LEAST_Y[0]), max(top, LEAST_Y[1]))
    for (x_copies, y_copies), name in KARYOTYPE.items():
        (low, high), (under, over) = X_COPIES[x_copies], Y_COPIES[y_copies]
        # Depth on Y without a Y is what mismapped reads leave: nothing.
        under = under if y_copies else panel.get_ylim()[0]
        panel.add_patch(Rectangle((low, under), high - low, over - under, color=svg.BAND, linewidth=0, zorder=0))
        style: dict[str, Any] = {"size": 8, "color": svg.FAINT_INK, "va": "top", "clip_on": True}
        panel.text(low + 0.02, over - 0.02, name, **style)


def _to_look_at(inputs: QcInputs) -> pd.DataFrame:
    """List samples of another sex than reported, then those of unusual karyotype."""
    karyotype, mismatch = inputs.labels("karyotype"), inputs.flags("sex_mismatch")
    unusual = (karyotype.notna() & ~karyotype.isin([*USUAL, "unclear"])).to_numpy(np.bool_)
    table = inputs.samples.assign(x_inbreeding=x_inbreeding(inputs), y_call_rate=y_call_rate(inputs))
    table = table[[name for name in MISMATCH_COLUMNS if name in table and table[name].notna().any()]]
    return pd.concat([table[mismatch], table[unusual & ~mismatch]], ignore_index=True)
