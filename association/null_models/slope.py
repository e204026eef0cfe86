"""The null model of a slope, which asks whether a score falls faster in carriers.

Visits follow a mixed model with a random intercept and a random slope (growth_likelihood),

    y_i = 1 (a + x_i'b) + t_i (c + z_i'd) + [1, t_i] u_i + e_i,   S_i = cov(y_i),

z being the covariates whose effect grows with time. The gene enters as g_i t_i, and its effect on the level, which is
not the question, must not leak into the statistic. Therefore every sample's own level is a nuisance: a column that
is 1 on the sample's visits and 0 elsewhere. Projecting these columns and all fixed effects out of the score,

    v_i = t_i'S_i^-1 t_i - (t_i'S_i^-1 1)^2 / 1'S_i^-1 1 = 1 / (D_tt + s2 / sum_j (t_ij - mean t_i)^2),
    M_i = t_i'S_i^-1 r_i - (t_i'S_i^-1 1 / 1'S_i^-1 1) 1'S_i^-1 r_i = v_i (slope_i - c - z_i'd),   V = diag(v),

where D_tt is the variance of slopes, s2 that of the noise, slope_i the least squares slope of the sample, and c and d
are re-estimated under the same nuisance, by least squares with weights v. So the score is a weighted comparison of
the samples' own slopes, the fixed effects left in Phi are the intercept and z, and Phi is the Schur complement by all
fixed effects and all own levels: positive semi-definite, and the exact variance of U given D_tt and s2. Projecting
the levels out of the carriers alone would need a refit per gene; projecting them out of the gene's column but not out
of the fixed effects would let a gene's effect on the level back in through c and d, and leave a mean of M that is not
zero when patients who decline fast are seen less often. A sample with one visit has v = 0 and M = 0.

Axes: n samples, p covariates, q of them with an effect on the slope.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from association.null_models.design import Design, check_design
from association.null_models.growth_likelihood import (
    GrowthLikelihood,
    least_squares,
    maximise_growth_likelihood,
    sum_visits,
)
from association.null_models.null_model import Coefficient, Fit, Floats, Integers, NullModel
from association.problems import InputError, Problem

# Noise below this share of the spread around the mean line is the rounding of scores on straight lines.
NO_NOISE = 1e-6


def fit_slope(
    sample: Integers,
    months: Floats,
    score: Floats,
    design: Design,
    *,
    interacting: NDArray[np.bool_] | None = None,
) -> Fit:
    """Fit the visits of all samples on covariates alone, by maximum likelihood.

    Parameters
    ----------
    sample
        Position of each visit's sample in the design, in any order.
    months
        Time of each visit from the sample's origin.
    score
        Score at each visit.
    design
        Covariates per sample (n, p), without intercept and time; the model adds "intercept" and "months".
    interacting
        Which covariates also have an effect on the slope (p), named "<covariate> x months"; all, if absent.

    Returns
    -------
    Fit
        Coefficients are of the mixed model, with standard errors of generalised least squares, the variances taken
        as known. `details` holds "residual_sd", "intercept_sd" (at month 0), "slope_sd",
        their "correlation" (nan where one of them is zero) and "mean_slope", points per month at the mean
        covariates.

    Raises
    ------
    InputError
        If visits are unusable or too few, the covariates cannot be told apart, or the likelihood has no maximum.
    """
    samples = design.matrix.shape[0]
    _check_visits(sample, months, score, samples)
    grows = np.ones(len(design.names), bool) if interacting is None else interacting
    origin, unit = float(months.mean()), _time_unit(sample, months, samples)
    times = (months - origin) / unit
    _check_covariates(design, sample, times)
    matrix = design.matrix - design.matrix.mean(axis=0)
    level = np.column_stack([np.ones(samples), matrix])
    trend = np.column_stack([np.ones(samples), matrix[:, grows]])
    start = least_squares(sum_visits(sample, times, score, samples), level, trend)
    mean_level, mean_trend = level @ start[: level.shape[1]], trend @ start[level.shape[1] :]
    residuals = score - mean_level[sample] - times * mean_trend[sample]
    best, iterations = maximise_growth_likelihood(sum_visits(sample, times, residuals, samples), level, trend)
    to_months = np.array([[1.0, -origin / unit], [0.0, 1 / unit]])
    covariance = to_months @ best.covariance @ to_months.T
    noise = best.residual_variance
    _check_noise(noise, residuals)
    return Fit(
        model=_null_model(sample, months, score, trend, covariance[1, 1], noise),
        coefficients=_coefficients(design, grows, start + best.effects, best, to_months),
        log_likelihood=best.log_likelihood,
        iterations=iterations,
        details={
            "residual_sd": math.sqrt(noise),
            **_spread(covariance),
            "mean_slope": float((start + best.effects)[level.shape[1]]) / unit,
        },
    )


def _check_visits(sample: Integers, months: Floats, score: Floats, samples: int) -> None:
    problems = []
    if missing := int((~(np.isfinite(months) & np.isfinite(score))).sum()):
        problems.append(Problem("visits", f"{missing} of {months.size} have no month or score; leave them out"))
    if outside := int(((sample < 0) | (sample >= samples)).sum()):
        problems.append(Problem("visits", f"{outside} belong to none of the {samples} samples; leave them out"))
    elif not (np.bincount(sample, minlength=1) > 2).any():
        message = "no sample has three visits, so noise cannot be told from slopes; use another trait"
        problems.append(Problem("visits", message))
    if problems:
        raise InputError("null model", problems)


def _check_noise(noise: float, residuals: Floats) -> None:
    if noise <= NO_NOISE**2 * float(residuals.var()):
        message = "every sample's scores lie on its own straight line, so slopes have no noise; check the scores"
        raise InputError.single("null model", "visits", message)


def _time_unit(sample: Integers, months: Floats, samples: int) -> float:
    """Give the standard deviation of visits around their sample's mean month, so that likelihoods are well scaled."""
    spread = float(_within_sums(sample, months, months, samples).sum())
    if spread == 0:
        message = "no sample has visits in different months; check the unit and the column of months"
        raise InputError.single("null model", "visits", message)
    return math.sqrt(spread / months.size)


