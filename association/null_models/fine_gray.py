"""The null model of one cause among competing ones: Fine-Gray regression with delayed entry.

A sample that leaves by another cause at T_i can no longer have the event, but stays in the risk sets of the
subdistribution after T_i with weight

    w_i(t) = G(t-) H(t-) / (G(T_i-) H(T_i-)),

the probability that someone like it would still be under observation, and would have entered, by t
(subdistribution_weights). Everyone else has weight 1 while under observation. What follows from weighted risk sets is
as in hazards, with Breslow's treatment of ties.

Axes: n samples, p covariates (centred; the baseline hazard is the intercept).

References
----------
Fine JP, Gray RJ (1999) A proportional hazards model for the subdistribution of a competing risk. J Am Stat Assoc
94:496-509. doi:10.1080/01621459.1999.10474144
Geskus RB (2011) Cause-specific cumulative incidence estimation and the Fine and Gray model under both left truncation
and right censoring. Biometrics 67:39-49. doi:10.1111/j.1541-0420.2010.01420.x
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from association.null_models.design import Design, check_design
from association.null_models.hazards import fit_hazards, stratum_codes, time_problems
from association.null_models.null_model import Fit, Floats, Integers
from association.null_models.risk_sets import arrange_risk_sets
from association.null_models.subdistribution_risk import share_subdistribution_risk, weigh_risk_sets
from association.null_models.subdistribution_weights import observation_weights
from association.problems import InputError, Problem


def fit_fine_gray(
    entry: Floats, exit: Floats, cause: Integers, design: Design, *, strata: NDArray[np.generic] | None = None
) -> Fit:
    """Fit the subdistribution hazard of a cause on covariates alone.

    Parameters
    ----------
    entry
        When observation starts (n); at risk from just after it. Minus infinity means from the beginning.
    exit
        When observation ends (n), after entry.
    cause
        Why it ends (n): 0 censored, 1 the event, 2 and above competing events.
    design
        Covariates without an intercept; there may be none.
    strata
        A label per sample (n), of any kind, whose baseline hazards, censoring and entry differ.

    Returns
    -------
    Fit
        `details` holds "events", "competing_events", "tied_fraction", the share of events at a time of another, and
        "largest_weight": well above 1, a few early competing events stand for many who enter late.

    Raises
    ------
    InputError
        If times or causes are unusable, there is no event, weights cannot be estimated, the covariates cannot be told
        apart, or the likelihood has no maximum.

    Notes
    -----
    Agrees with R's `survival::finegray` followed by a weighted `coxph(ties = "breslow")`; standard errors are the
    naive ones, the weights taken as known. One difference: finegray leaves H out unless somebody enters after the
    first exit; here H is always estimated, and somebody who enters at the very time of the first exit counts.
    """
    _check(entry, exit, cause)
    check_design(design, strata=strata)
    stratum = stratum_codes(strata, len(exit))
    unweighted = arrange_risk_sets(entry, exit, cause == 1, stratum, "breslow")
    weights = observation_weights(entry, exit, cause, unweighted)
    sets = weigh_risk_sets(unweighted, cause > 1, weights)
    details = {
        "events": float((cause == 1).sum()),
        "competing_events": float((cause > 1).sum()),
        "tied_fraction": sets.tied_fraction(),
        "largest_weight": sets.largest_weight(),
    }
    share_risk = partial(share_subdistribution_risk, sets)
    return fit_hazards("fine_gray", sets, design, np.zeros(len(exit)), share_risk, details)


def _check(entry: Floats, exit: Floats, cause: Integers) -> None:
    problems = []
    if bad := int((~(np.isfinite(cause) & (cause >= 0) & (cause == np.round(cause)))).sum()):
        message = f"{bad} values are not whole numbers from 0; code censoring as 0, the event as 1, others from 2"
        problems.append(Problem("cause", message))
    elif not (cause == 1).any():
        problems.append(Problem("cause", "no sample has the event, cause 1; a time to event needs at least one"))
    problems += time_problems(entry, exit)
    if problems:
        raise InputError("null model", problems)
