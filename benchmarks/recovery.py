"""Effects planted in 3,000 patients, as null models find them: hazard ratios, slopes, and slopes in two stages.

Carriers are covariates here, beside age, onset region and centre; the tables are written, read and prepared as any
study's. What each reading of the hazard leaves out:

    entry kept        nothing: the hazard ratios are those planted, given the latent rate
    entry ignored     delayed entry: patients count as at risk from onset on, when they couldn't have died unseen
    rate left out     the latent rate that speeds loss and death alike: what it moves is no longer proportional

Slopes are told against two truths: what was planted, and the difference between the true declines of those who were
enrolled, which is another where carriers must outlive their disease to be enrolled. The first stage of two is each
patient's least squares line, the second an unweighted regression of these slopes. Visits are

    all               down to a score of 0, below which nobody falls: slopes look flatter than they are
    above the floor   up to the first at which few points were left, as the engine takes them by itself
    noisy             above the floor, the total read with an error of 2.5 points in place of 1.1
    noisy, stopping   the same, from patients who come no more once 30 points or fewer were read

    python -m benchmarks.recovery COHORTS
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from association.null_models.design import Design
from benchmarks.planted import GROUPS, LOG_HAZARD_RATIOS, NAMES, Planted, plant, prepare
from jobs.traits.prepared import PreparedTrait

PATIENTS = 3_000
COHORTS = 10
STAY_AWAY = 30
ADJUSTED_FOR = ["age_at_onset", "onset_region", "centre"]
KEPT, IGNORED, LEFT_OUT = "entry kept", "entry ignored", "rate left out"
COX, MIXED, TWO_STAGES = "Cox", "mixed model", "two stages"
ALL_VISITS, ABOVE_FLOOR, NOISY, STOPPING = "all visits", "above the floor", "noisy", "noisy, stopping"


def measure(cohorts: int = COHORTS) -> pd.DataFrame:
    """Give bias, spread and coverage of every estimate over cohorts of 3,000."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            table
            for seed in range(cohorts)
            for planted in [plant(PATIENTS, np.random.default_rng(seed))]
            for table in (hazard_ratios(planted, Path(folder)), slopes(planted, Path(folder)))
        ]
    return summary(pd.concat(rows))


def summary(estimates: pd.DataFrame) -> pd.DataFrame:
    """Summarise estimates over cohorts.

    Bias and error are from the truth among the enrolled where there is one; z, and how often it is within 2, are from
    what was planted.
    """
    told = estimates.assign(
        error=estimates["estimate"] - estimates["enrolled"].fillna(estimates["planted"]),
        z=(estimates["estimate"] - estimates["planted"]) / estimates["standard_error"],
    )
    by = told.groupby(["reading", "name", "method"], sort=False)
    table = by.agg(
        planted=("planted", "mean"),
        enrolled=("enrolled", "mean"),
        estimate=("estimate", "mean"),
        standard_error=("standard_error", "mean"),
        bias=("error", "mean"),
        rmse=("error", lambda error: math.sqrt((error**2).mean())),
        mean_z=("z", "mean"),
        sd_z=("z", "std"),
        within_2_se=("z", lambda z: (z.abs() <= 2).mean()),
    )
    return table.round(3).reset_index()


def hazard_ratios(planted: Planted, folder: Path) -> pd.DataFrame:
    """Fit survival on covariates and carriers, in each of the three readings."""
    people = planted.participants
    from_onset = people.assign(enrolment_date=people["onset_date"], dna_date=people["onset_date"])
    told = [
        log_hazard_ratios(people, folder, KEPT),
        log_hazard_ratios(from_onset, folder, IGNORED),
        log_hazard_ratios(people, folder, LEFT_OUT, given=()),
    ]
    return pd.concat(told, ignore_index=True)


def log_hazard_ratios(
    participants: pd.DataFrame, folder: Path, reading: str, *, given: Sequence[str] = ("latent",)
) -> pd.DataFrame:
    """Fit survival on covariates and carriers and what else is given."""
    trait = {"name": "survival", "type": "survival", "covariates": [*ADJUSTED_FOR, *given, *NAMES]}
    (prepared,) = prepare(folder, participants, None, [trait])
    found = {one.name: one for one in prepared.fit.coefficients}
    return _estimates(
        [
            (reading, name, COX, truth, np.nan, found[name].estimate, found[name].standard_error)
            for name, truth in LOG_HAZARD_RATIOS.items()
            if name in found
        ]
    )


def slopes(planted: Planted, folder: Path) -> pd.DataFrame:
    """Fit slopes of the total on carriers, by the mixed model and in two stages, from each choice of visits."""
    people, visits = planted.participants, planted.visits
    noisy = visits.assign(total=visits["noisy_total"])
    readings: dict[str, tuple[pd.DataFrame, dict[str, Any]]] = {
        ALL_VISITS: (visits, {"floor": None}),
        ABOVE_FLOOR: (visits, {}),
        NOISY: (noisy, {}),
        STOPPING: (until_few_points_are_left(noisy), {}),
    }
    trait = {"name": "slope", "type": "alsfrs_slope", "covariates": NAMES}
    enrolled = regression(-planted.decline.to_numpy(), people[NAMES].to_numpy(float))[0]
    told = []
    for reading, (chosen, settings) in readings.items():
        (prepared,) = prepare(folder, people, chosen, [trait | settings])
        two = two_stages(prepared.visits, prepared.models.design)
        for number, group in enumerate(GROUPS, start=1):
            truth = (-group.extra_decline, enrolled[number])
            told.append((reading, group.name, MIXED, *truth, *coefficient(prepared, f"{group.name} x months")))
            told.append((reading, group.name, TWO_STAGES, *truth, *(part[number] for part in two)))
    return _estimates(told)


def until_few_points_are_left(visits: pd.DataFrame) -> pd.DataFrame:
    """Keep each patient's visits up to the first at which they stay away; visits are in order of date.

    Which visits are kept depends on scores that are kept, so a likelihood of the rest is none the worse for it.
    """
    few = visits["total"] <= STAY_AWAY
    return visits[few.groupby(visits["sample"]).cumsum() - few == 0]


def two_stages(visits: pd.DataFrame, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Regress each patient's least squares slope on the covariates; estimates and standard errors, intercept first.

    Parameters
    ----------
    visits
        position (in the design), months, value.
    design
        Covariates of those who have two visits or more.
    """
    centred = visits[["months", "value"]] - visits.groupby("position")[["months", "value"]].transform("mean")
    squares = (centred["months"] ** 2).groupby(visits["position"]).sum()
    products = (centred["months"] * centred["value"]).groupby(visits["position"]).sum()
    return regression((products / squares).to_numpy(), design.matrix[squares.index])


def regression(values: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give estimates and standard errors of least squares, intercept first."""
    columns = np.column_stack([np.ones(len(values)), matrix])
    estimates = np.linalg.lstsq(columns, values, rcond=None)[0]
    variance = ((values - columns @ estimates) ** 2).sum() / (len(values) - columns.shape[1])
    return estimates, np.sqrt(variance * np.diag(np.linalg.inv(columns.T @ columns)))


def coefficient(prepared: PreparedTrait, name: str) -> tuple[float, float]:
    """Give a covariate's estimate and standard error."""
    (found,) = (one for one in prepared.fit.coefficients if one.name == name)
    return found.estimate, found.standard_error


def _estimates(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["reading", "name", "method", "planted", "enrolled", "estimate", "standard_error"]
    )


def main() -> None:
    """Measure over as many cohorts as asked for."""
    print(measure(int(sys.argv[1])).to_string(index=False))


if __name__ == "__main__":
    main()
