"""Traits of every type on given samples, without any gene effect or with one planted: what a self-check tests.

Times are months since onset. Patients are enrolled 3 to 12 months after it and must be alive then; the hazard of
death is constant, 1 in 60 months, times exp(-0.3 age) times that of carriers. Slopes are -0.8 points a month with
a standard deviation of 0.5 between patients, seen at three-monthly visits of which each patient makes 3 to 7.

Axes: n samples.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from association.null_models.by_cohort import CohortFit, stack_fits
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.null_model import Fit
from association.null_models.slope import fit_slope

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Kind = Literal["survival", "frequent_survival", "slope", "quantitative", "binary"]

KINDS: tuple[Kind, ...] = ("survival", "frequent_survival", "slope", "quantitative", "binary")
BASELINE_MONTHS = 60.0
AGE_EFFECT = -0.3
# The longest follow-up after enrolment, in months, that ends in about 30% and 60% of events.
FOLLOW_UP = {"survival": 40.0, "frequent_survival": 120.0}
# Strata differ in level by their number's remainder, so that many of them do not drift apart.
LEVELS = 3
# A stratum of fewer samples has no level of its own in the null model: it could separate a binary trait.
FEWEST_FOR_A_LEVEL = 20


def random_trait(
    rng: np.random.Generator, kind: Kind, strata: Integers, effect: Floats, cohorts: Integers | None = None
) -> Fit:
    """Simulate a trait and fit its null model with one covariate, age.

    Parameters
    ----------
    rng
        Source of randomness.
    kind
        Type of the trait; survival comes with 30% of events, or with 60%.
    strata
        Stratum of each sample (n), 0, 1, ...; each has a level of its own.
    effect
        What genes do to each sample (n): log hazard ratio, log odds ratio, standard deviations of a quantitative
        trait, or of slopes. Zero is a null trait.
    cohorts
        Cohort of each sample (n), where each has a null model of its own, as in a study of several.
    """
    members = [] if cohorts is None else [np.flatnonzero(cohorts == name) for name in np.unique(cohorts)]
    if len(members) < 2:
        return _trait(rng, kind, strata, effect)
    fits = [_trait(rng, kind, strata[own], effect[own]) for own in members]
    return stack_fits(
        [CohortFit(str(name), own, fit) for name, (own, fit) in enumerate(zip(members, fits, strict=True))]
    )


def _trait(rng: np.random.Generator, kind: Kind, strata: Integers, effect: Floats) -> Fit:
    """Simulate a trait, and fit one null model to it."""
    age = rng.normal(size=strata.size)
    if kind in FOLLOW_UP:
        entry, exit_, event = _survival(rng, age, effect, FOLLOW_UP[kind])
        return fit_cox(entry, exit_, event, Design(("age",), age[:, None]), strata=strata)
    design = _with_levels(age, strata)
    level = 0.3 * age + 0.5 * (strata % LEVELS)
    if kind == "quantitative":
        return fit_linear(level + effect + rng.normal(size=age.size), design)
    if kind == "binary":
        chance = 1 / (1 + np.exp(-(level - 0.5 + effect)))
        return fit_logistic((rng.random(age.size) < chance).astype(np.float64), design)
    return _slope(rng, level, effect, design)


def _survival(rng: np.random.Generator, age: Floats, effect: Floats, longest: float) -> tuple[Floats, Floats, Floats]:
    """Simulate until everyone lives to see enrolment."""
    entry, death = np.zeros(age.size), np.zeros(age.size)
    waiting = np.arange(age.size)
    while waiting.size:
        entry[waiting] = rng.uniform(3, 12, waiting.size)
        hazard = np.exp(AGE_EFFECT * age[waiting] + effect[waiting]) / BASELINE_MONTHS
        death[waiting] = rng.exponential(1 / hazard)
        waiting = waiting[death[waiting] <= entry[waiting]]
    censored = entry + rng.uniform(0.15, 1, age.size) * longest
    return entry, np.minimum(death, censored), (death <= censored).astype(np.float64)


def _slope(rng: np.random.Generator, level: Floats, effect: Floats, design: Design) -> Fit:
    visits = rng.integers(3, 8, level.size)
    sample = np.repeat(np.arange(level.size), visits)
    months = np.float64(3.0) * (np.arange(sample.size) - np.repeat(np.cumsum(visits) - visits, visits))
    slopes = -0.8 + 0.5 * (effect + rng.normal(size=level.size)) + 0.1 * level
    score = (40 + 3 * rng.normal(size=level.size))[sample] + slopes[sample] * months + rng.normal(0, 1.5, sample.size)
    return fit_slope(sample, months, score, design)


def _with_levels(age: Floats, strata: Integers) -> Design:
    found, samples = np.unique(strata, return_counts=True)
    levels = found[1:][samples[1:] >= FEWEST_FOR_A_LEVEL]
    columns = [age, *((strata == level).astype(np.float64) for level in levels)]
    return Design(("age", *(f"stratum {level}" for level in levels)), np.column_stack(columns))
