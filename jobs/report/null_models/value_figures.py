"""The values of a trait that is measured once, and whether its model fits: numbers, categories, cases, counts."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import norm

from jobs.report import numbers, svg, wording
from jobs.report.figures import ReportFigure, slug
from jobs.report.null_models.inputs import Floats, TraitPage
from jobs.report.null_models.panels import count_axis, draw_histogram, panel_grid, scatter, some_of
from jobs.report.null_models.quantile_panel import draw_normal_quantiles, standardise
from jobs.report.null_models.smooth import draw_smooth

CATEGORICAL = ("binary", "ordinal", "stage")
CASES = {0.0: "controls (0)", 1.0: "cases (1)"}
NUMBERS_CAPTION = (
    "The values, what the model leaves of them, and the same against the normal distribution. Residuals should "
    "scatter evenly around zero; the line is their local mean, its band the 95% interval. The grey band holds 95% of "
    "points, one by one, if residuals are normal."
)
CAPTIONS = {
    "binary": "Cases and controls, and in ten groups of equal size, from the least likely cases to the likeliest, "
    "the share of cases with its 95% interval against the share that the model expects: on the line where it fits.",
    "count": "The counts, and what the model leaves of them, which should scatter around zero; the line is their "
    "local mean, its band the 95% interval.",
}
CATEGORIES_CAPTION = (
    "Patients in each category, and what the model leaves: residuals above zero are of patients in a higher category "
    "than expected. They should scatter around zero; the line is their local mean, its band the 95% interval."
)
# Cases expected and observed are compared in so many groups of equal size.
TENTHS = 10


def value_figure(trait: TraitPage) -> ReportFigure:
    """Draw the values, and the residuals that fit their kind."""
    if trait.type in CATEGORICAL:
        return _category_figure(trait)
    return _number_figure(trait)


def value_caption(trait: TraitPage) -> str:
    """Say what the figure shows."""
    return CAPTIONS.get(trait.type, CATEGORIES_CAPTION if trait.type in CATEGORICAL else NUMBERS_CAPTION)


def _number_figure(trait: TraitPage) -> ReportFigure:
    """Draw a histogram, residuals by fitted value, and, but for counts, residuals against the normal."""
    value, residual = trait.column("value"), trait.column("residual")
    standardised = _standardise_by_cohort(trait, residual)
    fitted = trait.predicted()
    chosen = some_of(value.size)
    with mpl.rc_context(svg.STYLE):
        figure, axes = panel_grid(2 if trait.type == "count" else 3, columns=3, height=2.1)
        parts = {"values": draw_histogram(axes[0], value)}
        axes[0].set_title("Values")
        axes[0].set_xlabel("value")
        axes[0].set_ylabel("patients")
        axes[1].axhline(0, color=svg.LINE, linewidth=0.9)
        scatter(axes[1], fitted[chosen], standardised[chosen], svg.FIRST, chosen.size)
        if np.ptp(fitted) > 0:
            draw_smooth(axes[1], fitted, standardised)
        axes[1].set_title("Residuals by fitted value")
        axes[1].set_xlabel("log of the fitted rate" if trait.type == "count" else "fitted value")
        axes[1].set_ylabel("residual, in standard deviations")
        parts["residuals"] = pd.DataFrame({"fitted": fitted[chosen], "residual": standardised[chosen]})
        if len(axes) > 2:
            parts["normal"] = draw_normal_quantiles(axes[2], standardised)
        description = f"Values of {wording.plain_words(trait.name)} and the residuals of its model."
        image = svg.inline_svg(figure, name=f"values-{slug(trait.name)}", description=description)
    data = pd.concat([part.assign(shown=name) for name, part in parts.items()], ignore_index=True)
    return ReportFigure(image, data, description)


def _standardise_by_cohort(trait: TraitPage, residual: Floats) -> Floats:
    """Divide residuals by their standard deviation, which is each cohort's own."""
    standardised = np.empty(residual.size)
    for own in trait.endings.reset_index(drop=True).groupby(trait.endings.to_numpy()).indices.values():
        standardised[own] = standardise(residual[own])
    return standardised


