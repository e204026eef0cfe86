"""The null model of a quantitative trait among relatives: a mixed model with a sparse kinship.

With X the covariates and an intercept, and K twice the kinship coefficients (1 on the diagonal, 0 between families),

    y = X b + g + e,   g ~ N(0, h s2 K),   e ~ N(0, (1 - h) s2 I),   W = s2 (h K + (1 - h) I),
    M = W^-1 (y - X b),   V = W^-1,

h maximises the restricted likelihood, in which s2 = (y - X b)'(h K + (1 - h) I)^-1 (y - X b) / (n - p) and b is that
of generalised least squares. In the basis of the families' eigenvectors a heritability costs O(n p^2).

The p-values of this model are those of large samples. A permutation would need samples that can change places, and
relatives cannot: their traits are correlated, and so are their genotypes. To exchange genotypes within strata makes
the second correlation disappear and not the first, so the permuted scores of a variant that runs in families vary
less than the observed one, and its p-value is too small. That is why `refuse_kinship` is all that other traits get.

Axes: n samples, p columns: the intercept and the covariates, centred at their means.

References
----------
Chen H, Meigs JB, Dupuis J (2013) Sequence kernel association test for quantitative traits in family samples. Genet
Epidemiol 37:196-204. doi:10.1002/gepi.21703
Patterson HD, Thompson R (1971) Recovery of inter-block information when block sizes are unequal. Biometrika
58:545-554. doi:10.1093/biomet/58.3.545
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar

from association.null_models.design import Design, check_design
from association.null_models.families import Families, Kinship, diagonalise, rotate
from association.null_models.family_risk import FamilySharedRisk
from association.null_models.null_model import Coefficient, Fit, Floats, Integers, NullModel
from association.problems import InputError

# At a heritability of 1 identical twins would have no variance between them.
HIGHEST_HERITABILITY = 0.999
# The likelihood is looked at this many times before the best place is refined.
FIRST_LOOKS = 21
# Ten times finer than any data can tell.
HERITABILITY_TOLERANCE = 1e-6
# Residuals smaller than this share of the trait's spread are the rounding of a trait that X determines.
DETERMINED = 1e-10


@dataclass(frozen=True)
class _Solution:
    """Generalised least squares at one heritability."""

    estimates: Floats
    variance: float
    information: Floats
    log_likelihood: float


def fit_linear_kinship(trait: Floats, design: Design, kinship: Kinship) -> Fit:
    """Fit a quantitative trait of relatives on covariates alone.

    Parameters
    ----------
    trait
        Values (n), none missing.
    design
        Covariates without an intercept; the model adds "intercept" as its first column.
    kinship
        Who is related to whom.

    Returns
    -------
    Fit
        `details` holds "heritability" h, "total_variance" s2 and "families" of two and more. The log-likelihood is
        the restricted one.

    Raises
    ------
    InputError
        If the covariates cannot be told apart, the trait has missing values or is determined by them, the samples are
        too few, or the kinship is not one.
    """
    check_design(design)
    _check_trait(trait, design)
    families = diagonalise(kinship, trait.size)
    means = design.matrix.mean(axis=0)
    matrix = np.column_stack([np.ones(trait.size), design.matrix - means])
    _check_residuals(trait, matrix)
    values, rotated = rotate(families, np.column_stack([trait, matrix]))

    def unlikely(heritability: float) -> float:
        return -_solve(heritability, values, rotated).log_likelihood

    looks = np.linspace(0, HIGHEST_HERITABILITY, FIRST_LOOKS)
    best = int(np.argmin([unlikely(float(heritability)) for heritability in looks]))
    bounds = (looks[max(best - 1, 0)], looks[min(best + 1, FIRST_LOOKS - 1)])
    refined = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": HERITABILITY_TOLERANCE})
    heritability = min(float(refined.x), float(looks[best]), key=unlikely)
    solution = _solve(heritability, values, rotated)
    return Fit(
        model=_null_model(heritability, solution, families, trait, matrix),
        coefficients=_coefficients(design.names, solution, means),
        log_likelihood=solution.log_likelihood,
        iterations=FIRST_LOOKS + int(refined.nfev),
        details={
            "heritability": heritability,
            "total_variance": solution.variance,
            "families": float(sum(len(one.members) for one in families if one.members.shape[1] > 1)),
        },
    )


def refuse_kinship(place: str) -> InputError:
    """Make the error for a kinship with a trait that is not quantitative.

    Parameters
    ----------
    place
        The trait, as the user named it.
    """
    message = (
        "relatives can't be taken into account for this type of trait: its p-values permute samples, and relatives "
        "are not exchangeable; keep one member of each family (the one with the event, or the longest followed), or "
        "test a quantitative trait"
    )
    return InputError.single("kinship", place, message)


def _check_trait(trait: Floats, design: Design) -> None:
    if missing := int((~np.isfinite(trait)).sum()):
        message = f"{missing} of {trait.size} values are missing or infinite; leave those samples out"
        raise InputError.single("null model", "trait", message)
    columns = len(design.names) + 1
    if trait.size <= columns + 1:
        message = f"{trait.size} samples for {columns} coefficients and a heritability; use fewer covariates"
        raise InputError.single("null model", "trait", message)


def _check_residuals(trait: Floats, matrix: Floats) -> None:
    left = trait - matrix @ np.linalg.lstsq(matrix, trait, rcond=None)[0]
    if np.linalg.norm(left) <= DETERMINED * np.linalg.norm(trait - trait.mean()) or np.ptp(trait) == 0:
        message = "is constant or determined by the covariates, so nothing is left for a gene; check the column"
        raise InputError.single("null model", "trait", message)


def _solve(heritability: float, values: Floats, rotated: Floats) -> _Solution:
    """Solve for the coefficients and the variance; `rotated` holds the trait, then the matrix."""
    spread = heritability * values + (1 - heritability)
    trait, matrix = rotated[:, 0], rotated[:, 1:]
    weighted = matrix / spread[:, None]
    cross = weighted.T @ matrix
    factor = cho_factor(cross)
    estimates = np.asarray(cho_solve(factor, weighted.T @ trait), dtype=np.float64)
    residuals = trait - matrix @ estimates
    freedom = trait.size - matrix.shape[1]
    variance = float((residuals**2 / spread).sum()) / freedom
    log_determinants = float(np.log(spread).sum()) + 2 * float(np.log(np.diag(factor[0])).sum())
    log_likelihood = -0.5 * (freedom * (math.log(2 * math.pi * variance) + 1) + log_determinants)
    return _Solution(estimates, variance, cross / variance, log_likelihood)


def _null_model(
    heritability: float, solution: _Solution, families: list[Families], trait: Floats, matrix: Floats
) -> NullModel:
    inverses = [_inverse(one, heritability) / solution.variance for one in families]
    columns = np.column_stack([trait - matrix @ solution.estimates, matrix])
    weighted, information = np.empty_like(columns), np.empty(trait.size)
    for one, inverse in zip(families, inverses, strict=True):
        weighted[one.members] = np.einsum("fij,fjq->fiq", inverse, columns[one.members])
        information[one.members] = np.einsum("fii->fi", inverse)
    return NullModel(
        kind="linear_kinship",
        residuals=weighted[:, 0],
        information=information,
        cross_information=weighted[:, 1:],
        covariate_information=solution.information,
        shared_risk=FamilySharedRisk.of(trait.size, list(_pairs_of(families, inverses))),
    )


def _inverse(families: Families, heritability: float) -> Floats:
    """Give (h K + (1 - h) I)^-1 of each family (families, s, s)."""
    roots = families.vectors / np.sqrt(heritability * families.values + 1 - heritability)[:, None, :]
    inverse = roots @ roots.transpose(0, 2, 1)
    return np.asarray((inverse + inverse.transpose(0, 2, 1)) / 2, dtype=np.float64)


def _pairs_of(families: list[Families], inverses: list[Floats]) -> Iterator[tuple[Integers, Integers, Floats]]:
    """Give samples, their relatives, and what V has between them, with the sign of a shared risk."""
    for one, inverse in zip(families, inverses, strict=True):
        size = one.members.shape[1]
        apart = ~np.eye(size, dtype=bool)
        shape = (len(one.members), size, size)
        first = np.broadcast_to(one.members[:, :, None], shape)[:, apart]
        second = np.broadcast_to(one.members[:, None, :], shape)[:, apart]
        yield first.ravel(), second.ravel(), -inverse[:, apart].ravel()


def _coefficients(names: tuple[str, ...], solution: _Solution, means: Floats) -> tuple[Coefficient, ...]:
    """Turn estimates at the covariates' means into those at zero."""
    uncentred = np.eye(means.size + 1)
    uncentred[0, 1:] = -means
    covariance = uncentred @ np.linalg.inv(solution.information) @ uncentred.T
    return tuple(
        Coefficient(name, float(estimate), float(error))
        for name, estimate, error in zip(
            ("intercept", *names), uncentred @ solution.estimates, np.sqrt(np.diag(covariance)), strict=True
        )
    )
