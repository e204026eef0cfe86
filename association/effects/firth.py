"""Firth's effect of a burden: finite even where all its carriers have the event first.

The estimate maximises the penalised likelihood l* over the burden's coefficient b and the covariates'; its 95 percent
interval holds the b at which the profile of l* is within chi2_1(0.95) / 2 of the maximum, and the p-value is that of
2 (max l* - profile at 0) on one degree of freedom. The penalty of a profile is that of the full model, burden
included.

Axes: n samples, p covariates.

References
----------
Heinze G, Schemper M (2002) A solution to the problem of separation in logistic regression. Stat. Med. 21:2409-2419.
doi:10.1002/sim.1047
Heinze G, Schemper M (2001) A solution to the problem of monotone likelihood in Cox regression. Biometrics 57:114-119.
doi:10.1111/j.0006-341X.2001.00114.x
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtri

from association.effects.penalised_likelihood import PenalisedCox, PenalisedLogistic, PenalisedPoint
from association.null_models.risk_sets import Ties, arrange_risk_sets

Floats = NDArray[np.float64]

# Half the 0.95 quantile of chi2_1.
DROP = float(ndtri(0.975)) ** 2 / 2
# Squared length of a step in standard errors: log-likelihoods are then right to as much.
CONVERGED = 1e-16
# Steps this short that gain nothing have met the rounding of the penalty, which grows where information is scarce.
BLURRED = 1e-8
# Steps that use the plain information approach the penalised maximum geometrically, by half or better.
MOST_ITERATIONS = 200
MOST_HALVINGS = 20
# Log-likelihoods of one maximum differ by their rounding: this share of their value.
LIKELIHOOD_ROUNDING = 1e-14
# A step is no longer than this many standard deviations' worth of log hazard or log odds.
LONGEST_STEP = 5.0
# Beyond exp(30) per standard deviation of the burden an end is infinite.
FARTHEST = 30.0


@dataclass(frozen=True)
class PenalisedEffect:
    """A burden's effect under Firth's penalty.

    Attributes
    ----------
    estimate
        Log hazard ratio or log odds ratio per unit of burden; nan where the burden cannot be told from the covariates
        or the search failed.
    lower, upper
        95 percent profile penalised likelihood interval; an end is infinite where the profile stays above the limit.
    log10_p
        log10 of the penalised likelihood ratio test's p-value.
    """

    estimate: float
    lower: float
    upper: float
    log10_p: float


def firth_cox(
    entry: Floats,
    exit: Floats,
    event: Floats,
    burden: Floats,
    covariates: Floats,
    *,
    strata: NDArray[np.generic] | None = None,
    ties: Ties = "efron",
) -> PenalisedEffect:
    """Estimate a burden's log hazard ratio beside covariates.

    Parameters
    ----------
    entry, exit
        Times between which a sample is under observation (n), entry < exit; entry may be minus infinity.
    event
        1 where the exit is the event, 0 where it is censored (n).
    burden
        Weighted sum of dosages (n).
    covariates
        Values (n, p) that a Cox null model was fitted with; p may be 0.
    strata
        A label per sample (n), of any kind, whose baseline hazards differ.
    ties
        How simultaneous events are treated.

    Notes
    -----
    Agrees with R's `coxphf` under Breslow's ties, the only ones it has.
    """
    stratum = np.zeros(len(exit), np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    columns, unit = _standardise(burden, covariates)
    if not (unit > 0 and event.any()):
        return _unknown()
    return _effect(PenalisedCox(arrange_risk_sets(entry, exit, event == 1, stratum, ties), columns), unit)


def firth_logistic(event: Floats, burden: Floats, covariates: Floats) -> PenalisedEffect:
    """Estimate a burden's log odds ratio beside covariates and an intercept.

    Parameters
    ----------
    event
        The binary trait (n), 0 or 1.
    burden
        Weighted sum of dosages (n).
    covariates
        Values (n, p) without an intercept; p may be 0.
    """
    columns, unit = _standardise(burden, covariates)
    if not unit > 0:
        return _unknown()
    return _effect(PenalisedLogistic(event, np.column_stack([columns, np.ones(len(event))])), unit)


def _standardise(burden: Floats, covariates: Floats) -> tuple[Floats, float]:
    """Give the burden and the covariates at mean 0 and deviation 1, and the burden's deviation."""
    columns = np.column_stack([burden, covariates])
    columns = columns - columns.mean(axis=0)
    deviations = columns.std(axis=0)
    return columns / np.where(deviations > 0, deviations, 1.0), float(deviations[0])


