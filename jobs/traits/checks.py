"""The data checks that need a trait's model: shared event times, and visits missed by those who do badly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from association.null_models.null_model import Fit
from association.phenotypes.checks.missingness import informative_missingness
from association.phenotypes.timeline import dates_of, months_between
from association.problems import InputError, Problem
from association.results import MANY_TIES
from jobs.clinical.checks import EXCLUDE, STOP, CheckOutcome
from jobs.study.checks import Checks
from jobs.traits.phenotypes import Phenotype

if TYPE_CHECKING:
    from jobs.traits.prepared import PreparedTrait

# Above this share of tied events the ties' treatment decides the result; rows are flagged.
MOST_TIED = 0.3
# Where gaps depend on the last score beyond doubt.
INFORMATIVE, INFORMATIVE_P = "informative_missingness", 0.01
AT_FLOOR = "scores_at_floor"
MEANINGS = {
    MANY_TIES: "more than 30% of event times shared",
    INFORMATIVE: "patients stop coming depending on their last score",
    AT_FLOOR: "visits after the score reached its floor",
}
COLUMNS = ["trait", "found"]


def check_trait(
    trait: str,
    checks: Checks,
    participants: pd.DataFrame,
    fit: Fit,
    derived: Phenotype,
    kept: pd.Series,
    strata: pd.Series,
) -> tuple[CheckOutcome, ...]:
    """Check one trait.

    Parameters
    ----------
    trait
        Its name.
    checks
        What each check leads to.
    participants
        One row per patient (n), in the trait or not.
    fit
        The trait's null model.
    derived
        The trait for every patient.
    kept
        Who is in it (n).
    strata
        Stratum of each patient (n).
    """
    found: list[tuple[str, str, Iterator[str]]] = []
    if "tied_fraction" in fit.details:
        found.append((MANY_TIES, checks.many_ties, _ties(fit.details["tied_fraction"])))
    if derived.visits is not None:
        seen = pd.concat([derived.visits, derived.after_floor]).sort_values(["patient", "months"], kind="stable")
        seen = seen[kept.to_numpy()[seen["patient"].to_numpy()]]
        drop_out = _drop_out(seen, _followed(participants, seen), strata)
        found.append((INFORMATIVE, checks.informative_missingness, drop_out))
    if derived.after_floor is not None:
        found.append((AT_FLOOR, EXCLUDE, _hidden(derived.after_floor)))
    return tuple(
        CheckOutcome(name, MEANINGS[name], action, pd.DataFrame([(trait, one) for one in words], columns=COLUMNS))
        for name, action, words in found
    )


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


def _ties(share: float) -> Iterator[str]:
    if share > MOST_TIED:
        yield f"{share:.0%} of events share their time with another"


def _hidden(after_floor: pd.DataFrame) -> Iterator[str]:
    if len(after_floor):
        patients = after_floor["patient"].nunique()
        yield f"{len(after_floor):,} visits of {patients:,} patients left out: the score can fall no further"


def _drop_out(visits: pd.DataFrame, followed: pd.Series, strata: pd.Series) -> Iterator[str]:
    tested = informative_missingness(visits, followed, strata)
    if tested is not None and tested.p_value < INFORMATIVE_P:
        yield (
            f"{tested.dropped_out:,} patients came no more while they were followed; the odds change by a factor of "
            f"{tested.odds_ratio:.3g} for each unit of the last score (p = {tested.p_value:.1e})"
        )


def _followed(participants: pd.DataFrame, visits: pd.DataFrame) -> pd.Series:
    """Give the months from each patient's first visit with the measure to death, or else to the last contact."""
    last = dates_of(participants, "death_date").fillna(dates_of(participants, "last_contact_date"))
    return months_between(last, visits.groupby("patient")["date"].min().reindex(participants.index))
