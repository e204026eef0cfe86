"""The law of a gene x covariate statistic: carriers' outcomes exchanged among carriers of the same stratum.

The null is that what is left of carriers' outcomes, once the gene has one effect in all of them, does not depend on
their level of the covariate. Who carries the gene, who of them has which level, and the carriers' own outcomes are
all taken as given; only which carrier had which outcome is exchanged. So a gene that acts alike in all levels is no
finding, however strongly it acts. The law is exact where carriers' outcomes are exchangeable given the covariate's
own effect, and nearly so where follow-up differs between levels, for T allows for each carrier's information.

Where there are at most 100,000 distinct arrangements all are looked at; else they are drawn, and counted as any other
permutation test is. Axes: k carriers, a arrangements.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.attainable import log10_min_attainable_p
from association.calibration.enumeration import MOST_ARRANGEMENTS, ArrangedValues
from association.calibration.monte_carlo import (
    MOST_PERMUTATIONS_AT_ONCE,
    UNRESOLVED,
    Effort,
    MonteCarloP,
    monte_carlo_p,
)
from association.calibration.permutation_stream import PermutationStream
from association.interaction.projected_scores import Contrast, ProjectedScores, statistics

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Statistics that differ by less are equal but for rounding.
TIE = 1e-9


@dataclass(frozen=True)
class ConditionalP:
    """A p-value of an interaction.

    Attributes
    ----------
    found
        The p-value, with its interval where it was counted on permutations.
    method
        "enumeration" or "permutation".
    min_attainable
        The smallest p-value that other outcomes of the same carriers could have given: that of the most extreme
        arrangement, or one over the number of arrangements where these are too many to look at.
    """

    found: MonteCarloP
    method: str
    min_attainable: float


def log10_ways(contrast: Contrast, strata: Integers) -> float:
    """Give log10 of the number of distinct arrangements; 0 where there is one."""
    stratum, places = np.unique(strata, return_inverse=True)
    sizes = np.bincount(places, minlength=stratum.size)
    return 0.0 - float(log10_min_attainable_p(_classes(contrast), places.astype(np.int64), sizes.astype(np.int64)))


def conditional_p(
    contrast: Contrast, scores: ProjectedScores, strata: Integers, effort: Effort, seed: int
) -> ConditionalP:
    """Compute the p-value of an interaction.

    Parameters
    ----------
    contrast, scores
        The covariate and what is left of the scores of its carriers (k).
    strata
        Stratum of each (k).
    effort
        How far permutations go.
    seed
        Of their stream.
    """
    # In an order of their own, so that nothing depends on the order of samples.
    order = np.lexsort((contrast.values, scores.information, scores.residual, strata))
    contrast, strata = Contrast(contrast.values[order], contrast.levels), strata[order]
    values = np.stack((scores.residual[order], scores.information[order]))
    observed = float(statistics(contrast, *values[:, :, None])[0])
    threshold = observed - TIE * max(observed, 1.0)
    ways = log10_ways(contrast, strata)
    if ways <= math.log10(MOST_ARRANGEMENTS):
        return _enumerate(contrast, values, strata, round(10.0**ways), threshold)
    counted = _count(contrast, PermutationStream(values, strata, seed), effort, threshold)
    return ConditionalP(counted, "permutation", 10.0**-ways)


def _enumerate(contrast: Contrast, values: Floats, strata: Integers, ways: int, threshold: float) -> ConditionalP:
    arranged = ArrangedValues(values, strata)
    places, found = arranged.arrange(np.arange(strata.size), _classes(contrast), ways)
    moved = statistics(Contrast(contrast.values[places], contrast.levels), *found)
    exceedances = int(np.count_nonzero(moved >= threshold))
    most = float(moved.max())
    share = exceedances / ways
    attained = int(np.count_nonzero(moved >= most - TIE * max(most, 1.0))) / ways
    return ConditionalP(MonteCarloP(share, share, share, exceedances, ways), "enumeration", attained)


def _count(contrast: Contrast, stream: PermutationStream, effort: Effort, threshold: float) -> MonteCarloP:
    """Count permutations until enough were as extreme, as `association.calibration.monte_carlo` does."""
    exceedances = permutations = 0
    limit = effort.screen
    while permutations < limit:
        block = stream.block(permutations, min(MOST_PERMUTATIONS_AT_ONCE, limit - permutations))
        reached = np.cumsum(statistics(contrast, *block) >= threshold)
        if exceedances + reached[-1] >= effort.enough:
            at = int(np.searchsorted(reached, effort.enough - exceedances))
            return monte_carlo_p(effort.enough, permutations + at + 1)
        exceedances, permutations = exceedances + int(reached[-1]), permutations + reached.size
        if permutations == effort.screen and exceedances < UNRESOLVED:
            limit = effort.escalated
    return monte_carlo_p(exceedances, permutations)


def _classes(contrast: Contrast) -> Integers:
    return np.unique(contrast.values, return_inverse=True)[1].astype(np.int64)
