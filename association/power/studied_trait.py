"""A trait as a study of power sees it: its null model, what kind of effect it has, and how one is planted in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import has_one_information
from association.null_models.null_model import NullModel
from association.null_models.risk_sets import Ties
from association.null_models.shared_risk import CoxSharedRisk
from association.power.planted import Planted
from association.power.planted_cases import PlantedCases
from association.power.planted_times import PlantedTimes
from association.power.planted_values import PlantedSlopes, PlantedValues

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RATIOS = (1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 16.0, 25.0, 40.0)
DEVIATIONS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
RATIO_OF = {
    "cox": "hazard ratio",
    "fine_gray": "subdistribution hazard ratio",
    "logistic": "odds ratio",
    "proportional_odds": "odds ratio",
    "poisson": "rate ratio",
    "negative_binomial": "rate ratio",
}
SLOPES = "standard deviations of patients' slopes"
RESIDUALS = "standard deviations"
# Worse is less of it.
FALLING = ("slope", "joint_rank")
NOT_SIMULATED = "no simulation for a null model of kind {}: the formula alone"


@dataclass(frozen=True)
class EffectScale:
    """How the effects of a trait are told.

    Attributes
    ----------
    unit
        What an effect is counted in.
    sizes
        Those that are looked at.
    deviation
        The standard deviation that effects are counted in, in trait units, negative where harm is less of the trait;
        None where effects are ratios.
    """

    unit: str
    sizes: tuple[float, ...]
    deviation: float | None

    def on_predictor(self, size: float) -> float:
        """Give the effect on the linear predictor: the logarithm of a ratio, or trait units."""
        return math.log(size) if self.deviation is None else size * self.deviation

    def size_of(self, effect: float) -> float:
        """Give the size of an effect on the linear predictor, whatever its sign."""
        return math.exp(abs(effect)) if self.deviation is None else abs(effect / self.deviation)


@dataclass(frozen=True)
class StudiedTrait:
    """A trait, ready to have effects planted in it.

    Attributes
    ----------
    name, type
        As in the study file.
    model
        Its null model.
    strata
        Stratum of each sample (n), 0, 1, ...
    scale
        How its effects are told.
    planted
        How an effect is planted; None where that can't be simulated.
    reason
        Why not.
    """

    name: str
    type: str
    model: NullModel
    strata: Integers
    scale: EffectScale
    planted: Planted | None
    reason: str = ""

    @property
    def samples(self) -> int:
        """How many samples it has."""
        return self.strata.size

    @property
    def mean_information(self) -> float:
        """The null model's information on an effect, of a sample."""
        return float(self.model.information.mean())

    @property
    def events(self) -> float | None:
        """Events, cases or counts in all; None where the trait has none."""
        return None if self.model.events is None else float(self.model.events.sum())


def studied_trait(
    name: str,
    type: str,
    model: NullModel,
    strata: Integers,
    details: Mapping[str, float],
    times: tuple[Floats, Floats, Ties] | None = None,
) -> StudiedTrait:
    """Say how effects are planted in a trait.

    Parameters
    ----------
    name, type
        As in the study file.
    model, details
        Of its fit.
    strata
        Stratum of each sample (n), 0, 1, ...
    times
        Of a time to an event: entry, exit (n), and how ties are treated.
    """
    planted = _planted(model, strata, times)
    reason = "" if planted is not None else NOT_SIMULATED.format(model.kind.replace("_", " "))
    return StudiedTrait(name, type, model, strata, _scale(model, details), planted, reason)


def _scale(model: NullModel, details: Mapping[str, float]) -> EffectScale:
    if model.kind in RATIO_OF:
        return EffectScale(RATIO_OF[model.kind], RATIOS, None)
    sign = -1.0 if model.kind in FALLING else 1.0
    # Where all slopes seem alike, or each cohort has a spread of its own, what is known of a slope is the unit.
    spread = 1 / math.sqrt(float(model.information.mean()))
    if model.kind == "slope":
        own = details.get("slope_sd", 0.0)
        return EffectScale(SLOPES, DEVIATIONS, sign * (own if own > 0 else spread))
    return EffectScale(RESIDUALS, DEVIATIONS, sign * spread)


def _planted(model: NullModel, strata: Integers, times: tuple[Floats, Floats, Ties] | None) -> Planted | None:
    if model.kind in ("linear", "joint_rank") and has_one_information(model):
        return PlantedValues(model)
    # Cohorts with a residual variance each are to their values what visits are to slopes.
    if model.kind in ("linear", "joint_rank", "slope"):
        return PlantedSlopes(model)
    if model.events is None or model.expected_events is None:
        return None
    if model.kind == "logistic":
        return PlantedCases(model, model.events, model.expected_events)
    if model.kind == "cox" and times is not None and isinstance(model.shared_risk, CoxSharedRisk):
        entry, exit_, ties = times
        risk = model.shared_risk.risk
        return PlantedTimes(entry, exit_, model.events == 1, risk, strata, ties, model.expected_events)
    return None
