"""The covariates of a null model: estimates with 95% intervals, as a table and as a forest plot.

The table is per unit of the covariate. The plot is per standard deviation of a measured covariate, and yes against
no of any other, so that covariates of different units can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jobs.report import numbers, svg, wording
from jobs.report.chances import NORMAL_95
from jobs.report.figures import ReportFigure, slug
from jobs.report.null_models.inputs import TraitPage

PER_MONTH = " x months"
WIDTH, PANEL_GAP, ROW = 5.0, 0.28, 0.25
# Room for names: by their length, in inches.
NAME_ROOM, NAME_LETTER = 0.22, 0.062
RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 5, 10, 20, 50, 100)
MOST_TICKS = 5
LONGEST_NAME = 27
# Logarithm of the largest ratio written in full.
MOST_READABLE = math.log(10_000)


def coefficient_rows(trait: TraitPage) -> list[dict[str, Any]]:
    """Give the cells of every estimate, a ratio where the model is of logarithms; also per standard deviation."""
    rows = []
    measured = set(trait.measured_covariates)
    for one in trait.summary.get("coefficients", ()):
        name, estimate, error = str(one["name"]), float(one["estimate"]), float(one["standard_error"])
        ratio = bool(trait.words.ratio) and "|" not in name
        covariate = name.removesuffix(PER_MONTH)
        unit = float(trait.covariates[covariate].std()) if covariate in measured else None
        rows.append(
            {
                "name": _long_name(name, trait.words.ratio),
                "effect": _with_interval(estimate, error, ratio),
                "scaled": None if unit is None else _with_interval(unit * estimate, unit * error, ratio),
                "beyond_chance": abs(estimate) > NORMAL_95 * error,
            }
        )
    return rows


def _with_interval(estimate: float, error: float, ratio: bool) -> tuple[str, str]:
    if not ratio:
        return numbers.effect({"effect": estimate, "standard_error": error})
    half = NORMAL_95 * error
    middle, lower, upper = (_ratio(value) for value in (estimate, estimate - half, estimate + half))
    return middle, Markup("{} to {}").format(lower, upper)


def _ratio(logarithm: float) -> str:
    """Write a ratio, as a power of ten where it has too many digits to be read."""
    if abs(logarithm) < MOST_READABLE:
        return numbers.number(math.exp(logarithm))
    exponent = math.floor(logarithm / math.log(10))
    digits = math.exp(logarithm - exponent * math.log(10))
    power = str(exponent).replace("-", "\u2212")
    return Markup("{:.1f}&#8239;\u00d7&#8239;10<sup>{}</sup>").format(digits, power)


def _long_name(name: str, ratio: str) -> str:
    """Name what is no covariate: what is between two categories of an ordinal model, and the level of a ratio's."""
    low, _, high = name.partition("|")
    if high:
        return f"cut point between {low} and {high} (log odds)"
    plain, bracket, cohort = name.partition(" [")
    if plain == "intercept" and ratio:
        return f"intercept{bracket}{cohort} ({ratio.removesuffix(' ratio')} where covariates are 0)"
    return name


def forest_figure(trait: TraitPage) -> ReportFigure | None:
    """Draw the covariates' estimates with their 95% intervals; None where there is no covariate."""
    data = _comparable(trait)
    if data.empty:
        return None
    groups = list(data.groupby("acts_on", sort=False))
    rows = max(len(group) for _, group in groups)
    height = 0.32 + ROW * rows + 0.5
    left_of_all = NAME_ROOM + NAME_LETTER * max(len(_label(name)) for name in data["covariate"])
    width = (WIDTH - left_of_all - 0.15 - (len(groups) - 1) * PANEL_GAP) / len(groups)
    with mpl.rc_context(svg.STYLE):
        figure = Figure(figsize=(WIDTH, height))
        for place, (acts_on, group) in enumerate(groups):
            left = (left_of_all + place * (width + PANEL_GAP)) / WIDTH
            panel = figure.add_axes((left, 0.5 / height, width / WIDTH, ROW * rows / height))
            _draw(panel, group, bool(trait.words.ratio), _axis_words(trait, str(acts_on)))
            panel.set_ylim(rows - 0.5, -0.5)
            panel.tick_params(labelleft=place == 0)
            panel.set_title(str(acts_on) if len(groups) > 1 else "")
        description = (
            f"Estimates of {len(data)} covariate effects of {wording.plain_words(trait.name)} "
            "with their 95% intervals."
        )
        image = svg.inline_svg(figure, name=f"forest-{slug(trait.name)}", description=description)
    return ReportFigure(image, data, description)


def _comparable(trait: TraitPage) -> pd.DataFrame:
    """Give estimates per standard deviation, or per yes against no, with the part of the model they act on."""
    rows = []
    measured = set(trait.measured_covariates)
    for one in trait.summary.get("coefficients", ()):
        name = str(one["name"])
        covariate = name.removesuffix(PER_MONTH)
        if covariate not in trait.covariates:
            continue
        unit = float(trait.covariates[covariate].std()) if covariate in measured else 1.0
        on_slope = name.endswith(PER_MONTH)
        rows.append(
            {
                "covariate": covariate,
                "acts_on": "on the slope" if on_slope else "on the level",
                "unit": unit,
                "estimate": unit * float(one["estimate"]),
                "standard_error": unit * float(one["standard_error"]),
                "measured": covariate in measured,
            }
        )
    data = pd.DataFrame(rows, columns=["covariate", "acts_on", "unit", "estimate", "standard_error", "measured"])
    half = NORMAL_95 * data["standard_error"]
    return data.assign(lower=data["estimate"] - half, upper=data["estimate"] + half)


def _draw(panel: Axes, rows: pd.DataFrame, ratio: bool, label: str) -> None:
    place = np.arange(len(rows))
    lower, middle, upper = (rows[name].to_numpy(np.float64) for name in ("lower", "estimate", "upper"))
    panel.axvline(0, color=svg.LINE, linewidth=0.9, zorder=1)
    panel.hlines(place, lower, upper, color=svg.FIRST, linewidth=1.8, zorder=2)
    panel.scatter(middle, place, s=26, color=svg.FIRST, edgecolor=svg.PAPER, linewidths=0.8, zorder=3)
    panel.set_yticks(place, [_label(name) for name in rows["covariate"]], size=8)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    ends = np.array([min(0, np.nanmin(lower)), max(0, np.nanmax(upper))])
    margin = 0.06 * max(float(np.ptp(ends)), 1e-9)
    panel.set_xlim(ends[0] - margin, ends[1] + margin)
    if ratio:
        ticks = _ratio_ticks(*np.exp(np.clip(panel.get_xlim(), -50, 50)))
        panel.set_xticks(np.log(ticks), [f"{tick:g}" for tick in ticks])
    else:
        panel.locator_params(axis="x", nbins=4)
    panel.set_xlabel(label)


def _label(name: str) -> str:
    words = wording.title(name)
    return words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1] + "\u2026"


def _axis_words(trait: TraitPage, acts_on: str) -> str:
    if trait.words.ratio:
        return trait.words.ratio
    if acts_on == "on the level" and any(str(name).endswith(PER_MONTH) for name in trait.estimates):
        return trait.words.effect.removesuffix(" per month")
    return trait.words.effect


def _ratio_ticks(lowest: float, highest: float) -> Sequence[float]:
    """Choose round ratios within the axis, 1 among them, few enough to be read."""
    inside = [tick for tick in RATIOS if lowest <= tick <= highest]
    while len(inside) > MOST_TICKS:
        one = inside.index(1)
        inside = [tick for place, tick in enumerate(inside) if (place - one) % 2 == 0]
    return inside
