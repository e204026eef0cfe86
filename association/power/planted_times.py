"""Times to an event whose carriers have another hazard, drawn on the study's own patients.

A patient's fate is kept as the hazard that it took, e_i: added up from entry to the event, or for a patient who was
censored to the end of observation, plus an exponential draw for what was not seen. As a carrier with hazard ratio HR
the same patient has the event where HR times the hazard adds up to e_i, if that is before the end of observation. So
entry, censoring, stratum, covariates and all else that decides a patient's fate are the study's own, and at HR = 1
everyone lives as they did.

Who carries a harmful variant and is in the study has lived to its entry: a patient with hazard L from the origin to
entry is a carrier exp(-(HR - 1) L) times as likely as one who entered at once. So carriers are drawn, and few of them
enter late.

What a null model makes of it: the baseline hazard is estimated anew from all events, the carriers' among them
(`refitted_hazard`), covariates keep their effects.

Axes: n samples, R replicates, K carriers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import COUNTING
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.null_model import NullModel
from association.null_models.risk_sets import RiskSets, Ties, arrange_risk_sets
from association.power.critical_ratio import one_ratios
from association.power.planted import ExpectedRoot, Planted
from association.power.refitted_hazard import FollowedRisk, refit_hazard
from association.power.root_of_times import RiskAsCarriers, root_of_times
from association.power.smooth_hazard import SmoothHazard, fit_smooth_hazard

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class PlantedTimes(Planted):
    """A time to an event with effects to plant: log hazard ratios above 0.

    Attributes
    ----------
    entry, exit, event
        When observation starts, when it ends, and whether with the event (n).
    risk
        Hazard ratios under the null model (n), on a scale of each stratum's own.
    stratum
        Code of each sample's stratum (n).
    ties
        How simultaneous events are treated.
    expected
        Expected events under the null model (n).
    """

    entry: Floats
    exit: Floats
    event: Booleans
    risk: Floats
    stratum: Integers
    ties: Ties
    expected: Floats

    @cached_property
    def hazard(self) -> tuple[SmoothHazard, Floats]:
        """The hazard of an average sample, and each sample's factor (n)."""
        return fit_smooth_hazard(self.entry, self.exit, self.event, self.risk, self.stratum)

    @cached_property
    def _sets(self) -> RiskSets:
        return arrange_risk_sets(self.entry, self.exit, self.event, self.stratum, self.ties)

    @cached_property
    def _followed(self) -> FollowedRisk:
        return FollowedRisk.of(self._sets, self.entry, self.exit, self.risk)

    @cached_property
    def _at_risk(self) -> dict[float, RiskAsCarriers]:
        """What would be at risk if everybody carried, by effect; kept, for it is the same for all classes."""
        return {}

    def draws(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Draw the hazard that censored patients would have taken beyond the end."""
        return rng.exponential(size=shape)

    def weights(self, effect: float) -> Floats:
        """Give how likely each sample is to be a carrier, for that carriers live to their entry (n)."""
        return np.asarray(np.exp(-(np.exp(effect) - 1) * self.hazard_before), np.float64)

    @cached_property
    def hazard_before(self) -> Floats:
        """The hazard of each sample from the origin to entry (n)."""
        hazard, factor = self.hazard
        return np.asarray(factor * hazard.cumulative(np.maximum(self.entry, hazard.bounds[0])), np.float64)

    def ratios(self, carriers: Integers, draws: Floats, effect: float) -> Floats:
        """Give the likelihood ratio of the carriers of each replicate (R); see `Planted`."""
        leaves, happens = self.fates(carriers, draws, effect)
        observed, expected = refit_hazard(self._followed, carriers, leaves, happens)
        return one_ratios(COUNTING, observed, expected, float(carriers.shape[1]))

    def refitted(self, carriers: Integers, draws: Floats, effect: float) -> NullModel:
        """Give the null model of one replicate's samples; see `Planted`."""
        leaves, happens = self.fates(carriers, draws, effect)
        exit_, event = self.exit.copy(), self.event.astype(np.float64)
        exit_[carriers] = leaves
        event[carriers[happens]] = 1.0
        nothing = Design((), np.zeros((exit_.size, 0)))
        known = np.log(np.maximum(self.risk, np.finfo(float).tiny))
        return fit_cox(self.entry, exit_, event, nothing, strata=self.stratum, ties=self.ties, offset=known).model

    def expected_root(self, carriers: int, effect: float) -> ExpectedRoot:
        """Give the law of the signed root of the likelihood ratio; see `Planted`."""
        if effect not in self._at_risk:
            weights = self.weights(effect) / self.weights(effect).mean()
            self._at_risk[effect] = RiskAsCarriers.of(
                self._sets, self.risk, self.event, float(np.exp(effect)), weights
            )
        return root_of_times(self.event, self.expected, self._at_risk[effect], carriers, effect)

    def fates(self, carriers: Integers, unseen: Floats, effect: float) -> tuple[Floats, Booleans]:
        """Give when carriers leave, and whether by an event that they would not have had then (as `carriers`).

        Parameters
        ----------
        carriers
            Samples that carry.
        unseen
            What `draws` gave, in the shape of `carriers`.
        effect
            Log hazard ratio.
        """
        hazard, factor = self.hazard
        begun = hazard.cumulative(self.entry)
        taken = factor * (hazard.cumulative(self.exit) - begun)
        fate = taken[carriers] + np.where(self.event[carriers], 0.0, unseen)
        scale = np.exp(effect) * factor[carriers]
        further = np.divide(fate, scale, out=np.full(fate.shape, np.inf), where=scale > 0)
        time = np.maximum(hazard.time_at(begun[carriers] + further), np.nextafter(self.entry[carriers], np.inf))
        happens = time < self.exit[carriers]
        return np.where(happens, time, self.exit[carriers]), happens
