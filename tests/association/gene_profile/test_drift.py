"""The test of proportional hazards for carriers, against the partial likelihood differentiated by differences."""

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from scipy.optimize import minimize
from scipy.stats import chi2

from association.gene_profile.drift import FEWEST_EVENTS, carriers_drift
from association.hit_effects import Outcome

SAMPLES = 100


def cohort(seed, *, drift=0.0):
    """Simulate carriers whose hazard ratio falls from 4 at a rate, or does not."""
    rng = np.random.default_rng(seed)
    carriers, age = np.arange(SAMPLES) < 25, rng.normal(size=SAMPLES)
    ratio = np.where(carriers, 4.0, 1.0)
    early = rng.exponential(8, SAMPLES) / ratio
    late = 3 + rng.exponential(8, SAMPLES) / np.where(carriers, 4.0 * np.exp(-drift), 1.0)
    time = np.where(early < 3, early, late)
    censored = rng.uniform(4, 30, SAMPLES)
    event = (time <= censored).astype(float)
    outcome = Outcome(event, age[:, None], np.zeros(SAMPLES), np.minimum(time, censored))
    return outcome, carriers


def log_likelihood(parameters, outcome, carriers, transformed):
    """Give the log partial likelihood with an effect of carriers b + theta g(t); no two times are equal."""
    effect, of_age, drift = parameters
    total = 0.0
    for who in np.flatnonzero(outcome.event == 1):
        at_risk = outcome.exit >= outcome.exit[who]
        predictor = carriers * (effect + drift * transformed[who]) + of_age * outcome.covariates[:, 0]
        total += predictor[who] - np.log(np.exp(predictor[at_risk]).sum())
    return total


def differentiated(at, step, function):
    """Give the gradient and the Hessian by central differences."""
    unit = step * np.eye(at.size)
    gradient = np.array([(function(at + one) - function(at - one)) / (2 * step) for one in unit])
    second = [
        [function(at + a + b) - function(at + a - b) - function(at - a + b) + function(at - a - b) for b in unit]
        for a in unit
    ]
    return gradient, np.array(second) / (4 * step**2)


@pytest.mark.parametrize("seed", range(3))
def test_the_p_value_is_that_of_the_score_of_a_drift(seed):
    outcome, carriers = cohort(seed, drift=1.0)
    curve = KaplanMeierFitter().fit(outcome.exit, outcome.event)
    before = curve.survival_function_at_times(outcome.exit - 1e-9).to_numpy()
    events = outcome.event == 1
    transformed = (1 - before) - (1 - before[events]).mean()

    def of(parameters):
        return log_likelihood(parameters, outcome, carriers, transformed)

    start = minimize(lambda known: -of(np.array([*known, 0.0])), np.zeros(2), tol=1e-12).x
    gradient, hessian = differentiated(np.array([*start, 0.0]), 1e-3, of)
    left = hessian[2, 2] - hessian[2, :2] @ np.linalg.solve(hessian[:2, :2], hessian[:2, 2])
    expected = chi2.sf(gradient[2] ** 2 / -left, 1)
    found = carriers_drift(outcome, np.zeros(SAMPLES, np.int64), carriers)
    assert found.reason is None
    # Second differences at a step of 0.001 are right to five digits or so.
    assert found.p_value == pytest.approx(expected, rel=2e-3)


def test_a_hazard_ratio_that_turns_is_seen_and_one_that_stays_is_not():
    strata = np.zeros(SAMPLES, np.int64)
    turned = [carriers_drift(*_placed(cohort(seed, drift=4.0), strata)).p_value for seed in range(5)]
    stays = [carriers_drift(*_placed(cohort(seed), strata)).p_value for seed in range(20)]
    assert np.median(turned) < 0.05
    assert 0.2 < np.median(stays) < 0.8


def _placed(made, strata):
    outcome, carriers = made
    return outcome, strata, carriers


def test_few_events_are_told_instead_of_tested():
    outcome, carriers = cohort(1)
    few = np.zeros(SAMPLES, bool)
    few[np.flatnonzero(carriers & (outcome.event == 1))[: FEWEST_EVENTS - 1]] = True
    found = carriers_drift(outcome, np.zeros(SAMPLES, np.int64), few)
    assert found.p_value is None
    assert "fewer than 5" in found.reason


def test_carriers_who_are_one_stratum_are_told_of():
    outcome, carriers = cohort(1)
    found = carriers_drift(outcome, carriers.astype(np.int64), carriers)
    assert found.p_value is None
    assert "can't be fitted" in found.reason
