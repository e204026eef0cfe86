"""The data checks that need a trait's model: shared event times, and visits missed by those who do badly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.null_models.null_model import Fit
from association.phenotypes.checks.missingness import Missingness, informative_missingness
from association.phenotypes.timeline import dates_of, months_between
from association.problems import InputError, Problem
from jobs.clinical.checks import STOP, CheckOutcome
from jobs.clinical.read import Clinical
from jobs.study_checks import Checks

if TYPE_CHECKING:
    from jobs.traits.prepared import PreparedTrait

# Above this share of tied events the ties' treatment decides the result; rows are flagged.
MANY_TIES = 0.3
# Where gaps depend on the last score beyond doubt.
INFORMATIVE_P = 0.01
MEANINGS = {
    "many_ties": "more than 30% of event times shared",
    "informative_missingness": "missed visits depend on the last score",
}


def check_trait(
    checks: Checks, clinical: Clinical, fit: Fit, visits: pd.DataFrame | None, patients: NDArray[np.int64]
) -> tuple[CheckOutcome, ...]:
    """Check one trait.

    Parameters
    ----------
    checks
        What each check leads to.
    clinical
        The study's tables.
    fit
        The trait's null model.
    visits
        Of a trait of visits: position, months, value.
    patients
        Position among the participants of each sample that is in.
    """
    outcomes = []
    if "tied_fraction" in fit.details:
        outcomes.append(_outcome("many_ties", checks.many_ties, list(_ties(fit.details["tied_fraction"]))))
    if visits is not None:
        outcomes.append(
            _outcome(
                "informative_missingness",
                checks.informative_missingness,
                list(_gaps(visits, _followed(clinical, visits, patients))),
            )
        )
    return tuple(outcomes)


def stop_where_asked(checks: Checks, traits: Sequence[PreparedTrait]) -> None:
    """Stop for what the study file asks to stop for.

    Raises
    ------
    InputError
        With what was found in all traits.
    """
    problems = [
        Problem(f"trait '{trait.name}'", f"{found}; checks.{one.name} is set to stop, and may be set to warn")
        for trait in traits
        for one in trait.checks
        if one.action == STOP
        for found in one.findings["found"]
    ]
    if problems:
        raise InputError("data checks", problems)


def _outcome(name: str, action: str, found: list[str]) -> CheckOutcome:
    return CheckOutcome(name, MEANINGS[name], action, pd.DataFrame({"found": found}))


def _ties(share: float) -> Iterator[str]:
    if share > MANY_TIES:
        yield f"{share:.0%} of events share their time with another"


def _gaps(visits: pd.DataFrame, followed: pd.Series) -> Iterator[str]:
    tested: Missingness | None = informative_missingness(visits.rename(columns={"position": "patient"}), followed)
    if tested is not None and tested.p_value < INFORMATIVE_P:
        yield (
            f"{tested.gaps:,} of {tested.visits:,} visits have none after them in time; the odds change by a factor "
            f"of {tested.odds_ratio:.3g} for each unit of the last score (p = {tested.p_value:.1e})"
        )


def _followed(clinical: Clinical, visits: pd.DataFrame, patients: NDArray[np.int64]) -> pd.Series:
    """Give the months from each sample's first visit to death, or else to the last contact."""
    people, all_visits = clinical.participants, clinical.visits
    last = dates_of(people, "death_date").fillna(dates_of(people, "last_contact_date"))
    first = all_visits.groupby("patient")["date"].min().reindex(people.index)  # type: ignore[union-attr]
    return months_between(last, first).iloc[patients].reset_index(drop=True)
