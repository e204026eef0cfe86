"""The caption of a gene's survival curves: events, medians, and whether hazards are proportional."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from markupsafe import Markup

from jobs.report import numbers
from jobs.report.audience import Audience
from jobs.report.gene.effect_words import events_words
from jobs.report.gene.material import GeneTrait
from jobs.report.gene.shown import known
from jobs.report.withheld.coarse_curve import COARSE_MONTHS

# A p-value of the proportional hazards test that is worth a word, and one that is worth a warning.
HINT, CLEAR = 0.05, 0.01


def survival_caption(one: GeneTrait) -> Markup:
    """Explain the survival curves: events, medians, and whether hazards are proportional."""
    sentences = [
        Markup("<strong>Carriers and others.</strong> Kaplan\u2013Meier with delayed entry, and 95% bands"),
        *_medians(one),
        *proportional_words(one),
    ]
    clause = events_words(one).removeprefix(", ")
    if clause:
        sentences.insert(1, Markup("Carriers: {}").format(clause))
    return Markup("{}.").format(Markup(". ").join(sentences))


def _medians(one: GeneTrait) -> Iterator[Markup]:
    own, others = known(one.group.get("median_carriers")), known(one.group.get("median_others"))
    if math.isnan(own) and math.isnan(others):
        return
    if one.audience is not Audience.SITE:
        # The exact one is the time of a single person's event.
        own, others = (COARSE_MONTHS * np.round(median / COARSE_MONTHS) for median in (own, others))
    unit = "time" if one.findings.type == "time_to_event" else "month"
    times = (f"{unit} {median:.1f}".removesuffix(".0") for median in (own, others))
    told = ["no time seen" if time.endswith("nan") else time for time in times]
    yield Markup("Half have had the event by {} (carriers) and {} (others)").format(*told)


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
