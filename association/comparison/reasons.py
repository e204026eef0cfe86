"""Why a p-value moved: every cause that applies, in the order of `causes.ORDER`, with its share where it has one.

Causes of how the question was asked and answered come from the two rows and settings; causes of who carries what, and
of what became of them, from the carriers (`mask_change`); causes of the trait apply to all of its genes alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from association.comparison import causes
from association.comparison.mask_change import MaskChange
from association.scan_settings import ALL_MASKS, OMNIBUS

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Reason:
    """A cause that applies to a row.

    Attributes
    ----------
    cause
        Its name.
    count
        Variants or people behind it; None where it is of neither.
    share
        Of all that moved the unweighted burden's score; None where it has none.
    told
        What was before and what is now, where that says more; else empty.
    """

    cause: str
    count: int | None = None
    share: float | None = None
    told: str = ""


@dataclass(frozen=True)
class Asked:
    """What of the settings differs between two runs.

    Attributes
    ----------
    masks
        Masks that are ruled otherwise.
    over_masks
        Whether the omnibus over all masks is over others, or over other ceilings.
    tests
        Whether the tests that an omnibus is over are others.
    settings
        Of `causes.CALIBRATION`, `CONDITIONING` and `VERSIONS` those that apply.
    """

    masks: frozenset[str]
    over_masks: bool
    tests: bool
    settings: tuple[str, ...]


@dataclass(frozen=True)
class TraitMoves:
    """What of a trait differs for all genes.

    Attributes
    ----------
    redefined
        Whether it is defined otherwise.
    covariates
        Whether its null model has other covariates or strata, or other values of them.
    others
        Whether other samples, or other outcomes of samples, are in it.
    """

    redefined: bool
    covariates: bool
    others: bool


def reasons(
    old: Row, new: Row, asked: Asked, trait: TraitMoves, change: MaskChange | None, *, renamed: str = ""
) -> list[Reason]:
    """Give every cause that applies to a pair of result rows.

    Parameters
    ----------
    old, new
        The rows.
    asked
        What of the settings differs.
    trait
        What of the trait differs.
    change
        What changed about the carriers of the row's mask; None where that was not looked at.
    renamed
        The gene's name in the old run, where it was another.
    """
    found = [*_of_the_question(old, new, asked, renamed), *_of_the_answer(old, new)]
    if change is not None:
        found += [Reason(name, count, change.share(name)) for name, count in change.counts.items()]
    found += _of_the_trait(trait, change)
    found.sort(key=lambda one: causes.ORDER.index(one.cause))
    return found or [Reason(causes.UNKNOWN)]


def _of_the_question(old: Row, new: Row, asked: Asked, renamed: str) -> Iterator[Reason]:
    over_masks = new["mask"] == ALL_MASKS
    if renamed:
        yield Reason(causes.GENE_RENAMED, told=renamed)
    if new["mask"] in asked.masks or (over_masks and asked.over_masks):
        yield Reason(causes.MASK_RULE)
    if _differ(old["max_af"], new["max_af"]):
        yield Reason(causes.CEILING, told=f"{old['max_af']:g} to {new['max_af']:g}")
    for name in ("weights", "coding"):
        if _differ(old[name], new[name]):
            yield Reason(causes.WEIGHTS, told=f"{old[name]} to {new[name]}")
    if new["test"] == OMNIBUS and asked.tests:
        yield Reason(causes.TESTS)
    yield from (Reason(name) for name in asked.settings)


def _of_the_answer(old: Row, new: Row) -> Iterator[Reason]:
    if not _present(old["p_value"]) or not _present(new["p_value"]):
        return
    if _differ(old["method"], new["method"]):
        yield Reason(causes.METHOD, told=f"{old['method']} to {new['method']}")
    if within_monte_carlo_error(old, new):
        yield Reason(causes.MONTE_CARLO)


def within_monte_carlo_error(old: Row, new: Row) -> bool:
    """Say whether 95% Monte Carlo intervals of two p-values overlap; one that is not counted is its own interval."""
    (low, high), (other_low, other_high) = _interval(old), _interval(new)
    counted = low < high or other_low < other_high
    return counted and low <= other_high and other_low <= high


def _interval(row: Row) -> tuple[float, float]:
    ends = (row["p_lower"], row["p_upper"])
    return ends if all(map(_present, ends)) else (row["p_value"], row["p_value"])


def _of_the_trait(trait: TraitMoves, change: MaskChange | None) -> Iterator[Reason]:
    """Tell of the trait; what same carriers of the same outcome have moved by is the model's, or other samples'."""
    share = None if change is None else change.share(causes.MODEL)
    if trait.redefined:
        yield Reason(causes.REDEFINED)
    if trait.covariates:
        yield Reason(causes.MODEL, share=share)
    if trait.others:
        yield Reason(causes.OTHER_SAMPLES, share=None if trait.covariates else share)


def _present(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _differ(one: Any, other: Any) -> bool:
    """Say whether both are there and differ."""
    return _present(one) and _present(other) and one != other
