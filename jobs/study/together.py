"""Settings of traits that are looked at together, and which traits can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from jobs.study.gene_tests import GeneTest
from jobs.study.named_traits import no_such_trait, not_exchangeable
from jobs.study.section import Name, Section
from jobs.study.traits import Trait

NO_TEST = "no test is a burden or SKAT, whose statistics can be added up over traits"
FEWEST = 2


class Together(Section):
    """Which traits are looked at together."""

    traits: Annotated[
        list[Name] | None,
        Field(description="two or more; null: all whose patients can be exchanged, if there are two; []: none"),
    ] = None


def traits_together(together: Together, traits: Sequence[Trait], tests: Sequence[GeneTest]) -> list[Trait]:
    """Give the traits that are looked at together, in the study's order: two or more, or none."""
    asked = [trait for trait in traits if together.traits is None or trait.name in together.traits]
    fitting = [trait for trait in asked if not_exchangeable(trait) is None]
    return fitting if len(fitting) >= FEWEST and _can_be_added_up(tests) else []


def misfits_of_together(together: Together, traits: Sequence[Trait], tests: Sequence[GeneTest]) -> Iterator[str]:
    """Name what is wrong with the traits that are asked for, as 'place: message'."""
    if not together.traits:
        return
    known = {trait.name: trait for trait in traits}
    for number, name in enumerate(together.traits):
        place = f"together.traits[{number}]"
        if name not in known:
            yield f"{place}: {no_such_trait(name, known)}"
        elif together.traits.index(name) < number:
            yield f"{place}: '{name}' stands there twice; leave one out"
        elif (reason := not_exchangeable(known[name])) is not None:
            yield f"{place}: '{name}' can't be permuted with others: {reason}; leave it out of the list"
    if len(set(together.traits)) < FEWEST:
        yield "together.traits: one trait by itself; name two or more, or [] for none"
    if not _can_be_added_up(tests):
        yield f"together.traits: {NO_TEST}; add one to 'tests'"


def _can_be_added_up(tests: Sequence[GeneTest]) -> bool:
    return any(test.test in ("burden", "skat") for test in tests)
