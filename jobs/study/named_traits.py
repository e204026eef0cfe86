"""Traits that other settings name: whether there are such, and whether their patients can be exchanged."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from jobs.study.traits import Trait

KINSHIP = "relatives are kept by kinship, and can't be exchanged"
BY_CHROMOSOME = "each chromosome has a null model of its own (polygenic_offset)"


def not_exchangeable(trait: Trait) -> str | None:
    """Say why a trait's patients can't be exchanged; None where they can."""
    if trait.kinship is not None:
        return KINSHIP
    return BY_CHROMOSOME if trait.polygenic_offset is not None else None


def no_such_trait(name: str, known: Collection[str]) -> str:
    """Say that there is no trait of a name, and which may be meant."""
    close = get_close_matches(name, known, 1)
    remedy = f"did you mean '{close[0]}'?" if close else f"the traits are {', '.join(known)}"
    return f"there is no trait '{name}'; {remedy}"
