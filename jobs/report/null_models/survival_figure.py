"""Survival curves of a time to an event, with the number at risk below: of all patients, and by stratum.

Without a competing event these are Kaplan-Meier curves with 95% bands; with one, Aalen-Johansen's cumulative
incidence of both. Who entered late counts from entry on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from association.diagnostics.cumulative_hazards import cumulative_incidence
from association.diagnostics.risk_table import number_at_risk
from association.diagnostics.survival_curves import SurvivalCurve, kaplan_meier, median_survival
from jobs.report import numbers, svg, wording
from jobs.report.figures import WIDTH, ReportFigure, slug
from jobs.report.null_models.inputs import Floats, TraitPage
from jobs.report.null_models.panels import month_ticks, thin_steps

ALL = "all patients"
MOST_STRATA = 6
# A curve begins once so many are at risk, or a twentieth of a small group: earlier risk sets say next to nothing.
FEWEST_AT_RISK = 10
SMALL_GROUP = 20
# The axis ends where so few are left.
SHARE_BEYOND = 0.005
DASHED = (0, (4, 1.6))
LINES: Sequence[tuple[str, Any]] = [
    (color, dashes) for dashes in ("solid", DASHED) for color in (svg.FIRST, svg.SECOND, svg.MARK)
]
CAUSES = {1: "the event", 2: "competing event"}
# Left of the axis, in inches: where a curve's line ends, begins, and where its name ends.
SAMPLE = (0.24, 0.44, 0.48)
HEIGHT, ABOVE, BELOW, LINE_HEIGHT, LEFT = 2.5, 0.34, 0.46, 0.155, 1.34
LONGEST_NAME = 15


@dataclass(frozen=True)
class SurvivalFigure:
    """The curves, and what is read off them.

    Attributes
    ----------
    figure
        Data: group, cause, month, probability, lower, upper (of survival, or of the event where there is a competing
        one); each drawn step.
    at_risk
        group, month, at_risk, under each tick.
    medians
        By group: when half have had the event, with its 95% interval, in words; empty where there is a competing one.
    """

    figure: ReportFigure
    at_risk: pd.DataFrame
    medians: dict[str, str]


def survival_figure(trait: TraitPage) -> SurvivalFigure:
    """Draw the curves of all patients, and by stratum where there are 2 to 6."""
    groups = {ALL: np.ones(len(trait.samples), bool)}
    panels = [[ALL]]
    if 2 <= len(trait.strata) <= MOST_STRATA:
        labels = trait.samples["stratum"].astype(str).to_numpy()
        groups |= {stratum: labels == stratum for stratum in trait.strata}
        panels.append(trait.strata)
    end = float(np.quantile(trait.column("exit"), 1 - SHARE_BEYOND))
    ticks = month_ticks(end)
    curves = {name: _curve(trait, inside, end) for name, inside in groups.items()}
    at_risk = {
        name: number_at_risk(trait.column("entry")[inside], trait.column("exit")[inside], ticks)
        for name, inside in groups.items()
    }
    with mpl.rc_context(svg.STYLE):
        figure, axes = _panels([len(names) for names in panels])
        for panel, names in zip(axes, panels, strict=True):
            _draw(panel, {name: curves[name] for name in names}, end, ticks)
            _write_at_risk(panel, {name: at_risk[name] for name in names}, ticks)
            panel.set_title("All patients" if names == [ALL] else "By stratum")
        axes[0].set_ylabel("probability" if trait.has_competing_event else "share without the event")
        kind = "Cumulative incidence of both events" if trait.has_competing_event else "Kaplan\u2013Meier curve"
        description = f"{kind} of {wording.plain_words(trait.name)} with the number of patients at risk below."
        image = svg.inline_svg(figure, name=f"survival-{slug(trait.name)}", description=description)
    data = pd.concat([curve.assign(group=name) for name, curve in curves.items()], ignore_index=True)
    table = pd.concat(
        pd.DataFrame({"group": name, "month": ticks, "at_risk": counts}) for name, counts in at_risk.items()
    )
    medians = {} if trait.has_competing_event else {name: _median(trait, inside) for name, inside in groups.items()}
    return SurvivalFigure(ReportFigure(image, data, description), table.reset_index(drop=True), medians)


def _fewest(patients: int) -> int:
    return max(1, min(FEWEST_AT_RISK, patients // SMALL_GROUP))


def _kaplan_meier(trait: TraitPage, inside: Any) -> SurvivalCurve:
    entry, exit_ = trait.column("entry")[inside], trait.column("exit")[inside]
    event = (trait.cause[inside] == 1).astype(np.float64)
    return kaplan_meier(entry, exit_, event, fewest_at_risk=_fewest(len(exit_)))


def _curve(trait: TraitPage, inside: Any, end: float) -> pd.DataFrame:
    """Give the drawn steps of a group's curve: cause, month, probability, lower, upper."""
    if not trait.has_competing_event:
        found = _kaplan_meier(trait, inside)
        kept = thin_steps(found.times, end)
        steps = {"probability": found.survival, "lower": found.lower, "upper": found.upper}
        return _steps(found.times, found.starts_at, min(end, found.ends_at), 1.0, kept, steps, cause=1)
    entry, exit_, cause = trait.column("entry")[inside], trait.column("exit")[inside], trait.cause[inside]
    both = cumulative_incidence(entry, exit_, cause, fewest_at_risk=_fewest(len(exit_)))
    kept = thin_steps(both.times, end)
    last = min(end, both.ends_at)
    return pd.concat(
        [
            _steps(both.times, both.starts_at, last, 0.0, kept, {"probability": values}, cause=int(code))
            for code, values in zip(both.causes, both.incidence.T, strict=True)
        ]
    )


