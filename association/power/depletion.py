"""Carriers who die before they can enrol: what left truncation takes of a harmful variant.

A patient is seen who lives to the entry of the study. With L_i the hazard from the origin to the entry of patient i,
a patient like this one lives to it with probability exp(-L_i), and as a carrier with exp(-HR L_i). Who is enrolled
stands for exp(L_i) patients at the origin; so carriers' share among the enrolled is that at the origin times

    mean_i exp(-L_i (HR - 1)).

The hazard before the first enrolment, which no enrolled patient can tell, is taken to be that of the first interval
of `smooth_hazard`; if patients in truth rarely die so early, fewer carriers are lost, which the upper end of the
interval allows for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from association.power.planted_times import PlantedTimes

Floats = NDArray[np.float64]

# Power of none or all of the replicates stands as far out as one in so many.
FARTHEST = 1e-4


@dataclass(frozen=True)
class KeptShare:
    """Carriers' share among the enrolled, over that at the origin.

    Attributes
    ----------
    share
        As estimated.
    lower, upper
        Its 95% interval, from the exact Poisson interval of the events that the hazard until entry rests on; for the
        upper end, nobody dies before the first enrolment.
    """

    share: float
    lower: float
    upper: float


def kept_share(times: PlantedTimes, hazard_ratio: float) -> KeptShare:
    """Give how much of carriers' share is left at entry.

    Parameters
    ----------
    times
        The study's times to event.
    hazard_ratio
        Of carriers, 1 or more.
    """
    hazard, before = times.hazard[0], times.hazard_before
    entry = np.maximum(times.entry, hazard.bounds[0])
    early = max(entry.mean(), hazard.bounds[1] if hazard.bounds.size > 1 else entry.mean())
    events = max(int((times.event & (times.exit <= early)).sum()), 1)
    fewest, most = chi2.ppf(0.025, 2 * events) / 2 / events, chi2.ppf(0.975, 2 * events + 2) / 2 / events
    unseen = times.hazard[1] * hazard.cumulative(entry.min())
    hazards = (before, most * before, fewest * (before - unseen))
    return KeptShare(*(float(np.exp(-own * (hazard_ratio - 1)).mean()) for own in hazards))


def has_late_entry(times: PlantedTimes) -> bool:
    """Say whether anybody enters after the origin."""
    return bool((times.entry > times.hazard[0].bounds[0]).any())


def power_between(carriers: float, classes: Sequence[int], power: Sequence[float]) -> float:
    """Give the power of a number of carriers that is no class, from its neighbours; none without any carrier.

    The probit of power is nearly straight in the root of the number of carriers, as the formula has it.

    Parameters
    ----------
    carriers
        Any number from 0 to the largest class.
    classes, power
        Numbers of carriers in rising order, and the power of each.
    """
    if carriers <= classes[0]:
        return power[0] * carriers / classes[0]
    probits = norm.ppf(np.clip(power, FARTHEST, 1 - FARTHEST))
    between = norm.cdf(np.interp(np.sqrt(carriers), np.sqrt(classes), probits))
    return float(np.clip(between, min(power), max(power)))
