"""Principal components of ancestry: who is where, who was projected, and who is far from everyone."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jobs.report import numbers, svg
from jobs.report.figures import ReportFigure
from jobs.report.qc.exhibits import FINE, LOOK, UNKNOWN, Exhibit, Finding, Section, sentence, some
from jobs.report.qc.inputs import GROUPINGS, QcInputs
from jobs.report.qc.layout import RING, legend_marks, mark, panel_row
from jobs.report.qc.palette import Category, categories
from jobs.report.qc.points import draw_categories

EVERYONE = "everyone"
PAIRS = (("pc1", "pc2"), ("pc3", "pc4"))
MOST_COMPONENTS = 20
CAPTION = (
    "Each point is a sample. Hollow points are not in the analysis (relatives of others in it, as a rule) and were "
    "projected on it; rings mark outliers. Right: the share of the variance that each component explains."
)


def ancestry_section(inputs: QcInputs) -> Section:
    """Show the first components by each grouping."""
    if not (inputs.known("pc1") and inputs.known("pc2")):
        why = inputs.pca.get("reason") or "no principal components came with the samples"
        finding = Finding(UNKNOWN, "Ancestry", sentence(str(why)))
        return Section("ancestry", "Ancestry", [finding], absent=[f"Principal components: {why}."])
    exhibits = [_components(inputs, column) for column in inputs.groupings or [EVERYONE]]
    listed = _outliers(inputs)
    if len(listed):
        caption = "Samples far from everyone on the components: of rare ancestry, or of poor calls."
        exhibits.append(Exhibit("pca_outliers", "Outliers", caption, listed))
    explained = _explained(inputs)
    if len(explained):
        caption = "The share of the variance that each component explains."
        exhibits.append(Exhibit("pca_explained", "What each component explains", caption, explained, folded=True))
    notes = []
    if numbers.present(inputs.pca.get("variants")):
        notes.append(f"The components are of {inputs.pca['variants']:,} common variants in little correlation.")
    notes += [sentence(str(words)) for key in ("reason", "ancestry_reason") if (words := inputs.pca.get(key))]
    without = int((~np.isfinite(inputs.values("pc1"))).sum())
    if without:
        notes.append(f"{some(without, 'sample has', 'samples have')} no components and can't be shown.")
    absent = [] if inputs.known("pc4") else ["PC3 and PC4: there are no more components."]
    if not inputs.groupings:
        absent.append("Colours of cohort, batch and ancestry: no two groups of samples are told apart.")
    return Section("ancestry", "Ancestry", [_finding(inputs)], exhibits, notes, absent)


def _finding(inputs: QcInputs) -> Finding:
    """Say how many samples are far from everyone, and how many are in each ancestry."""
    outliers = int(inputs.flags("pca_outlier").sum())
    sizes = inputs.labels("ancestry").value_counts()
    words = f" Ancestries: {', '.join(f'{name} {size:,}' for name, size in sizes.items())}." if len(sizes) else ""
    if outliers:
        text = f"{some(outliers, 'sample is an outlier', 'samples are outliers')} of the principal components.{words}"
        return Finding(LOOK, "Ancestry", text)
    return Finding(FINE, "Ancestry", f"No sample is an outlier of the principal components.{words}")


def _outliers(inputs: QcInputs) -> pd.DataFrame:
    """List the samples that are far from everyone."""
    columns = ("sample", *GROUPINGS, "ancestry_probability", "pc1", "pc2", "pc3", "pc4", "call_rate", "passes")
    known = [column for column in columns if inputs.known(column)]
    return inputs.samples.loc[inputs.flags("pca_outlier"), known].reset_index(drop=True)


def _explained(inputs: QcInputs) -> pd.DataFrame:
    shares = [float(share) for share in inputs.pca.get("explained") or ()][:MOST_COMPONENTS]
    return pd.DataFrame({"component": [f"PC{place + 1}" for place in range(len(shares))], "explained_share": shares})


def _components(inputs: QcInputs, column: str) -> Exhibit:
    """Draw PC1 against PC2, PC3 against PC4, and what each component explains."""
    labels = pd.Series([EVERYONE] * len(inputs.samples)) if column == EVERYONE else inputs.labels(column)
    groups = categories(labels, column)
    explained = _explained(inputs)
    pairs = [pair for pair in PAIRS if all(inputs.known(one) for one in pair)]
    legend = legend_marks(groups) if column != EVERYONE else []
    if inputs.flags("projected").any():
        projected = int(inputs.flags("projected").sum())
        hollow = {"marker": "o", "markerfacecolor": "none", "markeredgecolor": svg.FAINT_INK, "markersize": 5}
        legend.append(mark(f"projected ({projected:,})", **hollow))
    if inputs.flags("pca_outlier").any():
        legend.append(mark(f"outlier ({int(inputs.flags('pca_outlier').sum()):,})", **RING))
    with mpl.rc_context(svg.STYLE):
        panels = len(pairs) + (1 if len(explained) else 0)
        widths = [1.0] * len(pairs) + ([0.55] if len(explained) else [])
        figure, axes = panel_row(panels, height=3.3, legend=legend, widths=widths)
        for panel, pair in zip(axes, pairs, strict=False):
            _draw_pair(panel, inputs, pair, groups)
        if len(explained):
            _draw_explained(axes[-1], explained)
        words = "all samples" if column == EVERYONE else f"samples by {column}"
        description = f"Principal components of {words}: {len(groups)} group{'' if len(groups) == 1 else 's'}."
        image = svg.inline_svg(figure, name=f"components-{column}", description=description)
    table = _group_table(inputs, groups, column)
    name = "pca" if column == EVERYONE else f"pca_by_{column}"
    title = "Principal components" + ("" if column == EVERYONE else f" by {column}")
    return Exhibit(name, title, CAPTION, table, ReportFigure(image, table, description))


def _draw_pair(panel: Axes, inputs: QcInputs, pair: tuple[str, str], groups: list[Category]) -> None:
    x, y = (inputs.values(one) for one in pair)
    draw_categories(panel, x, y, groups, hollow=inputs.flags("projected"), ringed=inputs.flags("pca_outlier"))
    panel.set_xlabel(pair[0].upper())
    panel.set_ylabel(pair[1].upper())
    panel.margins(0.06)
    panel.locator_params(nbins=5)


def _draw_explained(panel: Axes, explained: pd.DataFrame) -> None:
    place = np.arange(len(explained))
    panel.bar(place, 100 * explained["explained_share"], color=svg.FAINT_INK, width=0.66, linewidth=0)
    # Names of components stand apart from each other.
    step = -(-len(explained) // 5)
    panel.set_xticks(place[::step], explained["component"][::step], size=8)
    panel.tick_params(axis="x", length=0)
    panel.set_ylabel("% of the variance")


def _group_table(inputs: QcInputs, groups: list[Category], column: str) -> pd.DataFrame:
    """Count each group's samples, and give where its middle is."""
    projected, outlier = inputs.flags("projected"), inputs.flags("pca_outlier")
    rows = []
    for group in groups:
        middle = {}
        for pc in (one for pair in PAIRS for one in pair if inputs.known(one)):
            inside = inputs.values(pc)[group.rows]
            inside = inside[np.isfinite(inside)]
            middle[f"median_{pc}"] = float(np.median(inside)) if inside.size else np.nan
        counts = {
            "samples": int(group.rows.sum()),
            "projected": int((group.rows & projected).sum()),
            "outliers": int((group.rows & outlier).sum()),
        }
        rows.append({column: group.name, **counts, **middle})
    return pd.DataFrame(rows)
