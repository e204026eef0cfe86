"""How extreme the data are, and from where on a permutation is at least as extreme.

A test reads one row of a gene's statistics, or several: SKAT-O reads (1 - rho) SKAT + rho burden at every rho, an
omnibus test reads all that its tests read. With several readings z_1, z_2, ... on the common scale, less a handicap
for the number of looks that a test takes, the test's statistic is t = max_j z_j, and a permutation reaches t if any
of its readings reaches the value that lies t standard deviations out.

Axes: r rows, l looks, b permutations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from association.calibration.null_scale import CauchyScale, ChiSquareScale
from association.kernels import njit

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# The grid of SKAT-O, as in Lee et al. 2012, doi:10.1016/j.ajhg.2012.06.007.
RHO = (0.0, 0.01, 0.04, 0.09, 0.25, 0.5, 1.0)
# Choosing the best of these seven, nearly the same, multiplies a small p-value by two to three.
GRID_HANDICAP = 0.25

# Statistics that are equal in exact arithmetic differ by rounding alone; they count as ties. The share is of the
# observed statistic; where its terms cancel, rounding is a share of the terms: 1e-12 of them covers 1e4 carriers.
TIE_TOLERANCE = 1e-9
CANCELLED = 1e-12
# A row that varies by less is one number, but for rounding.
CONSTANT = 1e-20


@dataclass(frozen=True)
class Reading:
    """One number read from a gene's rows.

    Attributes
    ----------
    first, second, rho
        (1 - rho) first row + rho second row.
    handicap
        Standard deviations that it lags behind, for being one of several looks.
    cauchy_weight
        Sum of weights, if the row is a Cauchy sum; else None.
    """

    first: int
    second: int
    rho: float = 0.0
    handicap: float = 0.0
    cauchy_weight: float | None = None


Readings = tuple[Reading, ...]


@dataclass(frozen=True)
class Looks:
    """The readings of tests, one after another (l looks).

    Attributes
    ----------
    offsets
        Where each test's readings begin and end (tests + 1).
    first, second, rho, handicap
        Of each reading (l).
    cauchy_weight
        Of each reading (l); nan if it is no Cauchy sum.
    """

    offsets: Integers
    first: Integers
    second: Integers
    rho: Floats
    handicap: Floats
    cauchy_weight: Floats

    @classmethod
    def of(cls, tests: Sequence[Readings]) -> Looks:
        """Lay out what tests read."""
        flat = [reading for readings in tests for reading in readings]
        return cls(
            offsets=np.cumsum([0, *map(len, tests)]),
            first=np.array([reading.first for reading in flat], np.int64),
            second=np.array([reading.second for reading in flat], np.int64),
            rho=np.array([reading.rho for reading in flat], np.float64),
            handicap=np.array([reading.handicap for reading in flat], np.float64),
            cauchy_weight=np.array([reading.cauchy_weight for reading in flat], np.float64),
        )

    @classmethod
    def join(cls, genes: Sequence[Looks], rows: Integers) -> Looks:
        """Put those of genes together, whose rows begin at `rows` (genes)."""
        looks = [one.first.size for one in genes]
        shift = np.repeat(rows, looks)
        before = np.repeat(np.cumsum([0, *looks[:-1]]), [one.offsets.size - 1 for one in genes])
        offsets = np.concatenate([one.offsets[:-1] for one in genes]) + before
        return cls(
            offsets=np.append(offsets, sum(looks)),
            first=np.concatenate([one.first for one in genes]) + shift,
            second=np.concatenate([one.second for one in genes]) + shift,
            rho=np.concatenate([one.rho for one in genes]),
            handicap=np.concatenate([one.handicap for one in genes]),
            cauchy_weight=np.concatenate([one.cauchy_weight for one in genes]),
        )

    def renumber(self, rows: Integers) -> Looks:
        """Give looks at these rows alone (ascending), which hold all that is read."""
        first, second = np.searchsorted(rows, self.first), np.searchsorted(rows, self.second)
        return replace(self, first=first, second=second)

    def value(self, rows: Floats) -> Floats:
        """Read rows (r) or (r, b)."""
        rho = self.rho.reshape(-1, *[1] * (rows.ndim - 1))
        return np.asarray((1.0 - rho) * rows[self.first] + rho * rows[self.second], np.float64)


@dataclass(frozen=True)
class Scales:
    """The common scale of looks.

    Attributes
    ----------
    mean, variance
        Over permutations (l).
    varies
        Whether a look ever varies (l).
    """

    mean: Floats
    variance: Floats
    varies: Booleans


@dataclass(frozen=True)
class Conditions:
    """When a permutation is at least as extreme as the data: if any reading of a test reaches its threshold.

    Attributes
    ----------
    offsets
        Where each test's readings begin and end (tests + 1).
    first, second, rho
        What is read (readings).
    thresholds
        From where on (readings).
    """

    offsets: Integers
    first: Integers
    second: Integers
    rho: Floats
    thresholds: Floats

    def part(self, begin: int, end: int, row: int) -> Conditions:
        """Give those of some tests, whose rows begin at `row`."""
        own = slice(self.offsets[begin], self.offsets[end])
        return Conditions(
            self.offsets[begin : end + 1] - self.offsets[begin],
            self.first[own] - row,
            self.second[own] - row,
            self.rho[own],
            self.thresholds[own],
        )


def rows_of(readings: Readings) -> set[int]:
    """Give the rows that are read."""
    return {row for reading in readings for row in (reading.first, reading.second)}


@lru_cache(maxsize=256)
def simple(row: int) -> Readings:
    """Read one row as it is."""
    return (Reading(row, row),)


@lru_cache(maxsize=1024)
def over_rho(skat: int, burden: int) -> Readings:
    """Read SKAT-O's grid."""
    return tuple(Reading(skat, burden, rho, GRID_HANDICAP) for rho in RHO)


