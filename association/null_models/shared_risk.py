"""Information that two samples of a Cox model share, for carriers only.

With r the hazard ratios and d deaths in slot k (risk_sets), of which the l-th leaves a risk set of size
S0_kl,

    shared_ij = r_i r_j C_ij,   C_ij = sum over slots where both are at risk of sum_l a_i a_j / S0_kl^2,

where a = 1 but for the dying, whose weight is 1 - l/d under Efron. One cumulative sum over slots and a
correction in the slot where the shorter range ends give C without visiting a slot.

Axes: n samples, K slots, k carriers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from association.null_models.null_model import Floats, Integers
from association.null_models.risk_sets import RiskSets


@dataclass(frozen=True)
class CoxSharedRisk:
    """Shared risk of every pair of samples, in O(n + K) numbers.

    Attributes
    ----------
    risk
        Hazard ratio of each sample against its stratum's highest (n).
    first, last
        Range of slots in which each sample is at risk (n).
    died
        Whether the sample dies in slot last - 1 (n).
    before
        Sum of 1/S0^2 over the slots of the stratum before each slot (K).
    one_dies
        Correction of a slot where one of the pair dies (K): sum of -l/d / S0^2.
    both_die
        Correction of a slot where both die (K): sum of ((1 - l/d)^2 - 1) / S0^2.
    """

    risk: Floats
    first: Integers
    last: Integers
    died: NDArray[np.bool_]
    before: Floats
    one_dies: Floats
    both_die: Floats

    def between(self, samples: Integers) -> Floats:
        """Give the symmetric (k, k) shared risk of `samples`, positions in the trait's order."""
        first, last, died = self.first[samples], self.last[samples], self.died[samples]
        pairs: Floats = _pairs(self.risk[samples], first, last, died, self.before, self.one_dies, self.both_die)
        return pairs


def share_risk(sets: RiskSets, risk: Floats, sizes: Floats) -> CoxSharedRisk:
    """Prepare the shared risk of a fitted model.

    Parameters
    ----------
    sets
        The samples' risk sets.
    risk
        Hazard ratios (n).
    sizes
        S0 of each event (D).
    """
    hazard = (1 / sizes**2)[:, None]
    fraction = sets.fractions[:, None]
    return CoxSharedRisk(
        risk=risk,
        first=sets.first,
        last=sets.last,
        died=sets.died,
        before=sets.running(hazard)[:, 0],
        one_dies=sets.in_slots(-fraction * hazard)[:, 0],
        both_die=sets.in_slots(((1 - fraction) ** 2 - 1) * hazard)[:, 0],
    )


@njit(cache=True)
def _pairs(
    risk: Floats,
    first: Integers,
    last: Integers,
    died: NDArray[np.bool_],
    before: Floats,
    one_dies: Floats,
    both_die: Floats,
) -> Floats:
    shared = np.zeros((risk.size, risk.size))
    for i in range(risk.size):
        for j in range(i + 1):
            begin, end = max(first[i], first[j]), min(last[i], last[j])
            if begin >= end:
                continue
            common = before[end] - before[begin]
            deaths = int(died[i] and last[i] == end) + int(died[j] and last[j] == end)
            if deaths == 1:
                common += one_dies[end - 1]
            elif deaths == 2:
                common += both_die[end - 1]
            shared[i, j] = shared[j, i] = risk[i] * risk[j] * common
    return shared
