"""What each variant does to the test behind a gene's p-value: p without it, and p of it alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from jobs.report import numbers, svg, wording
from jobs.report.audience import Audience
from jobs.report.gene.material import GeneFigure, GeneTrait, finish
from jobs.report.gene.panel import AXIS_TEXT, Panel, round_ticks
from jobs.report.gene.pen import HALF, Pen, fit
from jobs.report.gene.shown import enough, known, may_tell, told_variants

LEFT, RIGHT, GAP, ABOVE, ROW, BELOW = 112.0, 8.0, 16.0, 38.0, 11.5, 28.0
MOST_VARIANTS = 18
COLUMNS = ["variant", "label", "neg_log10_p", "rests_on_it", "neg_log10_p_alone", "higher"]


def without_figure(one: GeneTrait, sites: pd.DataFrame) -> GeneFigure | None:
    """Draw the forest; None where fewer than two variants may be shown.

    Parameters
    ----------
    one
        The gene and trait.
    sites
        The gene's rows of the profiles' sites, for names of variants.
    """
    data = forest_rows(one, sites)
    whole = known(one.driver.get("neg_log10_p"))
    if len(data) < 2 or np.isnan(whole):
        return None
    left_out = max(0, len(data) - MOST_VARIANTS)
    if left_out:
        far = (data["neg_log10_p"].fillna(0) - whole).abs().nlargest(MOST_VARIANTS).index
        data = data.loc[np.sort(far)].reset_index(drop=True)
    pen = Pen(HALF, ABOVE + ROW * len(data) + BELOW)
    width = (HALF - LEFT - GAP - RIGHT) / 2
    rows = (len(data) - 0.5, -0.5)
    most = max(1.0, 1.08 * float(np.nanmax(np.append(data["neg_log10_p"], whole))))
    left = Panel(pen, LEFT, ABOVE, width, ROW * len(data), (0.0, most), rows)
    alone = 1.15 * max(1.0, float(data["neg_log10_p_alone"].max(skipna=True)))
    right = Panel(pen, LEFT + width + GAP, ABOVE, width, ROW * len(data), (-alone, alone), rows)
    _draw_rest(left, data, whole)
    _draw_alone(right, data)
    for place, label in enumerate(data["label"]):
        pen.text(LEFT - 8, float(left.y(place)), fit(label, LEFT - 10, AXIS_TEXT), size=AXIS_TEXT, anchor="end")
    pen.text(0, 10, f"{wording.title(one.trait)}: without each variant", size=9, weight="bold")
    look = {"color": svg.FAINT_INK, "size": AXIS_TEXT}
    pen.text(left.left, 27, "p without it, \u2212log10", **look)
    pen.text(right.left, 27, f"\u2190 {one.words.lower}", **look)
    pen.text(right.left + right.width / 2, 27, "alone", anchor="middle", **look)
    pen.text(right.right, 27, f"{one.words.higher} \u2192", anchor="end", **look)
    description = f"{wording.title(one.trait)}: p of the test behind {one.gene} without a variant, and of each alone."
    name, caption = one.name("without"), _caption(left_out)
    return finish(pen, data[COLUMNS], description, name=name, caption=caption)


def told_without(one: GeneTrait) -> pd.DataFrame:
    """Give the gene's tests without a variant of which readers may know: that it, and what is left, is of enough."""
    rows = one.table("leave_one_out")
    if rows.empty or not enough(one.driver.get("carriers"), one.audience):
        return rows.iloc[:0]
    if one.audience is Audience.SITE:
        return rows
    alone = told_variants(one.table("variants"), one.audience)
    own = rows["left_out"].isin(set(alone["variant"]) if len(alone) else ())
    return rows[own & rows["carriers"].map(lambda rest: may_tell(rest, one.audience)).astype(bool)]


def forest_rows(one: GeneTrait, sites: pd.DataFrame) -> pd.DataFrame:
    """Give the variants to draw, in the order of the genome: `COLUMNS`."""
    rest, alone = told_without(one), told_variants(one.table("variants"), one.audience)
    if rest.empty or alone.empty:
        return pd.DataFrame(columns=COLUMNS)
    own = alone[["variant", "position", "effect", "neg_log10_p"]].rename(columns={"neg_log10_p": "neg_log10_p_alone"})
    rest = rest.rename(columns={"left_out": "variant"})[["variant", "neg_log10_p", "rests_on_it"]]
    both = rest.merge(own, on="variant").sort_values("position", kind="stable", ignore_index=True)
    labels = variant_labels(both["variant"], sites)
    return both.assign(label=labels, higher=(both["effect"] > 0).where(both["effect"].notna()))


def variant_labels(variants: pd.Series, sites: pd.DataFrame) -> list[str]:
    """Name variants by the change of the protein where it is known, else by place and alleles."""
    changes: Mapping[Any, Any] = (
        dict(zip(sites["variant"], sites["hgvs_p"], strict=True)) if "hgvs_p" in sites else {}
    )
    return [variant_label(str(variant), changes.get(variant)) for variant in variants]


def variant_label(variant: str, change: Any) -> str:
    """Name a variant: `p.Arg12Cys`, or `17,910,992 T>C` within its gene."""
    if numbers.present(change):
        return str(change).rpartition(":")[2]
    _, _, rest = variant.partition("-")
    parts = rest.split("-")
    if len(parts) != 3 or not parts[0].isdigit():
        return variant
    return f"{int(parts[0]):,} {parts[1]}>{parts[2]}"


def _draw_rest(panel: Panel, data: pd.DataFrame, whole: float) -> None:
    panel.bottom_axis(round_ticks(*panel.across, most=4))
    panel.upright(whole, svg.INK, dash=(2, 2))
    found = data["neg_log10_p"].to_numpy(np.float64)
    rests = data["rests_on_it"].eq(True).to_numpy(bool)
    for chosen, color, shape in ((~rests, svg.FIRST, "circle"), (rests, svg.MARK, "diamond")):
        drawn = np.flatnonzero(chosen & np.isfinite(found))
        stems = [panel.points([whole, found[place]], [place, place]) for place in drawn]
        panel.pen.lines(stems, stroke=color, opacity=0.5)
        panel.pen.dots(panel.x(found[drawn]), panel.y(drawn), color, radius=2.6, shape=shape)


def _draw_alone(panel: Panel, data: pd.DataFrame) -> None:
    most = panel.across[1]
    ticks = [tick for tick in round_ticks(-most, most, most=4)]
    panel.bottom_axis(ticks, labels=[f"{abs(tick):g}" for tick in ticks])
    panel.upright(0.0)
    sign = np.where(data["higher"].eq(True), 1.0, -1.0)
    signed = np.where(data["higher"].isna(), math.nan, sign * data["neg_log10_p_alone"].to_numpy(np.float64))
    drawn = np.flatnonzero(np.isfinite(signed))
    panel.pen.lines([panel.points([0, signed[place]], [place, place]) for place in drawn], stroke=svg.FIRST, width=4)


def _caption(left_out: int) -> Markup:
    some = f" Shown are the {MOST_VARIANTS} that change p most; {left_out} more change it less." if left_out else ""
    return Markup(
        "<strong>Without each variant.</strong> Left, the p-value of the test behind the gene\u2019s p when one "
        "variant is left out; dashed, that test with all of them; a diamond where the result rests on that variant. "
        "Right, the p-value of that variant alone, in the direction of its effect; both as \u2212log10.{}"
    ).format(some)
