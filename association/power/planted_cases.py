"""A binary trait whose carriers have other odds.

A sample with the trait under the null model keeps it as a carrier with an odds ratio above 1; one without gets it
with probability (mu1 - mu0) / (1 - mu0), mu1 being the carrier's chance. The model is refitted by one Newton step,

    logit mu = logit mu0 + X (X'WX)^-1 X'(y - mu0),   W = diag(mu0 (1 - mu0)).

Axes: n samples, R replicates, K carriers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from association.calibration.evidence import BINARY, ONE_INFORMATION
from association.null_models.null_model import NullModel
from association.power.critical_ratio import one_ratio, one_ratios
from association.power.planted import ExpectedRoot, Planted, covariance_of_sums, delta_root

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# What a fit knows of patients who are alike is the same to so many digits.
SAME_DIGITS = 9


@dataclass(frozen=True)
class PlantedCases(Planted):
    """A binary trait with effects to plant: log odds ratios above 0.

    Attributes
    ----------
    model
        Its null model.
    cases
        Who has the trait (n), 1 or 0.
    chance
        mu0 (n).
    """

    model: NullModel
    cases: Floats
    chance: Floats

    def draws(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Draw what decides whether a carrier gets the trait."""
        return rng.random(shape)

    def ratios(self, carriers: Integers, draws: Floats, effect: float) -> Floats:
        """Give the likelihood ratio of the carriers of each replicate (R); see `Planted`."""
        gained = self.gained(carriers, draws, effect)
        observed = self.cases[carriers].sum(axis=1) + gained.sum(axis=1)
        step = np.einsum("rk,rkp->rp", gained, self._roots[carriers])
        chance = expit(self._predictor[carriers] + np.einsum("rkp,rp->rk", self._roots[carriers], step))
        return self._ratios(observed, chance.sum(axis=1), (chance * (1 - chance)).sum(axis=1), carriers.shape[1])

    def refitted(self, carriers: Integers, draws: Floats, effect: float) -> NullModel:
        """Give the null model of one replicate's samples; see `Planted`."""
        gained = self.gained(carriers, draws, effect)
        cases = self.cases.copy()
        cases[carriers] += gained
        chance = expit(self._predictor + self._roots @ (gained @ self._roots[carriers]))
        return replace(
            self.model,
            residuals=cases - chance,
            information=chance * (1 - chance) if self.unequal else np.full(chance.size, chance[0] * (1 - chance[0])),
            events=cases,
            expected_events=chance,
        )

    def expected_root(self, carriers: int, effect: float) -> ExpectedRoot:
        """Give the law of the signed root of the likelihood ratio; see `Planted`."""
        gain = self._gain(self.chance, effect) * (1 - self.cases)
        variance = self.chance * (1 - self.chance)
        means = np.stack((self.cases + gain, self.cases, self.chance, variance))
        within = np.zeros((4, 4))
        within[0, 0] = (gain * (1 - gain)).mean()
        share = carriers / self.cases.size

        def root(sums: Floats) -> float:
            observed, before, chance, variance = (float(one) for one in sums)
            expected = chance + share * (observed - before)
            grown = variance * expected * (carriers - expected) / (chance * (carriers - chance))
            ratio = one_ratio(BINARY, observed, expected, grown, float(carriers), self.unequal)
            return math.copysign(math.sqrt(max(ratio, 0.0)), observed - expected)

        return delta_root(root, carriers * means.mean(axis=1), covariance_of_sums(means, within, carriers))

    @cached_property
    def kinds(self) -> Integers:
        """Number the kinds of patients: those of one kind are alike in all that the null model knows (n)."""
        known = np.column_stack((self._predictor, self._roots))
        return np.unique(known.round(SAME_DIGITS), axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    def refitted_chance(self, gained: Integers, samples: Integers) -> Floats:
        """Give the chance of some samples (m), so many of each like them (m) having become cases."""
        roots = self._roots[samples]
        return np.asarray(expit(self._predictor[samples] + roots @ (gained @ roots)), np.float64)

    def gained(self, carriers: Integers, draws: Floats, effect: float) -> Floats:
        """Say which carriers become cases (as `carriers`), 1 or 0."""
        gets = draws < self._gain(self.chance[carriers], effect)
        return np.where(gets & (self.cases[carriers] == 0), 1.0, 0.0)

    @cached_property
    def _predictor(self) -> Floats:
        return np.asarray(logit(self.chance), np.float64)

    @cached_property
    def _roots(self) -> Floats:
        """Give X L'^-1 with L L' = X'WX (n, p)."""
        return np.asarray(self.model.explained / self.model.information[:, None], np.float64)

    @property
    def unequal(self) -> bool:
        """Say whether chances differ, so that the engine looks at their variance too."""
        return bool(np.ptp(self.model.information) > ONE_INFORMATION * self.model.information.max())

    @staticmethod
    def _gain(chance: Floats, effect: float) -> Floats:
        """Give the chance of a sample without the trait to get it as a carrier."""
        return np.asarray((expit(logit(chance) + effect) - chance) / (1 - chance), np.float64)

    def _ratios(self, observed: Floats, expected: Floats, variance: Floats, carriers: int) -> Floats:
        return one_ratios(BINARY, observed, expected, float(carriers), variance if self.unequal else None)
