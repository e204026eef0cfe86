"""The overview in plain words, made from the numbers.

Every sentence is true of the run at hand or it is not said. Gene symbols come from the user's annotation, so each
sentence is put together as escaped markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from markupsafe import Markup

from association.scan_settings import ALL_MASKS, OMNIBUS
from jobs.report import numbers, wording
from jobs.report.chances import chance_of_smaller, detectable_hazard_ratio
from jobs.report.findings import TraitFindings

ROUGH_BELOW_CARRIERS = 10
MOST_GENES_TOLD = 5


def trait_sentences(findings: TraitFindings, alpha: float) -> list[Markup]:
    """Say what was studied, what was found and what could have been found, for one trait."""
    return [_studied(findings), *_found(findings, alpha), *_could_find(findings)]


def _studied(findings: TraitFindings) -> Markup:
    summary = findings.summary
    events = ""
    if numbers.present(summary.get("events")):
        events = f" with {numbers.count(summary['events'])} {wording.trait_words(findings.type).events}"
    if numbers.present(summary.get("person_months")):
        events += f" in {numbers.count(round(summary['person_months']))} person-months"
    enough = f"{numbers.count(findings.genes_testable)} have enough to pass the line"
    if findings.genes_testable == len(findings.genes):
        enough = "all of these have enough to pass the line"
    return Markup("{} patients{}. Of {} genes, {} have at least 3 carriers, and {}.").format(
        numbers.count(summary["samples"]),
        events,
        numbers.count(findings.genes_reported),
        numbers.count(len(findings.genes)),
        enough,
    )


def _found(findings: TraitFindings, alpha: float) -> Iterator[Markup]:
    if findings.genes.empty:
        yield Markup("No gene could be tested.")
        return
    first = findings.genes.iloc[0]
    if findings.significant.empty:
        yield Markup("<strong>No gene passes</strong> the family-wise {} line of this trait (p ≤ {}).").format(
            numbers.percent(alpha), numbers.p_value(findings.family.threshold)
        )
        yield Markup(
            "The smallest p-value, {} at <em>{}</em>, would come by chance in about {} of 100 such studies."
        ).format(numbers.p_value(first["p_value"]), first["gene"], _in_hundred(_chance(findings, first)))
        return
    passing = len(findings.significant)
    yield Markup("<strong>{} gene{}</strong> the family-wise {} line of this trait (p ≤ {}):").format(
        passing,
        " passes" if passing == 1 else "s pass",
        numbers.percent(alpha),
        numbers.p_value(findings.family.threshold),
    )
    for number in range(min(passing, MOST_GENES_TOLD)):
        yield _gene_sentence(findings, findings.genes.iloc[number], findings.drivers.iloc[number])


def _chance(findings: TraitFindings, first: Any) -> float:
    """Give the chance that no gene has an effect and yet one is as strong as the first."""
    if numbers.present(first["p_family"]):
        return float(first["p_family"])
    smallest = float(first["p_value"])
    # More genes can show this p-value than can reach the line.
    able = int((findings.counting["min_attainable_p"] <= smallest).sum())
    return chance_of_smaller(smallest, max(able, 1))


def _in_hundred(chance: float) -> str:
    return "fewer than 1" if chance < 0.01 else f"{100 * chance:.0f}"


def _gene_sentence(findings: TraitFindings, gene: Any, driver: Any) -> Markup:
    """Say what carriers of one gene have that others have not."""
    told = _events_words(findings, driver) or effect_clause(findings, driver)
    sentence = Markup("<em>{}</em>: {} carriers of {} variants{}; p\u00a0=\u00a0{} ({}).").format(
        gene["gene"],
        numbers.count(driver["carriers"]),
        wording.mask_words(str(driver["mask"])),
        f", {told}" if told else "",
        numbers.p_value(driver["p_value"]),
        wording.test_words(driver),
    )
    adjusted = [
        Markup("{}\u00a0{}").format(words, numbers.p_value(gene[column]))
        for column, words in (("p_family", "adjusted for all genes"), ("q_value", "q\u00a0="))
        if numbers.present(gene[column])
    ]
    if gene["test"] == OMNIBUS:
        adjusted = [Markup("{} p\u00a0=\u00a0{}").format(_over(gene), numbers.p_value(gene["p_value"])), *adjusted]
    if not adjusted:
        return sentence
    return Markup("{} {}.").format(sentence, Markup(", ").join([_capital(adjusted[0]), *adjusted[1:]]))


def _over(gene: Any) -> str:
    return "over all masks and tests" if gene["mask"] == ALL_MASKS else "over all tests"


def _capital(words: Markup) -> Markup:
    return words[:1].upper() + words[1:]


def _events_words(findings: TraitFindings, driver: Any) -> str:
    """Set observed against expected events."""
    if not numbers.present(driver["expected_events"]):
        return ""
    words = wording.trait_words(findings.type)
    direction = words.higher if driver["observed_events"] > driver["expected_events"] else words.lower
    them = f"carriers have them {direction}" if findings.type == "survival" else f"{direction} in carriers"
    observed = numbers.count(driver["observed_events"])
    return f"{observed} {words.events} where {driver['expected_events']:.1f} were expected: {them}"


def effect_clause(findings: TraitFindings, driver: Any) -> str:
    """Say what carriers lose or have more of per allele, where the mask has a burden without weights."""
    unit = wording.burden_unit(driver["effect_weights"], driver["effect_coding"])
    if not numbers.present(driver["effect"]) or unit == wording.UNIT_OF_BURDEN:
        return ""
    words = wording.trait_words(findings.type)
    size = numbers.number(abs(driver["effect"]), 2)
    direction = words.higher if driver["effect"] > 0 else words.lower
    if findings.type == "alsfrs_slope":
        return f"who lose function {direction}, by {size} {words.effect} for each {unit}"
    return f"whose trait is {direction}, by {size} ({words.effect}) for each {unit}"


def _could_find(findings: TraitFindings) -> Iterator[Markup]:
    """Say which hazard ratio could have been found at the median number of carriers of the genes' own masks."""
    events, samples = findings.summary.get("events"), findings.summary.get("samples")
    if findings.type != "survival" or not events or not samples or findings.drivers.empty:
        return
    carriers = numbers.median_count(findings.drivers["carriers"])
    if not numbers.present(carriers) or numbers.withheld(carriers):
        return
    ratio = detectable_hazard_ratio(events=events, carrier_share=carriers / samples, level=findings.family.threshold)
    if np.isfinite(ratio):
        rough = " (a rough figure at so few carriers)" if carriers < ROUGH_BELOW_CARRIERS else ""
        yield Markup(
            "A gene with {} carriers, the median, is found in 4 of 5 studies if its hazard ratio is {}{}."
        ).format(numbers.count(carriers), numbers.number(ratio, 2), rough)
