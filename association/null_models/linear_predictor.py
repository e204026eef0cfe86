"""Models whose likelihood sees covariates only through one linear predictor per sample.

With l_i the log-likelihood of sample i and eta = o + b_0 + x'b its linear predictor,

    M_i = dl_i/deta_i,   V = diag(E[-d2l_i/deta_i^2]),

and the maximum is sought with the observed -d2l/deta2, so that steps converge quadratically also where that is not
its expectation.

Axes: n samples, p columns: the intercept and the covariates, centred at their means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from association.null_models.design import Design, coefficients_at_zero
from association.null_models.newton import Maximum, Wording, maximise
from association.null_models.null_model import Coefficient, Floats, NullModel


@dataclass(frozen=True)
class SampleLikelihoods:
    """The log-likelihood of samples at their linear predictors.

    Attributes
    ----------
    log_likelihood
        Sum over the samples.
    residuals
        First derivatives M (n).
    curvature
        Minus the second derivatives (n).
    information
        Expected curvature, V (n).
    """

    log_likelihood: float
    residuals: Floats
    curvature: Floats
    information: Floats


@dataclass(frozen=True)
class PredictorLikelihood:
    """The same at one vector of coefficients.

    Attributes
    ----------
    matrix
        Intercept and centred covariates (n, p).
    predictor
        Linear predictors (n).
    samples
        The samples' likelihoods there.
    """

    matrix: Floats
    predictor: Floats
    samples: SampleLikelihoods

    @property
    def log_likelihood(self) -> float:
        """Sum over the samples."""
        return self.samples.log_likelihood

    @cached_property
    def gradient(self) -> Floats:
        """X'M (p)."""
        return np.asarray(self.matrix.T @ self.samples.residuals, dtype=np.float64)

    @cached_property
    def information(self) -> Floats:
        """Observed information of the coefficients (p, p)."""
        return np.asarray(self.matrix.T @ (self.samples.curvature[:, None] * self.matrix), dtype=np.float64)


def centred_columns(design: Design) -> Floats:
    """Give the intercept and the covariates less their means (n, p)."""
    return np.column_stack([np.ones(len(design.matrix)), design.matrix - design.matrix.mean(axis=0)])


def maximise_over_predictor(
    likelihoods: Callable[[Floats], SampleLikelihoods],
    design: Design,
    offset: Floats,
    start: Floats,
    *,
    wording: Wording,
) -> Maximum[PredictorLikelihood]:
    """Find the coefficients of the intercept and the centred covariates.

    Parameters
    ----------
    likelihoods
        Evaluates linear predictors (n).
    design
        Covariates without an intercept, which check_design accepts.
    offset
        Known part of the linear predictor (n).
    start
        Coefficients to begin with (p).
    wording
        For messages.

    Raises
    ------
    InputError
        If the likelihood has no maximum; covariates at fault are named.
    """
    matrix = centred_columns(design)

    def likelihood(estimates: Floats) -> PredictorLikelihood:
        predictor = offset + matrix @ estimates
        return PredictorLikelihood(matrix, predictor, likelihoods(predictor))

    reach = np.ptp(matrix[:, 1:], axis=0)
    return maximise(likelihood, start, names=design.names, reach=reach, wording=wording)


def predictor_null_model(kind: str, point: PredictorLikelihood) -> NullModel:
    """Reduce a fitted likelihood to a null model.

    Parameters
    ----------
    kind
        The model's name.
    point
        The likelihood at its maximum.
    """
    cross = point.samples.information[:, None] * point.matrix
    return NullModel(
        kind=kind,
        residuals=point.samples.residuals,
        information=point.samples.information,
        cross_information=cross,
        covariate_information=point.matrix.T @ cross,
    )


def predictor_coefficients(design: Design, maximum: Maximum[PredictorLikelihood]) -> tuple[Coefficient, ...]:
    """Give the estimates of the intercept and of the covariates as they are."""
    lower = cholesky(maximum.point.information, lower=True)
    root = solve_triangular(lower, np.eye(len(lower)), lower=True).T
    names = ("intercept", *design.names)
    return coefficients_at_zero(names, maximum.estimates, root, -design.matrix.mean(axis=0))
