"""Settings of mechanisms: which trait may lie between genes and an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from jobs.study.gene_tests import LIST_PREFIX, SEPARATORS, GeneList
from jobs.study.named_traits import no_such_trait, not_exchangeable
from jobs.study.section import Name, Section
from jobs.study.traits import LinearTrait, MilestoneTrait, TimeTrait, Trait, VisitTrait


class Mechanism(Section):
    """A mediator, and the outcomes that genes may reach by it."""

    mediator: Annotated[
        Name, Field(description="a trait of the study with a number per patient, such as a nerve measure or a column")
    ]
    outcomes: Annotated[
        list[Name] | None, Field(description="traits; null: every time to event and every slope of the study")
    ] = None
    genes: Annotated[
        list[str] | None,
        Field(
            description="genes, or list:NAME for those of a gene list; null: the panel's and, of each outcome, those "
            "that are followed up"
        ),
    ] = None


def outcomes_of(mechanism: Mechanism, traits: Sequence[Trait]) -> list[Trait]:
    """Give the traits at the end of a mechanism, in the study's order."""
    if mechanism.outcomes is not None:
        return [trait for trait in traits if trait.name in mechanism.outcomes]
    return [
        trait
        for trait in traits
        if isinstance(trait, TimeTrait | VisitTrait)
        and trait.name != mechanism.mediator
        and no_outcome(trait) is None
    ]


def no_outcome(trait: Trait) -> str | None:
    """Say why a trait can't be an outcome; None where it can."""
    if isinstance(trait, MilestoneTrait) and trait.model == "fine_gray":
        return "hazards of a subdistribution do not add up; name a trait with model: cause_specific"
    if not isinstance(trait, TimeTrait | VisitTrait | LinearTrait):
        return f"a trait of type {trait.type} has no scale on which effects add up; name a time, a slope or a number"
    return not_exchangeable(trait)


def misfits_of_mechanisms(
    mechanisms: Sequence[Mechanism], traits: Sequence[Trait], lists: Sequence[GeneList], cohorts: str | None
) -> Iterator[str]:
    """Name what is wrong with the mechanisms that are asked for, as 'place: message'."""
    known = {trait.name: trait for trait in traits}
    if mechanisms and cohorts is not None:
        yield (
            "mechanism: one model of the mediator over all patients, and with 'cohorts' each cohort has its own; "
            f"take mechanism out, or take 'cohorts' out and name '{cohorts}' in strata"
        )
    for number, one in enumerate(mechanisms):
        place = f"mechanism[{number}]"
        if one.mediator in [other.mediator for other in mechanisms[:number]]:
            yield f"{place}.mediator: '{one.mediator}' stands above; name all its outcomes and genes there"
        if one.mediator not in known:
            yield f"{place}.mediator: {no_such_trait(one.mediator, known)}"
        elif not isinstance(mediator := known[one.mediator], LinearTrait):
            yield (
                f"{place}.mediator: a trait of type {mediator.type} is no number per patient; name one of type "
                "quantitative, baseline, progression_rate or d50"
            )
        elif (reason := not_exchangeable(mediator)) is not None:
            yield f"{place}.mediator: '{one.mediator}': {reason}"
        if one.outcomes is None and not outcomes_of(one, traits):
            yield f"{place}.outcomes: the study has no time to event and no slope; name the outcomes"
        if one.outcomes == []:
            yield f"{place}.outcomes: the list names no trait; name some, or leave it out for all times and slopes"
        for row, name in enumerate(one.outcomes or ()):
            setting = f"{place}.outcomes[{row}]"
            if name in (one.outcomes or ())[:row]:
                yield f"{setting}: '{name}' stands above; name it once"
            elif name not in known:
                yield f"{setting}: {no_such_trait(name, known)}"
            elif name == one.mediator:
                yield f"{setting}: '{name}' is the mediator; leave it out"
            elif (reason := no_outcome(known[name])) is not None:
                yield f"{setting}: '{name}': {reason}"
        for message in _misfits_of_genes(one.genes, [own.name for own in lists]):
            yield f"{place}.{message}"


def _misfits_of_genes(genes: Sequence[str] | None, lists: Sequence[str]) -> Iterator[str]:
    """Name what is wrong with the genes that are asked for, as 'place: message'."""
    if genes == []:
        yield "genes: the list names no gene; name some, or leave it out for the panel's and those followed up"
    for row, gene in enumerate(genes or ()):
        place, name = f"genes[{row}]", gene.removeprefix(LIST_PREFIX)
        if gene in (genes or ())[:row]:
            yield f"{place}: '{gene}' stands above; name it once"
        elif name != gene and name not in lists:
            yield f"{place}: no list '{name}'; add it to gene_lists"
        elif not name or any(one in name for one in SEPARATORS):
            yield f"{place}: '{gene}' is no gene symbol; write one symbol per entry, or take it out"