def _steps(
    times: Floats, start: float, end: float, first: float, kept: Any, columns: dict[str, Floats], cause: int
) -> pd.DataFrame:
    """Put the start before the kept steps, and the end of observation after them."""
    month = np.concatenate([[start], times[kept], [max(end, start)]])
    table = {"cause": cause, "month": month}
    for name, values in columns.items():
        inner = np.concatenate([[first], values[kept]])
        table[name] = np.append(inner, inner[-1])
    return pd.DataFrame(table)


def _median(trait: TraitPage, inside: Any) -> str:
    found = median_survival(_kaplan_meier(trait, inside))
    if not np.isfinite(found.estimate):
        return "not reached"
    ends = [numbers.number(end) if np.isfinite(end) else "beyond the data" for end in (found.lower, found.upper)]
    return f"{numbers.number(found.estimate)} ({ends[0]} to {ends[1]})"


def _panels(groups: Sequence[int]) -> tuple[Figure, list[Axes]]:
    """Make a panel per set of curves, with room for a line per curve below."""
    below = BELOW + LINE_HEIGHT * (max(groups) + 1.2)
    total = ABOVE + HEIGHT + below
    figure = Figure(figsize=(WIDTH, total))
    width = (WIDTH - len(groups) * LEFT - 0.15) / len(groups)
    axes = [
        figure.add_axes(((LEFT + place * (width + LEFT)) / WIDTH, below / total, width / WIDTH, HEIGHT / total))
        for place in range(len(groups))
    ]
    return figure, axes


def _draw(panel: Axes, curves: dict[str, pd.DataFrame], end: float, ticks: Floats) -> None:
    for place, (name, curve) in enumerate(curves.items()):
        for code, steps in curve.groupby("cause"):
            color, dashes = LINES[place]
            if len(curves) == 1:
                color = LINES[int(code) - 1][0]
            elif code != 1:
                continue
            label = CAUSES.get(int(code), f"cause {code}") if name == ALL else name
            months = steps["month"]
            if "lower" in steps:
                limits = (steps["lower"].ffill(), steps["upper"].ffill())
                alpha = 0.3 / max(1.4, len(curves))
                panel.fill_between(months, *limits, step="post", color=color, alpha=alpha, linewidth=0)
            panel.step(
                months, steps["probability"], where="post", color=color, linestyle=dashes, linewidth=1.5, label=label
            )
    if ALL in curves and (curves[ALL]["cause"] == 2).any():
        panel.legend(loc="upper left", fontsize=7.8, handlelength=2.2, borderaxespad=0.1, labelspacing=0.25)
    panel.set_xlim(0, end)
    panel.set_ylim(0, 1)
    panel.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    panel.grid(axis="y", color=svg.RULE, linewidth=0.5, alpha=0.7)
    panel.set_xlabel("months", labelpad=2)


def _write_at_risk(panel: Axes, at_risk: dict[str, Any], ticks: Floats) -> None:
    """Write the number at risk under each tick, a line per curve that begins with the curve's name and stroke."""
    first = -(BELOW + 0.5 * LINE_HEIGHT) / HEIGHT
    width = panel.get_position().width * WIDTH
    end, begin, name_end = (-place / width for place in SAMPLE)
    words: dict[str, Any] = {"transform": panel.transAxes, "size": 7.8, "va": "center", "ha": "right"}
    panel.text(name_end, first, "At risk", color=svg.FAINT_INK, **words)
    for line, (name, counts) in enumerate(at_risk.items(), start=1):
        height = first - line * LINE_HEIGHT / HEIGHT
        panel.text(name_end, height, _short("all" if name == ALL else name), color=svg.INK, **words)
        if name != ALL:
            color, dashes = LINES[line - 1]
            stroke = {"color": color, "linestyle": dashes, "linewidth": 1.5}
            panel.plot([begin, end], [height] * 2, transform=panel.transAxes, clip_on=False, **stroke)
        for tick, count in zip(ticks, counts, strict=True):
            panel.text(
                tick, height, numbers.count(int(count)), transform=panel.get_xaxis_transform(), ha="center",
                va="center", size=7.8, color=svg.INK,
            )  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "\u2026"