def scales_of(looks: Looks, mean: Floats, covariance: Floats, noise: Floats) -> Scales:
    """Give each look's scale from the rows' moments over permutations.

    Parameters
    ----------
    looks
        What is read.
    mean, covariance
        Of the rows (r) and (r, r).
    noise
        Size of the terms that each row adds up (r).
    """
    first, second = looks.first, looks.second
    moments = (covariance[first, first], covariance[first, second], covariance[second, second])
    return scales_from(looks, looks.value(mean), moments, looks.value(noise))


def scales_from(looks: Looks, mean: Floats, moments: tuple[Floats, Floats, Floats], noise: Floats) -> Scales:
    """Give each look's scale (l).

    Parameters
    ----------
    looks
        What is read.
    mean, noise
        Of each look (l).
    moments
        Variance of its first row, covariance with its second, variance of its second (l).
    """
    other = 1.0 - looks.rho
    variance = other * other * moments[0] + 2 * looks.rho * other * moments[1] + looks.rho * looks.rho * moments[2]
    return Scales(mean, variance, variance > np.maximum(CONSTANT * mean**2, (CANCELLED * noise) ** 2))


def set_conditions(looks: Looks, scales: Scales, rows: Floats, noise: Floats) -> Conditions:
    """Turn the data's statistics into thresholds.

    Parameters
    ----------
    looks, scales
        What the tests read; scales are looked at where a test reads several things.
    rows
        The data's rows (r).
    noise
        Size of the terms that each row adds up (r).
    """
    value, counts = looks.value(rows), np.diff(looks.offsets)
    several = np.repeat(counts > 1, counts)
    used, thresholds = ~several, value.copy()
    far = np.flatnonzero(several & scales.varies)
    deviations = np.full(value.size, -np.inf)
    deviations[far] = _deviations(looks, scales, far, value[far]) - looks.handicap[far]
    extreme = np.repeat(np.maximum.reduceat(deviations, looks.offsets[:-1]), counts) if value.size else deviations
    used[far] = True
    # The reading that is the farthest keeps the data's own value: a round trip through the scale would blur ties.
    nearer = far[deviations[far] < extreme[far]]
    thresholds[nearer] = _statistics(looks, scales, nearer, extreme[nearer] + looks.handicap[nearer])
    # Where nothing varies any reading does.
    used[looks.offsets[:-1][np.logical_or.reduceat(used, looks.offsets[:-1]) == 0] if value.size else []] = True
    kept = np.flatnonzero(used)
    slack = TIE_TOLERANCE * np.abs(thresholds) + CANCELLED * looks.value(noise)
    return Conditions(
        offsets=np.searchsorted(kept, looks.offsets),
        first=looks.first[kept],
        second=looks.second[kept],
        rho=looks.rho[kept],
        thresholds=(thresholds - slack)[kept],
    )


