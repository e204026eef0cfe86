"""Risk sets that samples do not leave by competing events, and the information shared in them.

A sample is at risk in its own slots first, ..., last - 1 with weight 1; if it leaves by a competing event, also in
all later slots k of its stratum with weight W_k tail_i, where tail_i = 1/W(T_i) (subdistribution_weights). The
weight being a product, sums over risk sets need one more cumulative sum, and

    shared_ij = r_i r_j C_ij,   C_ij = sum over slots k of w_ik w_jk h_k,   h_k = d_k / S0_k^2,

is four differences of cumulative sums of h_k, W_k h_k and W_k^2 h_k: both in their own slots, either one in its tail,
both in their tails.

Axes: n samples, D events in slot order, K slots, q columns, k carriers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from association.null_models.null_model import Floats, Integers
from association.null_models.risk_sets import RiskSets
from association.null_models.subdistribution_weights import ObservationWeights


@dataclass(frozen=True)
class SubdistributionRiskSets(RiskSets):
    """Risk sets with tails.

    Attributes
    ----------
    slot_weights
        W of each slot (K).
    tail
        1/W at the exit of a sample that leaves by a competing event, else 0 (n).
    """

    slot_weights: Floats
    tail: Floats

    def at_risk(self, values: Floats) -> Floats:
        """Sum each column of values (n, q) over the weighted risk set of each event (D, q)."""
        left = np.zeros((int(self.starts[-1]), values.shape[1]))
        np.add.at(left, self.last, self.tail[:, None] * values)
        for begin, end in pairwise(self.starts):
            np.cumsum(left[begin:end], axis=0, out=left[begin:end])
        tails = self.slot_weights[:, None] * left
        return np.asarray(super().at_risk(values) + tails[self.event_slots], dtype=np.float64)

    def collect(self, values: Floats) -> Floats:
        """Sum each column of values (D, q) over the events a sample is at risk for, at its weight (n, q)."""
        before = self.running(self.slot_weights[self.event_slots, None] * values)
        later = before[self.ends()] - before[self.last]
        return np.asarray(super().collect(values) + self.tail[:, None] * later, dtype=np.float64)

    def largest_weight(self) -> float:
        """Give the largest weight of any sample in any risk set, at least 1."""
        tails = np.zeros(int(self.starts[-1]))
        np.maximum.at(tails, self.last, self.tail)
        for begin, end in pairwise(self.starts):
            np.maximum.accumulate(tails[begin:end], out=tails[begin:end])
        return max(1.0, float((self.slot_weights * tails).max()))

    def ends(self) -> Integers:
        """Give the empty last slot of each sample's stratum (n)."""
        return np.asarray(self.starts[1:][self.stratum] - 1, dtype=np.int64)


@dataclass(frozen=True)
class SubdistributionSharedRisk:
    """Shared risk of every pair of samples, in O(n + K) numbers.

    Attributes
    ----------
    risk
        Hazard ratio of each sample against its stratum's highest (n).
    first, last
        Range of the sample's own slots (n).
    end
        The empty last slot of its stratum, where tails end (n).
    tail
        1/W at the exit of a sample that leaves by a competing event, else 0 (n).
    before
        Sums of h, W h and W^2 h over the slots of the stratum before each slot (K, 3).
    """

    risk: Floats
    first: Integers
    last: Integers
    end: Integers
    tail: Floats
    before: Floats

    def between(self, samples: Integers) -> Floats:
        """Give the symmetric (k, k) shared risk of `samples`, positions in the trait's order."""
        first, last, end = self.first[samples], self.last[samples], self.end[samples]
        pairs: Floats = _pairs(self.risk[samples], first, last, end, self.tail[samples], self.before)
        return pairs


def weigh_risk_sets(
    sets: RiskSets, competing: NDArray[np.bool_], weights: ObservationWeights
) -> SubdistributionRiskSets:
    """Keep samples with a competing event in the risk sets after their exit.

    Parameters
    ----------
    sets
        The samples' own slots.
    competing
        Who leaves by a competing event (n).
    weights
        W at slots and at exits, above 0 where a sample leaves by a competing event.
    """
    tail = np.zeros(competing.size)
    tail[competing] = 1 / weights.at_exits[competing]
    return SubdistributionRiskSets(**vars(sets), slot_weights=weights.at_slots, tail=tail)


def share_subdistribution_risk(
    sets: SubdistributionRiskSets, risk: Floats, sizes: Floats
) -> SubdistributionSharedRisk:
    """Prepare the shared risk of a fitted model.

    Parameters
    ----------
    sets
        The samples' weighted risk sets.
    risk
        Hazard ratios (n).
    sizes
        S0 of each event (D).
    """
    powers = sets.slot_weights[sets.event_slots, None] ** np.arange(3)
    before = sets.running(powers / sizes[:, None] ** 2)
    return SubdistributionSharedRisk(risk, sets.first, sets.last, sets.ends(), sets.tail, before)


@njit(cache=True)
def _pairs(risk: Floats, first: Integers, last: Integers, end: Integers, tail: Floats, before: Floats) -> Floats:
    shared = np.zeros((risk.size, risk.size))
    for i in range(risk.size):
        for j in range(i + 1):
            if end[i] != end[j]:
                continue
            common = 0.0
            begin, stop = max(first[i], first[j]), min(last[i], last[j])
            if begin < stop:
                common += before[stop, 0] - before[begin, 0]
            begin = max(last[i], first[j])
            if begin < last[j]:
                common += tail[i] * (before[last[j], 1] - before[begin, 1])
            begin = max(last[j], first[i])
            if begin < last[i]:
                common += tail[j] * (before[last[i], 1] - before[begin, 1])
            begin = max(last[i], last[j])
            common += tail[i] * tail[j] * (before[end[i], 2] - before[begin, 2])
            shared[i, j] = shared[j, i] = risk[i] * risk[j] * common
    return shared
