"""Pairs of relatives: kinship against the share of sites with opposite homozygotes.

The lines are the classes of KING-robust kinship. Of two in the first degree, parent and child share an allele at
every site, so that their share of opposite homozygotes is near zero.

References
----------
Manichaikul A et al. (2010) Robust relationship inference in genome-wide association studies. Bioinformatics
26:2867-2873. doi:10.1093/bioinformatics/btq559
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from association.cohort.relatedness import DUPLICATE, FIRST_DEGREE, SECOND_DEGREE, THIRD_DEGREE
from jobs.report import svg
from jobs.report.figures import ReportFigure
from jobs.report.qc.exhibits import FINE, LOOK, UNKNOWN, Exhibit, Finding, Section, sentence, some
from jobs.report.qc.inputs import Floats, QcInputs
from jobs.report.qc.layout import legend_marks, panel_row
from jobs.report.qc.palette import categories
from jobs.report.qc.points import draw_categories

# Kinship above which a pair is of a class.
CLASSES = (
    ("duplicate", DUPLICATE),
    ("1st degree", FIRST_DEGREE),
    ("2nd degree", SECOND_DEGREE),
    ("3rd degree", THIRD_DEGREE),
)
CLOSE = ("parent-child", "siblings", "first degree")
RELATIONSHIPS = ("duplicate", *CLOSE, "second degree", "third degree")
PAIR_COLUMNS = ("sample_1", "sample_2", "kinship", "ibs0", "sites", "relationship")


def relatedness_section(inputs: QcInputs) -> Section:
    """Show the pairs, count them by relationship, and list all but the most distant."""
    title = "Relatives and duplicates"
    pairs = inputs.kinship
    if "kinship" not in pairs or (pairs.empty and inputs.kinship_reason):
        why = inputs.kinship_reason or "kinship was not estimated"
        return Section(
            "relatives",
            title,
            [Finding(UNKNOWN, "Relatives", sentence(why))],
            absent=[f"Relatives: {why}."],
        )
    notes = [sentence(inputs.kinship_reason)] if inputs.kinship_reason else []
    if inputs.known("unrelated"):
        unrelated = int(inputs.flags("unrelated").sum())
        notes.append(f"{some(unrelated, 'sample is', 'samples are')} in the largest unrelated set that was found.")
    if pairs.empty:
        finding = Finding(FINE, "Relatives", "No pair of samples is related in the third degree or closer.")
        return Section("relatives", title, [finding], notes=[finding.text, *notes])
    counts = _counts(pairs)
    exhibits = [_kinship(pairs, counts), _pairs(inputs)]
    return Section("relatives", title, _findings(counts), exhibits, notes)


def _relationship(pairs: pd.DataFrame) -> pd.Series:
    names = pairs["relationship"] if "relationship" in pairs else pd.Series([None] * len(pairs))
    return names.reset_index(drop=True).astype(object)


def _counts(pairs: pd.DataFrame) -> pd.DataFrame:
    """Count pairs by relationship, closest first."""
    found = _relationship(pairs).fillna("not named").value_counts()
    order = [*RELATIONSHIPS, *(name for name in found.index if name not in RELATIONSHIPS)]
    names = [name for name in order if name in found]
    kinship = pairs["kinship"].groupby(_relationship(pairs).fillna("not named").to_numpy())
    return pd.DataFrame(
        {
            "relationship": names,
            "pairs": [int(found[name]) for name in names],
            "smallest_kinship": [float(kinship.min()[name]) for name in names],
            "largest_kinship": [float(kinship.max()[name]) for name in names],
        }
    )


def _findings(counts: pd.DataFrame) -> list[Finding]:
    """Say how many pairs are one person, and how many are close relatives."""
    of = dict(zip(counts["relationship"], counts["pairs"], strict=True))
    duplicates = int(of.get("duplicate", 0))
    first, second = sum(int(of.get(name, 0)) for name in CLOSE), int(of.get("second degree", 0))
    same = (
        Finding(LOOK, "Duplicates", f"{some(duplicates, 'pair is', 'pairs are')} the same person or identical twins.")
        if duplicates
        else Finding(FINE, "Duplicates", "No two samples are of the same person.")
    )
    level = LOOK if first else FINE
    words = f"{some(first, 'pair is', 'pairs are')} of the first degree, {second:,} of the second."
    return [same, Finding(level, "Relatives", words)]


def _kinship(pairs: pd.DataFrame, counts: pd.DataFrame) -> Exhibit:
    """Draw kinship against opposite homozygotes; without these, how kinship is spread."""
    groups = categories(_relationship(pairs), "relationship")
    kinship = pairs["kinship"].to_numpy(np.float64)
    known = "ibs0" in pairs and bool(pairs["ibs0"].notna().any())
    ibs0 = pairs["ibs0"].to_numpy(np.float64) if known else np.modf(np.arange(len(pairs)) * 0.618034)[0]
    nobody = np.zeros(len(pairs), dtype=np.bool_)
    with mpl.rc_context(svg.STYLE):
        figure, (panel,) = panel_row(1, height=3.6, legend=legend_marks(groups), right=1.0)
        draw_categories(panel, 100 * ibs0 if known else ibs0, kinship, groups, hollow=nobody, ringed=nobody)
        _draw_classes(panel, kinship)
        panel.set_xlabel("% of sites with opposite homozygotes (IBS0)" if known else "")
        if not known:
            panel.set_xticks([])
        panel.set_ylabel("kinship (KING-robust)")
        description = (
            f"Kinship of {len(pairs):,} pairs against their opposite homozygotes, with the lines of classes."
        )
        image = svg.inline_svg(figure, name="kinship", description=description)
    caption = (
        "Each point is a pair with kinship above the line of the third degree. Dashed: the kinship above which a "
        "pair is of the class named at the right. In the first degree, parent and child stand left of siblings."
    )
    if not known:
        caption += " The share of opposite homozygotes is not known: points are spread from left to right at random."
    return Exhibit("relationships", "Kinship", caption, counts, ReportFigure(image, counts, description))


def _draw_classes(panel: Axes, kinship: Floats) -> None:
    """Draw the line of each class, and its name in the band above."""
    top = max(0.52, float(np.nanmax(kinship)) * 1.04)
    panel.set_ylim(min(0.03, float(np.nanmin(kinship))), top)
    panel.set_xlim(left=min(0.0, panel.get_xlim()[0]))
    ends = [top, *(edge for _, edge in CLASSES)]
    for (name, edge), above in zip(CLASSES, ends, strict=False):
        panel.axhline(edge, color=svg.LINE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        panel.text(
            1.01,
            (edge + above) / 2,
            name,
            transform=panel.get_yaxis_transform(),
            va="center",
            size=8,
            color=svg.FAINT_INK,
        )
    panel.set_yticks([round(edge, 3) for _, edge in reversed(CLASSES)] + [0.5])


def _pairs(inputs: QcInputs) -> Exhibit:
    """List the pairs, closest first, each with its samples' verdicts."""
    pairs = inputs.kinship[[column for column in PAIR_COLUMNS if column in inputs.kinship]]
    pairs = pairs.sort_values("kinship", ascending=False, kind="stable", ignore_index=True)
    if inputs.known("passes"):
        passes = dict(zip(inputs.samples["sample"], inputs.flags("passes"), strict=True))
        for side in ("1", "2"):
            pairs[f"sample_{side}_stays"] = pairs[f"sample_{side}"].map(passes)
    caption = "Closest first, with whether each of the two stays."
    return Exhibit("related_pairs", "Pairs", caption, pairs)
