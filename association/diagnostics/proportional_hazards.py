"""Whether hazards are proportional: the score test of Grambsch and Therneau.

Let the effect of covariate j drift with a function of time, beta_j + theta_j g(t). At theta = 0 and the estimates,
with the means xbar and covariances V_kl of the risk set of the l-th event of slot k (partial_likelihood), and g
centred at the mean of the events,

    U_j = sum_{events} g(t) (x_j - xbar_j),   J = sum_kl V_kl (x) [1 g; g g^2],   S = J_22 - J_21 J_11^-1 J_12,
    chi2_j = U_j^2 / S_jj (1 df),   global chi2 = U'S^-1 U (p df),

J being the information of (beta, theta). S_jj is what theta_j alone leaves of its own information once all of beta is
estimated. Sums over risk sets of squares need no more than the partial likelihood does: with weights w of the events,

    sum_kl w_k V_kl = X' diag(r_i sum_{k: i in R_k} sum_l a_i(k,l) w_k / S0_kl) X - sum_kl w_k xbar_kl xbar_kl'.

A plot of the drift shows scaled Schoenfeld residuals, beta + (x - xbar) Vbar^-1 against time, Vbar being the mean of
V_kl; simultaneous events have the mean of their xbar.

g is one of: "km", one less the Kaplan-Meier curve of all samples just before t; "rank", the mean rank of t among
exits; "identity", t itself. Under delayed entry a Kaplan-Meier curve may fall to zero in its first risk sets, of one
or two samples; g is then the same at all later events, and the test is of the first few alone. Therefore the curve of
"km" starts where enough samples are at risk (survival_curves), and g is 0 until then.

Axes: n samples, p covariates, D events.

References
----------
Grambsch PM, Therneau TM (1994) Proportional hazards tests and diagnostics based on weighted residuals. Biometrika
81:515-526. doi:10.1093/biomet/81.3.515
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, rankdata

from association.diagnostics.survival_curves import kaplan_meier
from association.null_models.design import Design, check_design
from association.null_models.hazards import stratum_codes
from association.null_models.null_model import Floats, Integers
from association.null_models.partial_likelihood import PartialLikelihood, partial_likelihood
from association.null_models.risk_sets import RiskSets, Ties, arrange_risk_sets
from association.problems import InputError

Transform = Literal["km", "rank", "identity"]
GLOBAL = "GLOBAL"
# Information is a difference of squares: less of them than this left to a drift is rounding.
LEFT = 1e-10
# One death in ten changes the curve, and so the transform, by a tenth at most.
FEWEST_AT_RISK = 10


@dataclass(frozen=True)
class ProportionalHazards:
    """A test of proportional hazards, and what to plot.

    Attributes
    ----------
    names
        The covariates, then "GLOBAL" (p + 1).
    chi_square, degrees, p_value
        Of each covariate and of all together (p + 1). A covariate whose drift the events cannot tell from its effect
        has 0 degrees of freedom and nan; the global test leaves such directions out.
    times, transformed_times
        Time and g of each event, in order of time (D).
    samples
        Position of each event's sample (D).
    scaled_residuals
        Scaled Schoenfeld residuals (D, p), on the scale of the coefficients; nan where the covariate is constant in
        the event's stratum.
    """

    names: tuple[str, ...]
    chi_square: Floats
    degrees: Integers
    p_value: Floats
    times: Floats
    transformed_times: Floats
    samples: Integers
    scaled_residuals: Floats


def proportional_hazards_test(
    entry: Floats,
    exit: Floats,
    event: Floats,
    design: Design,
    estimates: Floats,
    *,
    strata: NDArray[np.generic] | None = None,
    ties: Ties = "efron",
    offset: Floats | None = None,
    transform: Transform = "km",
    fewest_at_risk: int = FEWEST_AT_RISK,
) -> ProportionalHazards:
    """Test whether the hazard ratios of a Cox model change with time.

    Parameters
    ----------
    entry, exit, event, design, strata, ties, offset
        As given to `fit_cox`; at least one covariate.
    estimates
        Coefficients of the fit (p), the maximum of the partial likelihood.
    transform
        The function of time with which the effects may change.
    fewest_at_risk
        At risk where the curve of the transform "km" starts, as in `kaplan_meier`; R's is 1.

    Raises
    ------
    InputError
        If there are no covariates, their number is not that of the estimates, or they cannot be told apart.

    Notes
    -----
    Agrees with R's `cox.zph` of survival 3, and not with that of survival 2 or with lifelines, which take V to be the
    same at every event. The one difference is `fewest_at_risk`.
    """
    _check(design, estimates, strata)
    known = np.zeros(len(exit)) if offset is None else offset
    stratum = stratum_codes(strata, len(exit))
    sets = arrange_risk_sets(entry, exit, event == 1, stratum, ties)
    covariates = design.matrix - design.matrix.mean(axis=0)
    point = partial_likelihood(sets, covariates, known, estimates)
    samples = np.flatnonzero(sets.died)[np.argsort(sets.last[sets.died], kind="stable")]
    transformed = _transform(entry, exit, event, transform, fewest_at_risk)[samples]
    drift = transformed - transformed.mean()
    residuals = covariates[samples] - _mean_of_ties(sets, point.means)
    chi_square, degrees = _score_test(sets, covariates, point, residuals.T @ drift, drift)
    scaled = estimates + _scale(residuals, point.information, covariates, stratum, samples)
    order = np.argsort(exit[samples], kind="stable")
    return ProportionalHazards(
        names=(*design.names, GLOBAL),
        chi_square=chi_square,
        degrees=degrees,
        p_value=np.where(degrees > 0, chi2.sf(chi_square, np.maximum(degrees, 1)), np.nan),
        times=exit[samples][order],
        transformed_times=transformed[order],
        samples=samples[order],
        scaled_residuals=scaled[order],
    )


def _check(design: Design, estimates: Floats, strata: NDArray[np.generic] | None) -> None:
    check_design(design, strata=strata)
    if not design.names:
        message = "there are none; without a hazard ratio there is nothing to be proportional"
        raise InputError.single("proportional hazards", "covariates", message)
    if estimates.shape != (len(design.names),):
        message = f"{estimates.size} for {len(design.names)} covariates; give those of the fit on these covariates"
        raise InputError.single("proportional hazards", "estimates", message)


def _transform(entry: Floats, exit: Floats, event: Floats, transform: Transform, fewest_at_risk: int) -> Floats:
    """Give g of each sample's exit (n)."""
    if transform == "identity":
        return exit
    if transform == "rank":
        return np.asarray(rankdata(exit), dtype=np.float64)
    curve = kaplan_meier(entry, exit, event, fewest_at_risk=fewest_at_risk)
    return 1 - np.concatenate([[1.0], curve.survival])[np.searchsorted(curve.times, exit, side="left")]


