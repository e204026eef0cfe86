"""Codes as words: masks, tests, methods, traits, cautions, the columns of the results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from association.results import COLUMNS, FLAGS, METHODS, ONE_VARIANT_DRIVEN
from association.scan_settings import ALL_MASKS, OMNIBUS
from jobs.report.driving_rows import PER_ALLELE, UNWEIGHTED
from jobs.report.numbers import present

MASKS = {
    ALL_MASKS: "all masks",
    "plof": "loss of function",
    "plof_or_damaging_missense": "loss of function or damaging missense",
    "missense": "missense",
    "synonymous": "synonymous (control)",
}
TESTS = {"burden": "burden", "skat": "SKAT", "skat_o": "SKAT-O", "acat_v": "ACAT-V", OMNIBUS: "omnibus"}
WEIGHTS = {"beta_1_25": "Beta(1, 25) weights", "madsen_browning": "Madsen\u2013Browning weights"}
SCORE = "score:"
CODINGS = {
    "max": "worst variant",
    "any": "any variant (dominant)",
    "two_hits": "two alleles (recessive)",
}
# What one unit of an unweighted burden is.
UNITS = {PER_ALLELE: "allele", "max": "allele", "any": "carrier", "two_hits": "patient with two alleles"}
UNIT_OF_BURDEN = "unit of burden"
# Cautions in a word or two.
BADGES = {
    ONE_VARIANT_DRIVEN: "one variant drives it",
    "single_variant": "one variant only",
    "one_stratum": "one stratum only",
    "at_resolution_limit": "upper bound",
    "nonproportional_hazards": "hazards not proportional",
}
MEANINGS = {column.name: column.meaning for column in COLUMNS}
ABBREVIATIONS = {
    "als": "ALS",
    "alsfrs": "ALSFRS-R",
    "cmap": "CMAP",
    "d50": "D50",
    "fvc": "FVC",
    "munix": "MUNIX",
    "niv": "NIV",
    "niv23": "NIV23",
    "pc": "PC",
    **{f"pc{number}": f"PC{number}" for number in range(1, 21)},
}


@dataclass(frozen=True)
class TraitWords:
    """How one type of trait is spoken of.

    Attributes
    ----------
    effect
        What an effect is measured in.
    higher, lower
        What carriers have where the effect is positive, and where it is negative.
    events
        What observed and expected events are.
    ratio
        What the exponential of an estimate is; empty where an estimate is read as it is.
    """

    effect: str
    higher: str
    lower: str
    events: str = "events"
    ratio: str = ""


HAZARD = TraitWords("log hazard ratio", "sooner", "later", ratio="hazard ratio")
SUBDISTRIBUTION = TraitWords(
    "log subdistribution hazard ratio", "sooner", "later", ratio="subdistribution hazard ratio"
)
TRAITS = {
    "survival": HAZARD,
    "milestone": HAZARD,
    "time_to_event": HAZARD,
    "alsfrs_slope": TraitWords("points per month", "slower", "faster"),
    "slope": TraitWords("units per month", "more upward", "more downward"),
    "baseline": TraitWords("trait units", "higher", "lower"),
    "progression_rate": TraitWords("points lost per month", "faster", "slower"),
    "d50": TraitWords("months to half of function", "slower", "faster"),
    "joint_rank": TraitWords("ranks of function and survival", "better", "worse"),
    "stage": TraitWords("log odds ratio of a later stage", "later", "earlier", ratio="odds ratio"),
    "quantitative": TraitWords("trait units", "higher", "lower"),
    "binary": TraitWords("log odds ratio", "more often", "less often", events="cases", ratio="odds ratio"),
    "count": TraitWords("log rate ratio", "higher", "lower", events="counts", ratio="rate ratio"),
    "ordinal": TraitWords("log odds ratio", "higher", "lower", ratio="odds ratio"),
}
# Kinds of null model whose estimates are read otherwise than the trait's type says.
MODELS = {"fine_gray": SUBDISTRIBUTION}


def trait_words(trait_type: str, kind: str | None = None) -> TraitWords:
    """Give the words for a type of trait, and for the kind of its null model where that has words of its own."""
    return MODELS.get(kind or "", TRAITS.get(trait_type, TraitWords("effect", "higher", "lower")))


def mask_words(mask: str) -> str:
    """Name a mask in words."""
    return MASKS.get(mask, mask)


def test_words(row: Mapping[str, Any]) -> str:
    """Name a row's test as the literature does, with its coding and weights where they are not the plain ones."""
    return ", ".join(
        filter(None, (test_kind(row["test"]), coding_words(row["coding"]), weight_words(row["weights"])))
    )


def test_kind(test: Any) -> str:
    """Name a kind of test."""
    return TESTS.get(str(test), str(test))


def weight_words(weights: Any) -> str:
    """Name variant weights; nothing where all variants weigh the same."""
    if not present(weights) or weights == UNWEIGHTED:
        return ""
    name = str(weights)
    return f"{name.removeprefix(SCORE)} weights" if name.startswith(SCORE) else WEIGHTS.get(name, name)


def coding_words(coding: Any) -> str:
    """Name how a burden collapses variants; nothing where it is their sum."""
    return CODINGS.get(str(coding), str(coding)) if present(coding) and coding != PER_ALLELE else ""


def burden_unit(weights: Any, coding: Any) -> str:
    """Name what one unit of a burden is."""
    if weights != UNWEIGHTED:
        return UNIT_OF_BURDEN
    return UNITS.get(str(coding) if present(coding) else PER_ALLELE, UNIT_OF_BURDEN)


def method_words(method: Any) -> str:
    """Name how a p-value was made, in a word."""
    return plain_words(method) if present(method) else ""


def method_meanings(methods: Iterable[Any]) -> list[tuple[str, str]]:
    """Explain how p-values were made: each method's name and meaning, in the order of the list of methods."""
    used = {str(method) for method in methods if present(method)}
    return [(plain_words(method), meaning) for method, meaning in METHODS.items() if method in used]


def flag_words(flags: Any) -> list[tuple[str, str]]:
    """Say a row's cautions: in a word or two, and in full."""
    return [(BADGES.get(name, plain_words(name)), FLAGS.get(name, plain_words(name))) for name in flag_names(flags)]


def flag_names(flags: Any) -> list[str]:
    """Give a row's cautions."""
    return [name for name in str(flags).split(";") if name] if present(flags) else []


def plain_words(name: Any) -> str:
    """Write a name from a file as words: `alsfrs_slope` is "ALSFRS-R slope"."""
    words = str(name).replace("_", " ").replace("=", ": ").replace(" x ", " \u00d7 ").split(" ")
    return " ".join(ABBREVIATIONS.get(word, word) for word in words)


def title(name: Any) -> str:
    """Write a name as words that begin a line."""
    words = plain_words(name)
    return words[:1].upper() + words[1:]
