"""The first words of the overview: what was asked, of whom, and who is left out.

Every sentence is made from the numbers at hand; what is missing or withheld is not spoken of.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from jobs.report import numbers, wording
from jobs.report.findings import TraitFindings
from jobs.report.inputs import ReportInputs

# Reasons that are named; the rest are in their tables.
MOST_REASONS = 3


def opening_sentences(inputs: ReportInputs, traits: Sequence[TraitFindings]) -> list[Markup]:
    """Say what the study asks, of whom, and why others are not in it."""
    if not traits:
        return []
    return [_question(inputs, traits), *_samples(inputs.attrition), *_left_out(traits)]


def _question(inputs: ReportInputs, traits: Sequence[TraitFindings]) -> Markup:
    genes = int(inputs.results["gene"].nunique())
    asked = {1: "one gene was asked", 2: "two genes were asked"}.get(genes, f"{genes:,} genes were asked, one by one")
    return Markup(
        "<strong>Does ALS progress faster or slower in patients who carry rare variants of a gene?</strong> "
        "{}{} {}: {}."
    ).format(
        asked[:1].upper() + asked[1:],
        ", about" if genes > 2 else " about",
        "one trait" if len(traits) == 1 else f"each of {len(traits)} traits",
        listed([wording.plain_words(trait.name) for trait in traits]),
    )


def _samples(attrition: Sequence[Mapping[str, Any]]) -> Iterator[Markup]:
    """Say how many samples quality control left, and what the others fell to."""
    rows = [row for row in attrition if row["unit"] == "sample"]
    whole = next((row for row in rows if row["step"] == "all"), None)
    if whole is None or not all(_told(whole[name]) for name in ("before", "after")):
        return
    passed = "All" if whole["after"] == whole["before"] else f"{numbers.count(whole['after'])} of"
    said = f"{passed} {numbers.count(whole['before'])} sequenced samples passed quality control"
    rules = sorted(
        (row for row in rows if row is not whole and _told(row["excluded"]) and row["excluded"] > 0),
        key=lambda row: -row["excluded"],
    )
    why = [f"{row['reason']} ({numbers.count(row['excluded'])})" for row in rules[:MOST_REASONS]]
    more = " among other reasons" if len(rules) > MOST_REASONS else ""
    yield Markup("{}{}.").format(said, f"; the rest did not: {listed(why)}{more}" if why else "")


def _left_out(traits: Sequence[TraitFindings]) -> Iterator[Markup]:
    """Say who is in each trait, and why others are not."""
    for trait in traits:
        exclusions = trait.summary.get("exclusions", ())
        # A count of few is written so, and comes last.
        out = [row for row in exclusions if numbers.withheld(row["count"]) or (_told(row["count"]) and row["count"])]
        out.sort(key=lambda row: -row["count"])
        if not out or not _told(trait.summary.get("samples")):
            continue
        why = [f"{row['reason']} ({numbers.count(row['count'])})" for row in out[:MOST_REASONS]]
        yield Markup("{} has {} patients; left out: {}{}.").format(
            wording.title(trait.name),
            numbers.count(trait.summary["samples"]),
            listed(why),
            " and more" if len(out) > MOST_REASONS else "",
        )


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _told(value: Any) -> bool:
    """Say whether a count is a number that may be told."""
    return isinstance(value, int | float) and math.isfinite(value)
