"""Power for a time to an event by formula, large effects included: the law of the carriers' signed root.

Schoenfeld's formula takes the carriers' number of events from the null. Carriers with hazard ratio HR have more
events, and are at risk for less time: with e_i the hazard that patient i took (`planted_times`), one who had an event
has E_i = e_i / HR; one who was censored after a hazard L_i has the event where L_i + X < HR L_i, X exponential. From
this follow mean and covariance of the carriers' O and E over carriers drawn from the study's patients, and those of
the signed root of 2 (O log(O/E) - O + E) by the delta method.

The baseline is estimated from everyone, so the carriers' excess makes it larger: where a carrier who is there at time
t finds carriers to be a share q(t) of the risk, expected events grow by 1 + (HR - 1) q(t), averaged over the hazard
that carriers take. The carrier belongs to q(t) too, which counts in small strata.

Axes: n samples, four sums: O and E as carriers, and O and E as they were.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit
from association.null_models.risk_sets import RiskSets
from association.power.planted import ExpectedRoot, covariance_of_sums, delta_root

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RiskAsCarriers:
    """What would be at risk if everybody carried, by slot of event times.

    Attributes
    ----------
    size, weighted, still
        Risk of everybody there, the same as likely as each is to carry, and of those of them who would still be there
        as carriers (slots).
    own
        Risk of one of the latter, on average over their risk (slots).
    hazard
        Of the baseline (slots).
    weights
        How likely each sample is to carry, 1 on average (n).
    """

    size: Floats
    weighted: Floats
    still: Floats
    own: Floats
    hazard: Floats
    weights: Floats

    @classmethod
    def of(cls, sets: RiskSets, risk: Floats, event: Booleans, ratio: float, weights: Floats) -> RiskAsCarriers:
        """Let everybody live through their own fate at a hazard ratio.

        Parameters
        ----------
        sets, risk, event
            Risk sets, hazard ratios within strata, and who had the event (n).
        ratio
            Hazard ratio of carriers.
        weights
            How likely each sample is to carry, 1 on average (n).
        """
        slots = int(sets.starts[-1])
        size, weighted, still, squares = np.zeros((4, slots))
        at_risk = sets.at_risk(np.column_stack((risk, risk * weights)))
        size[sets.event_slots], weighted[sets.event_slots] = at_risk.T
        deaths = np.bincount(sets.event_slots, minlength=slots)
        hazard = np.divide(deaths, size, out=np.zeros(slots), where=size > 0)
        _still_at_risk(sets.first, sets.last, risk, event, hazard, ratio, weights, still, squares)
        own = np.divide(squares, still, out=np.zeros(slots), where=still > 0)
        return cls(size, weighted, still, own, hazard, weights)

    def pulled_up(self, share: float, ratio: float) -> float:
        """Give by how much the excess of a share of carriers raises what is expected of them."""
        left = self.size - share * (self.weighted - self.still)
        carriers = share * self.still + (1 - share) * self.own
        of_risk = np.minimum(np.divide(carriers, left, out=np.zeros(left.size), where=left > 0), 1.0)
        taken = self.still * self.hazard
        return float(1 + (ratio - 1) * (of_risk * taken).sum() / taken.sum())


def root_of_times(
    event: Booleans, expected: Floats, at_risk: RiskAsCarriers, carriers: int, effect: float
) -> ExpectedRoot:
    """Give the law of the carriers' signed root.

    Parameters
    ----------
    event, expected
        Observed and expected events under the null model (n).
    at_risk
        At this effect.
    carriers
        K.
    effect
        Log hazard ratio, above 0.
    """
    ratio, deaths = math.exp(effect), float(event.sum())
    means, within = _moments(event, expected, ratio, at_risk.weights)
    sums = carriers * np.average(means, axis=1, weights=at_risk.weights)
    uniform = (deaths + sums[0] - sums[2]) / (deaths + sums[1] - sums[3])
    pulled = at_risk.pulled_up(carriers / event.size, ratio) / uniform

    def root(sums: Floats) -> float:
        observed, own = max(float(sums[0]), 1e-12), float(sums[1])
        refitted = own * (deaths + observed - sums[2]) / (deaths + own - sums[3]) * pulled
        half = observed * math.log(observed / refitted) - observed + refitted
        return math.copysign(math.sqrt(2 * max(half, 0.0)), observed - refitted)

    return delta_root(root, sums, covariance_of_sums(means, within, carriers, at_risk.weights))


def _moments(event: Booleans, expected: Floats, ratio: float, weights: Floats) -> tuple[Floats, Floats]:
    """Give what each sample adds to the four sums on average (4, n), and the mean covariance of it (4, 4)."""
    beyond = (ratio - 1) * expected
    spared = np.exp(-beyond)
    first = 1 - (1 + beyond) * spared
    second = 2 - (beyond * (beyond + 2) + 2) * spared
    happens = np.where(event, 1.0, 1 - spared)
    taken = np.where(event, expected / ratio, (expected * (1 - spared) + first) / ratio + expected * spared)
    square = (expected**2 * (1 - spared) + 2 * expected * first + second) / ratio**2 + expected**2 * spared
    product = (expected * (1 - spared) + first) / ratio
    within = np.zeros((4, 4))
    within[0, 0] = np.average(happens * (1 - happens), weights=weights)
    within[1, 1] = np.average(np.where(event, 0.0, square - taken**2), weights=weights)
    within[0, 1] = within[1, 0] = np.average(np.where(event, 0.0, product - happens * taken), weights=weights)
    return np.stack((happens, taken, event.astype(np.float64), expected)), within


@njit(cache=True, nogil=True)
def _still_at_risk(
    first: Any, last: Any, risk: Any, event: Any, hazard: Any, ratio: float, weights: Any, still: Any, squares: Any
) -> None:
    """Add up the risk of everyone who would still be there as a carrier, and its square, by slot."""
    before = np.concatenate((np.zeros(1), np.cumsum(hazard)))
    for i in range(first.size):
        total = risk[i] * (before[last[i]] - before[first[i]])
        for slot in range(first[i], last[i]):
            taken = ratio * risk[i] * ((before[slot] + before[slot + 1]) / 2 - before[first[i]])
            there = np.exp(-max(taken - total, 0.0))
            if event[i]:
                there = 1.0 if taken < total else 0.0
            still[slot] += weights[i] * risk[i] * there
            squares[slot] += weights[i] * risk[i] ** 2 * there