def _check_covariates(design: Design, sample: Integers, times: Floats) -> None:
    """Ask that covariates differ among the samples that have a slope."""
    sloped = _within_sums(sample, times, times, design.matrix.shape[0]) > 0
    check_design(Design(design.names, design.matrix[sloped]))


def _within_sums(sample: Integers, one: Floats, other: Floats, samples: int) -> Floats:
    """Give each sample's sum of products of deviations from its own means (n), zero without visits."""
    count = np.maximum(np.bincount(sample, minlength=samples), 1)
    centred = [
        values - (np.bincount(sample, weights=values, minlength=samples) / count)[sample] for values in (one, other)
    ]
    products = np.bincount(sample, weights=centred[0] * centred[1], minlength=samples)
    return products.astype(np.float64)


def _null_model(
    sample: Integers, months: Floats, score: Floats, trend: Floats, slope_variance: float, noise: float
) -> NullModel:
    """Compare the samples' own slopes, each with the precision v of its visits and of slopes at large."""
    squares = _within_sums(sample, months, months, trend.shape[0])
    products = _within_sums(sample, months, score, trend.shape[0])
    scale = noise + slope_variance * squares
    precision = squares / scale
    cross = precision[:, None] * trend
    information = trend.T @ cross
    effects = np.linalg.solve(information, trend.T @ (products / scale))
    return NullModel(
        kind="slope",
        residuals=(products - squares * (trend @ effects)) / scale,
        information=precision,
        cross_information=cross,
        covariate_information=information,
    )


def _spread(covariance: Floats) -> dict[str, float]:
    """Give the standard deviations and the correlation of the samples' own levels and slopes."""
    level, slope = (math.sqrt(max(value, 0.0)) for value in np.diag(covariance))
    correlation = float(covariance[0, 1]) / (level * slope) if level * slope > 0 else math.nan
    return {"intercept_sd": level, "slope_sd": slope, "correlation": correlation}


def _coefficients(
    design: Design, grows: NDArray[np.bool_], effects: Floats, best: GrowthLikelihood, to_months: Floats
) -> tuple[Coefficient, ...]:
    """Turn effects at the mean covariates and mean month, per unit of time, into those at zero and per month."""
    columns = len(design.names) + 1
    growing = 1 + np.flatnonzero(grows)
    back = np.eye(effects.size)
    back[columns:, columns:] *= to_months[1, 1]
    back[np.concatenate([[0], growing]), np.arange(columns, effects.size)] = to_months[0, 1]
    means = design.matrix.mean(axis=0)
    uncentre = np.eye(effects.size)
    uncentre[0, 1:columns] = -means
    uncentre[columns, columns + 1 :] = -means[grows]
    turn = uncentre @ back
    variance = best.residual_variance * turn @ np.linalg.solve(best.information, turn.T)
    names = ["intercept", *design.names, "months", *(f"{design.names[j - 1]} x months" for j in growing)]
    return tuple(
        Coefficient(name, float(estimate), float(error))
        for name, estimate, error in zip(names, turn @ effects, np.sqrt(np.diag(variance)), strict=True)
    )
