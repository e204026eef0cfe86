"""From risk sets to a null model: what every model with a baseline hazard has in common.

With d the events, and hazard ratios r, expected events E, sizes S0 and means xbar of the risk sets as in
partial_likelihood,

    M_i = d_i - E_i,   V_ij = 1{i=j} E_i - r_i r_j C_ij,
    (VX)_i = E_i x_i - r_i sum_{k: i in R_k} sum_l a_i(k,l) xbar_kl / S0_kl,

where C, of pairs of samples, is left to the model's shared risk.

Axes: n samples, p covariates (centred; the baseline hazard is the intercept), D events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from association.null_models.design import Design
from association.null_models.newton import Wording, maximise
from association.null_models.null_model import Coefficient, Fit, Floats, Integers, NullModel, SharedRisk
from association.null_models.partial_likelihood import PartialLikelihood, partial_likelihood
from association.null_models.risk_sets import RiskSets
from association.problems import Problem

WORDING = Wording(effect="hazard ratio", trait="events")


def fit_hazards(
    kind: str,
    sets: RiskSets,
    design: Design,
    offset: Floats,
    share_risk: Callable[[Floats, Floats], SharedRisk],
    details: dict[str, float],
) -> Fit:
    """Maximise the partial likelihood and reduce it to a null model.

    Parameters
    ----------
    kind
        The model's name.
    sets
        The samples' risk sets.
    design
        Covariates without an intercept, which check_design accepts.
    offset
        Known part of the log hazard ratio (n).
    share_risk
        Gives the shared risk from hazard ratios r (n) and sizes S0 (D).
    details
        Of the fit, as they are.

    Raises
    ------
    InputError
        If the events cannot tell the covariates apart, or the likelihood has no maximum.
    """
    covariates = design.matrix - design.matrix.mean(axis=0)
    maximum = maximise(
        lambda estimates: partial_likelihood(sets, covariates, offset, estimates),
        np.zeros(len(design.names)),
        names=design.names,
        reach=np.ptp(covariates, axis=0),
        wording=WORDING,
    )
    errors = np.sqrt(np.diag(np.linalg.inv(maximum.point.information)))
    return Fit(
        model=_null_model(kind, sets, covariates, maximum.point, share_risk),
        coefficients=tuple(
            Coefficient(name, float(estimate), float(error))
            for name, estimate, error in zip(design.names, maximum.estimates, errors, strict=True)
        ),
        log_likelihood=maximum.point.log_likelihood,
        iterations=maximum.iterations,
        details=details,
    )


def stratum_codes(strata: NDArray[np.generic] | None, samples: int) -> Integers:
    """Give each sample the number of its stratum, 0, 1, ... (n); without labels all are in one."""
    codes = np.zeros(samples, np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    return np.asarray(codes, dtype=np.int64)


def time_problems(entry: Floats, exit: Floats) -> Iterator[Problem]:
    """Say how many samples are never under observation, if any."""
    if bad := int((~(np.isfinite(exit) & (entry < exit))).sum()):
        message = f"{bad} samples do not leave after they enter, or a time is missing; leave those samples out"
        yield Problem("entry, exit", message)


def _null_model(
    kind: str,
    sets: RiskSets,
    covariates: Floats,
    point: PartialLikelihood,
    share_risk: Callable[[Floats, Floats], SharedRisk],
) -> NullModel:
    pulled = sets.collect(point.means / point.sizes[:, None])
    events = sets.died.astype(np.float64)
    return NullModel(
        kind=kind,
        residuals=events - point.expected,
        information=point.expected,
        cross_information=point.expected[:, None] * covariates - point.risk[:, None] * pulled,
        covariate_information=point.information,
        shared_risk=share_risk(point.risk, point.sizes),
        events=events,
        expected_events=point.expected,
    )
