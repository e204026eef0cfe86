"""What each type of trait is, for every participant: its values, or the reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from association.phenotypes.alsfrs import (
    SUBSCORES,
    after_floor,
    measure_visits,
    progression_rate,
    score,
    slope_reasons,
)
from association.phenotypes.d50 import NO_FALL, fit_d50
from association.phenotypes.joint_rank import joint_rank
from association.phenotypes.milestones import Known, known_by_visits, milestone_times, reached_between
from association.phenotypes.nerve import neurophysiological_index
from association.phenotypes.stages import STAGE_4A, stage_at
from association.phenotypes.survival import ORIGINS, survival_times
from association.phenotypes.timeline import dates_of, months_between
from association.phenotypes.visits import baseline_value
from association.problems import InputError, Problem
from jobs.clinical.needed import INDEX, MILESTONE_DATES, PARTS_OF_INDEX
from jobs.clinical.read import Clinical
from jobs.clinical.stages import stages_of
from jobs.study.traits import (
    AlsfrsSlopeTrait,
    BaselineTrait,
    ColumnTrait,
    D50Trait,
    JointRankTrait,
    MilestoneTrait,
    ProgressionRateTrait,
    StageTrait,
    SurvivalTrait,
    TimeToEventTrait,
    Trait,
    VisitTrait,
)
from jobs.traits.covariates import covariate_table


@dataclass(frozen=True)
class Phenotype:
    """A trait for every participant (n).

    Attributes
    ----------
    values
        The trait's columns and `reason`, None where the patient can be used: entry, exit, event and (with competing
        events) cause; or value; nothing more for a trait of visits.
    visits
        For a trait of visits: patient (position), date, months from the first of them, value.
    after_floor
        For a score with a floor: those of its visits that are left out.
    """

    values: pd.DataFrame
    visits: pd.DataFrame | None = None
    after_floor: pd.DataFrame | None = None


def phenotype(trait: Trait, clinical: Clinical, eligible: pd.Series, cohorts: pd.Series | None = None) -> Phenotype:
    """Derive a trait for every participant.

    Parameters
    ----------
    trait
        Its settings.
    clinical
        The study's tables.
    eligible
        Who may be in it, whatever the trait (n): a trait that compares patients leaves the others out.
    cohorts
        Cohort of each (n), where a study has several: patients of two cohorts are not compared.

    Raises
    ------
    InputError
        If the tables lack what it is made of.
    """
    participants = clinical.participants
    if isinstance(trait, SurvivalTrait):
        return Phenotype(survival_times(participants, endpoint=trait.endpoint, origin=trait.origin))
    if isinstance(trait, MilestoneTrait):
        return Phenotype(_milestone(trait, clinical))
    if isinstance(trait, TimeToEventTrait):
        return Phenotype(_time_to_event(trait, clinical))
    if isinstance(trait, ColumnTrait):
        return Phenotype(_numbers(clinical, trait.column, trait.type))
    visits = _visits(clinical)
    if isinstance(trait, VisitTrait):
        return _slope(trait, clinical)
    if isinstance(trait, BaselineTrait):
        return Phenotype(baseline_value(visits, measure(visits, trait.measure), participants))
    if isinstance(trait, ProgressionRateTrait):
        return Phenotype(progression_rate(visits, participants))
    if isinstance(trait, D50Trait):
        return Phenotype(_d50(trait, clinical))
    if isinstance(trait, JointRankTrait):
        if cohorts is None:
            return Phenotype(_joint_rank(trait, clinical, eligible))
        inside = [eligible & (cohorts == name) for name in sorted(cohorts[eligible].unique())]
        ranked = [_joint_rank(trait, clinical, own)[own] for own in inside]
        return Phenotype(pd.concat(ranked).reindex(eligible.index))
    return Phenotype(_stage(trait, clinical))


def _d50(trait: D50Trait, clinical: Clinical) -> pd.DataFrame:
    found = fit_d50(_visits(clinical), clinical.participants).rename(columns={"d50": "value"})
    if trait.transform != "rank_normal":
        return found
    # Whose scores do not fall has a D50 beyond all others': the rank is known, and the slowest must not be left out.
    slowest = found["reason"] == NO_FALL
    return found.assign(value=found["value"].mask(slowest, np.inf), reason=found["reason"].mask(slowest, None))


def _joint_rank(trait: JointRankTrait, clinical: Clinical, eligible: pd.Series) -> pd.DataFrame:
    """Compare the patients who may be in the trait, and nobody else."""
    participants, visits = clinical.participants, _visits(clinical)
    position = np.where(eligible, np.cumsum(eligible) - 1, -1)[visits["patient"].to_numpy()]
    compared = visits.assign(patient=position)[position >= 0].reset_index(drop=True)
    found = joint_rank(participants[eligible].reset_index(drop=True), compared, clock=trait.clock)
    return found.set_axis(participants.index[eligible]).reindex(participants.index)


def _slope(trait: VisitTrait, clinical: Clinical) -> Phenotype:
    participants, visits = clinical.participants, _visits(clinical)
    name = trait.score if isinstance(trait, AlsfrsSlopeTrait) else trait.measure
    used = measure_visits(visits, measure(visits, name), dates_of(participants, "death_date"))
    left_out = None
    if isinstance(trait, AlsfrsSlopeTrait) and trait.floor is not None:
        hidden = after_floor(used, trait.floor * len(SUBSCORES[name]))
        left_out, used = used[hidden], used[~hidden].reset_index(drop=True)
    return Phenotype(pd.DataFrame({"reason": slope_reasons(used, len(participants))}), used, left_out)


def measure(visits: pd.DataFrame, name: str) -> pd.Series:
    """Give a measure of each visit (v): a score of the ALSFRS-R, the neurophysiological index, or a column.

    Raises
    ------
    InputError
        If the visits have no such measure, or not what it is made of.
    """
    if name in SUBSCORES:
        if name != "total" and "item_1" not in visits:
            message = (
                f"the {name.replace('_', ' ')} score needs the 12 items; name their columns in visits.columns.items"
            )
            raise InputError.single("traits", "visits", message)
        return score(visits, name)
    absent = [part for part in (PARTS_OF_INDEX if name == INDEX else (name,)) if part not in visits]
    if absent:
        problems = [
            Problem("visits", f"no measure '{part}'; name its column in visits.columns.{part}") for part in absent
        ]
        raise InputError("traits", problems)
    return neurophysiological_index(visits) if name == INDEX else visits[name]


def _stage(trait: StageTrait, clinical: Clinical) -> pd.DataFrame:
    participants = clinical.participants
    origin = participants[ORIGINS[trait.origin]]
    stages = stages_of(clinical, trait.system)
    found = stage_at(_visits(clinical), stages, participants, months=trait.at_months, origin_date=origin)
    if trait.system == "kings":
        # A gastrostomy after the visit, and before the time, makes stage 4.
        fed = months_between(dates_of(participants, "gastrostomy_date"), origin) <= trait.at_months
        found["value"] = found["value"].mask(fed & (found["value"] < STAGE_4A), STAGE_4A)
    return found


def _milestone(trait: MilestoneTrait, clinical: Clinical) -> pd.DataFrame:
    participants = clinical.participants
    if trait.milestone in ("kings", "mitos", "fvc"):
        visits = _visits(clinical)
        state = measure(visits, "fvc") if trait.milestone == "fvc" else stages_of(clinical, trait.milestone)
        reached = state < trait.below if trait.milestone == "fvc" else state >= (trait.stage or 0)
        reached_date = reached_between(visits, state.notna(), reached, len(participants))
        if trait.milestone == "kings":
            # A gastrostomy makes stage 4, whenever the next visit is.
            fed = dates_of(participants, "gastrostomy_date")
            reached_date = pd.concat([reached_date, fed], axis=1).min(axis=1)
        known = known_by_visits(visits, state.notna(), len(participants))
        times = milestone_times(participants, reached_date=reached_date, known=known, origin=trait.origin)
    else:
        reached_date = (
            clinical.own[trait.column]
            if trait.column is not None
            else dates_of(participants, MILESTONE_DATES[trait.milestone])
        )
        last = participants["last_contact_date"].fillna(participants["death_date"])
        times = milestone_times(
            participants,
            reached_date=reached_date,
            known=Known(last, last),
            origin=trait.origin,
            untold="no milestone date and no last contact date",
        )
    return times.assign(event=(times["cause"] == 1).astype(float))


def _time_to_event(trait: TimeToEventTrait, clinical: Clinical) -> pd.DataFrame:
    columns = {"exit": trait.exit, "event": trait.event} | ({"entry": trait.entry} if trait.entry else {})
    read = {name: _numbers(clinical, column, trait.type) for name, column in columns.items()}
    times = pd.DataFrame({name: one["value"] for name, one in read.items()})
    if trait.entry is None:
        times["entry"] = 0.0
    wrong = times["event"].notna() & ~times["event"].isin((0, 1))
    if wrong.any():
        message = f"{int(wrong.sum())} values are neither 0 nor 1; code the event as 1, censoring as 0"
        raise InputError.single("traits", f"column '{trait.event}'", message)
    reason = pd.Series(None, index=times.index, dtype=object)
    for one in read.values():
        reason = reason.where(reason.notna(), one["reason"])
    unseen = (times["exit"] <= times["entry"]) & reason.isna()
    return times[["entry", "exit", "event"]].assign(reason=reason.mask(unseen, "not followed after entry"))


def _numbers(clinical: Clinical, column: str, trait_type: str) -> pd.DataFrame:
    """Read one of the study's own columns as numbers."""
    texts = covariate_table(clinical)[column]
    values = pd.to_numeric(texts, errors="coerce").astype(float)
    unusable = ~np.isfinite(values) & texts.notna()
    if unusable.any():
        rows = clinical.participants["row"][unusable].sort_values()
        message = (
            f"'{texts[rows.index[0]]}' is not a number; a trait of type {trait_type} needs them: correct it, or say "
            f"what it means in participants.codes, such as {column}: {{1: ['yes'], 0: ['no']}}"
        )
        more = f" (and {len(rows) - 1:,} more rows)" if len(rows) > 1 else ""
        raise InputError.single("traits", f"{clinical.file}, line {rows.iloc[0]}, column '{column}'", message + more)
    reason = values.isna().map({True: f"no value in column '{column}'", False: None})
    return pd.DataFrame({"value": values, "reason": reason})


def _visits(clinical: Clinical) -> pd.DataFrame:
    if clinical.visits is None:
        raise InputError.single("traits", "visits", "this trait needs a visits table")
    return clinical.visits
