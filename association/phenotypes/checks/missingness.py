"""Whether patients who do badly stop coming to visits.

A patient drops out after a visit if it is their last, although they were followed for at least two of their own usual
intervals longer. In discrete time, with stratum s of patient i,

    logit P(drop-out after visit j of patient i) = a_s + b score_ij + c months_ij + d months_ij^2,

and b is tested by its likelihood ratio. Nobody drops out twice, so that visits of a patient count as if they were of
different ones; a single visit missed between two others is none, nor are the last visits before the end of follow-up.

A slope model holds if drop-out depends on what was seen (missing at random), but not if it depends on what was not.
That it depends on the last score is all that a table can show, and a warning of the other.

Axes: v scored visits, n patients.

References
----------
Diggle P, Kenward MG (1994) Informative drop-out in longitudinal data analysis. Appl Stat 43:49-93.
doi:10.2307/2986113
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from association.null_models.design import Design
from association.null_models.logistic import fit_logistic
from association.null_models.null_model import Floats
from association.phenotypes.covariates import indicators
from association.problems import InputError

# So many of the usual intervals without a visit, and the patient comes no more.
INTERVALS = 2.0
# With fewer that dropped out, or visits after which nobody did, there is nothing to test.
FEWEST = 10


@dataclass(frozen=True)
class DropOut:
    """Whether drop-out depends on the last score.

    Attributes
    ----------
    visits
        Visits after which a patient could be seen to drop out or not.
    dropped_out
        Patients who did.
    odds_ratio
        Of dropping out, per unit of the score.
    p_value
        Likelihood ratio test, 1 degree of freedom.
    """

    visits: int
    dropped_out: int
    odds_ratio: float
    p_value: float


def informative_missingness(visits: pd.DataFrame, followed: pd.Series, strata: pd.Series) -> DropOut | None:
    """Test whether drop-out depends on the last score; None where there is too little to tell.

    Parameters
    ----------
    visits
        Scored visits sorted by patient and time: patient (position), months (from the first visit), value.
    followed
        Months from the first visit to death or the last contact, by patient (n); NaN where not known.
    strata
        A label per patient (n), each with a rate of drop-out of its own.
    """
    patient, months = visits["patient"].to_numpy(), visits["months"].to_numpy(np.float64)
    last = np.append(patient[1:] != patient[:-1], True)
    left = followed.to_numpy(np.float64)[patient] - months
    told = ~last | (left >= INTERVALS * _usual_interval(patient, months))
    dropped_out = (last & told)[told].astype(np.float64)
    if min(dropped_out.sum(), dropped_out.size - dropped_out.sum()) < FEWEST:
        return None
    score, time = visits["value"].to_numpy(np.float64)[told], months[told]
    label = pd.Series(strata.astype(str).to_numpy()[patient[told]], name="stratum")
    levels = indicators(label) if len(set(label)) > 1 else Design((), np.empty((time.size, 0)))
    names = (*levels.names, "months", "months squared")
    # Years, so that squares stay small.
    others = np.column_stack([levels.matrix, time / 12, (time / 12) ** 2])
    try:
        with_score = fit_logistic(dropped_out, Design(("score", *names), np.column_stack([score, others])))
        without = fit_logistic(dropped_out, Design(names, others))
    except InputError:
        return None
    ratio = 2 * (with_score.log_likelihood - without.log_likelihood)
    effect = next(one.estimate for one in with_score.coefficients if one.name == "score")
    p_value = float(chi2.sf(max(ratio, 0.0), 1))
    return DropOut(dropped_out.size, int(dropped_out.sum()), math.exp(effect), p_value)


def _usual_interval(patient: np.ndarray, months: Floats) -> Floats:
    """Give each visit its patient's usual interval (v): the median of their own, at least that of everyone."""
    between = np.diff(months)[patient[1:] == patient[:-1]]
    everyone = float(np.median(between)) if between.size else math.inf
    own = pd.Series(between).groupby(patient[1:][patient[1:] == patient[:-1]]).median()
    usual = np.full(int(patient.max(initial=0)) + 1, everyone)
    usual[own.index] = np.maximum(own.to_numpy(), everyone)
    return np.asarray(usual[patient], dtype=np.float64)
