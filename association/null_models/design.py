"""The covariates of a null model, and whether they can be told apart.

A null model has a level of its own: an intercept, or a baseline hazard in every stratum. What a covariate
adds is its deviation from that level, so the check centres each column within strata and asks whether any
centred column is zero, or a combination of others, by a pivoted QR decomposition of the columns at unit
length.

Axes: n samples, p covariates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr, solve_triangular

from association.null_models.null_model import Coefficient, Floats, Integers
from association.problems import InputError, Problem

# Centring a constant column leaves the rounding of its sum: up to n times 1e-16 of the value, at n = 1e6.
CONSTANT = 1e-10
# X'VX squares the columns' angles: one below the root of double precision is lost in it.
COLLINEAR = 1e-8
# A coefficient of unit columns below this is the rounding of COLLINEAR, not a part of the combination.
IN_COMBINATION = 1e-6


@dataclass(frozen=True)
class Design:
    """Covariates by name.

    Attributes
    ----------
    names
        One per column.
    matrix
        Values (n, p), without an intercept; p may be 0.
    """

    names: tuple[str, ...]
    matrix: Floats


def check_design(design: Design, *, strata: NDArray[np.generic] | None = None, intercept: bool = True) -> None:
    """Refuse covariates that a null model cannot tell apart.

    Parameters
    ----------
    design
        The covariates.
    strata
        A label per sample (n) where each stratum has a level of its own, else None.
    intercept
        Whether the model has a level at all: an intercept or a baseline hazard.

    Raises
    ------
    InputError
        Naming every column with missing values, every constant column, and every column that is a combination
        of others.
    """
    problems = list(_broken_columns(design))
    if not problems:
        columns = _centre(design.matrix, strata) if intercept or strata is not None else design.matrix
        problems = list(_constant_columns(design, columns, strata)) or list(_combinations(design, columns))
    if problems:
        raise InputError("covariates", problems)


def without_constants(design: Design, strata: NDArray[np.generic]) -> tuple[Design, tuple[str, ...]]:
    """Leave out the covariates that explain nothing, and name them.

    Parameters
    ----------
    design
        Covariates without missing values.
    strata
        A label per sample (n); a covariate that has one value within every stratum explains nothing.
    """
    constant = _are_constant(design.matrix, _centre(design.matrix, strata))
    if not constant.any():
        return design, ()
    names = np.array(design.names, object)
    return Design(tuple(names[~constant]), design.matrix[:, ~constant]), tuple(names[constant])


def missing_problems(place: str, values: Floats) -> Iterator[Problem]:
    """Say how many values are missing or infinite, if any.

    Parameters
    ----------
    place
        What the values are, for the message.
    values
        One per sample (n).
    """
    if missing := int((~np.isfinite(values)).sum()):
        yield Problem(place, f"{missing} of {values.size} values are missing or infinite; leave those samples out")


def coefficients_at_zero(
    names: tuple[str, ...], estimates: Floats, root: Floats, shift: Floats
) -> tuple[Coefficient, ...]:
    """Turn estimates of a model with centred covariates into those of the covariates as given.

    Parameters
    ----------
    names
        Of the level's coefficients, then of the covariates' (l + p).
    estimates
        With centred covariates (l + p).
    root
        Any square root of their covariance: root root' (l + p, l + p).
    shift
        What one unit of each covariate's coefficient adds to the level at covariates of zero (p): minus the mean
        of the covariate where the level is an intercept.
    """
    turn = np.eye(estimates.size)
    level = estimates.size - shift.size
    turn[:level, level:] = shift
    errors = np.linalg.norm(turn @ root, axis=1)
    return tuple(
        Coefficient(name, float(estimate), float(error))
        for name, estimate, error in zip(names, turn @ estimates, errors, strict=True)
    )


def _broken_columns(design: Design) -> Iterator[Problem]:
    if design.matrix.ndim != 2 or design.matrix.shape[1] != len(design.names):
        yield Problem("columns", f"{len(design.names)} names for values of shape {design.matrix.shape}")
        return
    for name, column in zip(design.names, design.matrix.T, strict=True):
        yield from missing_problems(name, column)


def _centre(matrix: Floats, strata: NDArray[np.generic] | None) -> Floats:
    """Subtract each column's mean within its stratum."""
    if strata is None:
        return matrix - matrix.mean(axis=0) if len(matrix) else matrix
    codes: Integers = np.unique(strata, return_inverse=True)[1]
    sums = np.zeros((int(codes.max(initial=0)) + 1, matrix.shape[1]))
    np.add.at(sums, codes, matrix)
    return np.asarray(matrix - (sums / np.bincount(codes)[:, None])[codes], dtype=np.float64)


def _constant_columns(design: Design, columns: Floats, strata: NDArray[np.generic] | None) -> Iterator[Problem]:
    where = "among these samples" if strata is None else "within every stratum"
    for name, constant in zip(design.names, _are_constant(design.matrix, columns), strict=True):
        if constant:
            yield Problem(name, f"has one and the same value {where}, so it explains nothing; leave it out")


def _are_constant(raw: Floats, centred: Floats) -> NDArray[np.bool_]:
    """Say which columns have nothing left but rounding (p)."""
    left = np.abs(centred).max(axis=0, initial=0) <= CONSTANT * np.abs(raw).max(axis=0, initial=0)
    return np.asarray(left, np.bool_)


def _combinations(design: Design, columns: Floats) -> Iterator[Problem]:
    """Name each column that the ones before it in pivoted order determine, and those that it is made of."""
    if columns.shape[1] == 0:
        return
    unit = columns / np.linalg.norm(columns, axis=0)
    triangle, order = qr(unit, mode="r", pivoting=True)
    size = np.zeros(columns.shape[1])
    diagonal = np.abs(np.diag(triangle))
    size[: diagonal.size] = diagonal
    rank = int((size > COLLINEAR).sum())
    parts = solve_triangular(triangle[:rank, :rank], triangle[:rank, rank:])
    for column, part in zip(order[rank:], parts.T, strict=True):
        others = sorted(int(j) for j in order[:rank][np.abs(part) > IN_COMBINATION])
        names = ", ".join(f"'{design.names[j]}'" for j in others)
        yield Problem(design.names[column], f"is a combination of {names}; leave one of them out")
