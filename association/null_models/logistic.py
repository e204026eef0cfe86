"""The null model of a binary trait: logistic regression.

With X the covariates and an intercept, and o a known part of the log odds,

    logit mu = o + X b,   M = y - mu,   V = diag(mu (1 - mu)).

Axes: n samples, p columns: the intercept and the covariates, centred at their means.

References
----------
McCullagh P, Nelder JA (1989) Generalized linear models, 2nd edition. Chapter 4. doi:10.1007/978-1-4899-3242-6
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit, log_expit, logit

from association.null_models.design import Design, check_design, missing_problems
from association.null_models.linear_predictor import (
    SampleLikelihoods,
    maximise_over_predictor,
    predictor_coefficients,
    predictor_null_model,
)
from association.null_models.newton import Wording
from association.null_models.null_model import Fit, Floats
from association.problems import InputError, Problem

WORDING = Wording(effect="odds ratio", trait="trait")


def fit_logistic(trait: Floats, design: Design, *, offset: Floats | None = None) -> Fit:
    """Fit a binary trait on covariates alone.

    Parameters
    ----------
    trait
        1 for those who have it, 0 for those who do not (n).
    design
        Covariates without an intercept; the model adds "intercept" as its first column.
    offset
        Known part of the log odds (n), such as a polygenic score.

    Returns
    -------
    Fit
        `details` holds "cases", the number of ones. The information of the covariates is of the centred columns,
        which span the same space; coefficients are log odds ratios of the columns as given.

    Raises
    ------
    InputError
        If trait or offset are unusable, all samples are alike, the covariates cannot be told apart, or some of them
        separate the trait: then their odds ratios are infinite, and they are named.
    """
    known = np.zeros(trait.size) if offset is None else offset
    _check_trait(trait, known)
    check_design(design)
    start = np.zeros(1 + len(design.names))
    start[0] = logit(trait.mean()) - known.mean()
    maximum = maximise_over_predictor(
        lambda predictor: _likelihoods(trait, predictor), design, known, start, wording=WORDING
    )
    model = predictor_null_model("logistic", maximum.point)
    return Fit(
        model=replace(model, events=trait, expected_events=trait - model.residuals),
        coefficients=predictor_coefficients(design, maximum),
        log_likelihood=maximum.point.log_likelihood,
        iterations=maximum.iterations,
        details={"cases": float(trait.sum())},
    )


def _check_trait(trait: Floats, offset: Floats) -> None:
    problems = []
    if bad := int((~((trait == 0) | (trait == 1))).sum()):
        problems.append(Problem("trait", f"{bad} of {trait.size} values are neither 0 nor 1; code the trait so"))
    elif trait.size == 0 or np.ptp(trait) == 0:
        message = "all samples have the same value; a binary trait needs samples with 1 and samples with 0"
        problems.append(Problem("trait", message))
    problems += missing_problems("offset", offset)
    if problems:
        raise InputError("null model", problems)


def _likelihoods(trait: Floats, predictor: Floats) -> SampleLikelihoods:
    # Of the sign that the sample's own value speaks for, so that a probability near 1 keeps all digits of 1 - mu.
    sign = 2 * trait - 1
    information = expit(predictor) * expit(-predictor)
    return SampleLikelihoods(
        log_likelihood=float(log_expit(sign * predictor).sum()),
        residuals=sign * expit(-sign * predictor),
        curvature=information,
        information=information,
    )
