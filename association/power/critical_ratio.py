"""How large a group's likelihood ratio must be for the engine's p-value to reach a level.

The ratio is that of `calibration.evidence`, its law that of carriers exchanged within strata: the exact law of a
burden where that is feasible, else draws of carriers. A level that so many draws can't show is reached through the
tail: likelihood ratios of many carriers are nearly s chi2_1, with s from the hundredth largest draw.

Axes: n samples, K carriers, B draws, S strata.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from association.calibration.evidence import BINARY, PLAIN, UNEQUAL, Evidence, likelihood_ratio
from association.calibration.exact_burden import TIE_TOLERANCE, ExactBurden, ExactLaw
from association.kernels import njit
from association.power.carrier_spread import Places, draw_carriers, log10_attainable_p

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Carriers that are drawn in all: a gigabyte's tenth, and the work of a second.
DRAWN_NUMBERS = 20_000_000
MOST_DRAWS = 4_000_000
# A quantile is taken where so many draws lie beyond it; else the tail is scaled by the hundredth largest.
ENOUGH_BEYOND = 20
SCALED_BY = 100
# Likelihood ratios beyond this have no probability in double precision.
LARGEST_RATIO = 1500.0
HALVINGS = 50
_LAW = 11

EXACT = "exact"
DRAWN = "permutation"
UNATTAINABLE = "unattainable"


@dataclass(frozen=True)
class CriticalRatio:
    """The smallest likelihood ratio that is significant.

    Attributes
    ----------
    ratio
        Infinite where no ratio is; one for each replicate (R) where each is compared with a law of its own.
    method
        "exact", "permutation", or "unattainable" where the level is below what these carriers can attain.
    """

    ratio: float | Floats
    method: str


class CriticalRatios:
    """Critical ratios of a number of carriers, for as many null models of the same samples as are asked for.

    Parameters
    ----------
    taken
        Carriers of each stratum (S).
    strata
        Stratum of each sample (n).
    seed
        Of the study.
    """

    def __init__(self, taken: Integers, strata: Integers, seed: int) -> None:
        self._taken, self._strata, self._seed = taken, strata, seed
        self._attainable = log10_attainable_p(taken, np.bincount(strata).astype(np.int64))
        self._some = draw_carriers(taken, strata, (seed, _LAW), 1)[0].astype(np.int64)
        self._drawn: Places | None = None

    def is_dear(self, evidence: Evidence) -> bool:
        """Say whether a law costs so much that one must do for all effects."""
        exact = self._exact(evidence)
        return exact is None or exact.is_dear(self._some)

    def at(self, evidence: Evidence, levels: Sequence[float]) -> list[CriticalRatio]:
        """Give the critical ratio at each level.

        Parameters
        ----------
        evidence
            What each sample contributes under the null model.
        levels
            Largest p-values that are significant.
        """
        attainable = [math.log10(level) >= self._attainable - 1e-9 for level in levels]
        nothing = CriticalRatio(math.inf, UNATTAINABLE)
        if not any(attainable):
            return [nothing for _ in levels]
        exact = self._exact(evidence)
        if exact is not None:
            law = exact.law(self._some)
            found = [CriticalRatio(_exact_ratio(law, level, self._some.size), EXACT) for level in levels]
        else:
            ratios = group_ratios(evidence, self._draws())
            found = [CriticalRatio(_drawn_ratio(ratios, level), DRAWN) for level in levels]
        return [one if able else nothing for one, able in zip(found, attainable, strict=True)]

    def _exact(self, evidence: Evidence) -> ExactBurden | None:
        """Give the exact laws where there is one of these ratios: not of those with an information of their own."""
        exact = ExactBurden(evidence, self._strata)
        return exact if evidence.family != UNEQUAL and exact.feasible(self._some) else None

    def _draws(self) -> Places:
        if self._drawn is None:
            draws = min(DRAWN_NUMBERS // self._some.size, MOST_DRAWS)
            self._drawn = draw_carriers(self._taken, self._strata, (self._seed, _LAW), draws)
        return self._drawn


def _exact_ratio(law: ExactLaw, level: float, carriers: int) -> float:
    """Find the smallest ratio with at most this probability of it or more, by halving."""
    low, high = 0.0, LARGEST_RATIO
    wanted = math.log10(level) + 1e-9
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if law.log10_tail(middle, carriers) <= wanted else (middle, high)
    return high


def _drawn_ratio(ratios: Floats, level: float) -> float:
    """Give the quantile of draws, the largest first; of a level beyond them, that of a scaled chi-square.

    A significant ratio lies beyond the next draw after these, for draws may be many of one size.
    """
    beyond = math.floor(level * (1 + ratios.size) - 1)
    if beyond >= ENOUGH_BEYOND:
        next_draw = float(np.partition(ratios, ratios.size - 1 - beyond)[ratios.size - 1 - beyond])
        return next_draw * (1 + TIE_TOLERANCE)
    marked = np.partition(ratios, ratios.size - SCALED_BY)[ratios.size - SCALED_BY]
    return float(marked / chi2.isf(SCALED_BY / ratios.size, 1) * chi2.isf(level, 1))


def group_ratios(evidence: Evidence, groups: Places | Integers) -> Floats:
    """Give the likelihood ratio of each group of carriers of one allele each.

    Parameters
    ----------
    evidence
        What each sample contributes.
    groups
        Samples of each group (B, K).
    """
    ratios = np.empty(groups.shape[0])
    _group_ratios(evidence.family, evidence.values, groups, ratios)
    return ratios


@njit(cache=True, nogil=True, error_model="numpy")
def _group_ratios(family: int, values: Any, groups: Any, ratios: Any) -> None:
    size = float(groups.shape[1])
    for group in range(groups.shape[0]):
        first = second = third = 0.0
        for sample in groups[group]:
            first += values[0, sample]
            if family != PLAIN:
                second += values[1, sample]
            if values.shape[0] == 4:
                third += values[2, sample]
        ratios[group] = one_ratio(family, first, second, third, size, values.shape[0] == 4)


def one_ratios(family: int, first: Floats, second: Floats, size: float, third: Floats | None = None) -> Floats:
    """Give the likelihood ratio of each of many groups of the same size (R) from its sums.

    Parameters
    ----------
    family, first, second, size
        As of `evidence.likelihood_ratio`.
    third
        For cases of unequal risks: the variance that they have.
    """
    ratios = np.empty(first.shape)
    _one_ratios(family, first, second, first if third is None else third, size, third is not None, ratios)
    return ratios


@njit(cache=True, nogil=True, error_model="numpy")
def _one_ratios(family: int, first: Any, second: Any, third: Any, size: float, unequal: bool, ratios: Any) -> None:
    for place in range(first.size):
        ratios[place] = one_ratio(family, first[place], second[place], third[place], size, unequal)


@njit(cache=True, nogil=True, error_model="numpy")
def one_ratio(family: int, first: float, second: float, third: float, size: float, unequal_risks: bool) -> float:
    """Give a group's likelihood ratio from its sums; of cases of unequal risks, times the variance that they have."""
    ratio: float = likelihood_ratio(family, first, second, size)
    if unequal_risks and family == BINARY:
        ratio *= max(second * (size - second), 0.0) / (size * third)
    return ratio
