"""The caption of a gene's survival curves: events, medians, and whether hazards are proportional."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from markupsafe import Markup

from association.gene_profile.profile_columns import CARRIERS, OTHERS
from jobs.report import numbers
from jobs.report.audience import Audience
from jobs.report.gene.effect_words import events_words
from jobs.report.gene.material import GeneTrait
from jobs.report.gene.shown import drawn_curve, known
from jobs.report.withheld.coarse_curve import COARSE_MONTHS

# A p-value of the proportional hazards test that is worth a word, and one that is worth a warning.
HINT, CLEAR = 0.05, 0.01
# A median is told where so many are at risk.
ENOUGH_AT_RISK = 5
NO_MEDIAN = f"a time when fewer than {ENOUGH_AT_RISK} are at risk"


def survival_caption(one: GeneTrait) -> Markup:
    """Explain the survival curves: events, medians, and whether hazards are proportional."""
    sentences = [
        Markup("<strong>Carriers and others.</strong> Kaplan\u2013Meier with delayed entry, and 95% bands{}").format(
            _start(one)
        ),
        *_medians(one),
        *proportional_words(one),
    ]
    clause = events_words(one).removeprefix(", ")
    if clause:
        sentences.insert(1, Markup("Carriers: {}").format(clause))
    return Markup("{}.").format(Markup(". ").join(sentences))


def _start(one: GeneTrait) -> str:
    """Say of whom the curves are, and what came before they start: how many carriers' events only to a site."""
    curves = {group: _curve(one, group) for group in (CARRIERS, OTHERS)}
    if any(curve.empty for curve in curves.values()):
        return ""
    own, others = (_time(one, float(curve["time"].iloc[0])) for curve in curves.values())
    start = own if own == others else f"{own} (carriers) and {others} (others)"
    return f", of those without the event at {start}{_earlier(one)}"


def _earlier(one: GeneTrait) -> str:
    if one.audience is not Audience.SITE:
        return "; earlier events are left out"
    drawn = float(_rows(one, CARRIERS)["events"].sum())
    earlier = known(one.group.get("events_carriers")) - drawn
    if not earlier >= 1:
        return ""
    return f"; {numbers.count(earlier)} earlier event{'' if earlier == 1 else 's'} of carriers left out"


def _rows(one: GeneTrait, group: str) -> pd.DataFrame:
    curves = one.table("curves")
    return curves[curves["group"] == group] if len(curves) else curves


def _curve(one: GeneTrait, group: str) -> pd.DataFrame:
    """Give a group's curve as it is drawn."""
    rows = _rows(one, group)
    return rows if rows.empty else drawn_curve(rows, one.audience)


def _time(one: GeneTrait, time: float) -> str:
    unit = "time" if one.findings.type == "time_to_event" else "month"
    return f"{unit} {time:.1f}".removesuffix(".0")


def _medians(one: GeneTrait) -> Iterator[Markup]:
    medians = {group: known(one.group.get(f"median_{group}")) for group in (CARRIERS, OTHERS)}
    if all(math.isnan(median) for median in medians.values()):
        return
    told = [_median(one, group, median) for group, median in medians.items()]
    yield Markup("Half have had the event by {} (carriers) and {} (others)").format(*told)


def _median(one: GeneTrait, group: str, median: float) -> str:
    """Tell a group's median: not where few are at risk, and to others than a site in steps of time."""
    if math.isnan(median):
        return "no time seen"
    if one.audience is Audience.SITE:
        before = _rows(one, group)
        before = before[before["time"] <= median] if len(before) else before
        few = len(before) > 0 and known(before["at_risk"].iloc[-1]) < ENOUGH_AT_RISK
    else:
        # The exact one is the time of a single person's event. A curve ends where few are at risk.
        median = COARSE_MONTHS * float(np.round(median / COARSE_MONTHS))
        curve = _curve(one, group)
        few = len(curve) > 0 and median > float(curve["time"].max())
    return NO_MEDIAN if few else _time(one, median)


def proportional_words(one: GeneTrait) -> Iterator[Markup]:
    """Say whether the carriers' hazard ratio changes with time."""
    p_value = known(one.group.get("p_proportional"))
    if math.isnan(p_value):
        if numbers.present(reason := one.group.get("reason")):
            yield Markup("Whether the hazard ratio changes with time was not tested: {}").format(reason)
        return
    shown = Markup("Schoenfeld test, p\u00a0=\u00a0{}").format(numbers.p_value(p_value))
    if p_value < CLEAR:
        yield Markup(
            "The carriers\u2019 hazard ratio changes with time ({}): one number does not describe it"
        ).format(shown)
    elif p_value < HINT:
        yield Markup("There is a hint that the carriers\u2019 hazard ratio changes with time ({})").format(shown)
    else:
        yield Markup("Nothing speaks against a hazard ratio that stays the same ({})").format(shown)
