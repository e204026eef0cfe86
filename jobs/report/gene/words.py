"""A gene's page in words, each sentence made from the numbers.

What readers may not see is not said; where a sentence would need it, there is no sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from association.scan_settings import OMNIBUS
from jobs.report import numbers, wording
from jobs.report.driving_rows import few_carry_stronger
from jobs.report.gene.effect_words import events_words, firth_words, size_words
from jobs.report.gene.material import GeneTrait, Row
from jobs.report.gene.one_variant import one_variant_words
from jobs.report.gene.shown import known, may_tell


def trait_words(one: GeneTrait, sites: pd.DataFrame) -> list[Markup]:
    """Say what is known of the gene for one trait, the result first.

    Parameters
    ----------
    one
        The gene and trait.
    sites
        The gene's rows of the profiles' sites, for names of variants.
    """
    return [*_result(one), *_carriers(one), *firth_words(one), *one_variant_words(one, sites)]


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
        if few_carry_stronger(one.rows, known(counting["p_value"]), known(driver["p_value"])):
            yield Markup(
                "A mask with fewer than 3 carriers is stronger: it counts in the gene\u2019s p, but is descriptive."
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


def _carriers(one: GeneTrait) -> Iterator[Markup]:
    """Say what carriers had."""
    driver = one.driver
    if not driver or not may_tell(driver["carriers"], one.audience) or known(driver["carriers"]) == 0:
        return
    carriers = f"{numbers.count(driver['carriers'])} {_plural(driver['carriers'], 'carrier')}"
    variants = f"{numbers.count(driver['variants'])} {_plural(driver['variants'], 'variant')}"
    yield Markup("{} of {}{}.").format(carriers, variants, events_words(one) or size_words(one))


def _plural(count: Any, word: str) -> str:
    return word if known(count) == 1 else f"{word}s"
