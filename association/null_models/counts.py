"""The null models of a count: Poisson and negative binomial regression.

With X the covariates and an intercept, and o a known part of the log mean (log exposure),

    log mu = o + X b,
    Poisson:            M = y - mu,               V = diag(mu),
    negative binomial:  M = (y - mu)/(1 + a mu),  V = diag(mu/(1 + a mu)),   var(y) = mu + a mu^2.

The dispersion a is where the likelihood, at the best b for each a, has derivative zero; b and a are independent in
expectation, so that b carries no cost of a into V.

Axes: n samples, p columns: the intercept and the covariates, centred at their means.

References
----------
Lawless JF (1987) Negative binomial and mixed Poisson regression. Can J Stat 15:209-225. doi:10.2307/3314912
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln

from association.null_models.design import Design, check_design, missing_problems
from association.null_models.linear_predictor import (
    PredictorLikelihood,
    SampleLikelihoods,
    maximise_over_predictor,
    predictor_coefficients,
    predictor_null_model,
)
from association.null_models.newton import Maximum, Wording
from association.null_models.null_model import Fit, Floats, Integers
from association.problems import InputError, Problem

WORDING = Wording(effect="rate ratio", trait="counts")
# The variance is then ten million times the square of the mean: almost all counts are zero, few are enormous.
LARGEST_DISPERSION = 1e7
# The negative binomial likelihood visits every number up to the highest count.
LARGEST_COUNT = 10_000_000
# Below this a mu, log(1 + x) - x/(1 + x) cancels to half of its digits, and four terms of its series have them all.
SERIES = 1e-4


def fit_poisson(counts: Floats, design: Design, *, offset: Floats | None = None) -> Fit:
    """Fit a count whose variance is its mean on covariates alone.

    Parameters
    ----------
    counts
        Whole numbers from 0 (n).
    design
        Covariates without an intercept; the model adds "intercept" as its first column.
    offset
        Known part of the log mean (n): the log of the time over which each sample's events were counted.

    Returns
    -------
    Fit
        `details` holds "pearson_dispersion", the sum of (y - mu)^2/mu over its degrees of freedom: near 1 if the
        variance is the mean; well above it, the negative binomial is the model to use. Coefficients are log rate
        ratios.

    Raises
    ------
    InputError
        If counts or offset are unusable, the covariates cannot be told apart, or the rate ratio of one of them is
        infinite: then it is named.
    """
    known = _checked_offset(counts, design, offset)
    maximum = _maximise(counts, design, known, 0.0, _start(counts, design, known))
    model = predictor_null_model("poisson", maximum.point)
    freedom = counts.size - len(design.names) - 1
    pearson = float((model.residuals**2 / model.information).sum())
    return Fit(
        model=replace(model, events=counts, expected_events=model.information),
        coefficients=predictor_coefficients(design, maximum),
        log_likelihood=maximum.point.log_likelihood,
        iterations=maximum.iterations,
        details={"pearson_dispersion": pearson / freedom if freedom else np.nan},
    )


def fit_negative_binomial(counts: Floats, design: Design, *, offset: Floats | None = None) -> Fit:
    """Fit a count whose variance exceeds its mean on covariates alone, by maximum likelihood.

    Parameters
    ----------
    counts, design, offset
        As in `fit_poisson`.

    Returns
    -------
    Fit
        `details` holds the "dispersion" a. Where counts vary no more than a Poisson count it is 0, and residuals
        and information are those of `fit_poisson`. Standard errors take it as known. The model has no events and
        expected events, because M is not their difference.

    Raises
    ------
    InputError
        As `fit_poisson`, and if the dispersion is infinite.
    """
    known = _checked_offset(counts, design, offset)
    poisson = _maximise(counts, design, known, 0.0, _start(counts, design, known))

    def maximise_at(dispersion: float) -> Maximum[PredictorLikelihood]:
        return _maximise(counts, design, known, dispersion, poisson.estimates)

    dispersion, trials = _find_dispersion(
        lambda trial: _dispersion_slope(counts, maximise_at(trial).point.predictor, trial)
    )
    maximum = maximise_at(dispersion)
    return Fit(
        model=predictor_null_model("negative_binomial", maximum.point),
        coefficients=predictor_coefficients(design, maximum),
        log_likelihood=maximum.point.log_likelihood,
        iterations=poisson.iterations + trials,
        details={"dispersion": dispersion},
    )


def _find_dispersion(slope: Callable[[float], float]) -> tuple[float, int]:
    """Find where the slope of the likelihood falls through zero, and the number of dispersions tried."""
    if slope(0.0) <= 0:
        return 0.0, 1
    highest = 1.0
    while slope(highest) > 0:
        if highest > LARGEST_DISPERSION:
            message = "almost all are 0 and the others enormous, so the dispersion runs off; use another trait"
            raise InputError.single("null model", "counts", message)
        highest *= 4
    # To the last digits: the root of a slope is as sharp as its rounding.
    dispersion, found = brentq(slope, 0.0, highest, xtol=1e-15, rtol=1e-14, full_output=True)
    return float(dispersion), int(found.function_calls)


def _checked_offset(counts: Floats, design: Design, offset: Floats | None) -> Floats:
    known = np.zeros(counts.size) if offset is None else offset
    problems = []
    if bad := int((~(np.isfinite(counts) & (counts >= 0) & (counts == np.round(counts)))).sum()):
        message = f"{bad} of {counts.size} values are not whole numbers from 0; leave those samples out"
        problems.append(Problem("counts", message))
    elif counts.max(initial=0) > LARGEST_COUNT:
        message = f"the highest is {counts.max():.0f}; numbers that large are quantities, so fit their logarithm"
        problems.append(Problem("counts", message))
    elif not counts.any():
        problems.append(Problem("counts", "all samples have 0; a count needs at least one event"))
    problems += missing_problems("offset", known)
    if problems:
        raise InputError("null model", problems)
    check_design(design)
    return known


def _start(counts: Floats, design: Design, offset: Floats) -> Floats:
    """Begin at the common rate (p)."""
    start = np.zeros(1 + len(design.names))
    highest = offset.max()
    start[0] = np.log(counts.sum() / np.exp(offset - highest).sum()) - highest
    return start


def _maximise(
    counts: Floats, design: Design, offset: Floats, dispersion: float, start: Floats
) -> Maximum[PredictorLikelihood]:
    likelihoods = partial(_likelihoods, counts, _constant(counts, dispersion), dispersion)
    return maximise_over_predictor(likelihoods, design, offset, start, wording=WORDING)


def _likelihoods(counts: Floats, constant: float, dispersion: float, predictor: Floats) -> SampleLikelihoods:
    # A step that overshoots may overflow; its likelihood is then minus infinity, or nan, and it is halved.
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.exp(predictor)
        spread = 1 + dispersion * mean
        penalty = (counts + 1 / dispersion) * np.log1p(dispersion * mean) if dispersion else mean
        return SampleLikelihoods(
            log_likelihood=constant + float((counts * predictor - penalty).sum()),
            residuals=(counts - mean) / spread,
            curvature=mean * (1 + dispersion * counts) / spread**2,
            information=mean / spread,
        )


def _exceedances(counts: Floats) -> Integers:
    """Give the number of samples whose count exceeds j, for j = 0, 1, ... up to the highest count less 1."""
    above = counts.size - np.cumsum(np.bincount(counts.astype(np.int64)))
    return np.asarray(above[:-1], dtype=np.int64)


def _constant(counts: Floats, dispersion: float) -> float:
    """Give the part of the log-likelihood that the means do not enter.

    It is sum_i sum_{j < y_i} log(1 + a j) - log y_i!, which loses no digits to gamma functions of 1/a.
    """
    above = _exceedances(counts)
    return float(above @ np.log1p(dispersion * np.arange(above.size)) - gammaln(counts + 1).sum())


def _dispersion_slope(counts: Floats, predictor: Floats, dispersion: float) -> float:
    """Give the derivative of the log-likelihood by the dispersion."""
    above = _exceedances(counts)
    order = np.arange(above.size)
    mean = np.exp(predictor)
    scaled = dispersion * mean
    small = scaled < SERIES
    series = 1 / 2 - scaled * (2 / 3 - scaled * (3 / 4 - scaled * 4 / 5))
    safe = np.where(small, 1.0, scaled)
    bend = np.where(small, series, (np.log1p(safe) - safe / (1 + safe)) / safe**2)
    gained = above @ (order / (1 + dispersion * order))
    return float(gained + (mean**2 * bend - counts * mean / (1 + scaled)).sum())
