"""Likelihood ratios of carriers, the competitors of the engine's own: each permutation fitted anew.

    survival   profile partial likelihood, the covariates' part of each hazard fixed, strata and delayed entry by
               their risk sets: sum over events of theta 1{a carrier dies} - log(1 + (e^theta - 1) S1 / S0)
    binary     profile likelihood of the logistic model, the covariates' part of each log odds fixed
    other      U^2 / Phi

Axes: k carriers, b permutations; `places` (k, b) says which sample each carrier becomes.
"""

from __future__ import annotations

import numpy as np

from association.kernels import njit
from association.null_models.null_model import NullModel
from association.null_models.shared_risk import CoxSharedRisk

# Estimates of log hazard or odds ratios go no further; the likelihood is flat there.
FARTHEST = 12.0
STEPS = 60


def likelihood_ratios(model: NullModel, places: np.ndarray) -> np.ndarray:
    """Give the likelihood ratio of a group of carriers under each permutation (b)."""
    if model.kind == "cox":
        shared = model.shared_risk
        assert isinstance(shared, CoxSharedRisk)
        slots = int(shared.last.max())
        at_risk = np.zeros(slots)
        for first, last, risk in zip(shared.first, shared.last, shared.risk, strict=True):
            at_risk[first:last] += risk
        return _cox(places, shared.first, shared.last, shared.risk, model.events, at_risk)
    if model.kind == "logistic":
        expected = model.expected_events
        return _logistic(places, model.events, np.log(expected / (1 - expected)))
    score = model.residuals[places].sum(axis=0)
    cross = model.cross_information[places].sum(axis=0)
    explained = np.linalg.solve(model.covariate_information, cross.T).T
    return score**2 / (model.information[places].sum(axis=0) - (cross * explained).sum(axis=1))


@njit(cache=True)
def _cox(places, first, last, risk, died, at_risk):  # type: ignore[no-untyped-def]
    ratios = np.empty(places.shape[1])
    share = np.empty(at_risk.size)
    for b in range(places.shape[1]):
        share[:] = 0.0
        deaths = 0.0
        for one in range(places.shape[0]):
            sample = places[one, b]
            deaths += died[sample]
            for slot in range(first[sample], last[sample]):
                share[slot] += risk[sample]
        used = 0
        for slot in range(at_risk.size):
            if share[slot] > 0.0:
                share[used] = share[slot] / at_risk[slot]
                used += 1
        theta = 0.0
        low, high = -FARTHEST, FARTHEST
        for _ in range(STEPS):
            slope, curvature = deaths, 1e-12
            for slot in range(used):
                weighted = np.exp(theta) * share[slot]
                own = weighted / (1.0 - share[slot] + weighted)
                slope -= own
                curvature += own * (1.0 - own)
            if slope > 0:
                low = theta
            else:
                high = theta
            new = theta + slope / curvature
            if not low < new < high:
                new = 0.5 * (low + high)
            if abs(new - theta) < 1e-7:
                break
            theta = new
        ratio = theta * deaths
        for slot in range(used):
            ratio -= np.log1p((np.exp(theta) - 1.0) * share[slot])
        ratios[b] = 2.0 * ratio
    return ratios


@njit(cache=True)
def _logistic(places, cases, log_odds):  # type: ignore[no-untyped-def]
    ratios = np.empty(places.shape[1])
    for b in range(places.shape[1]):
        theta = 0.0
        low, high = -FARTHEST, FARTHEST
        for _ in range(STEPS):
            slope, curvature = 0.0, 1e-12
            for one in range(places.shape[0]):
                sample = places[one, b]
                chance = 1.0 / (1.0 + np.exp(-log_odds[sample] - theta))
                slope += cases[sample] - chance
                curvature += chance * (1.0 - chance)
            if slope > 0:
                low = theta
            else:
                high = theta
            new = theta + slope / curvature
            if not low < new < high:
                new = 0.5 * (low + high)
            if abs(new - theta) < 1e-7:
                break
            theta = new
        ratio = 0.0
        for one in range(places.shape[0]):
            sample = places[one, b]
            chance = 1.0 / (1.0 + np.exp(-log_odds[sample]))
            ratio += theta * cases[sample] - np.log1p(chance * (np.exp(theta) - 1.0))
        ratios[b] = 2.0 * ratio
    return ratios
