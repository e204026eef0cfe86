"""The null model of a time to event: Cox regression with delayed entry, strata and ties.

Risk sets are those of risk_sets, with everyone in them at full weight but the dying under Efron; the residuals and
the information that follow from them are in hazards.

Axes: n samples, p covariates (centred; the baseline hazard is the intercept).

References
----------
Therneau TM, Grambsch PM (2000) Modeling survival data: extending the Cox model. Chapter 3.
doi:10.1007/978-1-4757-3294-8
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from association.null_models.design import Design, check_design, missing_problems
from association.null_models.hazards import fit_hazards, stratum_codes, time_problems
from association.null_models.null_model import Fit, Floats
from association.null_models.risk_sets import Ties, arrange_risk_sets
from association.null_models.shared_risk import share_risk
from association.problems import InputError, Problem


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
    _check(entry, exit, event, known)
    check_design(design, strata=strata)
    sets = arrange_risk_sets(entry, exit, event == 1, stratum_codes(strata, len(exit)), ties)
    details = {"events": float(event.sum()), "tied_fraction": sets.tied_fraction()}
    return fit_hazards("cox", sets, design, known, partial(share_risk, sets), details)


def _check(entry: Floats, exit: Floats, event: Floats, offset: Floats) -> None:
    problems = []
    if bad := int((~((event == 0) | (event == 1))).sum()):
        problems.append(Problem("event", f"{bad} values are neither 0 nor 1; code the event as 1, censoring as 0"))
    elif not event.any():
        problems.append(Problem("event", "no sample has the event; a time to event needs at least one"))
    problems += [*time_problems(entry, exit), *missing_problems("offset", offset)]
    if problems:
        raise InputError("null model", problems)
