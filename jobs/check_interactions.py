"""Whether the covariates that interactions are asked of can be: in the null model, and not a stratum."""

from __future__ import annotations

from collections.abc import Iterator

from association.problems import InputError, Problem
from jobs.clinical.needed import covariates_of
from jobs.study.interactions import traits_compared
from jobs.study.study import Study


def check_interactions(study: Study) -> None:
    """Check that carriers can be compared by each covariate, its own effect being in the null model.

    Raises
    ------
    InputError
        Naming every covariate that is a stratum, or that a trait's model lacks.
    """
    if problems := list(_problems(study)):
        raise InputError("interactions", problems)


def _problems(study: Study) -> Iterator[Problem]:
    for number, one in enumerate(study.interactions):
        place = f"interactions[{number}].covariate"
        if one.covariate in study.strata_columns:
            message = (
                f"'{one.covariate}' is among the strata, within which carriers are exchanged, so it never varies; "
                "make it a covariate in place of a stratum, or leave it out"
            )
            yield Problem(place, message)
            continue
        for trait in traits_compared(one, study.traits):
            if one.covariate not in [own.column for own in covariates_of(study, trait)]:
                message = (
                    f"'{one.covariate}' is not in the model of trait '{trait.name}', so its own effect would pass "
                    "for an interaction; add it to the trait's covariates, or leave the trait out"
                )
                yield Problem(place, message)
