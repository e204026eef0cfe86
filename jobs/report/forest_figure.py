"""A forest plot of a trait's leading genes: each cohort's own effect, and the one of all cohorts together.

Numbers are those of the tables `forest` and `heterogeneity`; what is drawn is the burden that counts each minor
allele once, in the mask that is behind the gene's p-value.
"""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jobs.report import numbers, svg, wording
from jobs.report.chances import NORMAL_95
from jobs.report.consortium import Consortium
from jobs.report.figures import DOTTED, WIDTH, ReportFigure, slug
from jobs.report.findings import TraitFindings

MOST_GENES = 5
TOGETHER = "all cohorts"
KEY = ["gene", "trait", "mask", "max_af"]
# Where panels and, right of them, columns of numbers stand, in shares of the width; heights are in inches.
ACROSS = (0.15, 0.61)
COLUMNS = {"carriers": 0.66, "effect (95% interval)": 0.79, "p without": 0.94}
ABOVE, ROW, BETWEEN, BELOW = 0.5, 0.22, 0.55, 0.42


def forest_figure(findings: TraitFindings, consortium: Consortium) -> ReportFigure | None:
    """Draw the leading genes; None where no cohort's part in any is known."""
    data = cohort_rows(findings.drivers[KEY].head(MOST_GENES), consortium)
    if data.empty:
        return None
    genes = [part.reset_index(drop=True) for _, part in data.groupby("gene", sort=False)]
    words = wording.trait_words(findings.type)
    heights = [ROW * len(part) for part in genes]
    total = ABOVE + sum(heights) + BETWEEN * (len(genes) - 1) + BELOW
    with mpl.rc_context(svg.STYLE):
        figure = Figure(figsize=(WIDTH, total))
        for name, across in COLUMNS.items():
            figure.text(across, 1 - 0.1 / total, name, size=7.5, color=svg.FAINT_INK, ha="center", va="center")
        top = total - ABOVE
        for part, height in zip(genes, heights, strict=True):
            panel = figure.add_axes((ACROSS[0], (top - height) / total, ACROSS[1] - ACROSS[0], height / total))
            _draw(panel, part)
            top -= height + BETWEEN
        panel.set_xlabel(f"{words.effect} per allele, from one step")
        trait = wording.plain_words(findings.name)
        description = f"Effects of the leading genes on {trait} in each cohort, and in all together."
        image = svg.inline_svg(figure, name=f"forest-{slug(findings.name)}", description=description)
    return ReportFigure(image, data, description)


def cohort_rows(drivers: pd.DataFrame, consortium: Consortium) -> pd.DataFrame:
    """Give the rows to draw: of each gene its cohorts and, last, all of them together; none where nothing is known.

    Parameters
    ----------
    drivers
        `KEY` of each gene and the mask behind its p-value.
    consortium
        The cohorts.
    """
    together = drivers.merge(consortium.heterogeneity, on=KEY, how="inner").dropna(subset="effect")
    parts = []
    for _, gene in together.iterrows():
        forest = consortium.forest
        own = forest[np.logical_and.reduce([forest[name] == gene[name] for name in KEY])]
        whole = gene[[*KEY, "effect", "standard_error"]].to_frame().T.assign(cohort=TOGETHER)
        named = {name: gene[name] for name in ("cochran_q", "i_squared", "neg_log10_p_q")}
        parts.append(pd.concat([own, whole]).assign(**named))
    if not parts:
        return pd.DataFrame()
    data = pd.concat(parts, ignore_index=True)
    numeric = ["effect", "standard_error", "neg_log10_p_without", "cochran_q", "i_squared", "neg_log10_p_q"]
    data[numeric] = data[numeric].astype(np.float64)
    half = NORMAL_95 * data["standard_error"]
    shown = [*KEY, "cohort", "carriers", "effect", "standard_error", "lower", "upper", *numeric[2:]]
    return data.assign(lower=data["effect"] - half, upper=data["effect"] + half)[shown]


def _draw(panel: Axes, rows: pd.DataFrame) -> None:
    """Draw one gene."""
    place = np.arange(len(rows))
    own, whole = rows.iloc[:-1], rows.iloc[-1]
    weight = (1 / own["standard_error"] ** 2).fillna(0).to_numpy()
    panel.hlines(place[:-1], own["lower"], own["upper"], color=svg.FIRST, linewidth=1.2)
    panel.scatter(
        own["effect"],
        place[:-1],
        s=12 + 60 * weight / max(weight.sum(), 1e-300),
        marker="s",
        color=svg.FIRST,
        zorder=3,
    )
    ends = [(whole["lower"], 0.0), (whole["effect"], 0.3), (whole["upper"], 0.0), (whole["effect"], -0.3)]
    panel.fill(*zip(*((x, place[-1] + y) for x, y in ends), strict=True), color=svg.MARK, linewidth=0)
    panel.axvline(0, color=svg.LINE, linewidth=0.9)
    panel.axvline(whole["effect"], color=svg.MARK, linewidth=0.8, linestyle=DOTTED)
    panel.set_yticks(place, rows["cohort"])
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.set_title(_title(whole))
    panel.set_xlim(*_limits(rows))
    left, width = ACROSS[0], ACROSS[1] - ACROSS[0]
    for height, row in zip(place.tolist(), rows.to_dict("records"), strict=True):
        own = row["cohort"] != TOGETHER
        without = plain_p(row["neg_log10_p_without"]) if own else ""
        carriers = numbers.count(row["carriers"]) if own else ""
        for text, across in zip((carriers, _with_interval(row), without), COLUMNS.values(), strict=True):
            at, by = (across - left) / width, panel.get_yaxis_transform()
            panel.text(at, height, text, transform=by, size=8, ha="center", va="center")


def _title(gene: pd.Series) -> str:
    """Name the gene and its mask, and say how far cohorts differ."""
    named = f"{gene['gene']}: {wording.mask_words(str(gene['mask']))}, ≤ {numbers.percent(gene['max_af'])}"
    if np.isnan(gene["cochran_q"]):
        return f"{named}; one cohort alone tells of carriers"
    return (
        f"{named}; Q {numbers.estimate(gene['cochran_q'])}, p of Q {plain_p(gene['neg_log10_p_q'])}, "
        f"I² {100 * gene['i_squared']:.0f}%"
    )


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Give the ends of the axis: all effects, and intervals as far as three times the whole one's reach."""
    whole = rows.iloc[-1]
    reach = 3 * (whole["upper"] - whole["lower"])
    least = min(rows["effect"].min(), max(rows["lower"].min(), whole["effect"] - reach), 0.0)
    most = max(rows["effect"].max(), min(rows["upper"].max(), whole["effect"] + reach), 0.0)
    margin = 0.05 * (most - least)
    return least - margin, most + margin


def _with_interval(row: dict[str, Any]) -> str:
    estimate, interval = numbers.effect(row)
    return f"{estimate} ({interval})" if interval else estimate


def plain_p(neg_log10_p: float) -> str:
    """Write a p-value, given as -log10, without markup."""
    if not numbers.present(neg_log10_p):
        return numbers.NOTHING
    if neg_log10_p < 3:
        return numbers.number(10**-neg_log10_p, 2)
    digits, _, exponent = f"{10 ** (np.ceil(neg_log10_p) - neg_log10_p):.1e}".partition("e")
    power = int(exponent) - int(np.ceil(neg_log10_p))
    powers = str(power).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
    return f"{digits}\u202f\u00d7\u202f10{powers}"
