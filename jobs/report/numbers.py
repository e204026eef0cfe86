"""Numbers as a reader wants them: sensible digits, powers of ten, intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from jobs.report.audience import Audience
from jobs.report.chances import NORMAL_95, poisson_interval

# A larger exponent is no number any more.
MOST_EXPONENT = 700
NOTHING = "\u2013"
# A count of so few people that it may not be told: no number at all, and smaller than any that may be.
FEW = -math.inf
# The smallest count of people that everybody may see.
LEAST = Audience.CONSORTIUM.least
FEW_WORDS = f"<{LEAST}"


def present(value: Any) -> bool:
    """Say whether a cell holds something."""
    return value is not None and not (isinstance(value, float) and math.isnan(value)) and value != ""


def withheld(value: Any) -> bool:
    """Say whether a cell is a count that is withheld, for it is of too few people."""
    return isinstance(value, float) and value == FEW


def median_count(counts: pd.Series) -> float:
    """Give the median of counts; withheld ones are smaller than all that are told, and so is a median of them."""
    ordered = counts.dropna().astype(float).sort_values().to_numpy()
    if not ordered.size:
        return math.nan
    middle = ordered[(ordered.size - 1) // 2 : ordered.size // 2 + 1]
    return FEW if FEW in middle else float(middle.mean())


def number(value: Any, digits: int = 3) -> str:
    """Write a number with so many significant digits, and thousands apart."""
    if not present(value):
        return NOTHING
    if withheld(value):
        return FEW_WORDS
    value = float(value)
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}".replace("-", "\u2212")


def count(value: Any) -> str:
    """Write a count, thousands apart; expected counts keep one decimal, and few people are not counted."""
    if not present(value):
        return NOTHING
    if withheld(value):
        return FEW_WORDS
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.1f}"


def people(value: Any) -> str:
    """Write a count of people; of 1 to 4 only that they are few, whoever reads it."""
    return FEW_WORDS if present(value) and 0 < value < LEAST else count(value)


def percent(share: Any) -> str:
    """Write a share as a percentage."""
    if not present(share) or withheld(share):
        return NOTHING
    return f"{100 * share:.2g}%" if share < 0.995 else f"{100 * share:.0f}%"


def p_value(value: Any) -> Markup:
    """Write a p-value with two significant digits: decimals down to 0.001, then as a power of ten."""
    if not present(value):
        return Markup(NOTHING)
    decimals, exponent = _mantissa(value)
    return _with_power(decimals, exponent)


def p_interval(row: Mapping[str, Any]) -> Markup:
    """Write the Monte Carlo interval of a p-value; nothing for one that is not counted."""
    lower, upper = row["p_lower"], row["p_upper"]
    if not present(lower) or not present(upper) or lower >= upper:
        return Markup("")
    end, exponent = _mantissa(upper)
    if lower == 0:
        return Markup("0 to {}").format(_with_power(end, exponent))
    start, own_exponent = _mantissa(lower)
    if own_exponent == exponent:
        return Markup("{} to {}").format(start, _with_power(end, exponent))
    return Markup("{} to {}").format(_with_power(start, own_exponent), _with_power(end, exponent))


def _mantissa(value: float) -> tuple[str, int]:
    """Give a p-value's digits, and the power of ten that they are to be multiplied by."""
    rounded = float(f"{value:.1e}")
    if rounded >= 0.001:
        return number(rounded, 2), 0
    exponent = math.floor(math.log10(value)) if value > 0 else -308
    mantissa = round(value / 10.0**exponent, 1)
    return ("1.0", exponent + 1) if mantissa >= 10 else (f"{mantissa:.1f}", exponent)


def _with_power(digits: str, exponent: int) -> Markup:
    # Narrow spaces that no line breaks at.
    power = Markup("&#8239;\u00d7&#8239;10<sup>\u2212{}</sup>").format(-exponent) if exponent else ""
    return Markup("{}{}").format(digits, power)


def estimate(value: Any) -> str:
    """Write an estimate: two decimals, fewer where it is large, two digits where it is small."""
    if not present(value):
        return NOTHING
    return number(value, 2) if not 0.1 <= abs(value) < 10 else f"{value:.2f}".replace("-", "\u2212")


def ratio_of_events(row: Mapping[str, Any]) -> tuple[str, str]:
    """Write observed / expected events, and its exact interval."""
    if not all(present(row[name]) for name in ("observed_events", "expected_events")) or row["expected_events"] <= 0:
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


def exponential(log_ratio: float, standard_error: float) -> tuple[str, str]:
    """Write a log hazard, odds or rate ratio as the ratio, and its 95% interval."""
    half = NORMAL_95 * standard_error
    ratio, lower, upper = (
        math.exp(min(value, MOST_EXPONENT)) for value in (log_ratio, log_ratio - half, log_ratio + half)
    )
    return number(ratio), f"{number(lower)} to {number(upper)}"