def _mean_of_ties(sets: RiskSets, values: Floats) -> Floats:
    """Average each column of values (D, q) over the events of a slot (D, q)."""
    deaths = sets.in_slots(np.ones((len(values), 1)))
    return np.asarray((sets.in_slots(values) / np.maximum(deaths, 1))[sets.event_slots], dtype=np.float64)


def _score_test(
    sets: RiskSets, covariates: Floats, point: PartialLikelihood, score: Floats, drift: Floats
) -> tuple[Floats, Integers]:
    """Give chi-square and degrees of freedom of each drift and of all together (p + 1)."""
    crossed, _ = _weighted_information(sets, covariates, point, drift)
    own, squares = _weighted_information(sets, covariates, point, drift**2)
    left = own - crossed @ np.linalg.solve(point.information, crossed)
    found = np.diag(left) > LEFT * squares
    unit = np.sqrt(np.where(found, np.diag(left), 1))
    single = np.where(found, score / unit, np.nan)
    sizes, directions = np.linalg.eigh((left / np.outer(unit, unit))[np.ix_(found, found)])
    kept = sizes > LEFT
    along = directions[:, kept].T @ single[found]
    together = (along**2 / sizes[kept]).sum() if kept.any() else np.nan
    return np.append(single**2, together), np.append(found, kept.sum()).astype(np.int64)


def _weighted_information(
    sets: RiskSets, covariates: Floats, point: PartialLikelihood, weights: Floats
) -> tuple[Floats, Floats]:
    """Sum the covariance of the covariates over the risk sets of all events, at given weights (D), and their squares.

    Returns
    -------
    tuple
        The sum (p, p), and what its diagonal was before the squares of the means were taken from it (p).
    """
    expected = point.risk * sets.collect((weights / point.sizes)[:, None])[:, 0]
    squares = covariates.T @ (expected[:, None] * covariates)
    between = point.means.T @ (weights[:, None] * point.means)
    return np.asarray(squares - between, np.float64), np.asarray(np.diag(squares), np.float64)


def _scale(
    residuals: Floats, information: Floats, covariates: Floats, stratum: Integers, samples: Integers
) -> Floats:
    """Divide residuals (D, p) by the mean covariance of a risk set, in each stratum for what varies there."""
    varies = np.zeros((int(stratum.max()) + 1, covariates.shape[1]), bool)
    first = np.unique(stratum, return_index=True)[1]
    np.logical_or.at(varies, stratum, covariates != covariates[first][stratum])
    events = np.bincount(stratum[samples], minlength=len(varies))
    shared = varies.T.astype(float) @ (events[:, None] * varies)
    mean = information / np.maximum(shared, 1)
    scaled = np.full(residuals.shape, np.nan)
    # Strata in which the same covariates vary are scaled together.
    patterns, pattern_of = np.unique(varies, axis=0, return_inverse=True)
    for number, used in enumerate(patterns):
        rows = pattern_of.ravel()[stratum[samples]] == number
        if used.any() and rows.any():
            solved = np.linalg.solve(mean[np.ix_(used, used)], residuals[np.ix_(rows, used)].T)
            scaled[np.ix_(rows, used)] = solved.T
    return scaled
