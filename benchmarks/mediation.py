"""Cohorts of 300 patients of three sites in whom a gene acts on a mediator, and both on an outcome, by known amounts.

The mediator is normal with a standard deviation of 1 given age, which raises it and the outcome. Effects of carriers:

    time to event   hazards add up: 0.03 a month, 0.006 for each unit of the mediator and of age; enrolment 3 to 12
                    months after onset, of those alive; followed for up to 60 months: 58% have the event, and for up
                    to 22 months 30%
    slope           -0.8 points a month, standard deviation 0.5; three-monthly visits, 3 to 7 of them
    number          standard deviation 1
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from association.mechanism.mechanism_scan import MediatedTrait
from association.mechanism.outcomes import Outcome, SlopeOutcome, TimeOutcome, ValueOutcome, independent_columns
from association.null_models.design import Design
from benchmarks.null_genes import SAMPLES, STRATA

SCALES = ("hazard", "slope", "value")
# Of the outcome per unit of the mediator, and of age.
OF_MEDIATOR = {"hazard": 0.006, "slope": -0.2, "value": 0.4}
BASELINE, LEAST = 0.03, 0.001


@dataclass(frozen=True)
class Truth:
    """What carriers have, of mediator and outcome; whether the mediator acts; the longest follow-up in months."""

    to_mediator: float
    direct: float
    mediator_acts: bool = True
    months: float = 60

    def of_mediator(self, scale: str) -> float:
        """Give the effect of one unit of the mediator."""
        return OF_MEDIATOR[scale] if self.mediator_acts else 0.0


def cohort(rng: np.random.Generator, scale: str, carrier: np.ndarray, truth: Truth) -> MediatedTrait:
    """Draw mediator and outcome of patients of whom some carry (n, 0 or 1)."""
    age = rng.normal(size=SAMPLES)
    mediator = truth.to_mediator * carrier + 0.3 * age + rng.normal(size=SAMPLES)
    slope = truth.of_mediator(scale)

    def effect(own_age: np.ndarray, own_mediator: np.ndarray) -> np.ndarray:
        return slope * own_mediator + 0.5 * OF_MEDIATOR[scale] * own_age

    outcome: Outcome
    if scale == "hazard":
        entry, exit_, event = np.zeros((3, SAMPLES))
        waiting = np.arange(SAMPLES)
        while waiting.size:
            # Whoever dies before enrolment is another patient, of the same genotype.
            age[waiting] = rng.normal(size=waiting.size)
            mediator[waiting] = (
                truth.to_mediator * carrier[waiting] + 0.3 * age[waiting] + rng.normal(size=waiting.size)
            )
            hazard = BASELINE + truth.direct * carrier[waiting] + effect(age[waiting], mediator[waiting])
            entry[waiting] = rng.uniform(3, 12, waiting.size)
            exit_[waiting] = rng.exponential(1 / np.maximum(hazard, LEAST))
            waiting = waiting[exit_[waiting] <= entry[waiting]]
        censored = entry + rng.uniform(0.1, 1, SAMPLES) * truth.months
        event = (exit_ <= censored).astype(float)
        outcome = TimeOutcome(entry, np.minimum(exit_, censored), event, STRATA)
    elif scale == "slope":
        visits = rng.integers(3, 8, SAMPLES)
        position = np.repeat(np.arange(SAMPLES), visits)
        months = 3.0 * (np.arange(position.size) - np.repeat(np.cumsum(visits) - visits, visits))
        slopes = -0.8 + truth.direct * carrier + effect(age, mediator) + 0.5 * rng.normal(size=SAMPLES)
        level = (40 + 3 * rng.normal(size=SAMPLES))[position]
        outcome = SlopeOutcome(
            position, months, level + slopes[position] * months + rng.normal(0, 1.5, position.size)
        )
    else:
        outcome = ValueOutcome(truth.direct * carrier + effect(age, mediator) + rng.normal(size=SAMPLES))
    sites = Design(("site 2", "site 3"), (STRATA[:, None] == (1, 2)).astype(float))
    design = Design(("age",), age[:, None])
    with_sites = independent_columns(
        Design((*design.names, *sites.names), np.column_stack((age, sites.matrix))), np.ones((SAMPLES, 1))
    )
    return MediatedTrait(
        mediator_name="mediator",
        outcome_name=scale,
        mediator=mediator,
        outcome=outcome,
        design=design if scale == "hazard" else with_sites,
        mediator_design=with_sites,
        strata=STRATA,
        store_positions=np.arange(SAMPLES),
        store_samples=SAMPLES,
        male=np.zeros(0, np.bool_),
        cohorts=np.zeros(SAMPLES, np.int64),
    )
