"""The null model of a quantitative trait: ordinary least squares.

With X the covariates and an intercept, and o a known part of the trait,

    y = o + X b + e,   s2 = RSS / (n - p),   M = (y - o - X b) / s2,   V = I / s2.

Axes: n samples, p columns: the intercept and the covariates, centred at their means.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import solve_triangular

from association.null_models.design import Design, check_design, coefficients_at_zero, missing_problems
from association.null_models.null_model import Fit, Floats, NullModel
from association.problems import InputError

# Residuals smaller than this share of the trait's spread are the rounding of a trait that X determines.
DETERMINED = 1e-10


def fit_linear(trait: Floats, design: Design, *, offset: Floats | None = None) -> Fit:
    """Fit a quantitative trait on covariates alone.

    Parameters
    ----------
    trait
        Values (n), none missing.
    design
        Covariates without an intercept; the model adds "intercept" as its first column.
    offset
        Known part of the trait (n), such as a polygenic prediction; it is subtracted.

    Returns
    -------
    Fit
        `details` holds the residual variance s2. The information of the covariates is of the centred columns,
        which span the same space; coefficients are of the columns as given.

    Raises
    ------
    InputError
        If the covariates cannot be told apart, trait or offset have missing values, the samples are too few, or
        nothing of the trait is left to explain.

    Notes
    -----
    The log-likelihood is at the maximum likelihood variance RSS / n, as in R's `logLik.lm`.
    """
    check_design(design)
    samples, columns = trait.size, len(design.names) + 1
    _check_trait(trait, np.zeros(samples) if offset is None else offset, columns)
    unknown = trait if offset is None else trait - offset
    means = design.matrix.mean(axis=0)
    matrix = np.column_stack([np.ones(samples), design.matrix - means])
    orthogonal, triangle = np.linalg.qr(matrix)
    estimates = solve_triangular(triangle, orthogonal.T @ unknown)
    residuals = unknown - matrix @ estimates
    # Once more, so that X'M is zero to the rounding of the residuals and not of the trait.
    residuals -= orthogonal @ (orthogonal.T @ residuals)
    squares = float(residuals @ residuals)
    _check_residuals(squares, unknown)
    variance = squares / (samples - columns)
    root = math.sqrt(variance) * solve_triangular(triangle, np.eye(columns))
    model = NullModel(
        kind="linear",
        residuals=residuals / variance,
        information=np.full(samples, 1 / variance),
        cross_information=matrix / variance,
        covariate_information=matrix.T @ matrix / variance,
    )
    return Fit(
        model=model,
        coefficients=coefficients_at_zero(("intercept", *design.names), estimates, root, -means),
        log_likelihood=-samples / 2 * (math.log(2 * math.pi * squares / samples) + 1),
        iterations=1,
        details={"residual_variance": variance},
    )


def _check_trait(trait: Floats, offset: Floats, columns: int) -> None:
    if problems := [*missing_problems("trait", trait), *missing_problems("offset", offset)]:
        raise InputError("null model", problems)
    if trait.size <= columns:
        message = f"{trait.size} samples for {columns} coefficients; use fewer covariates or more samples"
        raise InputError.single("null model", "trait", message)


def _check_residuals(squares: float, trait: Floats) -> None:
    if squares <= DETERMINED**2 * float(((trait - trait.mean()) ** 2).sum()) or np.ptp(trait) == 0:
        message = "is constant or determined by the covariates, so nothing is left for a gene; check the column"
        raise InputError.single("null model", "trait", message)
