"""The moment generating function of a burden's score when residuals are dealt out at random within strata.

Stratum s deals K_sd of its n_s residuals, without replacement, to the carriers with burden b_d. With x the nodes and
n_j the masses that stand for the residuals (`residual_cumulants`), E exp(tU) is a ratio of coefficients,

    [prod_sd z_sd^K_sd] prod_sj (1 + sum_d z_sd exp(t b_d x_j))^n_j,   at t over at 0,

and a coefficient is taken by a saddle point in z: with p_dj = z_d exp(t b_d x_j) / (1 + sum_e z_e exp(t b_e x_j)) the
share of node j that goes to d, z solves sum_j n_j p_dj = K_sd, and E exp(tU) = exp(G(t) - G(0)) with

    G(t) = sum_s [sum_j n_j log(1 + sum_d z_d exp(t b_d x_j)) - sum_d K_sd log z_d
                  - 1/2 sum_d log(1 - sum_j n_j p_dj^2 / K_sd)].

Where few are drawn of many, exp(G(t) - G(0)) is prod_sd m_s(t b_d)^K_sd, the draw with replacement: exact for any K.

Axes: S strata, q nodes, k carriers, D classes of carriers with the same stratum and burden.

References
----------
Robinson J (1982) Saddlepoint approximations for permutation tests and confidence intervals. JRSS B 44:91-101.
Booth JG, Butler RW (1990) Randomization distributions and saddlepoint approximations in generalized linear models.
Biometrika 77:787-796. doi:10.1093/biomet/77.4.787
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit

FAST = njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"})

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# G is stationary in z: an error of a share e moves it by K e^2, here 1e-5.
DRAWN = 3e-3
# The share that is off shrinks by the share of the residuals that are dealt, at each round.
MOST_ROUNDS = 50
# G to first order in the shares leaves out K times the largest one squared, at most.
FEW = 5e-3
# A modulus of exp(-20) is zero beside that of the vertex.
VANISHED = 20.0


@FAST
def group_carriers(burden: Floats, strata: Integers, sizes: Integers, totals: Floats) -> Any:
    """Group carriers by stratum and burden.

    Parameters
    ----------
    burden, strata
        Of each carrier (k).
    sizes, totals
        Samples of each stratum, and the sum of their residuals (S).

    Returns
    -------
    tuple
        Stratum, burden and count of each class (D), and the part of U that no draw changes: where most of a stratum
        carries the same burden, that burden is the level and the others, 0 included, deviate from it.
    """
    order = np.argsort(burden, kind="mergesort")
    order = order[np.argsort(strata[order], kind="mergesort")]
    own, values, counts = np.empty(burden.size, np.int64), np.empty(burden.size), np.empty(burden.size)
    found, fixed, begin = 0, 0.0, 0
    while begin < order.size:
        stratum, first = strata[order[begin]], found
        left = sizes[stratum]
        while begin < order.size and strata[order[begin]] == stratum:
            value, end = burden[order[begin]], begin
            while end < order.size and strata[order[end]] == stratum and burden[order[end]] == value:
                end += 1
            if value != 0.0:
                own[found], values[found], counts[found] = stratum, value, end - begin
                left -= end - begin
                found += 1
            begin = end
        if found > first and counts[first:found].max() > left:
            most = first + counts[first:found].argmax()
            level = values[most]
            fixed += level * totals[stratum]
            values[most], counts[most] = 0.0, left
            values[first:found] -= level
            if left == 0:
                found -= 1
                values[most], counts[most] = values[found], counts[found]
    return own[:found].copy(), values[:found].copy(), counts[:found].copy(), fixed


@FAST
def highest_score(own: Integers, burden: Floats, count: Floats, running_sums: Floats, offsets: Integers) -> float:
    """Give the highest attainable score: the largest burdens meet the extreme residuals of their stratum.

    Parameters
    ----------
    own, burden, count
        The classes (D).
    running_sums, offsets
        As in `ResidualCumulants`.
    """
    smallest, largest = offsets[:-1].copy(), offsets[1:] - 1
    score = 0.0
    for k in np.argsort(-np.abs(burden)):
        stratum, taken = own[k], int(count[k])
        if burden[k] > 0:
            largest[stratum] -= taken
            begin = largest[stratum]
        else:
            begin = smallest[stratum]
            smallest[stratum] += taken
        score += burden[k] * (running_sums[begin + taken] - running_sums[begin])
    return score


@FAST
def log_arrangements(own: Integers, count: Floats, sizes: Integers) -> float:
    """Give the log of the number of draws, each as likely as any other."""
    left, ways = sizes.astype(np.float64), 0.0
    for stratum, taken in zip(own, count):  # noqa: B905
        ways += math.lgamma(left[stratum] + 1) - math.lgamma(taken + 1) - math.lgamma(left[stratum] - taken + 1)
        left[stratum] -= taken
    return ways


@FAST
def set_tilt(
    t: float, own: Integers, burden: Floats, count: Floats, nodes: Floats, masses: Floats, tilt: Floats, turn: Floats
) -> float:
    """Fill `tilt` with exp(t b (x - x_d)), at most 1, and `turn` with b (x - x_d); give sum_d K_d b_d x_d.

    Parameters
    ----------
    t
        Not 0.
    own, burden, count
        The classes (D).
    nodes, masses
        As in `ResidualCumulants` (S, q).
    tilt, turn
        Filled (D, q); nodes without mass get a tilt of 0.
    """
    base = 0.0
    for k in range(own.size):
        x, mass = nodes[own[k]], masses[own[k]]
        highest = -np.inf
        for j in range(x.size):
            if mass[j] > 0:
                highest = max(highest, t * burden[k] * x[j])
        base += count[k] * highest / t
        for j in range(x.size):
            turn[k, j] = burden[k] * x[j] - highest / t
            tilt[k, j] = math.exp(t * burden[k] * x[j] - highest) if mass[j] > 0 else 0.0
    return base


@FAST
def log_transform(tilt: Any, own: Integers, count: Floats, masses: Floats, top: float, shares: Any) -> complex:
    """Give G, but for what `set_tilt` took out, and fill `shares` (D, q) with p.

    Parameters
    ----------
    tilt
        exp(t b (x - x_d)) for a complex t (D, q), zero at nodes without mass.
    own, count
        Stratum and number of carriers of each class (D), sorted by stratum.
    masses
        Of the nodes (S, q).
    top
        G where the path of t crosses the real axis, which bounds its real part on the path; infinity on the axis.
        G is minus infinity where it is negligible beside that.
    shares
        Filled.
    """
    z = np.empty(own.size, np.complex128)
    with_replacement = complex(count.sum())
    for k in range(own.size):
        mass, expected = masses[own[k]], complex(0.0)
        for j in range(mass.size):
            expected += mass[j] * tilt[k, j]
        z[k] = count[k] / expected
        with_replacement -= count[k] * np.log(z[k])
    if top < np.inf and not with_replacement.real > top - VANISHED:
        return complex(-np.inf, 0.0)
    without, to_first_order = with_replacement, with_replacement
    first = 0
    for last in range(1, own.size + 1):
        if last < own.size and own[last] == own[first]:
            continue
        part, mass = slice(first, last), masses[own[first]]
        pairs, most = _pairs(tilt[part], count[part], mass, z[part], shares[part])
        to_first_order += np.log(1 + pairs)
        if most * count[part].sum() <= FEW:
            without += pairs
        else:
            without += _finite_population(tilt[part], count[part], mass, z[part], shares[part])
        first = last
    # Where the characteristic function is close to 0 the saddle point in z runs off.
    return without if without.real <= top else to_first_order


@FAST
def log_transform_at_zero(own: Integers, count: Floats, masses: Floats) -> float:
    """Give G(0), where every node is dealt in the same shares."""
    dealt = np.zeros(masses.shape[0])
    for k in range(own.size):
        dealt[own[k]] += count[k]
    sizes = masses.sum(axis=1)
    total = 0.0
    for stratum in range(sizes.size):
        total -= sizes[stratum] * math.log1p(-dealt[stratum] / sizes[stratum])
    for k in range(own.size):
        size = sizes[own[k]]
        total -= count[k] * math.log(count[k] / (size - dealt[own[k]])) + 0.5 * math.log1p(-count[k] / size)
    return total


@FAST
def score_derivatives(
    shares: Floats, own: Integers, burden: Floats, count: Floats, nodes: Floats, masses: Floats, means: Floats
) -> tuple[float, float]:
    """Give G' and G'' at a real t: the mean and variance of U where node j is dealt in shares p_j.

    What fixes the numbers dealt is taken class by class, which is exact for one class and else for small shares.

    Parameters
    ----------
    shares
        p (D, q), as `log_transform` left them.
    own, burden, count
        The classes (D), sorted by stratum.
    nodes, masses
        As in `ResidualCumulants` (S, q).
    means
        Mean residual of each stratum (S).
    """
    slope, curvature = 0.0, 0.0
    dealt = np.zeros(masses.shape)
    for k in range(own.size):
        for j in range(masses.shape[1]):
            dealt[own[k], j] += burden[k] * (nodes[own[k], j] - means[own[k]]) * shares[k, j]
    for k in range(own.size):
        mass, centred = masses[own[k]], burden[k] * (nodes[own[k]] - means[own[k]])
        slope += count[k] * burden[k] * means[own[k]] + (mass * centred * shares[k]).sum()
        curvature += (mass * centred * shares[k] * (centred - dealt[own[k]])).sum()
        common = (mass * shares[k] * (centred - dealt[own[k]])).sum()
        curvature -= common**2 / (count[k] - (mass * shares[k] ** 2).sum())
    return slope, max(curvature, 0.0)


@FAST
def _pairs(tilt: Any, count: Floats, masses: Floats, z: Any, shares: Any) -> tuple[complex, float]:
    """Give the first-order change because no residual goes to two carriers, and the largest squared share."""
    change, most = complex(0.0), 0.0
    for j in range(masses.size):
        drawn, own = complex(0.0), complex(0.0)
        for k in range(count.size):
            share = z[k] * tilt[k, j]
            shares[k, j] = share
            drawn += share
            own += share * share / count[k]
        change += 0.5 * masses[j] * (own - drawn * drawn)
        most = max(most, drawn.real * drawn.real + drawn.imag * drawn.imag)
    return change, most


@FAST
def _finite_population(tilt: Any, count: Floats, masses: Floats, z: Any, shares: Any) -> complex:
    """Give what one stratum adds to the draw with replacement, whose z comes in."""
    classes, nodes = tilt.shape
    drawn = np.empty(nodes, np.complex128)
    added = complex(-count.sum())
    for _ in range(MOST_ROUNDS):
        _sum_over_classes(tilt, z, drawn)
        off = 0.0
        for k in range(classes):
            expected = complex(0.0)
            for j in range(nodes):
                expected += masses[j] * tilt[k, j] * _inverse(1 + drawn[j])
            change = count[k] / (expected * z[k])
            added -= count[k] * np.log(change)
            off = max(off, abs(change - 1) * math.sqrt(count[k]))
            z[k] *= change
        if off <= DRAWN:
            break
    _sum_over_classes(tilt, z, drawn)
    for j in range(nodes):
        added += masses[j] * _log_of_one_plus(drawn[j])
    for k in range(classes):
        twice = complex(0.0)
        for j in range(nodes):
            shares[k, j] = z[k] * tilt[k, j] * _inverse(1 + drawn[j])
            twice += masses[j] * shares[k, j] * shares[k, j]
        added -= 0.5 * np.log(1 - twice / count[k])
    return added


@FAST
def _sum_over_classes(tilt: Any, z: Any, drawn: Any) -> None:
    """Set `drawn` (q) to sum_d z_d tilt_d."""
    for j in range(drawn.size):
        total = complex(0.0)
        for k in range(z.size):
            total += z[k] * tilt[k, j]
        drawn[j] = total


@FAST
def _inverse(x: complex) -> complex:
    """Give 1 / x for an x of ordinary size, without the care that extreme ones need."""
    size = x.real * x.real + x.imag * x.imag
    return complex(x.real / size, -x.imag / size)


@FAST
def _log_of_one_plus(x: complex) -> complex:
    """Give log(1 + x); by its series, which is faster, where the first term left out is below 2e-7."""
    if x.real * x.real + x.imag * x.imag > 1e-2:
        logarithm: complex = np.log(1 + x)
        return logarithm
    return x * (1 - x * (1 / 2 - x * (1 / 3 - x * (1 / 4 - x / 5))))
