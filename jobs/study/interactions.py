"""Settings of gene x covariate interactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from jobs.study.named_traits import no_such_trait, not_exchangeable
from jobs.study.section import Name, Section
from jobs.study.traits import Trait


class Interaction(Section):
    """A covariate by which carriers of each gene are compared."""

    covariate: Annotated[
        str, Field(description="a column that is among the traits' covariates, e.g. of sex or onset region")
    ]
    traits: Annotated[list[Name] | None, Field(description="null: all whose patients can be exchanged")] = None


def traits_compared(interaction: Interaction, traits: Sequence[Trait]) -> list[Trait]:
    """Give the traits that a covariate is asked of, in the study's order."""
    if interaction.traits is not None:
        return [trait for trait in traits if trait.name in interaction.traits]
    return [trait for trait in traits if not_exchangeable(trait) is None]


def misfits_of_interactions(interactions: Sequence[Interaction], traits: Sequence[Trait]) -> Iterator[str]:
    """Name what is wrong with the interactions that are asked for, as 'place: message'."""
    known = {trait.name: trait for trait in traits}
    asked = [one.covariate for one in interactions]
    for number, one in enumerate(interactions):
        if one.covariate in asked[:number]:
            yield f"interactions[{number}].covariate: '{one.covariate}' stands above; name all its traits there"
        if one.traits == []:
            yield f"interactions[{number}].traits: the list names no trait; name some, or leave it out for all"
        elif not traits_compared(one, traits) and one.traits is None:
            yield f"interactions[{number}].traits: no trait's patients can be exchanged; take the interaction out"
        for place, name in enumerate(one.traits or ()):
            setting = f"interactions[{number}].traits[{place}]"
            if name in (one.traits or ())[:place]:
                yield f"{setting}: '{name}' stands above; name it once"
            elif name not in known:
                yield f"{setting}: {no_such_trait(name, known)}"
            elif (reason := not_exchangeable(known[name])) is not None:
                yield f"{setting}: '{name}': {reason}; leave it out of the list"
