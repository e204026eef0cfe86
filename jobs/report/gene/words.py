"""A gene's page in words, each sentence made from the numbers.

What readers may not see is not said; where a sentence would need it, there is no sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from association.results import FLAGS, ONE_VARIANT_DRIVEN
from association.scan_settings import OMNIBUS
from jobs.report import numbers, wording
from jobs.report.audience import Audience
from jobs.report.gene.material import Gene, GeneTrait, Row, first
from jobs.report.gene.shown import known, may_tell
from jobs.report.gene.without import told_without, variant_labels
from jobs.report.withheld.coarse_curve import COARSE_MONTHS

# A p-value of the proportional hazards test that is worth a word, and one that is worth a warning.
HINT, CLEAR = 0.05, 0.01
NOTABLE_P = 0.05
# Ratios beyond are of intervals without an end.
LARGEST_LOG = math.log(1_000)


def trait_words(one: GeneTrait, sites: pd.DataFrame) -> list[Markup]:
    """Say what is known of the gene for one trait, the result first.

    Parameters
    ----------
    one
        The gene and trait.
    sites
        The gene's rows of the profiles' sites, for names of variants.
    """
    return [*_result(one), *_carriers(one), *firth_words(one), *_one_variant(one, sites)]


def _result(one: GeneTrait) -> Iterator[Markup]:
    counting, driver = one.counting, one.driver
    if not driver:
        yield _untested(one)
        return
    if not counting:
        yield Markup("Fewer than 3 carriers: no result that counts.")
        return
    verdict = "passes" if counting["significant"] else "does not pass"
    yield Markup("The gene {} the line of this trait: p\u00a0=\u00a0{}{}.").format(
        verdict, numbers.p_value(counting["p_value"]), _beside(counting)
    )
    if counting["test"] == OMNIBUS:
        yield Markup("Behind it is the {} test of {} variants{}: p\u00a0=\u00a0{}.").format(
            wording.test_words(driver).replace(", ", " (", 1) + (")" if ", " in wording.test_words(driver) else ""),
            wording.mask_words(str(driver["mask"])),
            _ceiling(driver),
            numbers.p_value(driver["p_value"]),
        )


def _untested(one: GeneTrait) -> Markup:
    reasons = [str(reason) for reason in one.rows["reason"].dropna().unique()]
    return Markup("No test{}.").format(f": {', '.join(reasons)}" if reasons else "")


def _beside(counting: Row) -> Markup:
    """Give how p was counted, and what it is after allowing for all genes."""
    parts = []
    if interval := numbers.p_interval(counting):
        parts.append(Markup("95% interval of counting {}").format(interval))
    if numbers.present(counting["p_family"]):
        parts.append(Markup("adjusted for all genes {}").format(numbers.p_value(counting["p_family"])))
    if numbers.present(counting["q_value"]):
        parts.append(Markup("q\u00a0=\u00a0{}").format(numbers.p_value(counting["q_value"])))
    return Markup(" ({})").format(Markup("; ").join(parts)) if parts else Markup("")


def _ceiling(row: Mapping[str, Any]) -> str:
    return f" of frequency at most {numbers.percent(row['max_af'])}" if numbers.present(row["max_af"]) else ""


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


def _carriers(one: GeneTrait) -> Iterator[Markup]:
    """Say what carriers had."""
    driver = one.driver
    if not driver or not may_tell(driver["carriers"], one.audience) or known(driver["carriers"]) == 0:
        return
    carriers = f"{numbers.count(driver['carriers'])} {_plural(driver['carriers'], 'carrier')}"
    variants = f"{numbers.count(driver['variants'])} {_plural(driver['variants'], 'variant')}"
    yield Markup("{} of {}{}.").format(carriers, variants, events_words(one))


def _plural(count: Any, word: str) -> str:
    return word if known(count) == 1 else f"{word}s"


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


def _one_variant(one: GeneTrait, sites: pd.DataFrame) -> Iterator[Markup]:
    """Say whether one variant makes the result, by name where it may be named."""
    flags = wording.flag_names(one.driver.get("flags")) if one.driver else []
    left_out = told_without(one)
    if left_out.empty:
        if ONE_VARIANT_DRIVEN in flags:
            yield Markup("<strong>One variant drives it</strong>: {}.").format(FLAGS[ONE_VARIANT_DRIVEN])
        return
    rests = left_out[left_out["rests_on_it"].fillna(False).astype(bool)]
    if len(rests):
        yield from _driven(one, rests, sites)
    elif len(left_out) == len(one.table("leave_one_out")) > 1 and known(one.driver["p_value"]) <= NOTABLE_P:
        largest = left_out["p_value"].max()
        yield Markup("No single variant makes it: whichever of the {} is left out, p stays at most {}.").format(
            len(left_out), numbers.p_value(largest)
        )


def _driven(one: GeneTrait, rests: pd.DataFrame, sites: pd.DataFrame) -> Iterator[Markup]:
    labels = variant_labels(rests["left_out"], sites)
    lead = "One variant drives it" if len(rests) == 1 else f"It rests on any one of {len(rests)} variants"
    told = [
        Markup("without {}, p\u00a0=\u00a0{}").format(label, numbers.p_value(row["p_value"]))
        if numbers.present(row["p_value"])
        else Markup("without {} nothing is left to test").format(label)
        for label, row in zip(labels, rests.to_dict("records"), strict=True)
    ]
    yield Markup("<strong>{}</strong>: {}, instead of {}.").format(
        lead, Markup("; ").join(told[:3]), numbers.p_value(one.driver["p_value"])
    )


def known_words(gene: Gene, known_genes: pd.DataFrame, set_genes: pd.DataFrame) -> list[Markup]:
    """Say on which lists the gene is, and what is left of it without known carriers."""
    said = []
    lists = set_genes.loc[set_genes["gene"] == gene.symbol, "gene_set"].drop_duplicates().tolist()
    if lists:
        said.append(Markup("On the gene list{} {}.").format("" if len(lists) == 1 else "s", _and(lists)))
    rows = known_genes[(known_genes["kind"] == "gene") & (known_genes["name"] == gene.symbol)]
    said += [
        Markup("{}: p\u00a0=\u00a0{} as it is; {} without known carriers; {} adjusted for them.").format(
            wording.title(row["trait"]), *(_known_p(row, model) for model in ("main", "excluded", "adjusted"))
        )
        for row in rows.to_dict("records")
        if numbers.present(row["p_value_main"])
    ]
    return said


def _known_p(row: Mapping[str, Any], model: str) -> Markup:
    p_value = row[f"p_value_{model}"]
    if numbers.present(p_value):
        return numbers.p_value(p_value)
    return Markup("no test ({})").format(row[f"reason_{model}"] or "no reason told")


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
