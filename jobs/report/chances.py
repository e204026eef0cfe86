"""What chance gives: intervals of event ratios, smallest p-values, detectable effects."""

from __future__ import annotations

import math

from scipy.stats import chi2, norm

from association.power.formula import carriers_information, detectable_effect

NORMAL_95 = float(norm.isf(0.025))


def poisson_interval(observed: float, expected: float) -> tuple[float, float]:
    """Give the exact 95% interval of observed / expected events."""
    lower = chi2.ppf(0.025, 2 * observed) / 2 if observed > 0 else 0.0
    return float(lower) / expected, float(chi2.ppf(0.975, 2 * (observed + 1))) / 2 / expected


def chance_of_smaller(p_value: float, tests: int) -> float:
    """Give the chance that the smallest of `tests` independent null p-values is at most this small."""
    return -math.expm1(tests * math.log1p(-p_value)) if p_value < 1 else 1.0


def detectable_hazard_ratio(*, events: float, carrier_share: float, level: float) -> float:
    """Give the hazard ratio that is found with 80% power, by Schoenfeld's formula; rough below 10 carriers.

    Parameters
    ----------
    events
        d, in all samples.
    carrier_share
        p, share of the samples that carry.
    level
        a, the largest p-value that is significant.
    """
    return math.exp(float(detectable_effect(carriers_information(1.0, events, events * carrier_share), level)))
