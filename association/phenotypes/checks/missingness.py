"""Whether visits are missed by those who do badly.

A visit of a patient who was followed for at least two of the usual intervals afterwards should have another after
it. If none came within that time it is followed by a gap, and

    logit P(gap after visit j of patient i) = a + b score_ij + c months_ij

is tested by the likelihood ratio of b. A slope model holds if gaps depend on what was seen (missing at random), but
not if they depend on what was not. That they depend on the last score is all that a table can show, and a warning of
the other.

Axes: v scored visits.

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
from association.problems import InputError

# A gap is as long as so many of the usual intervals.
INTERVALS = 2.0
# Below this many gaps, or visits without one, there is nothing to test.
FEWEST = 10


@dataclass(frozen=True)
class Missingness:
    """Whether gaps depend on the last score.

    Attributes
    ----------
    visits, gaps
        Visits that should have had a successor, and those that had none in time.
    odds_ratio
        Of a gap, per unit of the score.
    p_value
        Likelihood ratio test, 1 degree of freedom.
    """

    visits: int
    gaps: int
    odds_ratio: float
    p_value: float


def informative_missingness(visits: pd.DataFrame, followed: pd.Series) -> Missingness | None:
    """Test whether gaps depend on the last score; None where there are too few to tell.

    Parameters
    ----------
    visits
        Scored visits sorted by patient and time: patient (position), months (from the first visit), value.
    followed
        Months from the first visit to death or the last contact, by patient (n); NaN where not known.
    """
    patient, months = visits["patient"].to_numpy(), visits["months"].to_numpy(np.float64)
    same = np.append(patient[1:] == patient[:-1], False)
    until_next = np.where(same, np.append(np.diff(months), 0.0), np.inf)
    usual = float(np.median(until_next[same])) if same.any() else 0.0
    expected = followed.to_numpy(np.float64)[patient] - months >= INTERVALS * usual
    gap = (until_next > INTERVALS * usual)[expected].astype(np.float64)
    if usual <= 0 or min(gap.sum(), gap.size - gap.sum()) < FEWEST:
        return None
    score = visits["value"].to_numpy(np.float64)[expected]
    time = months[expected]
    try:
        with_score = fit_logistic(gap, Design(("score", "months"), np.column_stack([score, time])))
        without = fit_logistic(gap, Design(("months",), time[:, None]))
    except InputError:
        return None
    ratio = 2 * (with_score.log_likelihood - without.log_likelihood)
    effect = next(one.estimate for one in with_score.coefficients if one.name == "score")
    return Missingness(gap.size, int(gap.sum()), math.exp(effect), float(chi2.sf(max(ratio, 0.0), 1)))
