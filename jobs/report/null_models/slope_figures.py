"""Visits of a slope: some patients' courses with the population's line, and whether the mixed model fits."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from jobs.report import numbers, svg, wording
from jobs.report.figures import WIDTH, ReportFigure, slug
from jobs.report.null_models.inputs import TraitPage
from jobs.report.null_models.own_slopes import OwnLines
from jobs.report.null_models.panels import draw_histogram, panel_grid, scatter, some_of
from jobs.report.null_models.quantile_panel import draw_normal_quantiles
from jobs.report.null_models.smooth import draw_smooth

MOST_COURSES = 60
HIGHLIGHTED = 6
# A course has a shape from three visits on.
FEWEST_VISITS = 3
COURSES_SEED = 607
HEIGHT, ABOVE, BELOW, LEFT, GAP = 3.6, 0.34, 0.48, 0.62, 0.3


def shown_courses(lines: OwnLines) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the patients whose courses are shown, and of these the few with a panel each, from fastest to slowest."""
    able = np.flatnonzero(lines.visits >= FEWEST_VISITS)
    able = able if able.size else np.flatnonzero(lines.visits > 0)
    chosen = np.random.default_rng(COURSES_SEED).choice(able, min(MOST_COURSES, able.size), replace=False)
    by_slope = chosen[np.argsort(lines.slope[chosen], kind="stable")]
    place = np.rint(np.linspace(0.04, 0.96, HIGHLIGHTED) * (by_slope.size - 1)).astype(int)
    return np.sort(chosen).astype(np.int64), by_slope[np.unique(place)].astype(np.int64)


def courses_figure(trait: TraitPage, visits: pd.DataFrame, lines: OwnLines) -> ReportFigure:
    """Draw the visits of some patients with the population's line, and a panel each for a few of them."""
    chosen, few = shown_courses(lines)
    shown = visits[visits["position"].isin(chosen)].sort_values(["position", "months"], kind="stable")
    by_patient = dict(list(shown.groupby("position")))
    total = ABOVE + HEIGHT + BELOW
    with mpl.rc_context(svg.STYLE):
        figure = Figure(figsize=(WIDTH, total))
        wide = 0.46 * WIDTH
        everyone = figure.add_axes((LEFT / WIDTH, BELOW / total, (wide - LEFT) / WIDTH, HEIGHT / total))
        _draw_courses(everyone, by_patient, few, lines)
        everyone.set_title(f"{len(chosen)} patients, drawn at random")
        grid = figure.add_gridspec(
            2, 3, left=(wide + 0.75) / WIDTH, right=1 - 0.1 / WIDTH, bottom=BELOW / total, top=1 - ABOVE / total,
            wspace=0.12, hspace=0.34,
        )  # fmt: skip
        for place, patient in enumerate(few):
            panel = figure.add_subplot(grid[place], sharex=everyone, sharey=everyone)
            _draw_course(panel, by_patient[patient], patient, lines)
            panel.tick_params(labelleft=place % 3 == 0, labelbottom=place >= 3)
            if place >= 3:
                panel.set_xlabel("months")
        description = (
            f"Visits of {len(chosen)} patients of {wording.plain_words(trait.name)} with the population's line; "
            f"{len(few)} of them with their own fitted lines, from the fastest to the slowest."
        )
        image = svg.inline_svg(figure, name=f"courses-{slug(trait.name)}", description=description)
    data = shown.assign(highlighted=shown["position"].isin(few)).drop(columns="position")
    return ReportFigure(image, data, description)


