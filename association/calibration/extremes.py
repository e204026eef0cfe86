"""How extreme the data are, and from where on a permutation is at least as extreme.

A test reads one row of a gene's statistics, or several: SKAT-O reads (1 - rho) SKAT + rho burden at every rho, an
omnibus test reads all that its tests read. With several readings z_1, z_2, ... on the common scale, less a handicap
for the number of looks that a test takes, the test's statistic is t = max_j z_j, and a permutation reaches t if any
of its readings reaches the value that lies t standard deviations out.

Axes: r rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.null_scale import CauchyScale, ChiSquareScale, Scale

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

    def value(self, rows: Floats) -> Floats:
        """Read it from rows (r, ...)."""
        return np.asarray((1.0 - self.rho) * rows[self.first] + self.rho * rows[self.second])


Readings = tuple[Reading, ...]


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


def simple(row: int) -> Readings:
    """Read one row as it is."""
    return (Reading(row, row),)


def over_rho(skat: int, burden: int) -> Readings:
    """Read SKAT-O's grid."""
    return tuple(Reading(skat, burden, rho, GRID_HANDICAP) for rho in RHO)


def scales_of(readings: Readings, mean: Floats, covariance: Floats, noise: Floats) -> list[Scale | None]:
    """Give each reading's scale from the rows' moments over permutations; None where it never varies.

    Parameters
    ----------
    readings
        Of one test.
    mean, covariance
        Of the rows (r) and (r, r).
    noise
        Size of the terms that each row adds up (r).
    """
    return [_scale(reading, mean, covariance, float(reading.value(noise))) for reading in readings]


def set_conditions(
    tests: Sequence[Readings], scales: Sequence[Sequence[Scale | None]], rows: Floats, noise: Floats
) -> Conditions:
    """Turn the data's statistics into thresholds.

    Parameters
    ----------
    tests
        What each test reads.
    scales
        Scales of each test's readings; looked at where there are several.
    rows
        The data's rows (r).
    noise
        Size of the terms that each row adds up (r).
    """
    kept, thresholds = [], []
    for readings, own in zip(tests, scales, strict=True):
        used, values = _thresholds(readings, own, rows)
        kept.append(used)
        for reading, value in zip(used, values, strict=True):
            thresholds.append(value - TIE_TOLERANCE * abs(value) - CANCELLED * float(reading.value(noise)))
    flat = [reading for readings in kept for reading in readings]
    return Conditions(
        offsets=np.cumsum([0, *(len(readings) for readings in kept)]),
        first=np.array([reading.first for reading in flat], np.int64),
        second=np.array([reading.second for reading in flat], np.int64),
        rho=np.array([reading.rho for reading in flat], np.float64),
        thresholds=np.array(thresholds, np.float64),
    )


def farthest(readings: Readings, scales: Sequence[Scale | None], rows: Floats) -> Floats:
    """Give a test's statistic in standard deviations for rows (r, ...); minus infinity where nothing varies."""
    deviations = [
        scale.deviations(reading.value(rows)) - reading.handicap
        for reading, scale in zip(readings, scales, strict=True)
        if scale is not None
    ]
    return np.max(deviations, axis=0) if deviations else np.full(rows.shape[1:], -np.inf)


def _scale(reading: Reading, mean: Floats, covariance: Floats, noise: float) -> Scale | None:
    mixture = np.zeros(mean.size)
    mixture[reading.first] += 1.0 - reading.rho
    mixture[reading.second] += reading.rho
    variance = float(mixture @ covariance @ mixture)
    centre = float(mixture @ mean)
    if variance <= max(CONSTANT * centre**2, (CANCELLED * noise) ** 2):
        return None
    if reading.cauchy_weight is not None:
        return CauchyScale(reading.cauchy_weight)
    return ChiSquareScale(centre, variance)


def _thresholds(readings: Readings, scales: Sequence[Scale | None], rows: Floats) -> tuple[Readings, list[float]]:
    """Give the readings that can differ between permutations, and the values that they must reach."""
    if len(readings) == 1:
        return readings, [float(readings[0].value(rows))]
    varying = [(reading, scale) for reading, scale in zip(readings, scales, strict=True) if scale is not None]
    if not varying:
        return readings[:1], [float(readings[0].value(rows))]
    extreme = float(farthest(readings, scales, rows))
    used = tuple(reading for reading, _ in varying)
    # The reading that is the farthest keeps the data's own value: a round trip through the scale would blur ties.
    values = []
    for reading, scale in varying:
        own = float(reading.value(rows))
        reaches = float(scale.deviations(np.array(own))) - reading.handicap >= extreme
        values.append(own if reaches else scale.statistic(extreme + reading.handicap))
    return used, values
