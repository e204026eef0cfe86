"""Risk sets that samples do not leave by competing events, and the information shared in them.

A sample is at risk in its own slots first, ..., last - 1 with weight 1; if it leaves by a competing event, also in
all later slots k of its stratum with weight W_k tail_i, where tail_i = 1/W(T_i) (subdistribution_weights). The
weight being a product, sums over risk sets need one more cumulative sum, and

    shared_ij = r_i r_j C_ij,   C_ij = sum over slots k of w_ik w_jk h_k,   h_k = d_k / S0_k^2,

comes from cumulative sums of h_k, W_k h_k and W_k^2 h_k: both in their own slots, either one in its tail, both in
their tails. What columns of a gene share is gathered in one sweep over the places where a carrier's weight changes,
as in `shared_risk`.

Axes: n samples, D events in slot order, K slots, q columns of values, m columns of a gene, k entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit
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

    def among(self, offsets: Integers, samples: Integers, dosages: Floats) -> Floats:
        """Give what columns share, G'RG (m, m).

        Parameters
        ----------
        offsets, samples, dosages
            The columns, as in `association.score.Carriers`; samples are positions in the trait's order.
        """
        shares = dosages * self.risk[samples]
        places = np.stack((self.first[samples], self.last[samples], self.end[samples]))
        shared: Floats = _among(offsets, shares, places, self.tail[samples], self.before)
        return shared


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


@njit(cache=True, nogil=True)
def _among(offsets: Integers, shares: Floats, places: Integers, tail: Floats, before: Floats) -> Floats:
    """Sweep over the slots where entries (k) come, change to their tails, and end (3, k)."""
    size, entries = offsets.size - 1, shares.size
    column = np.repeat(np.arange(size), offsets[1:] - offsets[:-1])
    shared = np.zeros((size, size))
    # At own weight and in tails: who is there, and the integral that an entry of either kind has met so far.
    active, integral, seen = np.zeros((2, size)), np.zeros((2, size)), np.zeros((3, size))
    present = np.zeros((2, size), np.int64)
    for change in np.argsort(places.ravel(), kind="mergesort"):
        kind, entry = change // entries, change % entries
        own, slot = column[entry], places[kind, entry]
        alone = places[0, entry] < places[1, entry]
        for weight in range(2):
            share = shares[entry] if weight == 0 else shares[entry] * tail[entry]
            if share == 0.0 or kind == 2 * (1 - weight) or (weight == 0 and not alone):
                continue
            sign = 1.0 if kind == weight else -1.0
            for other in range(own + 1):
                met = integral[weight, other]
                for there in range(2):
                    power = weight + there
                    met += active[there, other] * (before[slot, power] - seen[power, other])
                shared[own, other] -= sign * share * met
            for met_by in range(2):
                for there in range(2):
                    power = met_by + there
                    integral[met_by, own] += active[there, own] * (before[slot, power] - seen[power, own])
            for power in range(3):
                seen[power, own] = before[slot, power]
            present[weight, own] += 1 if sign > 0 else -1
            active[weight, own] = active[weight, own] + sign * share if present[weight, own] else 0.0
    for own in range(size):
        for other in range(own):
            shared[other, own] = shared[own, other]
    return shared
