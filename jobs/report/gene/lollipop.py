"""Where a gene's variants lie: a stem for each, as high as its allele count, by consequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from jobs.report import svg
from jobs.report.gene.marks import Floats
from jobs.report.gene.material import Gene, GeneFigure, anchor, finish
from jobs.report.gene.panel import AXIS_TEXT, WIDE, Panel, round_ticks
from jobs.report.gene.pen import WHOLE, Pen
from jobs.report.gene.shown import told_variants
from jobs.report.gene.without import variant_label

LEFT, RIGHT, ABOVE, HEIGHT, BELOW = 40.0, 14.0, 30.0, 92.0, 38.0
TRACK = 7.0
# Above this count stems grow as its logarithm.
EVEN_COUNTS = 12
MOST_NAMES = 5
NAME_SIZE = 7.0


@dataclass(frozen=True)
class Kind:
    """Variants that are drawn alike: words, colour, shape, whether hollow."""

    words: str
    color: str
    shape: str
    hollow: bool = False


TRUNCATING = Kind("loss of function", svg.MARK, "diamond")
MISSENSE = Kind("missense", svg.FIRST, "circle")
OTHER = Kind("other", svg.SECOND, "square")
SYNONYMOUS = Kind("synonymous", svg.LINE, "circle", hollow=True)
KINDS = (SYNONYMOUS, OTHER, MISSENSE, TRUNCATING)
TRUNCATING_TERMS = {
    "stop_gained", "frameshift_variant", "splice_acceptor_variant", "splice_donor_variant",
    "transcript_ablation", "start_lost",
}  # fmt: skip


def lollipop_figure(gene: Gene) -> GeneFigure | None:
    """Draw the variants that readers may see; None where there are none."""
    sites = told_variants(gene.table("sites"), gene.audience)
    if not sites.empty:
        # A variant whose alleles are withheld has no height.
        sites = sites[np.isfinite(sites["allele_count"].astype(np.float64))]
    if sites.empty:
        return None
    sites = sites.sort_values("position", kind="stable").reset_index(drop=True)
    place, words, length = along(sites, gene.table("exons"))
    counts = sites["allele_count"].to_numpy(np.float64)
    pen = Pen(WHOLE, ABOVE + HEIGHT + BELOW)
    ticks = _count_ticks(float(counts.max()))
    up = (0.0, float(_height(np.array([1.12 * max(ticks[-1], counts.max())]))[0]))
    panel = Panel(pen, LEFT, ABOVE, WHOLE - LEFT - RIGHT, HEIGHT, _span(place, length), up)
    panel.left_axis(_height(np.array(ticks)).tolist(), [f"{tick:g}" for tick in ticks])
    _draw_track(panel, gene.table("exons"), words)
    kinds = [kind_of(consequence) for consequence in sites["consequence"]]
    for kind in KINDS:
        own = np.array([one is kind for one in kinds])
        _draw(panel, place[own], _height(counts[own]), kind)
    _name(panel, sites, place, counts)
    _key(pen, [kind for kind in reversed(KINDS) if kind in kinds])
    pen.text(0, 10, "Variants", size=9, weight="bold")
    pen.text(0, 22, "allele count", color=svg.FAINT_INK, size=AXIS_TEXT)
    description = f"Variants of {gene.symbol} along its {words}, as high as their allele counts, by consequence."
    data = sites[["variant", "consequence", "allele_count"]].assign(place=place)
    return finish(pen, data, description, name=f"{anchor(gene.symbol)}-variants", caption=_caption(words))


def kind_of(consequence: Any) -> Kind:
    """Say how a variant of a consequence is drawn."""
    terms = set(str(consequence).replace("&", ",").split(","))
    if terms & TRUNCATING_TERMS:
        return TRUNCATING
    if "missense_variant" in terms:
        return MISSENSE
    return SYNONYMOUS if "synonymous_variant" in terms else OTHER


def along(sites: pd.DataFrame, exons: pd.DataFrame) -> tuple[Floats, str, float]:
    """Place variants: along the coding sequence where annotation or a gene model tells it, else along the genome.

    Returns
    -------
    tuple
        Place of each variant, what places are, and the length of the coding sequence (NaN where it is not known).
    """
    position = sites["position"].to_numpy(np.float64)
    if not exons.empty:
        blocks = exons.sort_values("start")
        start, end = blocks["start"].to_numpy(np.float64), blocks["end"].to_numpy(np.float64)
        before = blocks["coding_start"].to_numpy(np.float64)
        # A variant between two exons, in a splice site, is drawn at the nearer one's end.
        inside = np.clip(position[:, None], start, end)
        nearest = np.abs(inside - position[:, None]).argmin(axis=1)
        each = np.arange(len(position))
        length = float(before[-1] + end[-1] - start[-1])
        return before[nearest] + inside[each, nearest] - start[nearest], "coding sequence", length
    told = pd.to_numeric(sites["coding_position"], errors="coerce").to_numpy(np.float64)
    if len(told) and np.isfinite(told).mean() >= 0.8 and np.isfinite(told).sum() >= 2:
        order = np.flatnonzero(np.isfinite(told))
        nearest = order[np.abs(position[:, None] - position[order]).argmin(axis=1)]
        return told[nearest], "coding sequence", float("nan")
    return position, "genome", float("nan")


def _height(counts: Floats) -> Floats:
    """Give heights of counts: even up to a dozen, then as their logarithm."""
    beyond = np.maximum(counts, EVEN_COUNTS)
    return np.asarray(np.minimum(counts, EVEN_COUNTS) + EVEN_COUNTS * np.log(beyond / EVEN_COUNTS), np.float64)


def _count_ticks(most: float) -> list[float]:
    if most <= EVEN_COUNTS:
        return [tick for tick in round_ticks(0, max(most, 2), most=4) if float(tick).is_integer()]
    return [tick for tick in (0, 5, 12, 30, 100, 300, 1_000, 10_000, 100_000) if tick <= 1.5 * most]


def _span(place: Floats, length: float) -> tuple[float, float]:
    if np.isfinite(length):
        return 1.0, max(length, 2.0)
    room = max(0.03 * float(np.ptp(place)), 5.0)
    return float(place.min()) - room, float(place.max()) + room


def _draw_track(panel: Panel, exons: pd.DataFrame, words: str) -> None:
    """Draw the sequence below the stems, exons by turns darker and lighter, and its axis."""
    top, bottom = panel.bottom + 1, panel.bottom + 1 + TRACK
    edges = [(panel.left, panel.right)]
    if not exons.empty:
        blocks = exons.sort_values("coding_start")
        last = blocks["coding_start"] + blocks["end"] - blocks["start"]
        edges = list(zip(panel.x(blocks["coding_start"] - 0.5), panel.x(last + 0.5), strict=True))
    for number, (left, right) in enumerate(edges):
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        panel.pen.lines([corners], fill=svg.LINE if number % 2 else svg.RULE)
    for tick in round_ticks(*panel.across, most=7):
        panel.pen.text(
            float(panel.x(tick)), bottom + 8, f"{tick:,.0f}", color=svg.FAINT_INK, size=AXIS_TEXT, anchor="middle"
        )
    title = "base of the coding sequence" if words == "coding sequence" else "position on the chromosome"
    middle = (panel.left + panel.right) / 2
    panel.pen.text(middle, bottom + 19, title, color=svg.FAINT_INK, size=AXIS_TEXT, anchor="middle")


def _draw(panel: Panel, place: Floats, height: Floats, kind: Kind) -> None:
    stems = [panel.points([x, x], [0, y]) for x, y in zip(place, height, strict=True)]
    panel.pen.lines(stems, stroke=kind.color)
    panel.pen.dots(panel.x(place), panel.y(height), kind.color, radius=2.8, shape=kind.shape, hollow=kind.hollow)


def _name(panel: Panel, sites: pd.DataFrame, place: Floats, counts: Floats) -> None:
    """Write the change of the protein above the highest stems, where there is room."""
    written: list[float] = []
    named = sites["hgvs_p"].notna().to_numpy()
    for number in np.argsort(-counts, kind="stable"):
        x = float(panel.x(place[number]))
        if not named[number] or counts[number] < 2 or len(written) == MOST_NAMES:
            continue
        if any(abs(x - other) < 70 for other in written):
            continue
        y = float(panel.y(_height(counts[[number]])[0])) - 9
        label = variant_label("", sites["hgvs_p"].iloc[number])
        anchored = "start" if x < panel.left + 40 else "end" if x > panel.right - 40 else "middle"
        panel.pen.text(x, y, label, size=NAME_SIZE, anchor=anchored)
        written.append(x)


def _key(pen: Pen, kinds: list[Kind]) -> None:
    x = WHOLE - RIGHT
    for kind in reversed(kinds):
        x -= WIDE * AXIS_TEXT * len(kind.words)
        pen.text(x, 10, kind.words, color=svg.FAINT_INK, size=AXIS_TEXT)
        pen.dots(x - 8, 10, kind.color, radius=2.8, shape=kind.shape, hollow=kind.hollow)
        x -= 24


def _caption(words: str) -> Markup:
    where = "along the coding sequence" if words == "coding sequence" else "along the chromosome"
    return Markup(
        "<strong>Variants {}.</strong> As high as the minor allele\u2019s count in the cohort (above {} as its "
        "logarithm); colour and shape tell the consequence."
    ).format(where, EVEN_COUNTS)