def _draw_courses(panel: Axes, by_patient: dict[int, pd.DataFrame], few: NDArray[np.int64], lines: OwnLines) -> None:
    """Draw a grey line per patient; those with a panel of their own in colour, and the population above all."""
    courses = {patient: rows[["months", "value"]].to_numpy() for patient, rows in by_patient.items()}
    grey = [course for patient, course in courses.items() if patient not in few]
    panel.add_collection(LineCollection(grey, colors=svg.LINE, linewidths=0.8, alpha=0.7))
    panel.add_collection(
        LineCollection([courses[patient] for patient in few], colors=svg.FIRST, linewidths=1.1, alpha=0.95)
    )
    singles = np.array([course[0] for course in grey if len(course) == 1]).reshape(-1, 2)
    panel.scatter(singles[:, 0], singles[:, 1], s=6, color=svg.LINE, linewidths=0)
    every = np.concatenate(list(courses.values()))
    lowest, highest = float(every[:, 1].min()), float(every[:, 1].max())
    margin = 0.04 * max(highest - lowest, 1e-9)
    panel.set_xlim(min(0.0, float(every[:, 0].min())), 1.02 * float(every[:, 0].max()))
    panel.set_ylim(lowest - margin, highest + margin)
    ends = np.array(panel.get_xlim())
    panel.plot(ends, lines.mean_level + lines.mean_slope * ends, color=svg.PAPER, linewidth=4.5)
    panel.plot(ends, lines.mean_level + lines.mean_slope * ends, color=svg.MARK, linewidth=2.2, label="population")
    panel.legend(loc="upper right", fontsize=8, borderaxespad=0.1)
    panel.set_xlabel("months")
    panel.set_ylabel("value at the visit")


def _draw_course(panel: Axes, visits: pd.DataFrame, patient: int, lines: OwnLines) -> None:
    """Draw one patient's visits with the fitted line and the population's."""
    ends = np.array(panel.get_xlim())
    panel.plot(ends, lines.mean_level + lines.mean_slope * ends, color=svg.MARK, linewidth=1, alpha=0.7)
    span = np.array([visits["months"].min(), visits["months"].max()])
    panel.plot(span, lines.level[patient] + lines.slope[patient] * span, color=svg.FIRST, linewidth=1.8)
    panel.scatter(visits["months"], visits["value"], s=9, color=svg.INK, linewidths=0, zorder=3)
    words = f"{numbers.estimate(float(lines.slope[patient]))} a month"
    panel.set_title(words, size=8, weight="normal")


def slope_fit_figure(trait: TraitPage, lines: OwnLines) -> ReportFigure:
    """Draw how patients' slopes are spread, residuals by fitted value and against the normal, and visits each."""
    chosen = some_of(lines.residual.size)
    seen = lines.visits > 0
    with mpl.rc_context(svg.STYLE):
        figure, (slopes, visits, residuals, normal) = panel_grid(4, columns=2, height=1.9)
        spread = draw_histogram(slopes, lines.slope[seen])
        slopes.axvline(lines.mean_slope, color=svg.MARK, linewidth=1.8)
        slopes.set_title("Patients\u2019 own slopes")
        slopes.set_xlabel(trait.words.effect)
        slopes.set_ylabel("patients")
        counted = draw_histogram(visits, lines.visits[seen].astype(np.float64))
        visits.set_title("Number of visits")
        visits.set_xlabel("visits of a patient")
        visits.set_ylabel("patients")
        residuals.axhline(0, color=svg.LINE, linewidth=0.9)
        fitted, left = lines.fitted[chosen], lines.residual[chosen]
        scatter(residuals, fitted, left, svg.FIRST, 2 * chosen.size)
        draw_smooth(residuals, lines.fitted, lines.residual)
        residuals.set_title("Residuals by fitted value")
        residuals.set_xlabel("on the patient\u2019s own line")
        residuals.set_ylabel("visit less line")
        points = draw_normal_quantiles(normal, lines.residual)
        description = (
            f"How well the mixed model of {wording.plain_words(trait.name)} fits: slopes, visits, residuals."
        )
        image = svg.inline_svg(figure, name=f"slopes-{slug(trait.name)}", description=description)
    parts = {
        "slopes": spread,
        "visits": counted,
        "residuals": pd.DataFrame({"fitted": fitted, "residual": left}),
        "normal": points,
    }
    data = pd.concat([part.assign(shown=name) for name, part in parts.items()], ignore_index=True)
    return ReportFigure(image, data, description)
