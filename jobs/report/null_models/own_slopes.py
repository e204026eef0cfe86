"""Each patient's own line in a mixed model of visits, and what the visits leave around it.

With Z_i = [1, t_i], the covariates' part of level and trend B_i b, D the covariance of own level and trend, s2 the
noise, A_i = Z_i'Z_i and r_i = y_i - Z_i B_i b, the best linear prediction of a patient's own part is

    u_i = D Z_i'(Z_i D Z_i' + s2 I)^-1 r_i = D (A_i D + s2 I)^-1 Z_i'r_i,

which draws a patient with few visits towards what the covariates say. Axes: n patients, v visits.

References
----------
Robinson GK (1991) That BLUP is a good thing: the estimation of random effects. Statistical Science 6:15-32.
doi:10.1214/ss/1177011926
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.report.null_models.coefficients import PER_MONTH
from jobs.report.null_models.inputs import Floats, TraitPage


@dataclass(frozen=True)
class OwnLines:
    """The patients' lines.

    Attributes
    ----------
    level, slope
        Value at month 0 and change per month of each patient (n).
    visits
        Number of visits (n).
    fitted, residual
        On the patient's own line, and the visit's distance from it (v).
    mean_level, mean_slope
        The line of the population, at the mean of the covariates.
    """

    level: Floats
    slope: Floats
    visits: NDArray[np.int64]
    fitted: Floats
    residual: Floats
    mean_level: float
    mean_slope: float


def own_lines(trait: TraitPage, visits: pd.DataFrame) -> OwnLines:
    """Predict the patients' own lines from the model's estimates.

    Parameters
    ----------
    trait
        A slope: its estimates "intercept", "months", covariates and "<covariate> x months", and of its details
        residual_sd, intercept_sd (at month 0), slope_sd and correlation.
    visits
        position, months, value.
    """
    patient = visits["position"].to_numpy(np.int64)
    months, value = visits["months"].to_numpy(np.float64), visits["value"].to_numpy(np.float64)
    level, slope = trait.predicted(), trait.predicted(PER_MONTH, "months")
    own = _own_parts(trait, patient, months, value - level[patient] - slope[patient] * months)
    own_level, own_slope = level + own[:, 0], slope + own[:, 1]
    fitted = own_level[patient] + own_slope[patient] * months
    return OwnLines(
        level=own_level,
        slope=own_slope,
        visits=np.bincount(patient, minlength=level.size).astype(np.int64),
        fitted=fitted,
        residual=value - fitted,
        mean_level=float(level.mean()),
        mean_slope=float(slope.mean()),
    )


def _own_parts(trait: TraitPage, patient: NDArray[np.int64], months: Floats, residual: Floats) -> Floats:
    """Give u (n, 2)."""
    patients = len(trait.samples)
    count, time, square, left, moment = (
        np.bincount(patient, weights=weights, minlength=patients)
        for weights in (np.ones(months.size), months, months**2, residual, months * residual)
    )
    gram = np.stack([count, time, time, square], axis=1).reshape(patients, 2, 2)
    covariance = _covariance(trait)
    noise = trait.detail("residual_sd")[:, None, None] ** 2
    solved = np.linalg.solve(gram @ covariance + noise * np.eye(2), np.stack([left, moment], axis=1)[:, :, None])
    return np.asarray((covariance @ solved)[:, :, 0], dtype=np.float64)


def _covariance(trait: TraitPage) -> Floats:
    """Give D of each patient, the covariance of own level at month 0 and own slope (n, 2, 2)."""
    spread = np.stack([trait.detail("intercept_sd"), trait.detail("slope_sd")], axis=1)
    correlation = trait.detail("correlation")
    # Where one of the two does not vary, their correlation is not defined.
    known = np.where(np.isfinite(correlation), correlation, 0.0)[:, None, None]
    mixed = np.eye(2) + known * (1 - np.eye(2))
    return np.asarray(spread[:, :, None] * spread[:, None, :] * mixed, dtype=np.float64)
