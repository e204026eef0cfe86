"""Cohorts that can say nothing of a trait: nobody, or everybody, has the event."""

from __future__ import annotations

import pandas as pd

from association.problems import InputError
from jobs.study.traits import BinaryTrait, CountTrait, OrdinalTrait, StageTrait, TimeTrait, Trait


class SilentTraitError(InputError):
    """A trait in which there is nothing to compare: its cohort can't be tested alone, and merged leaves it."""


def silent_cohorts(trait: Trait, values: pd.DataFrame, cohorts: pd.Series, kept: pd.Series) -> pd.Series:
    """Give the reason (n) to leave out whole cohorts, in which every gene would have a score and a variance of zero.

    Parameters
    ----------
    trait
        Its settings.
    values
        The trait for every participant (n).
    cohorts
        Cohort of each (n).
    kept
        Who would be in the trait (n).
    """
    reason = pd.Series(None, index=values.index, dtype=object)
    for name in sorted(cohorts[kept].unique()):
        own = kept & (cohorts == name)
        if words := says_nothing(trait, values[own]):
            reason[own] = f"cohort '{name}': {words}"
    return reason


def says_nothing(trait: Trait, values: pd.DataFrame) -> str:
    """Say why patients have nothing to compare; empty where they have."""
    if isinstance(trait, TimeTrait):
        return "" if (values["event"] == 1).any() else "no patient has the event"
    if isinstance(trait, CountTrait):
        return "" if (values["value"] > 0).any() else "all patients have a count of 0"
    if isinstance(trait, BinaryTrait | OrdinalTrait | StageTrait):
        return "" if len(set(values["value"])) > 1 else "all patients have the same value"
    return ""
