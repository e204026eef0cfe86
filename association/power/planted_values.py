"""A quantitative trait, or a slope, whose carriers are shifted: the study's own residuals, and the effect on top.

With r the residuals and X the covariates of least squares, K carriers g shifted by b have

    U = sum_c r_c + b (K - q),   q = g'X (X'X)^-1 X'g,   RSS = r'r + 2 b sum_c r_c + b^2 (K - q),

and U^2 / (K s2) with s2 = RSS / (n - p) is their likelihood ratio. A slope has a precision v_i = 1 / (D + s2_i), D
the variance of patients' own slopes and s2_i what visits leave unknown, and

    U = sum_c v_c (r_c + b) - b q,   q = g'VX (X'VX)^-1 X'Vg,   U^2 / sum_c v_c,

D growing by b^2 p (1 - p) because carriers, a share p of the samples, differ from the others.

Axes: n samples, R replicates, K carriers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import PLAIN, UNEQUAL
from association.null_models.null_model import NullModel
from association.power.critical_ratio import one_ratios
from association.power.planted import ExpectedRoot, Planted

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class PlantedValues(Planted):
    """A trait of least squares with shifts to plant, in trait units.

    Attributes
    ----------
    model
        Its null model.
    """

    model: NullModel

    @property
    def variance(self) -> float:
        """The residual variance."""
        return float(1 / self.model.information[0])

    def draws(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Draw nothing: carriers are drawn, and their residuals are their own."""
        return np.zeros(shape)

    def ratios(self, carriers: Integers, draws: Floats, effect: float) -> Floats:
        """Give the likelihood ratio of the carriers of each replicate (R); see `Planted`."""
        residuals, number = self.model.residuals * self.variance, carriers.shape[1]
        own = residuals[carriers].sum(axis=1)
        left = number - self._explained(carriers)
        variance = self._inflated(residuals, own, left, effect)
        return one_ratios(PLAIN, (own + effect * left) / np.sqrt(variance), np.zeros(own.size), float(number))

    def refitted(self, carriers: Integers, draws: Floats, effect: float) -> NullModel:
        """Give the null model of one replicate's samples; see `Planted`."""
        residuals = self.model.residuals * self.variance
        shift = -self.variance * self.model.explained @ self.model.explained[carriers].sum(axis=0)
        shift[carriers] += 1.0
        changed = residuals + effect * shift
        own, left = np.array([residuals[carriers].sum()]), carriers.size - self._explained(carriers[None])
        variance = float(self._inflated(residuals, own, left, effect)[0])
        return replace(self.model, residuals=changed / variance, information=np.full(changed.size, 1 / variance))

    def expected_root(self, carriers: int, effect: float) -> ExpectedRoot:
        """Give the law of the signed root of the likelihood ratio; see `Planted`."""
        rest = 1 - carriers / self.model.residuals.size
        share = carriers / self.model.residuals.size
        inflation = 1 + effect**2 * share * rest / self.variance
        mean = effect * math.sqrt(carriers / (self.variance * inflation)) * rest
        return ExpectedRoot(mean, math.sqrt(rest / inflation))

    def _explained(self, carriers: Integers) -> Floats:
        """Give q of each replicate (R)."""
        known = self.model.explained[carriers].sum(axis=1)
        return np.asarray(self.variance * (known**2).sum(axis=1), np.float64)

    def _inflated(self, residuals: Floats, own: Floats, left: Floats, effect: float) -> Floats:
        """Give the residual variance with the effect in the data (R), of the model's degrees of freedom."""
        squares = float(residuals @ residuals)
        return np.asarray(self.variance * (squares + 2 * effect * own + effect**2 * left) / squares, np.float64)


@dataclass(frozen=True)
class PlantedSlopes(Planted):
    """A slope with shifts to plant, in points per month.

    Attributes
    ----------
    model
        Its null model.
    """

    model: NullModel

    def draws(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Draw nothing: carriers are drawn, and their visits are their own."""
        return np.zeros(shape)

    def ratios(self, carriers: Integers, draws: Floats, effect: float) -> Floats:
        """Give the likelihood ratio of the carriers of each replicate (R); see `Planted`."""
        model = self._reweighted(carriers.shape[1], effect)
        seen = model.information[carriers].sum(axis=1)
        known = model.explained[carriers].sum(axis=1)
        score = model.residuals[carriers].sum(axis=1) + effect * (seen - (known**2).sum(axis=1))
        return one_ratios(UNEQUAL, score, seen, float(carriers.shape[1]))

    def refitted(self, carriers: Integers, draws: Floats, effect: float) -> NullModel:
        """Give the null model of one replicate's samples; see `Planted`."""
        model = self._reweighted(carriers.size, effect)
        shift = -model.explained @ model.explained[carriers].sum(axis=0)
        shift[carriers] += model.information[carriers]
        return replace(model, residuals=model.residuals + effect * shift)

    def expected_root(self, carriers: int, effect: float) -> ExpectedRoot:
        """Give the law of the signed root of the likelihood ratio; see `Planted`."""
        precision = self._reweighted(carriers, effect).information
        rest = 1 - carriers / precision.size
        known = self.model.information > 0
        spread = (precision[known] ** 2 / self.model.information[known]).sum() / precision.sum()
        return ExpectedRoot(effect * math.sqrt(carriers * precision.mean()) * rest, math.sqrt(spread * rest))

    def _reweighted(self, carriers: int, effect: float) -> NullModel:
        """Give the null model when slopes vary more because some carriers' differ."""
        share = carriers / self.model.information.size
        weight = 1 / (1 + effect**2 * share * (1 - share) * self.model.information)
        cross = self.model.cross_information * weight[:, None]
        precision = self.model.information * weight
        known = np.divide(1.0, self.model.information, out=np.zeros(weight.size), where=precision > 0)
        design = self.model.cross_information * known[:, None]
        covariates = design.T @ cross
        residuals = self.model.residuals * weight
        residuals = residuals - cross @ np.linalg.solve(covariates, design.T @ residuals)
        return replace(
            self.model,
            residuals=residuals,
            information=precision,
            cross_information=cross,
            covariate_information=covariates,
        )
