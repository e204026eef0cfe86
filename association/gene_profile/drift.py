"""Whether the carriers' hazard ratio changes with time: Grambsch and Therneau's test of one more column.

The carriers (1 or 0) stand beside the covariates of the null model and are fitted with them; the test is of their
column alone. With few events it has little to go by, and the large-sample law no meaning.

References
----------
Grambsch PM, Therneau TM (1994) Proportional hazards tests and diagnostics based on weighted residuals. Biometrika
81:515-526. doi:10.1093/biomet/81.3.515
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.diagnostics.proportional_hazards import proportional_hazards_test
from association.hit_effects import Outcome
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.null_model import Integers
from association.problems import InputError

# Carriers with the event, below which nothing is tested.
FEWEST_EVENTS = 5
CARRIERS = "carriers"


@dataclass(frozen=True)
class Drift:
    """The test's p-value, or the reason why there is none."""

    p_value: float | None
    reason: str | None = None


def carriers_drift(outcome: Outcome, strata: Integers, carriers: NDArray[np.bool_]) -> Drift:
    """Test whether the carriers' hazard ratio is the same at all times.

    Parameters
    ----------
    outcome
        A time to event, with entry and exit, and the covariates of its null model.
    strata
        Stratum of each sample (n).
    carriers
        Who carries the gene (n).
    """
    if outcome.entry is None or outcome.exit is None:
        return Drift(None, "the trait is no time to event")
    if outcome.event[carriers].sum() < FEWEST_EVENTS:
        return Drift(None, f"fewer than {FEWEST_EVENTS} carriers have the event")
    matrix = np.column_stack((carriers.astype(np.float64), outcome.covariates))
    names = (CARRIERS, *(f"covariate {place}" for place in range(outcome.covariates.shape[1])))
    design, times = Design(names, matrix), (outcome.entry, outcome.exit, outcome.event)
    try:
        fit = fit_cox(*times, design, strata=strata, ties=outcome.ties)
        estimates = np.array([one.estimate for one in fit.coefficients])
        found = proportional_hazards_test(*times, design, estimates, strata=strata, ties=outcome.ties)
    except InputError:
        return Drift(None, "the model with the carriers in it can't be fitted")
    p_value = float(found.p_value[0])
    if np.isnan(p_value):
        return Drift(None, "the events can't tell a change from the effect itself")
    return Drift(p_value)
