"""Additive hazards with delayed entry and strata (Lin and Ying): differences of hazards, which are collapsible.

    lambda_i(t) = lambda_0s(t) + z_i' beta

has a closed form. With Z(t) the mean of z over the risk set of i's stratum,

    A = sum_i int Y_i (z_i - Z) (z_i - Z)' dt,   beta = A^-1 sum_i int (z_i - Z) dN_i,   cov = A^-1 B A^-1,
    B = sum_i int (z_i - Z) (z_i - Z)' dN_i.

A difference of hazards, unlike a hazard ratio, is the same whether or not a normal covariate that is independent of
the column is left out, in those who are still alive as well: so a total effect is a direct and an indirect one.

The interval of an indicator's coefficient is that of a score test, for carriers' events are few: their part of the
variance is that of the coefficient asked about, not of the estimate. With theta^ the estimate, V its variance and
D = sum over carriers of int psi_i^2 Y_i dt, psi_i = e'A^-1 (z_i - Z),

    (theta - theta^)^2 = q^2 (V + (theta - theta^) D),

which for a single rate is Wilson's interval of a Poisson mean, and has an upper end where no carrier has the event.

Axes: n samples, p columns, t times at which somebody enters or leaves.

References
----------
Lin, Ying. Semiparametric analysis of the additive risk model. Biometrika 1994. doi:10.1093/biomet/81.1.61
Martinussen, Vansteelandt. On collapsibility and confounding bias in Cox and Aalen regression models. Lifetime Data
Anal 2013. doi:10.1007/s10985-013-9242-z
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NORMAL_95 = float(norm.isf(0.025))
# Of columns at unit length, what rounding leaves of a combination or a whole stratum is some 1e-15; a column of which
# a millionth is its own has more than this.
ALIKE = 1e-13


@dataclass(frozen=True)
class Estimate:
    """An estimate with its 95% interval.

    Attributes
    ----------
    value, standard_error, lower, upper
        In the units of what is estimated.
    """

    value: float
    standard_error: float
    lower: float
    upper: float


@dataclass(frozen=True)
class _RiskSets:
    """Means of the columns over the risk sets of one stratum.

    Attributes
    ----------
    times
        When somebody enters or leaves, ascending (t).
    lengths
        From each time to the next (t - 1).
    means
        Of the columns between these times (t - 1, p).
    at_risk
        How many are at risk there (t - 1).
    """

    times: Floats
    lengths: Floats
    means: Floats
    at_risk: Floats


class AdditiveHazards:
    """The model of one cohort, fitted.

    Parameters
    ----------
    entry, exit, event
        Observation of each sample (n): from entry to exit, and 1 where it ends with the event.
    columns
        z (n, p).
    strata
        Stratum of each sample (n), with a baseline hazard of its own.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the columns can't be told apart.
    """

    def __init__(self, entry: Floats, exit: Floats, event: Floats, columns: Floats, strata: Integers) -> None:
        self._entry, self._exit, self._event = entry, exit, event == 1
        self._carries = columns != 0
        # Only differences within risk sets count, so a distant origin is no more than a loss of digits.
        self._columns, self._strata = columns - columns.mean(axis=0), strata
        self._sets = {int(one): _risk_sets(entry, exit, self._columns, strata == one) for one in np.unique(strata)}
        total = (self._columns * (exit - entry)[:, None]).T @ self._columns
        within = total.copy()
        for sets in self._sets.values():
            within -= (sets.means * (sets.at_risk * sets.lengths)[:, None]).T @ sets.means
        self._deviations = self._at_events()
        self._inverse = _invert(within, np.sqrt(np.diag(total)))
        self.estimates: Floats = self._inverse @ self._deviations.sum(axis=0)

    @property
    def covariance(self) -> Floats:
        """Covariance of the estimates (p, p)."""
        turned = self._deviations @ self._inverse
        return np.asarray(turned.T @ turned)

    def wald(self, column: int) -> Estimate:
        """Give an estimate with the interval of many events."""
        value, error = float(self.estimates[column]), float(np.sqrt(self.covariance[column, column]))
        return Estimate(value, error, value - NORMAL_95 * error, value + NORMAL_95 * error)

    def of_carriers(self, column: int) -> Estimate:
        """Give the estimate of an indicator's column, with the interval of a score test."""
        value, variance = float(self.estimates[column]), float(self.covariance[column, column])
        square = NORMAL_95**2
        spread = square * self._spread_of_carriers(column)
        root = np.sqrt(spread**2 + 4 * square * variance)
        return Estimate(value, variance**0.5, value + (spread - root) / 2, value + (spread + root) / 2)

    def _spread_of_carriers(self, column: int) -> float:
        """Give D: what one unit of carriers' hazard adds to the variance."""
        weights, total = self._inverse[column], 0.0
        own = self._columns @ weights
        for stratum, sets in self._sets.items():
            carriers = (self._strata == stratum) & self._carries[:, column]
            means = sets.means @ weights
            first, second = (np.concatenate(([0.0], np.cumsum(m * sets.lengths))) for m in (means, means**2))
            begin, end = (np.searchsorted(sets.times, one[carriers]) for one in (self._entry, self._exit))
            lasting = self._exit[carriers] - self._entry[carriers]
            mine = own[carriers]
            total += float(
                (mine**2 * lasting - 2 * mine * (first[end] - first[begin]) + second[end] - second[begin]).sum()
            )
        return total

    def _at_events(self) -> Floats:
        """Give z - Z of everybody who has the event, at that time (events, p)."""
        deviations = []
        for stratum, sets in self._sets.items():
            own = (self._strata == stratum) & self._event
            place = np.searchsorted(sets.times, self._exit[own]) - 1
            deviations.append(self._columns[own] - sets.means[place])
        return np.concatenate(deviations)


def _invert(within: Floats, length: Floats) -> Floats:
    """Invert A, once its columns, of these lengths (p), are found to differ within risk sets."""
    if not length.all():
        raise np.linalg.LinAlgError("a column has one value")
    unit = within / np.outer(length, length)
    if np.linalg.eigvalsh(unit)[0] <= ALIKE:
        raise np.linalg.LinAlgError("columns can't be told apart within risk sets")
    return np.asarray(np.linalg.inv(unit) / np.outer(length, length))


def _risk_sets(entry: Floats, exit: Floats, columns: Floats, own: NDArray[np.bool_]) -> _RiskSets:
    begin, end, values = entry[own], exit[own], columns[own]
    times = np.unique(np.concatenate((begin, end)))
    joined = np.column_stack((np.ones(values.shape[0]), values))
    change = np.zeros((times.size, joined.shape[1]))
    np.add.at(change, np.searchsorted(times, begin), joined)
    np.subtract.at(change, np.searchsorted(times, end), joined)
    sums = np.cumsum(change, axis=0)[:-1]
    at_risk = np.rint(sums[:, 0])
    means = np.where(at_risk[:, None] > 0, sums[:, 1:] / np.maximum(at_risk, 1.0)[:, None], 0.0)
    return _RiskSets(times, np.diff(times), means, at_risk)
