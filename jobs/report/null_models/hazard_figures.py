"""Whether a hazard model fits: martingale and deviance residuals, and proportional hazards over time.

The martingale residual is events observed less expected. Where a covariate acts in a straight line, its mean is zero
all along the covariate; where it bends, so should the covariate. Scaled Schoenfeld residuals scatter around the
effect at each time: a line that rises or falls is an effect that changes.

References
----------
Therneau TM, Grambsch PM, Fleming TR (1990) Martingale-based residuals for survival models. Biometrika 77:147-160.
doi:10.1093/biomet/77.1.147
Grambsch PM, Therneau TM (1994) Proportional hazards tests and diagnostics based on weighted residuals. Biometrika
81:515-526. doi:10.1093/biomet/81.3.515
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from association.diagnostics.proportional_hazards import ProportionalHazards, proportional_hazards_test
from association.diagnostics.residuals import deviance_residuals
from association.null_models.design import Design
from association.problems import InputError
from jobs.report import svg, wording
from jobs.report.figures import ReportFigure, slug
from jobs.report.null_models.inputs import Floats, TraitPage
from jobs.report.null_models.panels import columns_for, panel_grid, scatter, some_of
from jobs.report.null_models.smooth import draw_smooth

MOST_COVARIATES = 11
COMPONENT = re.compile(r"(?i)pc_?\d+")
# Room for a legend above points, in shares of their spread.
LEGEND = 0.3
HEIGHT = 1.65
OUTCOMES = ((1, "event", svg.FIRST, "D"), (0, "no event", svg.FAINT_INK, "o"))


def shown_covariates(names: Sequence[str], most: int) -> list[str]:
    """Choose covariates to show, in order: where there are too many, components of ancestry make room first."""
    clinical = [name for name in names if not COMPONENT.fullmatch(name)]
    first = [*clinical, *(name for name in names if COMPONENT.fullmatch(name))][:most]
    return [name for name in names if name in first]


def hazard_residual_figure(trait: TraitPage) -> ReportFigure:
    """Draw martingale residuals against each measured covariate, and deviance residuals against the prediction."""
    names = shown_covariates(trait.measured_covariates, MOST_COVARIATES)
    residual = trait.column("residual")
    had_event = (trait.cause == 1).astype(np.float64)
    chosen = some_of(residual.size)
    drawn = []
    with mpl.rc_context(svg.STYLE):
        panels = len(names) + 1
        columns = columns_for(panels)
        figure, axes = panel_grid(panels, columns=columns, height=HEIGHT)
        points = panels * chosen.size
        for panel, name in zip(axes, names, strict=False):
            x = trait.covariates[name].to_numpy(np.float64)
            known = np.isfinite(x)
            own = chosen[known[chosen]]
            drawn.append(_draw_points(panel, x, residual, had_event, own, points).assign(covariate=name))
            draw_smooth(panel, x[known], residual[known])
            panel.set_title(wording.title(name))
        for panel in axes[:-1:columns]:
            panel.set_ylabel("martingale residual")
        predicted, deviance = trait.predicted(), deviance_residuals(residual, had_event)
        predicted = predicted - predicted.mean()
        drawn.append(_draw_points(axes[-1], predicted, deviance, had_event, chosen, points).assign(covariate=""))
        axes[-1].set_title("Deviance residuals")
        axes[-1].set_xlabel(f"predicted {trait.words.effect}")
        axes[-1].set_ylabel("deviance residual")
        axes[-1].set_ylim(top=float(deviance[chosen].max()) + LEGEND * float(np.ptp(deviance[chosen])))
        axes[-1].legend(fontsize=7.8, handletextpad=0.1, borderaxespad=0.1, loc="upper right")
        description = (
            f"Residuals of {wording.plain_words(trait.name)} against its covariates and against the predicted hazard."
        )
        image = svg.inline_svg(figure, name=f"martingale-{slug(trait.name)}", description=description)
    return ReportFigure(image, pd.concat(drawn, ignore_index=True), description)


def _draw_points(panel: Axes, x: Floats, y: Floats, had_event: Floats, chosen: Any, points: int) -> pd.DataFrame:
    """Draw a point per chosen patient, and give them."""
    panel.axhline(0, color=svg.LINE, linewidth=0.9, zorder=1)
    for code, label, color, marker in OUTCOMES:
        rows = chosen[had_event[chosen] == code]
        scatter(panel, x[rows], y[rows], color, points, marker=marker, label=label)
    return pd.DataFrame({"x": x[chosen], "residual": y[chosen], "event": had_event[chosen]})


def schoenfeld(trait: TraitPage) -> ProportionalHazards | None:
    """Give the scaled Schoenfeld residuals; None without a covariate or an event, or if the model is not Cox's."""
    names = list(trait.covariates)
    estimates = trait.estimates
    is_cox = trait.summary.get("kind", "cox") == "cox" and set(names) <= set(estimates)
    if not names or not is_cox or not (trait.cause == 1).any():
        return None
    try:
        return proportional_hazards_test(
            trait.column("entry"),
            trait.column("exit"),
            (trait.cause == 1).astype(np.float64),
            Design(tuple(names), trait.covariates.fillna(0.0).to_numpy(np.float64)),
            np.array([estimates[name] for name in names]),
            strata=trait.samples["stratum"].to_numpy(str),
            ties=trait.summary.get("ties", "efron"),
        )
    except InputError:
        # The page shows what can be shown; a design that no risk set can tell apart was refused when it was fitted.
        return None


def schoenfeld_figure(trait: TraitPage, found: ProportionalHazards) -> ReportFigure:
    """Draw each covariate's effect over time: scaled residuals, their smooth line, and the estimate."""
    names = shown_covariates(list(trait.covariates), MOST_COVARIATES + 1)
    estimates = trait.estimates
    chosen = some_of(found.times.size)
    points = len(names) * chosen.size
    drawn = []
    with mpl.rc_context(svg.STYLE):
        columns = columns_for(len(names))
        figure, axes = panel_grid(len(names), columns=columns, height=HEIGHT)
        for panel, name in zip(axes, names, strict=True):
            values = found.scaled_residuals[:, found.names.index(name)]
            finite = np.isfinite(values)
            low, high = _middle(values[finite])
            known = chosen[(values[chosen] >= low) & (values[chosen] <= high)]
            scatter(panel, found.times[known], values[known], svg.FIRST, points)
            panel.axhline(estimates[name], color=svg.INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=2)
            draw_smooth(panel, found.times[finite], values[finite])
            panel.set_ylim(low, high)
            panel.set_title(wording.title(name))
            drawn.append(pd.DataFrame({"covariate": name, "month": found.times[known], "effect": values[known]}))
        for panel in axes[::columns]:
            panel.set_ylabel(trait.words.effect)
        for panel in axes[-columns:]:
            panel.set_xlabel("months")
        description = (
            f"Scaled Schoenfeld residuals of {wording.plain_words(trait.name)} over time, a panel per covariate."
        )
        image = svg.inline_svg(figure, name=f"schoenfeld-{slug(trait.name)}", description=description)
    return ReportFigure(image, pd.concat(drawn, ignore_index=True), description)


def _middle(values: Floats) -> tuple[float, float]:
    """Give an axis that holds all but a few of the values, so that the line can be read."""
    if values.size == 0:
        return -1.0, 1.0
    low, high = (float(end) for end in np.quantile(values, [0.005, 0.995]))
    margin = 0.08 * max(high - low, 1e-9)
    return low - margin, high + margin
