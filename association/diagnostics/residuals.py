"""Residuals to plot, from a null model's score residuals.

With y events observed, mu expected, M = y - mu, and Phi_ii = V_ii - (VX)_i (X'VX)^-1 (XV)_i',

    deviance, events          sign(M) sqrt(2 (y log(y / mu) - M)),
    deviance, cases           sign(M) sqrt(-2 log(1 - |M|)),
    standardised              M_i / sqrt(Phi_ii).

The first is of Cox and Fine-Gray models, whose martingale residual is M itself, and of Poisson counts. Martingale
residuals pile up below 1; the deviance takes out most of that skew. The last has variance 1 where V is fixed by the
design: a linear model's internally studentised residual, Pearson's residual adjusted for leverage of logistic
regression and counts, and for ordinal traits and slopes the score of one sample, in standard deviations. Of a time to
event V_ii is near E_i, itself an outcome, and M / sqrt(E) has no finite variance.

Axes: n samples.

References
----------
Therneau TM, Grambsch PM, Fleming TR (1990) Martingale-based residuals for survival models. Biometrika 77:147-160.
doi:10.1093/biomet/77.1.147
McCullagh P, Nelder JA (1989) Generalized linear models. Chapters 2 and 12. doi:10.1007/978-1-4899-3242-6
"""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from association.null_models.null_model import Floats, NullModel
from association.problems import InputError

# A drop below this share of a sample's own information is the rounding of V: the covariates determine the sample.
DETERMINED = 1e-10
# M is a difference of numbers near 1: what is left of it below this is rounding.
ROUNDING = float(np.finfo(float).eps)
TIMES_TO_EVENT = frozenset({"cox", "fine_gray"})


def deviance_residuals(residual: Floats, event: Floats) -> Floats:
    """Turn martingale residuals, or a Poisson count's, into deviance residuals (n).

    Parameters
    ----------
    residual
        Observed less expected events M (n), at most the observed.
    event
        Observed events (n): 0 or 1 of a time to event, any number of a count.
    """
    expected = np.maximum(event - residual, ROUNDING)
    # Where as much was observed as expected, rounding may take it below 0.
    deviance = np.maximum(xlogy(event, event / expected) - residual, 0)
    return np.asarray(np.sign(residual) * np.sqrt(2 * deviance), dtype=np.float64)


def case_deviance_residuals(residual: Floats) -> Floats:
    """Turn residuals y - mu of a binary trait into deviance residuals (n)."""
    probability = np.maximum(1 - np.abs(residual), ROUNDING)
    return np.asarray(np.sign(residual) * np.sqrt(-2 * np.log(probability)), dtype=np.float64)


def standardised_residuals(model: NullModel) -> Floats:
    """Divide score residuals by their standard deviation under the model (n).

    Parameters
    ----------
    model
        Any null model but of a time to event.

    Returns
    -------
    Floats
        nan for a sample that carries no information of its own: one visit in a slope model, or a value that the
        covariates determine.

    Raises
    ------
    InputError
        If the model is of a time to event.
    """
    if model.kind in TIMES_TO_EVENT:
        message = f"'{model.kind}' is of a time to event, which has no standardised residuals; use deviance residuals"
        raise InputError.single("residuals", "null model", message)
    explained = np.zeros(model.information.size)
    if model.covariate_information.size:
        solved = np.linalg.solve(model.covariate_information, model.cross_information.T)
        explained = (model.cross_information * solved.T).sum(axis=1)
    # Relatives share information with each other and not with themselves: this is the diagonal of V, too.
    variance = model.information - explained
    known = variance > DETERMINED * model.information
    return np.where(known, model.residuals / np.sqrt(np.where(known, variance, 1)), np.nan)


def residuals_to_plot(model: NullModel) -> Floats:
    """Choose the residuals whose plot is easiest to read for the model's kind (n).

    Parameters
    ----------
    model
        Any null model: deviance residuals of times to event, cases and Poisson counts; of others the standardised.
    """
    if model.kind in TIMES_TO_EVENT | {"poisson"} and model.events is not None:
        return deviance_residuals(model.residuals, model.events)
    if model.kind == "logistic":
        return case_deviance_residuals(model.residuals)
    return standardised_residuals(model)
