"""Small cohorts whose truth is known, with effects to plant."""

import numpy as np
import pytest

from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.power.studied_trait import studied_trait
from association.simulate.random_traits import random_trait

SAMPLES = 300


@pytest.fixture(scope="session")
def followed():
    """Give a function that draws entry, exit and event: a constant hazard, late entry, about 55% events."""

    def draw(rng, samples=SAMPLES, *, rounded=False):
        entry, death = np.zeros(samples), np.zeros(samples)
        while (dead := death <= entry).any():
            entry[dead] = rng.uniform(2, 14, dead.sum())
            death[dead] = rng.exponential(30, dead.sum())
        censored = entry + rng.uniform(5, 60, samples)
        exit_, event = np.minimum(death, censored), (death <= censored).astype(float)
        return (entry, np.ceil(exit_), event) if rounded else (entry, exit_, event)

    return draw


@pytest.fixture(scope="session")
def make_studied(followed):
    """Give a function that makes a trait of a kind, without any gene effect, in three strata."""

    def make(rng, kind, samples=SAMPLES, *, strata=3, ties="efron", rounded=False):
        stratum = np.arange(samples) % strata
        if kind != "survival":
            fit = random_trait(rng, kind, stratum, np.zeros(samples))
            return studied_trait(kind, kind, fit.model, stratum, fit.details)
        entry, exit_, event = followed(rng, samples, rounded=rounded)
        age = rng.normal(size=samples)
        fit = fit_cox(entry, exit_, event, Design(("age",), age[:, None]), strata=stratum, ties=ties)
        return studied_trait("survival", "survival", fit.model, stratum, fit.details, (entry, exit_, ties))

    return make
