"""A common scale for statistics of different kinds: how many standard deviations out, under their own null.

A row that is a weighted sum of likelihood ratios is read as c chi2_v with the mean and variance that it has over
permutations, and cubed roots make it normal (Wilson and Hilferty). A Cauchy sum has its own law. Scales only decide
which of several rows counts as the most extreme: what is reported is counted on permutations of the whole, so a
scale that fits badly costs power, never validity.

References
----------
Wilson, Hilferty. The distribution of chi-square. PNAS 1931. doi:10.1073/pnas.17.12.684
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

# Beyond this many standard deviations p-values of Cauchy sums leave double precision.
_FARTHEST = 37.0


@dataclass(frozen=True)
class ChiSquareScale:
    """Scaled chi-squares by their moments.

    Attributes
    ----------
    mean, variance
        Over permutations, both above zero; one of each, or as many as statistics.
    """

    mean: Floats
    variance: Floats

    @property
    def spread(self) -> Floats:
        """Variance of the cubed root of statistic / mean: 2 / (9 degrees of freedom)."""
        return self.variance / (9.0 * self.mean**2)

    def deviations(self, statistic: Floats) -> Floats:
        """Give standard deviations for statistics."""
        spread = self.spread
        roots = np.cbrt(np.asarray(statistic) / self.mean)
        return np.asarray((roots - 1.0 + spread) / np.sqrt(spread), np.float64)

    def statistic(self, deviations: Floats) -> Floats:
        """Give the statistics that lie so far out."""
        spread = self.spread
        return np.asarray(self.mean * (1.0 - spread + deviations * np.sqrt(spread)) ** 3, np.float64)


@dataclass(frozen=True)
class CauchyScale:
    """Weighted sums of Cauchy variables.

    Attributes
    ----------
    weight
        Sum of the weights; one, or as many as statistics.
    """

    weight: Floats

    def deviations(self, statistic: Floats) -> Floats:
        """Give standard deviations for statistics."""
        p = np.arctan2(self.weight, np.asarray(statistic)) / np.pi
        return np.asarray(-ndtri(p), np.float64)

    def statistic(self, deviations: Floats) -> Floats:
        """Give the statistics that lie so far out."""
        p = ndtr(-np.clip(deviations, -_FARTHEST, _FARTHEST))
        return np.asarray(self.weight / np.tan(np.pi * p), np.float64)
