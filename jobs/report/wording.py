"""Numbers and codes as a reader wants them: sensible digits, powers of ten, words for flags and masks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from association.results import FLAGS
from jobs.report.findings import NORMAL_95, poisson_interval

MASKS = {
    "plof": "loss of function",
    "plof_or_damaging_missense": "loss of function or damaging missense",
    "missense": "missense",
    "synonymous": "synonymous (control)",
}
TESTS = {"burden": "burden", "skat": "SKAT"}
WEIGHTS = {"beta_1_25": "Beta(1, 25) weights", "madsen_browning": "Madsen\u2013Browning weights"}
# Weights under which a unit of burden is one allele.
UNWEIGHTED = "flat"
METHODS = {"permutation": "permutation within strata"}
EFFECTS = {
    "survival": "log hazard ratio",
    "alsfrs_slope": "points per month",
    "quantitative": "trait units",
}
ABBREVIATIONS = {"als": "ALS", "alsfrs": "ALSFRS-R", "fvc": "FVC", "niv": "NIV", "pc": "PC"}
# A larger exponent is no number any more.
MOST_EXPONENT = 700
NOTHING = "\u2013"


def mask_words(mask: str) -> str:
    """Name a mask in words."""
    return MASKS.get(mask, mask)


def test_words(test: str) -> str:
    """Name a test as the literature does."""
    return TESTS.get(test, test)


def weight_words(weights: Any) -> str:
    """Name variant weights; nothing where all variants weigh the same."""
    return "" if weights == UNWEIGHTED or not present(weights) else WEIGHTS.get(str(weights), str(weights))


def method_words(method: Any) -> str:
    """Name how a p-value was made."""
    return METHODS.get(str(method), str(method)) if present(method) else NOTHING


def flag_words(flags: Any) -> list[str]:
    """Say a row's cautions in words."""
    names = str(flags).split(";") if present(flags) else []
    return [FLAGS.get(name, name.replace("_", " ")) for name in names if name]


def present(value: Any) -> bool:
    """Say whether a cell holds something."""
    return value is not None and not (isinstance(value, float) and math.isnan(value)) and value != ""


def number(value: Any, digits: int = 3) -> str:
    """Write a number with so many significant digits, and thousands apart."""
    if not present(value):
        return NOTHING
    value = float(value)
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}".replace("-", "\u2212")


def count(value: Any) -> str:
    """Write a count, thousands apart; expected counts keep one decimal."""
    if not present(value):
        return NOTHING
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.1f}"


def percent(share: Any) -> str:
    """Write a share as a percentage."""
    return f"{100 * share:.2g}%" if present(share) else NOTHING


def p_value(value: Any) -> Markup:
    """Write a p-value with two significant digits: decimals down to 0.001, then as a power of ten."""
    if not present(value):
        return Markup(NOTHING)
    rounded = float(f"{value:.1e}")
    if rounded >= 0.001:
        return Markup(number(rounded, 2))
    exponent = math.floor(math.log10(value)) if value > 0 else -308
    mantissa = round(value / 10.0**exponent, 1)
    if mantissa >= 10:
        mantissa, exponent = 1.0, exponent + 1
    return Markup("{}&#8201;\u00d7&#8201;10<sup>\u2212{}</sup>").format(f"{mantissa:.1f}", -exponent)


def p_interval(row: Mapping[str, Any]) -> Markup:
    """Write the Monte Carlo interval of a p-value."""
    if not present(row["p_lower"]) or not present(row["p_upper"]):
        return Markup("")
    lower = p_value(row["p_lower"]) if row["p_lower"] > 0 else Markup("0")
    return Markup("{} to {}").format(lower, p_value(row["p_upper"]))


def estimate(value: Any) -> str:
    """Write an estimate: two decimals, fewer where it is large, two digits where it is small."""
    if not present(value):
        return NOTHING
    return number(value, 2) if not 0.1 <= abs(value) < 10 else f"{value:.2f}".replace("-", "\u2212")


def ratio_of_events(row: Mapping[str, Any]) -> tuple[str, str]:
    """Write observed / expected events, and its exact interval."""
    if not present(row["expected_events"]) or row["expected_events"] <= 0:
        return NOTHING, ""
    lower, upper = poisson_interval(row["observed_events"], row["expected_events"])
    ratio = row["observed_events"] / row["expected_events"]
    return f"{ratio:.2f}", f"{lower:.2f} to {upper:.2f}"


def effect(row: Mapping[str, Any]) -> tuple[str, str]:
    """Write an effect, and its 95% interval."""
    if not present(row["effect"]) or not present(row["standard_error"]):
        return NOTHING, ""
    half = NORMAL_95 * row["standard_error"]
    return estimate(row["effect"]), f"{estimate(row['effect'] - half)} to {estimate(row['effect'] + half)}"


def hazard_ratio(log_ratio: float, standard_error: float) -> tuple[str, str]:
    """Write a log hazard ratio as a hazard ratio, and its 95% interval."""
    half = NORMAL_95 * standard_error
    ratio, lower, upper = (
        math.exp(min(value, MOST_EXPONENT)) for value in (log_ratio, log_ratio - half, log_ratio + half)
    )
    return number(ratio), f"{number(lower)} to {number(upper)}"


def effect_name(trait_type: str) -> str:
    """Name what a trait's effect is measured in."""
    return EFFECTS.get(trait_type, "effect")


def plain_words(name: Any) -> str:
    """Write a name from a file as words: `alsfrs_slope` is "ALSFRS-R slope"."""
    words = str(name).replace("_", " ").replace("=", ": ").replace(" x ", " \u00d7 ").split(" ")
    return " ".join(ABBREVIATIONS.get(word, word) for word in words)


def title(name: Any) -> str:
    """Write a name as words that begin a line."""
    words = plain_words(name)
    return words[:1].upper() + words[1:]
