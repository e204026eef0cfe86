"""Cohorts whose carriers have planted effects, with the truth, and the traits that a study makes of their tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from association.simulate.progression import (
    BULBAR_LOG_DECLINE,
    BULBAR_LOG_HAZARD,
    CENTRE_LOG_HAZARDS,
    CENTRES,
    DECLINE,
    LATENT_ON_LOG_DECLINE,
    LATENT_ON_LOG_HAZARD,
    LOG_HAZARD_PER_YEAR_OF_AGE,
    simulate_course,
)
from association.simulate.visits import BEST_TOTAL, simulate_visits
from jobs.clinical.read import read_clinical
from jobs.study.file import read_clinical_study
from jobs.traits.prepare import prepare_traits
from jobs.traits.prepared import PreparedTrait

CARRIER_SHARE = 0.06
# Months after enrolment; by a year some would have died.
SAMPLED_LATE = 12
# Points, on top of the simulator's own.
MORE_NOISE = 2.2


@dataclass(frozen=True)
class Group:
    """Carriers, and what was planted in them: a hazard ratio, and points lost a month beyond their own rate."""

    name: str
    hazard_ratio: float
    extra_decline: float


GROUPS = (
    Group("die_sooner", 6.0, 0.0),
    Group("die_later", 0.4, 0.0),
    Group("decline_faster", 1.0, 0.4),
    Group("both", 3.0, 0.4),
    # No effect, but DNA was sampled late, so that all of them lived to see it.
    Group("sampled_late", 1.0, 0.0),
)
NAMES = [group.name for group in GROUPS]
LOG_HAZARD_RATIOS = {
    "age_at_onset": LOG_HAZARD_PER_YEAR_OF_AGE,
    "onset_region=bulbar": BULBAR_LOG_HAZARD,
    **{f"centre={name}": effect for name, effect in zip(CENTRES[1:], CENTRE_LOG_HAZARDS[1:], strict=True)},
    **{group.name: math.log(group.hazard_ratio) for group in GROUPS},
    "latent": LATENT_ON_LOG_HAZARD,
}


@dataclass(frozen=True)
class Planted:
    """A cohort's tables, with carriers and the latent rate as columns, and each patient's true decline."""

    participants: pd.DataFrame
    visits: pd.DataFrame
    decline: pd.Series


def plant(patients: int, generator: np.random.Generator) -> Planted:
    """Draw a cohort whose carriers have what was planted.

    The latent rate is what the true decline says of it, less what was planted there.
    """
    carried = np.column_stack([generator.random(patients) < CARRIER_SHARE for _ in GROUPS])
    extra: np.ndarray = carried @ np.array([group.extra_decline for group in GROUPS], np.float64)
    hazard: np.ndarray = carried @ np.log([group.hazard_ratio for group in GROUPS])
    course = simulate_course(hazard, extra, generator)
    ids = [f"P{number:05d}" for number in range(patients)]
    log_decline = np.log((course.decline - extra) / DECLINE)
    late = pd.DateOffset(months=SAMPLED_LATE)
    enrolled = pd.Series(course.enrolment.astype("datetime64[D]"))
    sampled = enrolled.where(~carried[:, NAMES.index("sampled_late")], enrolled + late)
    participants = course.participants(ids).assign(
        dna_date=sampled.dt.strftime("%Y-%m-%d"),
        latent=(log_decline - BULBAR_LOG_DECLINE * course.bulbar) / LATENT_ON_LOG_DECLINE,
        **dict(zip(NAMES, carried.T.astype(int), strict=True)),
    )
    # Who has died, or was lost, before the day is in no cohort with DNA.
    there = sampled.to_numpy() < np.minimum(course.event, course.lost).astype("datetime64[D]")
    visits = simulate_visits(course, ids, generator)[["sample", "visit_date", "total"]]
    noise = generator.normal(0, MORE_NOISE, len(visits))
    visits["noisy_total"] = (visits["total"] + noise).round().clip(0, BEST_TOTAL).astype(int)
    participants, decline = participants[there], pd.Series(course.decline, ids)[there]
    return Planted(participants, visits[visits["sample"].isin(participants["sample"])], decline)


def prepare(
    folder: Path,
    participants: pd.DataFrame,
    visits: pd.DataFrame | None,
    traits: Sequence[dict[str, Any]],
    *,
    columns: dict[str, Any] | None = None,
    items: Sequence[str] | None = None,
    **sections: Any,
) -> list[PreparedTrait]:
    """Write tables and a study file, read them as any study's, and prepare the traits.

    Parameters
    ----------
    folder
        Where to write.
    participants, visits
        The tables; there may be no visits.
    traits
        As in a study file.
    columns
        Names of the participants' columns that are not the engine's own.
    items
        Names of the ALSFRS-R items; None where the visits have the total alone.
    sections
        Other sections of the study file.
    """
    participants.to_csv(folder / "participants.tsv", sep="\t", index=False)
    own = {"dna_date": "dna_date"} if columns is None else columns
    study: dict[str, Any] = {
        "name": "Recovery",
        "output": "out",
        "participants": {"path": "participants.tsv", "columns": own},
        "traits": list(traits),
    }
    if visits is not None:
        visits.to_csv(folder / "visits.tsv", sep="\t", index=False)
        study["visits"] = {"path": "visits.tsv", "columns": {"items": list(items)} if items else {}}
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(study | sections, sort_keys=False))
    settings = read_clinical_study(path)
    return prepare_traits(settings, read_clinical(settings, path), None)
