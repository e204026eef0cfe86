"""The maximum of a likelihood by Newton steps, and the ways in which there is none.

With gradient g and information J (minus the second derivatives) where the climb stands, the next step is J^-1 g,
halved until the likelihood does not fall; its squared length in standard errors is g'J^-1 g.

The first coefficients are the model's own level (an intercept, or cut points; a Cox model has none) and the others
belong to covariates. What tells the covariates apart is their information beyond the level, the Schur complement
of J: a level that is known very well must not make a covariate look unknown.

Axes: l coefficients of the level, then p of covariates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from association.null_models.null_model import Floats
from association.problems import InputError, Problem

# Squared length of a Newton step in standard errors. The step that meets it is still taken and squares it
# once more, which leaves estimates exact to rounding.
CONVERGED = 1e-14
# A step that long in the squared standard error, over a covariate's whole range, is a ratio of hazards (odds, rates)
# that still moves by 10 percent although the likelihood does not: the estimate is infinite.
STILL_MOVING = 0.1
# Newton needs 4 to 8 iterations on a likelihood with a maximum.
MOST_ITERATIONS = 60
# A step of a thousand millionth is no step: the likelihood is then flat to rounding.
MOST_HALVINGS = 30
# Log-likelihoods of one maximum differ by their rounding: this share of their value.
LIKELIHOOD_ROUNDING = 1e-12
# An information matrix of unit diagonal is singular below the root of double precision.
SINGULAR = 1e-8


class Likelihood(Protocol):
    """A log-likelihood and its derivatives at one vector of coefficients."""

    @property
    def log_likelihood(self) -> float:
        """Its value; minus infinity or nan where the coefficients are out of bounds."""

    @property
    def gradient(self) -> Floats:
        """First derivatives (l + p)."""

    @property
    def information(self) -> Floats:
        """Minus the second derivatives (l + p, l + p)."""


Point = TypeVar("Point", bound=Likelihood)


@dataclass(frozen=True)
class Wording:
    """How messages speak of a model.

    Attributes
    ----------
    effect
        What a coefficient is the logarithm of: "hazard ratio".
    trait
        What the covariates explain: "events".
    """

    effect: str
    trait: str


@dataclass(frozen=True)
class Maximum(Generic[Point]):
    """Where the climb ended.

    Attributes
    ----------
    estimates
        Coefficients (l + p).
    point
        The likelihood there.
    iterations
        Newton steps taken.
    """

    estimates: Floats
    point: Point
    iterations: int


def maximise(
    likelihood: Callable[[Floats], Point],
    start: Floats,
    *,
    names: tuple[str, ...],
    reach: Floats,
    wording: Wording,
) -> Maximum[Point]:
    """Climb by Newton steps, halved where they overshoot.

    Parameters
    ----------
    likelihood
        Evaluates coefficients (l + p); concave.
    start
        Where to begin (l + p), within bounds.
    names
        The covariates' names (p).
    reach
        Each covariate's range, highest less lowest (p).
    wording
        For messages.

    Raises
    ------
    InputError
        If the covariates cannot be told apart, or the likelihood has no maximum; covariates at fault are named.
    """
    estimates, point = start, likelihood(start)
    if not start.size:
        return Maximum(estimates, point, 0)
    level = start.size - len(names)
    for iteration in range(1, MOST_ITERATIONS + 1):
        step = _newton_step(point, level, names, wording)
        length = float(step @ point.gradient)
        if length <= np.sqrt(CONVERGED):
            _check_finite(step[level:] * reach, names, wording)
        estimates, point = _advance(likelihood, estimates, point, step)
        if length <= CONVERGED:
            return Maximum(estimates, point, iteration)
    message = f"the likelihood has no maximum after {MOST_ITERATIONS} steps; use fewer covariates, or coarser ones"
    raise InputError.single("null model", ", ".join(names) or "trait", message)


def _newton_step(point: Likelihood, level: int, names: tuple[str, ...], wording: Wording) -> Floats:
    """Solve for the covariates beyond the level, then for the level."""
    gradient, information = point.gradient, point.information
    if not level:
        return _covariate_step(gradient, information, names, wording)
    own = cho_factor(information[:level, :level])
    across = information[:level, level:]
    beyond = information[level:, level:] - across.T @ cho_solve(own, across)
    step = _covariate_step(gradient[level:] - across.T @ cho_solve(own, gradient[:level]), beyond, names, wording)
    return np.concatenate([cho_solve(own, gradient[:level] - across @ step), step])


def _covariate_step(gradient: Floats, information: Floats, names: tuple[str, ...], wording: Wording) -> Floats:
    if not names:
        return np.empty(0)
    size = np.sqrt(np.diag(information).clip(min=0))
    if (size > 0).all():
        scaled = information / np.outer(size, size)
        values, vectors = np.linalg.eigh(scaled)
        if values[0] > SINGULAR:
            return np.asarray(cho_solve(cho_factor(scaled), gradient / size) / size, dtype=np.float64)
        blurred = np.abs(vectors[:, 0]) > 1e-3
    else:
        blurred = size <= 0
    message = (
        f"the {wording.trait} cannot tell these covariates apart or hold none of their values; leave one of them out"
    )
    raise InputError.single("null model", ", ".join(np.array(names)[blurred]), message)


def _check_finite(movement: Floats, names: tuple[str, ...], wording: Wording) -> None:
    """Refuse coefficients that go on moving where the likelihood no longer does."""
    endless = np.abs(movement) > STILL_MOVING
    if endless.any():
        message = (
            f"its {wording.effect} runs off to zero or infinity: it leaves no doubt about the {wording.trait} of "
            "some samples (all or none in one of its groups, say); leave it out, or merge its groups"
        )
        raise InputError("null model", [Problem(str(name), message) for name in np.array(names)[endless]])


def _advance(
    likelihood: Callable[[Floats], Point], estimates: Floats, point: Point, step: Floats
) -> tuple[Floats, Point]:
    """Take the step, halved until the likelihood does not fall."""
    floor = point.log_likelihood - LIKELIHOOD_ROUNDING * abs(point.log_likelihood)
    for _ in range(MOST_HALVINGS):
        following = likelihood(estimates + step)
        if following.log_likelihood >= floor:
            return estimates + step, following
        step = step / 2
    return estimates, point