def farthest(looks: Looks, scales: Scales, test: int, rows: Floats) -> Floats:
    """Give a test's statistic in standard deviations for rows (r, b); minus infinity where nothing varies."""
    own = np.arange(looks.offsets[test], looks.offsets[test + 1])
    own = own[scales.varies[own]]
    cauchy = ~np.isnan(looks.cauchy_weight[own])
    most = np.full(rows.shape[1], -np.inf)
    for one in own[cauchy]:
        deviations = CauchyScale(looks.cauchy_weight[one]).deviations(rows[looks.first[one]])
        np.maximum(most, deviations - looks.handicap[one], out=most)
    sums = own[~cauchy]
    spread = ChiSquareScale(scales.mean[sums], scales.variance[sums]).spread
    reading = (looks.first[sums], looks.second[sums], looks.rho[sums], looks.handicap[sums])
    _raise_to_farthest(*reading, scales.mean[sums], spread, rows, most)
    return most


@njit(cache=True, nogil=True)
def _raise_to_farthest(
    first: Integers,
    second: Integers,
    rho: Floats,
    handicap: Floats,
    mean: Floats,
    spread: Floats,
    rows: Floats,
    most: Floats,
) -> None:
    """Raise `most` (b) to the deviations of chi-square sums that are farther; roots are taken of these alone."""
    for one in range(first.size):
        share, root = rho[one], math.sqrt(spread[one])
        row, other = rows[first[one]], rows[second[one]]
        for b in range(most.size):
            value = ((1.0 - share) * row[b] + share * other[b]) / mean[one]
            level = 1.0 - spread[one] + (most[b] + handicap[one]) * root
            if value > level * level * level:
                most[b] = max(most[b], (np.cbrt(value) - 1.0 + spread[one]) / root - handicap[one])


def _deviations(looks: Looks, scales: Scales, own: Integers, values: Floats) -> Floats:
    """Give the standard deviations of values of some looks."""
    cauchy = ~np.isnan(looks.cauchy_weight[own])
    deviations = np.empty(own.size)
    deviations[cauchy] = CauchyScale(looks.cauchy_weight[own[cauchy]]).deviations(values[cauchy])
    sums = own[~cauchy]
    deviations[~cauchy] = ChiSquareScale(scales.mean[sums], scales.variance[sums]).deviations(values[~cauchy])
    return deviations


def _statistics(looks: Looks, scales: Scales, own: Integers, deviations: Floats) -> Floats:
    """Give the values of some looks that lie so far out."""
    cauchy = ~np.isnan(looks.cauchy_weight[own])
    values = np.empty(own.size)
    values[cauchy] = CauchyScale(looks.cauchy_weight[own[cauchy]]).statistic(deviations[cauchy])
    sums = own[~cauchy]
    values[~cauchy] = ChiSquareScale(scales.mean[sums], scales.variance[sums]).statistic(deviations[~cauchy])
    return values
