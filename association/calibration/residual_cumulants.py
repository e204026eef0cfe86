"""The residuals of each stratum as a few nodes and weights that stand for their cumulant generating function.

Drawing one sample of stratum s, with residuals M of n_s samples, has the moment generating function

    m_s(t) = 1/n_s sum_i exp(t M_i) = sum_j w_j exp(t x_j),   j = 1..q,

where x and w are the Gauss quadrature of the empirical distribution of M (Lanczos): both sides share their first 2q
moments, so they agree to rounding for complex t up to |t| (max M - min M) of about 2q. They are made once per trait,
and a gene then costs arithmetic over its carriers' distinct burdens and q nodes, whatever n is. A stratum with fewer
distinct residuals than q keeps them all and is exact at every t.

Axes: S strata, q nodes, n samples.

References
----------
Golub GH, Welsch JH (1969) Calculation of Gauss quadrature rules. Math. Comp. 23:221-230. doi:10.2307/2004418
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Residuals closer than one part of their range in so many are merged at their mean first: at t = 50 per range each
# carrier's cumulant loses 2e-6.
CELLS = 8192
NODES = 28
# The nodes are trusted as far out as twice as many of them give the same characteristic function.
SAME = 1e-4
# Frequencies, per range of the residuals, at which the characteristic function is looked at.
FREQUENCIES = np.linspace(0.0, 120.0, 1201)
# A Lanczos vector this short is rounding: all distinct residuals are nodes already.
EXHAUSTED = 1e-13


@dataclass(frozen=True)
class ResidualCumulants:
    """A trait's residuals, stratum by stratum.

    Attributes
    ----------
    nodes
        Residuals that stand for the stratum's (S, q), padded with zeros.
    masses
        How many samples each node stands for (S, q), padded with zeros; rows add up to the stratum's samples.
    frequency_steps
        Distance of the frequencies y = 0, 1, ... steps at which each stratum's `decay` stands (S).
    trusted
        At how many of these frequencies the nodes give the characteristic function (S).
    decay
        The least -log |E exp(i y M)| over the trusted frequencies from y on (S, f); never falls.
    running_sums
        Sums of each stratum's smallest residuals: none, one, two, ... all (n + S).
    offsets
        Where each stratum's running sums begin and end (S + 1).
    """

    nodes: Floats
    masses: Floats
    frequency_steps: Floats
    trusted: Integers
    decay: Floats
    running_sums: Floats
    offsets: Integers

    @classmethod
    def of(cls, residuals: Floats, strata: Integers) -> ResidualCumulants:
        """Tabulate a trait's residuals.

        Parameters
        ----------
        residuals
            Score residuals (n), finite.
        strata
            Stratum of each sample (n): 0 to S - 1, each with at least one sample.
        """
        own = [np.sort(residuals[strata == stratum]) for stratum in range(int(strata.max()) + 1)]
        sums = [np.concatenate([[0.0], np.cumsum(one)]) for one in own]
        return cls._of_cells([_cells(one) for one in own], sums, [float(one[-1] - one[0]) for one in own])

    @classmethod
    def of_rules(cls, rules: Sequence[tuple[Floats, Floats]]) -> ResidualCumulants:
        """Tabulate residuals of which no more is known than what `residual_rules` tells.

        Parameters
        ----------
        rules
            Of each stratum: residuals, ascending, and how many samples each stands for; strata of several cohorts
            one after another.
        """
        return cls._of_cells(rules, [_running_sums(*one) for one in rules], [float(x[-1] - x[0]) for x, _ in rules])

    @classmethod
    def _of_cells(
        cls, cells: Sequence[tuple[Floats, Floats]], sums: Sequence[Floats], reaches: Sequence[float]
    ) -> ResidualCumulants:
        """Tabulate residuals with their weights, given their running sums and their ranges, by stratum."""
        nodes, masses = np.zeros((len(cells), NODES)), np.zeros((len(cells), NODES))
        steps, trusted = np.full(len(cells), np.inf), np.full(len(cells), FREQUENCIES.size)
        decay = np.zeros((len(cells), FREQUENCIES.size))
        for stratum, (own, reach) in enumerate(zip(cells, reaches, strict=True)):
            few = gauss_quadrature(*own, NODES)
            nodes[stratum, : few[0].size], masses[stratum, : few[0].size] = few
            if reach > 0:
                steps[stratum] = FREQUENCIES[1] / reach
                trusted[stratum], decay[stratum] = _decay(few, gauss_quadrature(*own, 2 * NODES), steps[stratum])
        offsets = np.concatenate([[0], np.cumsum([one.size for one in sums])]).astype(np.int64)
        return cls(nodes, masses, steps, trusted, decay, np.concatenate(sums), offsets)


def residual_rules(residuals: Floats, strata: Integers, *, at_least: int) -> list[tuple[Floats, Floats]]:
    """Give what may be told of a trait's residuals: a few values per stratum, none of them any sample's own.

    Residuals are first replaced by the means of groups of neighbours, which keeps their sum, and these are spread
    about their mean until they have the variance of the residuals; the values are the quadrature of that, twice as
    fine as `NODES`, so that whoever reads them can make every column of a table.

    Parameters
    ----------
    residuals, strata
        As for `ResidualCumulants.of`.
    at_least
        Samples in a group, or more: equal residuals are never parted. A stratum with fewer samples is one group.

    Returns
    -------
    list
        Of each stratum: residuals, ascending, and how many samples each stands for.
    """
    rules = []
    for stratum in range(int(strata.max()) + 1):
        own = np.sort(residuals[strata == stratum])
        begins = _group_begins(own, at_least)
        counts = np.diff(np.append(begins, own.size)).astype(np.float64)
        means = np.add.reduceat(own, begins) / counts
        around = own.mean()
        squares = float(((own - around) ** 2).sum())
        spread = math.sqrt(squares / float(counts @ (means - around) ** 2)) if begins.size > 1 else 1.0
        rules.append(gauss_quadrature(around + spread * (means - around), counts, 2 * NODES))
    return rules


def _group_begins(values: Floats, at_least: int) -> Integers:
    """Give where groups of sorted values begin; equal values share one, and the last takes what is left over."""
    distinct = np.flatnonzero(np.concatenate([[True], values[1:] > values[:-1]]))
    begins = [0]
    for end in distinct[1:].tolist():
        if end - begins[-1] >= at_least:
            begins.append(end)
    if len(begins) > 1 and values.size - begins[-1] < at_least:
        begins.pop()
    return np.array(begins, np.int64)


def _running_sums(values: Floats, counts: Floats) -> Floats:
    """Give the sums of the smallest none, one, two, ... residuals, of which `counts` have each of some values."""
    reached = np.concatenate([[0.0], np.cumsum(counts)])
    sums = np.concatenate([[0.0], np.cumsum(counts * values)])
    return np.asarray(np.interp(np.arange(round(reached[-1]) + 1), reached, sums), np.float64)


def gauss_quadrature(values: Floats, weights: Floats, nodes: int) -> tuple[Floats, Floats]:
    """Give nodes and weights with the moments of a discrete distribution up to order 2 x `nodes` - 1.

    Parameters
    ----------
    values, weights
        The distribution: where it has mass, and how much.
    nodes
        How many are wanted; fewer come back where the distribution has fewer points.
    """
    centre, scale = (values[0] + values[-1]) / 2, max((values[-1] - values[0]) / 2, np.finfo(float).tiny)
    points, total = (values - centre) / scale, weights.sum()
    basis = np.sqrt(weights / total)[None, :]
    diagonal, beside = [float(basis[0] @ (points * basis[0]))], []
    while len(diagonal) < min(nodes, values.size):
        following = points * basis[-1]
        for _ in range(2):  # twice is enough to stay orthogonal to rounding (Kahan, Parlett)
            following = following - basis.T @ (basis @ following)
        length = float(np.linalg.norm(following))
        if length <= EXHAUSTED:
            break
        basis = np.vstack([basis, following / length])
        beside.append(length)
        diagonal.append(float(basis[-1] @ (points * basis[-1])))
    found, vectors = eigh_tridiagonal(np.array(diagonal), np.array(beside))
    return centre + scale * found, total * vectors[0] ** 2


def _cells(values: Floats) -> tuple[Floats, Floats]:
    """Merge sorted values that are close: give the cells' means and counts."""
    reach = values[-1] - values[0]
    if reach <= 0:
        return values[:1], np.array([float(values.size)])
    cells = np.minimum(((values - values[0]) * (CELLS / reach)).astype(np.int64), CELLS - 1)
    counts = np.bincount(cells)
    sums = np.bincount(cells, values)
    return sums[counts > 0] / counts[counts > 0], counts[counts > 0].astype(np.float64)


def _decay(rule: tuple[Floats, Floats], finer: tuple[Floats, Floats], step: float) -> tuple[int, Floats]:
    """Say at how many frequencies a rule is trusted, and how far the characteristic function has fallen for good."""
    known, check = (_characteristic_function(*one, step) for one in (rule, finer))
    wrong = np.abs(known - check) > SAME
    trusted = int(np.argmax(wrong)) if wrong.any() else FREQUENCIES.size
    fallen = -np.log(np.abs(known).clip(np.finfo(float).tiny, 1.0))
    fallen[trusted:] = np.inf
    return trusted, np.minimum.accumulate(fallen[::-1])[::-1]


def _characteristic_function(nodes: Floats, masses: Floats, step: float) -> NDArray[np.complex128]:
    angles = np.outer(np.arange(FREQUENCIES.size) * step, nodes)
    values: NDArray[np.complex128] = np.exp(1j * angles) @ (masses / masses.sum())
    return values