def _unknown() -> PenalisedEffect:
    return PenalisedEffect(math.nan, math.nan, math.nan, math.nan)


def _effect(likelihood: PenalisedCox | PenalisedLogistic, unit: float) -> PenalisedEffect:
    """Maximise, profile and test the first coefficient, which is per `unit` of the burden."""
    size = likelihood.columns.shape[1]
    summit = _climb(likelihood, np.zeros(size), np.ones(size, bool))
    without = _climb(likelihood, np.zeros(size), np.arange(size) > 0)
    if summit is None or without is None:
        return _unknown()
    estimates, top = summit
    gain = max(top.log_likelihood - without[1].log_likelihood, 0.0)
    lower, upper = (_interval_end(likelihood, estimates, top, side) for side in (-1, 1))
    log_p = math.log(2) + float(log_ndtr(-math.sqrt(2 * gain)))
    return PenalisedEffect(float(estimates[0]) / unit, lower / unit, upper / unit, log_p / math.log(10))


def _climb(
    likelihood: PenalisedCox | PenalisedLogistic, start: Floats, free: NDArray[np.bool_]
) -> tuple[Floats, PenalisedPoint] | None:
    """Maximise over the free coefficients; None where the information is singular or the steps do not settle."""
    estimates, point = start, likelihood.at(start)
    for _ in range(MOST_ITERATIONS):
        if not math.isfinite(point.log_likelihood):
            return None
        step = np.zeros(start.size)
        step[free] = np.linalg.solve(point.information[np.ix_(free, free)], point.gradient[free])
        length = float(step @ point.gradient)
        following = _advance(likelihood, estimates, point, step)
        if following is None:
            return (estimates, point) if length <= BLURRED else None
        estimates, point = following
        if length <= CONVERGED:
            return following
    return None


def _advance(
    likelihood: PenalisedCox | PenalisedLogistic, estimates: Floats, point: PenalisedPoint, step: Floats
) -> tuple[Floats, PenalisedPoint] | None:
    """Take the step, shortened until the likelihood does not fall; None where it always does."""
    floor = point.log_likelihood - LIKELIHOOD_ROUNDING * abs(point.log_likelihood)
    step = step * min(1.0, LONGEST_STEP / np.abs(step).max(initial=LONGEST_STEP))
    for _ in range(MOST_HALVINGS):
        following = likelihood.at(estimates + step)
        if following.log_likelihood >= floor:
            return estimates + step, following
        step = step / 2
    return None


def _interval_end(
    likelihood: PenalisedCox | PenalisedLogistic, estimates: Floats, top: PenalisedPoint, side: int
) -> float:
    """Find where the profile falls to the limit on one side of the estimate; infinite where it never does."""
    others = np.arange(estimates.size) > 0

    def excess(coefficient: float) -> float:
        start = np.concatenate([[coefficient], estimates[1:]])
        found = _climb(likelihood, start, others)
        return math.nan if found is None else found[1].log_likelihood - top.log_likelihood + DROP

    near, step = float(estimates[0]), 2 / math.sqrt(top.information[0, 0])
    while abs(near - estimates[0]) < FARTHEST:
        far = near + side * step
        height = excess(far)
        if math.isnan(height):
            return math.nan
        if height < 0:
            return float(brentq(excess, near, far, xtol=1e-10))
        near, step = far, 2 * step
    return side * math.inf
