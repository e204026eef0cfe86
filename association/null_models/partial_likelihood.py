"""The partial likelihood of a Cox model and its derivatives.

With r = exp(eta), risk sets R_k and weights a as in risk_sets,

    S0_kl = sum_{R_k} a_i r_i,   xbar_kl = sum_{R_k} a_i r_i x_i / S0_kl,
    E_i = r_i sum_{k: i in R_k} sum_l a_i(k,l) / S0_kl,
    log likelihood = sum_{events} eta_i - sum_kl log S0_kl,
    gradient = X'(d - E),   X'VX = sum_i E_i x_i x_i' - sum_kl xbar_kl xbar_kl'.

Nothing of size n x K is formed: each sum over risk sets is a cumulative sum.

Axes: n samples, p covariates, D events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from association.null_models.null_model import Floats
from association.null_models.risk_sets import RiskSets


@dataclass(frozen=True)
class PartialLikelihood:
    """The partial likelihood at one vector of coefficients.

    Attributes
    ----------
    log_likelihood, gradient, information
        The log partial likelihood and its derivatives: X'M (p) and X'VX (p, p).
    risk, expected
        Hazard ratios r and expected events E (n).
    sizes, means
        S0 (D) and xbar (D, p) of each event's risk set.
    """

    log_likelihood: float
    gradient: Floats
    information: Floats
    risk: Floats
    expected: Floats
    sizes: Floats
    means: Floats


def partial_likelihood(sets: RiskSets, covariates: Floats, offset: Floats, estimates: Floats) -> PartialLikelihood:
    """Evaluate the partial likelihood at given coefficients.

    Parameters
    ----------
    sets
        The samples' risk sets.
    covariates
        Values (n, p), best centred: the information is a difference of squares.
    offset
        Known part of the log hazard ratio (n).
    estimates
        Coefficients (p).

    Notes
    -----
    Hazard ratios are against the highest of each stratum, which changes nothing else and cannot overflow.
    """
    predictor = offset + covariates @ estimates
    highest = np.full(sets.starts.size - 1, -np.inf)
    np.maximum.at(highest, sets.stratum, predictor)
    predictor = predictor - highest[sets.stratum]
    risk = np.exp(predictor)
    weighted = risk[:, None] * np.column_stack([np.ones(risk.size), covariates])
    sums = sets.at_risk(weighted) - sets.fractions[:, None] * sets.dying(weighted)
    sizes, means = sums[:, 0], sums[:, 1:] / sums[:, :1]
    expected = risk * sets.collect(1 / sizes[:, None])[:, 0]
    return PartialLikelihood(
        log_likelihood=float(predictor[sets.died].sum() - np.log(sizes).sum()),
        gradient=covariates.T @ (sets.died - expected),
        information=covariates.T @ (expected[:, None] * covariates) - means.T @ means,
        risk=risk,
        expected=expected,
        sizes=sizes,
        means=means,
    )
