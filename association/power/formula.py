"""Power and detectable effects by formula, in one form for every type of trait.

K carriers of n samples, a share p, and the null model's mean information v per sample (`NullModel.information`) give
an effect b on the linear predictor the information

    I = n p (1 - p) v,   detectable b = (z_{1-a/2} + z_{1-b'}) / sqrt(I),   power = P(|N(b sqrt(I), 1)| >= z_{1-a/2}),

with a the level and 1 - b' the power. The units of b are the model's: log hazard ratio, trait units, log odds ratio.
For a time to event v is d / n, events over samples, and this is Schoenfeld's formula, exp(b) being the detectable
hazard ratio; for a quantitative trait v is 1 / s2; for a slope v is the precision of a patient's own slope; for a
binary trait v is mu (1 - mu).

It takes effects to be small and carriers to be many. With few carriers the score is not normal, and a large effect
changes how much information its own carriers give: `simulated_power` asks how far off that is.

References
----------
Schoenfeld. Sample-size formula for the proportional-hazards regression model. Biometrics 1983. doi:10.2307/2531021
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]

# The power at which an effect counts as detectable.
POWER = 0.8


def carriers_information(mean_information: float, samples: float, carriers: ArrayLike) -> Floats:
    """Give the information I on an effect that some of the samples carry.

    Parameters
    ----------
    mean_information
        v, of a sample.
    samples
        n.
    carriers
        How many of them carry, of any shape; fewer than n.
    """
    number = np.asarray(carriers, np.float64)
    return np.asarray(mean_information * number * (1 - number / samples), np.float64)


def needed_information(effect: ArrayLike, level: float, power: float = POWER) -> Floats:
    """Give the information at which an effect other than zero is found with this power."""
    quantile = norm.isf(level / 2) + norm.ppf(power)
    return np.asarray((quantile / np.asarray(effect, np.float64)) ** 2, np.float64)


def detectable_effect(information: ArrayLike, level: float, power: float = POWER) -> Floats:
    """Give the effect, above zero, that is found with this power.

    Parameters
    ----------
    information
        I, above zero, of any shape.
    level
        The largest p-value that is significant.
    power
        Share of studies that find it.
    """
    quantile = norm.isf(level / 2) + norm.ppf(power)
    return np.asarray(quantile / np.sqrt(np.asarray(information, np.float64)), np.float64)


def formula_power(effect: ArrayLike, information: ArrayLike, level: float) -> Floats:
    """Give the share of studies that find an effect, with either sign: at no effect, the level itself."""
    shift = np.abs(np.asarray(effect, np.float64)) * np.sqrt(np.asarray(information, np.float64))
    quantile = norm.isf(level / 2)
    return np.asarray(norm.sf(quantile - shift) + norm.cdf(-quantile - shift), np.float64)
