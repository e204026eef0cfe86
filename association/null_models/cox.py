"""The null model of a time to event: Cox regression with delayed entry, strata and ties.

With hazard ratios r, expected events E, sizes S0 and means xbar of the risk sets as in partial_likelihood,

    M_i = d_i - E_i,   V_ij = 1{i=j} E_i - r_i r_j C_ij,
    (VX)_i = E_i x_i - r_i sum_{k: i in R_k} sum_l a_i(k,l) xbar_kl / S0_kl,

where C, of pairs of samples, is left to shared_risk.

Axes: n samples, p covariates (centred; the baseline hazard is the intercept).

References
----------
Therneau TM, Grambsch PM (2000) Modeling survival data: extending the Cox model. Chapter 3.
doi:10.1007/978-1-4757-3294-8
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from association.null_models.design import Design, check_design
from association.null_models.null_model import Coefficient, Fit, Floats, NullModel
from association.null_models.partial_likelihood import PartialLikelihood, partial_likelihood
from association.null_models.risk_sets import RiskSets, Ties, arrange_risk_sets
from association.null_models.shared_risk import share_risk
from association.problems import InputError, Problem

# Squared length of a Newton step in standard errors. The step that meets it is still taken and squares it
# once more, which leaves estimates exact to rounding.
CONVERGED = 1e-14
# A step that long in the squared standard error, over a covariate's whole range, is a ratio of hazards that
# still moves by 10 percent although the likelihood does not: the estimate is infinite.
STILL_MOVING = 0.1
# Newton needs 4 to 8 iterations on a likelihood with a maximum.
MOST_ITERATIONS = 60
# A step of a thousand millionth is no step: the likelihood is then flat to rounding.
MOST_HALVINGS = 30
# Log-likelihoods of one maximum differ by their rounding: this share of their value.
LIKELIHOOD_ROUNDING = 1e-12
# An information matrix of unit diagonal is singular below the root of double precision.
SINGULAR = 1e-8


def fit_cox(
    entry: Floats,
    exit: Floats,
    event: Floats,
    design: Design,
    *,
    strata: NDArray[np.generic] | None = None,
    ties: Ties = "efron",
    offset: Floats | None = None,
) -> Fit:
    """Fit a time to event on covariates alone.

    Parameters
    ----------
    entry
        When observation starts (n); at risk from just after it. Minus infinity means from the beginning.
    exit
        When observation ends (n), after entry.
    event
        1 where it ends with the event, 0 where it is censored (n).
    design
        Covariates without an intercept; there may be none.
    strata
        A label per sample (n), of any kind, whose baseline hazards differ.
    ties
        How simultaneous events are treated.
    offset
        Known part of the log hazard ratio (n), such as a polygenic score.

    Returns
    -------
    Fit
        `details` holds "events" and "tied_fraction", the share of events at a time of another.

    Raises
    ------
    InputError
        If times, events or offset are unusable, there is no event, the covariates cannot be told apart, or the
        likelihood has no maximum.

    Notes
    -----
    Agrees with R's `survival::coxph`, also where an entry time equals an event time.
    """
    known = np.zeros(len(exit)) if offset is None else offset
    _check_times(entry, exit, event, known)
    check_design(design, strata=strata)
    stratum = np.zeros(len(exit), np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    sets = arrange_risk_sets(entry, exit, event == 1, stratum, ties)
    covariates = design.matrix - design.matrix.mean(axis=0)
    estimates, point, iterations = _maximise(sets, covariates, known, design.names)
    variance = np.linalg.inv(point.information)
    return Fit(
        model=_null_model(sets, covariates, point),
        coefficients=tuple(
            Coefficient(name, float(estimate), float(error))
            for name, estimate, error in zip(design.names, estimates, np.sqrt(np.diag(variance)), strict=True)
        ),
        log_likelihood=point.log_likelihood,
        iterations=iterations,
        details={"events": float(event.sum()), "tied_fraction": sets.tied_fraction()},
    )


def _check_times(entry: Floats, exit: Floats, event: Floats, offset: Floats) -> None:
    problems = []
    if bad := int((~((event == 0) | (event == 1))).sum()):
        problems.append(Problem("event", f"{bad} values are neither 0 nor 1; code the event as 1, censoring as 0"))
    elif not event.any():
        problems.append(Problem("event", "no sample has the event; a time to event needs at least one"))
    if bad := int((~(np.isfinite(exit) & (entry < exit))).sum()):
        message = f"{bad} samples do not leave after they enter, or a time is missing; leave those samples out"
        problems.append(Problem("entry, exit", message))
    if bad := int((~np.isfinite(offset)).sum()):
        problems.append(Problem("offset", f"{bad} values are missing or infinite; leave those samples out"))
    if problems:
        raise InputError("null model", problems)


def _maximise(
    sets: RiskSets, covariates: Floats, offset: Floats, names: tuple[str, ...]
) -> tuple[Floats, PartialLikelihood, int]:
    """Climb by Newton steps, halved where they overshoot."""
    estimates = np.zeros(len(names))
    point = partial_likelihood(sets, covariates, offset, estimates)
    if not names:
        return estimates, point, 0
    reach = np.ptp(covariates, axis=0)
    for iteration in range(1, MOST_ITERATIONS + 1):
        step = _newton_step(point, names)
        length = float(step @ point.gradient)
        if length <= np.sqrt(CONVERGED):
            _check_finite(step * reach, names)
        estimates, point = _advance(sets, covariates, offset, estimates, point, step)
        if length <= CONVERGED:
            return estimates, point, iteration
    message = f"the likelihood has no maximum after {MOST_ITERATIONS} steps; use fewer covariates, or coarser ones"
    raise InputError.single("null model", ", ".join(names), message)


def _newton_step(point: PartialLikelihood, names: tuple[str, ...]) -> Floats:
    size = np.sqrt(np.diag(point.information).clip(min=0))
    if (size > 0).all():
        scaled = point.information / np.outer(size, size)
        values, vectors = np.linalg.eigh(scaled)
        if values[0] > SINGULAR:
            return np.asarray(cho_solve(cho_factor(scaled), point.gradient / size) / size, dtype=np.float64)
        blurred = np.abs(vectors[:, 0]) > 1e-3
    else:
        blurred = size <= 0
    message = "the events cannot tell these covariates apart or hold none of their values; leave one of them out"
    raise InputError.single("null model", ", ".join(np.array(names)[blurred]), message)


def _check_finite(movement: Floats, names: tuple[str, ...]) -> None:
    """Refuse coefficients that go on moving where the likelihood no longer does."""
    endless = np.abs(movement) > STILL_MOVING
    if endless.any():
        message = (
            "its hazard ratio runs off to zero or infinity: it tells the samples with the event from all "
            "others at risk (no event in one of its groups, say); leave it out, or merge its groups"
        )
        raise InputError("null model", [Problem(str(name), message) for name in np.array(names)[endless]])


def _advance(
    sets: RiskSets,
    covariates: Floats,
    offset: Floats,
    estimates: Floats,
    point: PartialLikelihood,
    step: Floats,
) -> tuple[Floats, PartialLikelihood]:
    """Take the step, halved until the likelihood does not fall."""
    floor = point.log_likelihood - LIKELIHOOD_ROUNDING * abs(point.log_likelihood)
    for _ in range(MOST_HALVINGS):
        following = partial_likelihood(sets, covariates, offset, estimates + step)
        if following.log_likelihood >= floor:
            return estimates + step, following
        step = step / 2
    return estimates, point


def _null_model(sets: RiskSets, covariates: Floats, point: PartialLikelihood) -> NullModel:
    pulled = sets.collect(point.means / point.sizes[:, None])
    events = sets.died.astype(np.float64)
    return NullModel(
        kind="cox",
        residuals=events - point.expected,
        information=point.expected,
        cross_information=point.expected[:, None] * covariates - point.risk[:, None] * pulled,
        covariate_information=point.information,
        shared_risk=share_risk(sets, point.risk, point.sizes),
        events=events,
        expected_events=point.expected,
    )
