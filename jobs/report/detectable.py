"""What a trait could have shown: the smallest effect that is found in 4 of 5 studies, by number of carriers.

By formula (`association.power.formula`), at the trait's line of significance, with the information v of a sample: of
a time to event events over samples, of all else what the burdens' standard errors s say, v = 1 / (s2 K (1 - K / n))
of K carriers among n, at the median of genes.

Ratios are above 1. That carriers are spared is harder to show by few: there are few events that they can lack.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from association.power.formula import carriers_information, detectable_effect
from jobs.report import numbers, wording
from jobs.report.driving_rows import PER_ALLELE, UNWEIGHTED
from jobs.report.findings import TraitFindings

CARRIERS = (5, 10, 20, 40)
# Of fewer carriers the standard error says more of them than of the trait.
ENOUGH_CARRIERS = 5
# A larger ratio is no effect that anyone looks for.
LARGEST_RATIO = 100.0


@dataclass(frozen=True)
class Detectable:
    """What so many carriers can show.

    Attributes
    ----------
    carriers
        Their number.
    genes
        Genes whose strongest mask has at least so many.
    effect
        The effect in words: a ratio, or a size in the trait's units.
    """

    carriers: int
    genes: int
    effect: str


def detectable_effects(findings: TraitFindings) -> list[Detectable]:
    """Give the smallest effects that are found in 4 of 5 studies; nothing where the results don't tell."""
    samples, level = findings.summary.get("samples"), findings.family.threshold
    information = mean_information(findings)
    if information is None or not samples or not math.isfinite(samples) or not math.isfinite(level):
        return []
    ratio = bool(wording.trait_words(findings.type).ratio)
    held = findings.drivers["carriers"]
    return [
        Detectable(
            carriers=number,
            genes=int((held >= number).sum()),
            effect=_words(float(detectable_effect(carriers_information(information, samples, number), level)), ratio),
        )
        for number in CARRIERS
        if number < samples / 2
    ]


def mean_information(findings: TraitFindings) -> float | None:
    """Give what a sample tells of an effect, on average; None where the results don't say."""
    samples, events = findings.summary.get("samples"), findings.summary.get("events")
    if wording.trait_words(findings.type).ratio.endswith("hazard ratio"):
        known = all(isinstance(one, int | float) and math.isfinite(one) and one > 0 for one in (events, samples))
        return float(events) / float(samples) if known else None  # type: ignore[arg-type]
    rows = findings.tested
    plain = (rows["test"] == "burden") & (rows["weights"] == UNWEIGHTED) & (rows["coding"] == PER_ALLELE)
    told = rows[plain & (rows["carriers"] >= ENOUGH_CARRIERS) & (rows["standard_error"] > 0)]
    carriers, of = told["carriers"].to_numpy(np.float64), told["samples"].to_numpy(np.float64)
    per_sample = 1 / (told["standard_error"].to_numpy(np.float64) ** 2 * carriers * (1 - carriers / of))
    usable = per_sample[np.isfinite(per_sample) & (per_sample > 0)]
    return float(np.median(usable)) if usable.size else None


def _words(effect: float, ratio: bool) -> str:
    if not ratio:
        return f"\u00b1\u2009{numbers.number(effect, 2)}"
    size = math.exp(min(effect, numbers.MOST_EXPONENT))
    if size > LARGEST_RATIO:
        return f"beyond {LARGEST_RATIO:.0f}"
    return numbers.number(size, 2)
