"""What is said of each trait in a few figures: at the terminal, on the page and in power.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from association.power.power_tables import FEWEST_TOLD, GENES, PANEL, PowerRows
from jobs.power.asked import AskedTrait
from jobs.report import numbers


def trait_summary(asked: AskedTrait, rows: PowerRows) -> dict[str, Any]:
    """Give the figures of a trait.

    Parameters
    ----------
    asked
        The trait and its genes.
    rows
        Of its tables.
    """
    trait, family = asked.asked.trait, asked.asked.family
    median = family.median_carriers
    at_median = next((row for row in rows.detectable if row["carriers"] == median and row["family"] == GENES), None)
    return {
        "name": trait.name,
        "type": trait.type,
        "kind": trait.model.kind,
        "samples": trait.samples,
        "events": trait.events,
        "person_months": None if asked.person_months is None else round(asked.person_months, 1),
        "unit": trait.scale.unit,
        "deviation": None if trait.scale.deviation is None else abs(trait.scale.deviation),
        "genes": family.genes,
        "genes_testable": family.testable if family.from_store else None,
        "effective_tests": family.multiplicity.counted,
        "level": family.multiplicity.threshold,
        "genes_from_store": family.from_store,
        "median_carriers": median,
        "detectable_at_median": None if at_median is None else at_median["detectable"],
        "panels": {
            name: {"carriers": carriers if carriers >= FEWEST_TOLD else None, **_panel(rows, name)}
            for name, carriers in asked.asked.panels.items()
        },
        "detectable": [
            {"carriers": row["carriers"], "family": row["family"], "detectable": row["detectable"]}
            for row in rows.detectable
            if not row["panel"] and row["carriers"] in asked.asked.carriers
        ],
        "reason": trait.reason,
    }


def _panel(rows: PowerRows, name: str) -> dict[str, Any]:
    own = next((row for row in rows.detectable if row["panel"] == name), None)
    return {"detectable": None if own is None else own["detectable"]}


def summary_lines(traits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Give what a person at the terminal reads."""
    for trait in traits:
        events = "" if trait["events"] is None else f", {numbers.count(trait['events'])} events"
        months = trait["person_months"]
        followed = "" if months is None else f", {numbers.count(round(months))} person-months"
        yield f"  trait      {trait['name']}: {trait['samples']:,} samples{events}{followed}"
        yield f"             {genes_words(trait)}"
        if trait["median_carriers"] is not None:
            size = size_words(trait["detectable_at_median"], trait["unit"])
            yield f"             at {trait['median_carriers']} carriers, the median of genes: {size}"
        for family, words in ((GENES, "a gene"), (PANEL, "a panel by itself")):
            sizes = [
                f"{row['carriers']}: {numbers.number(row['detectable'], 2) if row['detectable'] else 'none'}"
                for row in trait["detectable"]
                if row["family"] == family
            ]
            yield f"             {words}, {trait['unit']} found in 4 of 5 studies, by carriers: {', '.join(sizes)}"
        for name, panel in trait["panels"].items():
            number = f"{panel['carriers']:,}" if panel["carriers"] else f"fewer than {FEWEST_TOLD}"
            yield f"             panel {name}: {number} carriers: {size_words(panel['detectable'], trait['unit'])}"
        if trait["reason"]:
            yield f"             {trait['reason']}"


def genes_words(trait: Mapping[str, Any]) -> str:
    """Say how many genes can be significant, and at which level."""
    level = f"p \u2264 {trait['level']:.2g}"
    if not trait["genes_from_store"]:
        return f"{trait['genes']:,} genes, as many as an exome has, share the error rate: {level}"
    return (
        f"{trait['genes_testable']:,} of {trait['genes']:,} genes have enough carriers to be significant; "
        f"{trait['effective_tests']:,} tests share the error rate: {level}"
    )


def size_words(size: float | None, unit: str) -> str:
    """Say which effect is found in four of five studies."""
    if size is None:
        return "no effect that was looked at is found in 4 of 5 studies"
    return f"{unit} {numbers.number(size, 2)} is found in 4 of 5 studies"