def _category_figure(trait: TraitPage) -> ReportFigure:
    """Draw patients per category; of cases also the share expected and observed."""
    value = trait.samples["value"]
    counts = value.value_counts().sort_index()
    binary = trait.type == "binary"
    with mpl.rc_context(svg.STYLE):
        figure, axes = panel_grid(2, columns=2, height=2.0)
        panel = axes[0]
        place = np.arange(len(counts))
        panel.bar(place, counts, width=0.62, color=svg.FIRST, linewidth=0, alpha=0.9)
        for at, count in zip(place, counts, strict=True):
            words = f"{numbers.count(int(count))} ({numbers.percent(count / counts.sum())})"
            panel.annotate(
                words, (at, count), xytext=(0, 3), textcoords="offset points", ha="center", size=7.8,
                color=svg.FAINT_INK,
            )  # fmt: skip
        names = [CASES.get(float(one), f"{one:g}") if binary else f"{one:g}" for one in counts.index]
        panel.set_xticks(place, names)
        panel.set_ylim(0, 1.15 * float(counts.max()))
        count_axis(panel)
        panel.set_ylabel("patients")
        panel.set_title("Cases and controls" if binary else "Patients in each category")
        data = pd.DataFrame({"value": counts.index, "patients": counts.to_numpy(), "shown": "values"})
        if binary:
            data = pd.concat([data, _draw_calibration(axes[1], trait).assign(shown="calibration")])
        else:
            data = pd.concat([data, _draw_scores(axes[1], trait).assign(shown="residuals")])
        description = f"Patients in each category of {wording.plain_words(trait.name)}, and how well its model fits."
        image = svg.inline_svg(figure, name=f"values-{slug(trait.name)}", description=description)
    return ReportFigure(image, data.reset_index(drop=True), description)


def _draw_calibration(panel: Axes, trait: TraitPage) -> pd.DataFrame:
    """Draw the share of cases observed against that expected, in tenths of the expected, with Wilson's interval."""
    value = trait.column("value")
    expected = value - trait.column("residual")
    groups = pd.qcut(pd.Series(expected).rank(method="first"), min(TENTHS, value.size), labels=False)
    table = pd.DataFrame({"observed": value, "expected": expected}).groupby(groups).agg(["mean", "size"])
    observed, share = (table[name]["mean"].to_numpy() for name in ("observed", "expected"))
    lower, upper = _wilson(observed, table["observed"]["size"].to_numpy(np.float64))
    top = 1.05 * float(max(upper.max(), share.max()))
    panel.plot([0, top], [0, top], color=svg.LINE, linewidth=0.9)
    panel.vlines(share, lower, upper, color=svg.FIRST, linewidth=1.4)
    panel.scatter(share, observed, s=24, color=svg.FIRST, linewidths=0, zorder=3)
    panel.set_xlim(0, top)
    panel.set_ylim(0, top)
    panel.set_title("Share of cases, by tenths of the expected")
    panel.set_xlabel("expected")
    panel.set_ylabel("observed")
    return pd.DataFrame({"expected": share, "observed": observed, "lower": lower, "upper": upper})


def _wilson(share: np.typing.NDArray[np.float64], size: np.typing.NDArray[np.float64]) -> tuple[
    np.typing.NDArray[np.float64], np.typing.NDArray[np.float64]
]:  # fmt: skip
    """Give Wilson's 95% interval of a share."""
    z = float(norm.isf(0.025))
    middle = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return middle - half, middle + half


def _draw_scores(panel: Axes, trait: TraitPage) -> pd.DataFrame:
    """Draw score residuals by the covariates' prediction, with a smooth line."""
    predicted, residual = trait.predicted(), trait.column("residual")
    predicted = predicted - predicted.mean()
    chosen = some_of(residual.size)
    panel.axhline(0, color=svg.LINE, linewidth=0.9)
    scatter(panel, predicted[chosen], residual[chosen], svg.FIRST, chosen.size)
    if np.ptp(predicted) > 0:
        draw_smooth(panel, predicted, residual)
    panel.set_title("Residuals by prediction")
    panel.set_xlabel("predicted log odds of a higher category (0: average)")
    panel.set_ylabel("score residual")
    return pd.DataFrame({"fitted": predicted[chosen], "residual": residual[chosen]})
