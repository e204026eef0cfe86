"""What carriers of a gene have more or less of, in words: events, and how large the effect is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from jobs.report import numbers, wording
from jobs.report.chances import NORMAL_95
from jobs.report.gene.material import GeneTrait, Row, first
from jobs.report.gene.shown import known, may_tell
from jobs.report.summary import effect_clause

# Ratios beyond are of intervals without an end.
LARGEST_LOG = math.log(1_000)


def events_words(one: GeneTrait) -> str:
    """Set observed against expected events: a clause that begins with a comma; empty where it may not be told."""
    driver = one.driver
    observed, expected = known(driver.get("observed_events")), known(driver.get("expected_events"))
    rest = known(driver.get("carriers")) - observed
    told = may_tell(observed, one.audience) and (may_tell(rest, one.audience) or rest < 0)
    if not told or not expected > 0:
        return ""
    words = one.words
    events = words.events if observed != 1 else words.events.removesuffix("s")
    ratio, interval = numbers.ratio_of_events({"observed_events": observed, "expected_events": expected})
    direction = words.higher if observed > expected else words.lower
    verdict = f"; carriers have them {direction}" if _excludes_one(interval) else ""
    return (
        f", {numbers.count(observed)} {events} where {expected:.1f} were expected "
        f"(observed / expected {ratio}, 95% interval {interval}){verdict}"
    )


def _excludes_one(interval: str) -> bool:
    lower, _, upper = interval.partition(" to ")
    return bool(upper) and (float(lower) > 1 or float(upper) < 1)


def size_words(one: GeneTrait) -> str:
    """Say how large the effect is where a trait has no events, as the overview does, in a clause after a comma.

    No direction is named where the interval holds no effect as well; empty where there is nothing to tell.
    """
    driver = one.driver
    effect, error = known(driver.get("effect")), known(driver.get("standard_error"))
    if not one.counting or numbers.present(driver.get("observed_events")) or not error > 0 or math.isnan(effect):
        return ""
    clause = effect_clause(one.findings, driver)
    if not clause:
        return ""
    if directed(effect, error):
        ends = sorted(abs(effect + side * NORMAL_95 * error) for side in (-1, 1))
        return f", {clause} (95% interval {numbers.estimate(ends[0])} to {numbers.estimate(ends[1])})"
    unit = wording.burden_unit(driver["effect_weights"], driver["effect_coding"])
    size, interval = numbers.effect(driver)
    return (
        f", with an effect of {size} {one.words.effect} for each {unit} (95% interval {interval}), which may be none"
    )


def directed(effect: float, error: float) -> bool:
    """Say whether the 95% interval of an estimate leaves out that there is no effect."""
    return abs(effect) > NORMAL_95 * error


def firth_words(one: GeneTrait) -> Iterator[Markup]:
    """Tell Firth's estimate of the carriers' effect, as the ratio that it is the logarithm of."""
    row, words = firth(one), one.words
    if not row or not words.ratio or not events_words(one):
        return
    estimate, lower, upper = (ratio_words(row[f"firth_{name}"]) for name in ("effect", "lower", "upper"))
    yield Markup("{} per allele {} (95% interval {} to {}, Firth).").format(
        words.ratio[:1].upper() + words.ratio[1:], estimate, lower, upper
    )


def ratio_words(log_ratio: Any) -> str:
    """Write a ratio of which the logarithm is known; without end where it has none."""
    if log_ratio > LARGEST_LOG:
        return "more than 1,000"
    return numbers.number(math.exp(log_ratio), 2)


def firth(one: GeneTrait) -> Row:
    """Give the row of effects of the mask behind the p-value, if it has Firth's estimate; empty otherwise."""
    effects = one.table("effects")
    if effects.empty or not one.driver:
        return {}
    own = effects[(effects["mask"] == one.driver["mask"]) & (effects["max_af"] == one.driver["max_af"])]
    row = first(own)
    told = row and all(numbers.present(row[f"firth_{name}"]) for name in ("effect", "lower", "upper"))
    return row if told else {}
