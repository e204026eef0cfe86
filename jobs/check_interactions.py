"""Whether the covariates that interactions are asked of can be: columns, in the null model, and not a stratum."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from association.problems import InputError, Problem
from infra.storage import Place
from jobs.clinical.needed import AGE_AT_ONSET, covariates_of
from jobs.study.file import place_of
from jobs.study.interactions import Interaction, traits_compared
from jobs.study.study import Study, resolve
from jobs.tables.table import Table, closest


def check_interactions(study: Study, path: Place) -> None:
    """Check that carriers can be compared by each covariate, its own effect being in the null model.

    Parameters
    ----------
    study
        Settings.
    path
        Of the study file.

    Raises
    ------
    InputError
        Naming every covariate that is no column or a stratum, or that models lack.
    """
    if not study.interactions:
        return
    columns = _columns(study, path)
    found = [(number, _misfit(study, one, columns)) for number, one in enumerate(study.interactions)]
    problems = [
        Problem(place_of(path, f"interactions[{number}].covariate"), message)
        for number, message in found
        if message is not None
    ]
    if problems:
        raise InputError(path.name, problems)


def _columns(study: Study, path: Place) -> Collection[str]:
    """List the columns of participants, and age at onset, which may be derived of others."""
    table = Table(resolve(path, study.participants.path), sheet=study.participants.sheet)
    return tuple(dict.fromkeys((*table.columns, AGE_AT_ONSET)))


def _misfit(study: Study, one: Interaction, columns: Collection[str]) -> str | None:
    """Say why carriers can't be compared by a covariate; None where they can."""
    name = one.covariate
    if name not in columns:
        shown = ", ".join(f"'{column}'" for column in columns)
        return f"no column '{name}'{closest(name, columns)} in {study.participants.path}; it has {shown}"
    if name in study.strata_columns:
        return (
            f"'{name}' is among the strata, within which carriers are exchanged, so it never varies; make it a "
            "covariate in place of a stratum, or leave it out"
        )
    lacking = list(_lacking(study, one))
    if not lacking:
        return None
    models = f"model of trait {lacking[0]}" if len(lacking) == 1 else f"models of traits {', '.join(lacking)}"
    return (
        f"'{name}' is not in the {models}, so its own effect would pass for an interaction; add it to their "
        "covariates, or name in `traits` those that have it"
    )


def _lacking(study: Study, one: Interaction) -> Iterator[str]:
    """Name the traits whose null models lack a covariate."""
    for trait in traits_compared(one, study.traits):
        if one.covariate not in [own.column for own in covariates_of(study, trait)]:
            yield f"'{trait.name}'"
