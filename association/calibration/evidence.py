"""What a group of carriers says against the null: their likelihood ratio, from sums over carriers alone.

A carrier of burden b shifts the trait's linear predictor by theta b. With b in units of a typical carrier
(b = g sum(g) / sum(g^2), so that sum(b) = sum(b^2)), the likelihood ratio of theta against zero is

    counting   2 (O log(O / E) - O + E)                              O = sum b_i d_i,   E = sum b_i E_i
    binary     2 (O log(O / E) + (N - O) log((N - O) / (N - E)))     N = sum b_i
    plain      U^2 / v                                               U = sum b_i M_i,   v = sum b_i^2 times a constant

with d the observed and E the expected events (or counts, or cases), and M the score residuals. Counting is for times
to event and counts: theta is estimated from O and E alone, and risk sets are taken as given, which carriers, being
few, hardly change. The residual M = d - E itself is a poor measure there: it can't exceed 1 however early a patient
dies, and has no bound for one who lives long, so at high event rates |U| finds only protective genes. Binary takes
carriers as equally likely cases; where that differs from the true likelihood ratio, it is by little. Plain serves
all other traits.

Any such function of permuted samples has an exact permutation law; this choice decides power, not validity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from association.calibration.permutation_stream import centre_within_strata
from association.null_models.null_model import NullModel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PLAIN, COUNTING, BINARY = 0, 1, 2


@dataclass(frozen=True)
class Evidence:
    """What each sample contributes to its carriers' likelihood ratio.

    Attributes
    ----------
    family
        PLAIN, COUNTING or BINARY.
    values
        Quantities that are summed over carriers, and permuted (q, n). Plain: M, scaled to a variance of about 1.
        Else: d, E, and the likelihood ratio of a lone carrier.
    """

    family: int
    values: Floats


def evidence_of(model: NullModel, strata: Integers) -> Evidence:
    """Say what each sample of a trait contributes.

    Parameters
    ----------
    model
        The trait's null model.
    strata
        Stratum of each sample (n); residuals are centred within.
    """
    if model.events is None or model.expected_events is None:
        residuals = centre_within_strata(model.residuals, strata)
        return Evidence(PLAIN, (residuals / math.sqrt(model.information.mean()))[None])
    family = BINARY if model.kind == "logistic" else COUNTING
    values = np.stack((model.events, model.expected_events))
    alone = np.array([likelihood_ratio(family, first, second, 1.0) for first, second in values.T])
    return Evidence(family, np.vstack((values, alone)))


@njit(cache=True, inline="always")
def likelihood_ratio(family: Any, first: Any, second: Any, size: Any) -> Any:
    """Give the likelihood ratio of a group of carriers: at least 0, and 0 without information.

    Parameters
    ----------
    family
        PLAIN, COUNTING or BINARY.
    first, second
        O and E; plain: U, and nothing.
    size
        N, the sum of burdens in typical units, which is that of their squares too.
    """
    if family == 0:
        return first * first / size
    if second <= 0.0:
        return 0.0
    ratio = 0.0
    if first > 0.0:
        ratio += first * math.log(first / second)
    if family == 1:
        return max(2.0 * (ratio - first + second), 0.0)
    failures = size - first
    if failures > 1e-9 * size:
        ratio += failures * math.log(failures / (size - second))
    return max(2.0 * ratio, 0.0)
