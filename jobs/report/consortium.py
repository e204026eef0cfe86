"""What a report of a meta-analysis says of its cohorts: who they are, who may be in two, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from jobs.report import numbers, wording


@dataclass(frozen=True)
class Consortium:
    """Cohorts whose summaries were combined.

    Attributes
    ----------
    cohorts
        A row per cohort: cohort, capture_kit, caller (None where not told), progex, smallest_cell.
    traits
        A row per trait and cohort that shares it: trait, cohort, samples, events (None where not told).
    overlap
        A row per two cohorts: first, second, why it is unchecked whether a person is in both (None if nobody is), and
        pairs of close relatives (None if there are none).
    above_ceiling
        By trait and mask (mask@ceiling), how many variants are in no mask for their frequency over all cohorts.
    forest, heterogeneity
        The tables of agreement (`association.meta.agreement`).
    """

    cohorts: Sequence[Mapping[str, Any]]
    traits: Sequence[Mapping[str, Any]]
    overlap: Sequence[Mapping[str, Any]]
    above_ceiling: Mapping[str, Mapping[str, int]]
    forest: pd.DataFrame
    heterogeneity: pd.DataFrame


def overlap_sentences(consortium: Consortium) -> list[Markup]:
    """Say whether a person may be in two cohorts."""
    unchecked = [pair for pair in consortium.overlap if pair["unchecked"] is not None]
    said = [
        Markup("<strong>It was not checked whether a person is in both {} and {}</strong>: {}.").format(
            pair["first"], pair["second"], pair["unchecked"]
        )
        for pair in unchecked
    ]
    checked = len(consortium.overlap) - len(unchecked)
    if checked:
        whose = "any two cohorts" if not unchecked else f"the other {checked} pair{'' if checked == 1 else 's'}"
        said.append(Markup("By fingerprints of common genotypes, nobody is in both of {}.").format(whose))
    return said


def about_cohorts(consortium: Consortium, trait: str) -> Iterator[Markup]:
    """List what a reader of a trait's results must bear in mind because cohorts were combined."""
    own = {row["cohort"] for row in consortium.traits if row["trait"] == trait}
    for pair in consortium.overlap:
        if pair["unchecked"] is not None and {pair["first"], pair["second"]} <= own:
            yield Markup(
                "Nobody has checked whether a person is in both {} and {}; one who is counts twice, and makes "
                "p-values too small."
            ).format(pair["first"], pair["second"])
        if pair["relatives"] is not None and {pair["first"], pair["second"]} <= own:
            yield Markup(
                "Pairs of close relatives across {} and {}: {}. They are counted as unrelated, which makes p-values "
                "of variants that they share too small."
            ).format(pair["first"], pair["second"], pair["relatives"])
    if len(own) == 1:
        yield Markup("One cohort alone shares this trait.")
    taken = sum(consortium.above_ceiling.get(trait, {}).values())
    if taken:
        yield Markup(
            "{} variant{} rare enough for a mask in one cohort and not over all; they are in no test of that mask."
        ).format(numbers.count(taken), " is" if taken == 1 else "s are")


def taken_out(consortium: Consortium) -> list[dict[str, Any]]:
    """Give the masks that variants were taken out of, with the trait and how many."""
    return [
        {"trait": trait, "mask": wording.mask_words(mask), "max_af": float(ceiling), "variants": count}
        for trait, masks in consortium.above_ceiling.items()
        for label, count in masks.items()
        if count
        for mask, _, ceiling in [label.rpartition("@")]
    ]
