"""Information that a gene's columns share under a Cox model, from their carriers alone.

With r the hazard ratios and d deaths in slot k (risk_sets), of which the l-th leaves a risk set of size
S0_kl,

    shared_ij = r_i r_j C_ij,   C_ij = sum over slots where both are at risk of sum_l a_i a_j / S0_kl^2,

where a = 1 but for the dying, whose weight is 1 - l/d under Efron. Columns G of a gene share

    (G'RG)_vw = sum over slots of A_v A_w h + one_dies (A_v D_w + D_v A_w) + (both_die - 2 one_dies) D_v D_w,

A the sum of g_i r_i over those at risk, D over the dying, h the sum of 1 / S0^2. A changes where a carrier comes or
goes: one sweep over these places, with the integral of each A_w along, takes carriers x columns steps, not carriers
squared.

Axes: n samples, K slots, m columns, k entries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit
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

    def among(self, offsets: Integers, samples: Integers, dosages: Floats) -> Floats:
        """Give what columns share, G'RG (m, m).

        Parameters
        ----------
        offsets, samples, dosages
            The columns, as in `association.score.Carriers`; samples are positions in the trait's order.
        """
        shared: Floats = _among(
            offsets,
            dosages * self.risk[samples],
            self.first[samples],
            self.last[samples],
            self.died[samples],
            self.before,
            self.one_dies,
            self.both_die,
        )
        return shared


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


@njit(cache=True, nogil=True)
def _among(
    offsets: Integers,
    shares: Floats,
    first: Integers,
    last: Integers,
    died: NDArray[np.bool_],
    before: Floats,
    one_dies: Floats,
    both_die: Floats,
) -> Floats:
    """Sweep over slots; at each the entries (k) that go, then those that come."""
    size, entries = offsets.size - 1, shares.size
    column = np.repeat(np.arange(size), offsets[1:] - offsets[:-1])
    shared = np.zeros((size, size))
    active, integral, seen, present = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size, np.int64)
    turns = np.concatenate((2 * last, 2 * first + 1))
    order = np.argsort(turns, kind="mergesort")
    begin = 0
    while begin < order.size:
        turn, end = turns[order[begin]], begin
        while end < order.size and turns[order[end]] == turn:
            end += 1
        slot = turn // 2
        hazard = before[slot]
        if turn % 2 == 0 and slot > 0 and (one_dies[slot - 1] != 0.0 or both_die[slot - 1] != 0.0):
            _weigh_deaths(order[begin:end], column, shares, first, last, died, active, one_dies, both_die, shared)
        for change in order[begin:end]:
            entry = change % entries
            if first[entry] >= last[entry]:
                continue
            own, share = column[entry], shares[entry] if change < entries else -shares[entry]
            row = shared[own]
            for other in range(own + 1):
                row[other] += share * (integral[other] + active[other] * (hazard - seen[other]))
            integral[own] += active[own] * (hazard - seen[own])
            seen[own] = hazard
            active[own] -= share
            present[own] += 1 if change >= entries else -1
            if present[own] == 0:
                active[own] = 0.0
        begin = end
    for own in range(size):
        for other in range(own):
            shared[other, own] = shared[own, other]
    return shared


@njit(cache=True, nogil=True)
def _weigh_deaths(
    leaving: Integers,
    column: Integers,
    shares: Floats,
    first: Integers,
    last: Integers,
    died: NDArray[np.bool_],
    active: Floats,
    one_dies: Floats,
    both_die: Floats,
    shared: Floats,
) -> None:
    """Correct the lower triangle for those who die together in the slot that they leave."""
    for entry in leaving:
        if not died[entry] or first[entry] >= last[entry]:
            continue
        own, slot = column[entry], last[entry] - 1
        one = one_dies[slot] * shares[entry]
        for other in range(active.size):
            shared[max(own, other), min(own, other)] += one * active[other]
        shared[own, own] += one * active[own]
        both = (both_die[slot] - 2.0 * one_dies[slot]) * shares[entry]
        for another in leaving:
            if died[another] and first[another] < last[another] and column[another] <= own:
                shared[own, column[another]] += both * shares[another]
