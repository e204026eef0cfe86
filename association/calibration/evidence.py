"""What a group of carriers says against the null: their likelihood ratio, from sums over carriers alone.

A carrier of burden b shifts the trait's linear predictor by theta b. With b in units of a typical carrier
(b = g sum(g) / sum(g^2), so that sum(b) = sum(b^2)), the likelihood ratio of theta against zero is

    counting   2 (O log(O / E) - O + E)                              O = sum b_i d_i,   E = sum b_i E_i
    binary     2 (O log(O / E) + (N - O) log((N - O) / (N - E)))     N = sum b_i,   times (E (N - E) / N) / v
    unequal    U^2 / v                                               U = sum b_i M_i,   v = sum b_i^2 V_i
    plain      U^2 / v                                               v = sum b_i^2 times the trait's one information

with d the observed and E the expected events (or counts, or cases), M the score residuals and V the information of a
sample. Counting is for times to event and counts: theta is estimated from O and E alone, and risk sets are taken as
given, which carriers, being few, hardly change, but for the last survivors of a small stratum. The residual M = d - E
itself is a poor measure there: it can't exceed 1 however early a patient dies, and has no bound for one who lives
long, so at high event rates |U| finds only protective genes. Binary takes carriers as equally likely cases; where
they are not, the last factor gives the variance that they have. Unequal serves all other traits whose samples carry
unequal information, such as slopes from few or many visits, and plain the rest.

A permutation exchanges all that is known of a sample, so any function of the sums has an exact law if carriers are
like other samples of their stratum. Where they are not (a gene that prolongs life has carriers with more visits), the
law holds nearly if the function has one distribution whoever the carriers are: therefore U is never compared without
its own information.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.elementary import natural_log
from association.calibration.permutation_stream import centre_within_strata
from association.kernels import njit
from association.null_models.null_model import NullModel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PLAIN, COUNTING, BINARY, UNEQUAL = 0, 1, 2, 3

# Informations that differ by less are one number, but for rounding.
ONE_INFORMATION = 1e-9
# Stands for zero where a logarithm is taken that counts for nothing.
_TINY = 1e-300


@dataclass(frozen=True)
class Evidence:
    """What each sample contributes to its carriers' likelihood ratio.

    Attributes
    ----------
    family
        PLAIN, COUNTING, BINARY or UNEQUAL.
    values
        Quantities that are summed over carriers, and permuted (q, n). Plain: M, scaled to a variance of about 1.
        Counting: d and E. Binary: d, E and, where they differ, V. Unequal: M and V. All but plain: at last the
        likelihood ratio of a lone carrier.
    """

    family: int
    values: Floats

    def as_plain(self, strata: Integers) -> Evidence:
        """Take U for itself where its information is known: unequal, and one number within each stratum.

        So it is of a quantitative trait whose cohorts differ in their residual variance. v is then the same for all
        permutations of equal burdens, and U orders them as U^2 / v does.

        Parameters
        ----------
        strata
            Stratum of each sample (n): 0 to S - 1.
        """
        if self.family != UNEQUAL:
            return self
        information = self.values[1]
        of_stratum = np.zeros(int(strata.max()) + 1)
        of_stratum[strata] = information
        one_each = np.abs(information - of_stratum[strata]).max() <= ONE_INFORMATION * information.max()
        return Evidence(PLAIN, self.values[:1]) if one_each else self

    @cached_property
    def largest(self) -> float:
        """Bound what one unit of burden adds to a likelihood ratio's terms."""
        largest = float(np.abs(self.values[0]).max())
        if self.family in (PLAIN, UNEQUAL):
            least = 1.0 if self.family == PLAIN else max(float(self.values[1].mean()), np.finfo(float).tiny)
            return largest**2 / least
        return largest + float(self.values[1].max())


def evidence_of(model: NullModel, strata: Integers) -> Evidence:
    """Say what each sample of a trait contributes.

    Parameters
    ----------
    model
        The trait's null model.
    strata
        Stratum of each sample (n); residuals are centred within.
    """
    information = model.information
    one_information = has_one_information(model)
    if model.events is not None and model.expected_events is not None:
        family = BINARY if model.kind == "logistic" else COUNTING
        first, second = model.events, model.expected_events
        more = [information] if family == BINARY and not one_information else []
    else:
        first, second, more = centre_within_strata(model.residuals, strata), information, []
        if one_information:
            return Evidence(PLAIN, (first / math.sqrt(information.max()))[None])
        family = UNEQUAL
    alone = np.array([likelihood_ratio(family, one, other, 1.0) for one, other in zip(first, second, strict=True)])
    return Evidence(family, np.stack((first, second, *more, alone)))


def has_one_information(model: NullModel) -> bool:
    """Say whether all samples carry the same information, and any at all."""
    most = model.information.max()
    return bool(most > 0 and np.ptp(model.information) <= ONE_INFORMATION * most)


def residual_scale(model: NullModel, strata: Integers) -> Floats:
    """Give the root of each sample's information (n) where residuals differ in variance by it, else ones.

    Parameters
    ----------
    model
        The trait's null model.
    strata
        Stratum of each sample (n).
    """
    if evidence_of(model, strata).family != UNEQUAL:
        return np.ones(strata.size)
    return np.sqrt(np.where(model.information > 0, model.information, 1.0))


@njit(cache=True, error_model="numpy")
def likelihood_ratio(family: Any, first: Any, second: Any, size: Any) -> Any:
    """Give the likelihood ratio of a group of carriers: at least 0, and 0 without information.

    Parameters
    ----------
    family
        PLAIN, COUNTING, BINARY (of equally likely cases) or UNEQUAL.
    first, second
        O and E; unequal: U and v; plain: U, and nothing.
    size
        N, the sum of burdens in typical units, which is that of their squares too.
    """
    if family == PLAIN:
        return first * first / size
    if family == UNEQUAL:
        return first * first / second if second > 0.0 else 0.0
    if family == COUNTING:
        return counting_ratio(first, second)
    return binary_ratio(first, second, size)


@njit(inline="always", error_model="numpy")
def counting_ratio(first: Any, second: Any) -> Any:
    """Give the likelihood ratio of O and E, without a branch for the compiler to stumble over."""
    ratio = first * natural_log(max(first, _TINY) / max(second, _TINY)) - first + second
    return 2.0 * max(ratio, 0.0) if second > 0.0 else 0.0


@njit(inline="always", error_model="numpy")
def binary_ratio(first: Any, second: Any, size: Any) -> Any:
    """Give the likelihood ratio of O and E of N equally likely cases."""
    failures, expected = size - first, size - second
    failures = failures if failures > 1e-9 * size else 0.0
    ratio = first * natural_log(max(first, _TINY) / max(second, _TINY))
    ratio += failures * natural_log(max(failures, _TINY) / max(expected, _TINY))
    return 2.0 * max(ratio, 0.0) if second > 0.0 else 0.0
