"""The effect at which a curve of power reaches the power that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from association.power.depletion import FARTHEST
from association.power.formula import POWER
from association.power.power_curve import PowerCurve
from association.power.studied_trait import EffectScale


def detectable_size(
    scale: EffectScale, sizes: Sequence[float], power: Sequence[float], asked: float = POWER
) -> float:
    """Give the effect at which power first reaches what is asked, between the effects that were looked at.

    The line between two effects is straight in the effect on the predictor and the probit of power.

    Parameters
    ----------
    scale
        Of the effects.
    sizes, power
        Effects, rising, and the power of each.
    asked
        The power.

    Returns
    -------
    float
        NaN where no effect that was looked at is large enough.
    """
    reached = np.flatnonzero(np.asarray(power) >= asked)
    if reached.size == 0:
        return float("nan")
    first = int(reached[0])
    if first == 0:
        return sizes[0]
    probits = norm.ppf(np.clip([power[first - 1], power[first]], FARTHEST, 1 - FARTHEST))
    ends = [abs(scale.on_predictor(sizes[first - 1])), abs(scale.on_predictor(sizes[first]))]
    return scale.size_of(float(np.interp(norm.ppf(asked), probits, ends)))


def detectable_by_simulation(scale: EffectScale, curve: PowerCurve) -> float:
    """Give the effect that is found with 80% power, as simulated; NaN where none is, or nothing was simulated."""
    power = [one.simulated.power if one.simulated else 0.0 for one in curve.points]
    return detectable_size(scale, [one.size for one in curve.points], power)


def detectable_by_formula(scale: EffectScale, curve: PowerCurve) -> float:
    """Give the effect that is found with 80% power by the formula for large effects; NaN where none is."""
    power = [one.simulated.by_formula if one.simulated else 0.0 for one in curve.points]
    return detectable_size(scale, [one.size for one in curve.points], power)
