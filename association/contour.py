"""The contour integral behind the tails of quadratic forms.

With Q = sum_j lambda_j chi2_{k_j}(delta_j), lambda of any sign, and its cumulant generating function

    K(s) = -1/2 sum_j k_j log(1 - 2 lambda_j s) + sum_j delta_j lambda_j s / (1 - 2 lambda_j s),

    P(Q > q) = 1/(2 pi i) int exp(phi(s)) ds,   phi(s) = K(s) - s q - log s,

along any path that crosses the real axis between 0 and 1 / (2 max lambda). The path here is a hyperbola whose vertex
is the saddle point of phi and whose curvature there is that of steepest descent, so the trapezoidal rule converges
geometrically and nothing cancels: a tail of 1e-1000 is as precise as one of 0.1. Crossing between 1 / (2 min lambda)
and 0, with log(-s) in phi, gives the lower tail instead.

The hyperbola bends right where the third derivative of K is positive, as it is when no eigenvalue is negative, else
left. Where exp(phi) grows along it, the hyperbola to the other side or a straight line takes over.

Axes: g genes, m eigenvalues, of which those with a weight of zero count for nothing.

References
----------
Weideman JAC, Trefethen LN (2007) Parabolic and hyperbolic contours for computing the Bromwich integral.
Math. Comp. 76:1341-1356. doi:10.1090/S0025-5718-07-01945-X
Lugannani R, Rice S (1980) Saddle point approximation for the distribution of the sum of independent random
variables. Adv. Appl. Probab. 12:475-490. doi:10.2307/1426607
"""

from __future__ import annotations

import cmath
import math

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit

Floats = NDArray[np.float64]

# The hyperbola's asymptotes leave the real axis at this angle: inside the half plane where exp(-s q) decays.
ANGLE = math.pi / 3
# A Gaussian summed at this many standard deviations a step errs by 2 exp(-2 pi^2 / 0.35^2) < 1e-69.
GAUSSIAN_STEP = 0.35
# Far from Gaussian the steps are in the path's own parameter; 0.1 was measured to leave 5e-12.
LARGEST_STEP = 0.1
# Terms below this share of the first are lost in the sum's rounding.
LAST_TERM = 1e-19
# A path is unfit where a term is this much larger than the first, which costs a digit ...
CLIMBING = 10.0
# ... or where every other term gives another sum: the error of all terms is the square of this share on a hyperbola.
# On a straight line, where oscillation is not damped, it is the share itself.
AGREEMENT = 1e-6
# Steps are halved where no path is fit.
REFINEMENTS = 4
# 7 is enough where exp(-s q) decays. At q = 0 and two degrees of freedom it takes 44.
LONGEST = 100.0
# Bisection alone, the worst that Newton falls back to, reaches the last bit in fewer.
MOST_STEPS = 200
# Any vertex gives the same integral; only the number of terms depends on it.
VERTEX_TOLERANCE = 1e-6
# Factors multiplied before their root is taken: each is at most about exp(LONGEST), and is squared.
FACTORS = 3
# A product whose square is beyond these bounds hands its size over to the exponent, before it overflows.
SMALL = 1e-100


@njit(cache=True, error_model="numpy")
def log_tails(values: Floats, weights: Floats, degrees: Floats, shifts: Floats) -> Floats:
    """Give log P(Q > q) of each gene (g); nan where no path succeeds.

    Parameters
    ----------
    values
        q (g). Where no eigenvalue is negative it must be positive; where none is positive, negative.
    weights
        Eigenvalues lambda (g, m), the largest in size near 1, at least one other than zero.
    degrees, shifts
        Degrees of freedom k and noncentralities delta of the terms (g, m).
    """
    tails = np.empty(values.size)
    for row in range(values.size):
        used = weights[row] != 0
        lam, k, delta = weights[row][used], degrees[row][used], shifts[row][used]
        side = 1.0 if values[row] >= np.sum(lam * (k + delta)) else -1.0
        vertex = side * _vertex(side * values[row], side * lam, k, delta)
        tail = _integral(values[row], lam, k, delta, vertex)
        tails[row] = tail if side > 0 else math.log1p(-math.exp(tail))
    return tails


@njit(cache=True, error_model="numpy")
def _derivatives(
    s: float, value: float, weights: Floats, degrees: Floats, shifts: Floats
) -> tuple[float, float, float]:
    """Give phi', phi'' and phi''' at real s."""
    first, second, third = -value - 1 / s, 1 / (s * s), -2 / (s * s * s)
    for weight, degree, shift in zip(weights, degrees, shifts):  # noqa: B905
        ratio = weight / (1 - 2 * weight * s)
        tilt = shift / (1 - 2 * weight * s)
        first += ratio * (degree + tilt)
        second += 2 * ratio * ratio * (degree + 2 * tilt)
        third += 8 * ratio * ratio * ratio * (degree + 3 * tilt)
    return first, second, third


@njit(cache=True, error_model="numpy")
def _vertex(value: float, weights: Floats, degrees: Floats, shifts: Floats) -> float:
    """Solve phi' = 0, which rises from the pole at 0, by Newton steps kept inside the bracket."""
    largest, end = np.max(weights), 1.0
    if largest > 0:
        end = 0.5 / largest
    else:
        while _derivatives(end, value, weights, degrees, shifts)[0] < 0:
            end *= 4
    low, high = 0.0, end
    s: float = end / 2
    following = s
    for _ in range(MOST_STEPS):
        first, second, _third = _derivatives(s, value, weights, degrees, shifts)
        if first > 0:
            high = s
        else:
            low = s
        following = s - first / second
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - s) <= VERTEX_TOLERANCE * min(s, end - s):
            break
        s = following
    return following


@njit(cache=True, error_model="numpy")
def _integral(value: float, weights: Floats, degrees: Floats, shifts: Floats, vertex: float) -> float:
    """Integrate exp(phi) along a path through the vertex, and give the log of the tail."""
    _first, second, third = _derivatives(vertex, value, weights, degrees, shifts)
    steepest = 1.0 if third + 2 / vertex**3 > 0 else -1.0
    sigma = 1 / math.sqrt(second)
    along, across = math.cos(ANGLE), math.sin(ANGLE)
    tail: float = math.nan
    fraction = 1.0
    for _ in range(REFINEMENTS):
        for bend in (steepest, -steepest):
            curvature = max(bend * third / (6 * second), 0.1 / sigma)
            size = along / (2 * curvature * across * across)
            tail = _path(value, weights, degrees, shifts, vertex, bend * size * along, size * across, sigma, fraction)
            if not math.isnan(tail):
                return tail
        tail = _path(value, weights, degrees, shifts, vertex, 0.0, sigma, sigma, fraction)
        if not math.isnan(tail):
            return tail
        fraction /= 2
    return tail


@njit(cache=True, error_model="numpy")
def _path(
    value: float,
    weights: Floats,
    degrees: Floats,
    shifts: Floats,
    vertex: float,
    wide: float,
    high: float,
    sigma: float,
    fraction: float,
) -> float:
    """Integrate along s(u) = vertex + wide (cosh u - 1) + i high sinh u; give nan if the path is unfit."""
    step = fraction * min(GAUSSIAN_STEP * sigma / high, LARGEST_STEP)
    side = 1.0 if vertex > 0 else -1.0
    top = _exponent(vertex, value, weights, degrees, shifts)
    total, even, size = 0.5 * high, 0.5 * high, high
    # exp(u) and exp(-u), from step to step.
    growth, decay, grown, decayed = math.exp(step), math.exp(-step), 1.0, 1.0
    for k in range(1, int(LONGEST / step)):
        grown, decayed = grown * growth, decayed * decay
        cosh, sinh = 0.5 * (grown + decayed), 0.5 * (grown - decayed)
        s = complex(vertex + wide * (cosh - 1), high * sinh)
        term = _integrand(s, value, weights, degrees, shifts, side, top) * complex(wide * sinh, high * cosh)
        total += term.imag
        if k % 2 == 0:
            even += term.imag
        size = abs(term)
        if size <= LAST_TERM * high or size > CLIMBING * high:
            break
    agreement = AGREEMENT if wide != 0 else AGREEMENT * AGREEMENT
    if size > LAST_TERM * high or abs(2 * even - total) > agreement * total:
        return math.nan
    tail: float = top + math.log(total * step / math.pi)
    return tail


@njit(cache=True, error_model="numpy")
def _exponent(s: float, value: float, weights: Floats, degrees: Floats, shifts: Floats) -> float:
    """Give phi at real s, with log |s|."""
    phi = -s * value - math.log(abs(s))
    for weight, degree, shift in zip(weights, degrees, shifts):  # noqa: B905
        factor = 1 - 2 * weight * s
        phi += shift * weight * s / factor - 0.5 * degree * math.log(factor)
    return phi


@njit(cache=True, error_model="numpy")
def _integrand(
    s: complex, value: float, weights: Floats, degrees: Floats, shifts: Floats, side: float, top: float
) -> complex:
    """Give exp(phi - top) at s, not below the real axis: side is 1 right of the pole, -1 left of it.

    Functions are what an integrand costs, so factors of one degree of freedom are multiplied and share a root. Each
    turns the product by less than half a turn, clockwise for a positive eigenvalue: crossings of the negative axis
    that way are counted, to stay on the product of the principal roots.
    """
    exponent = complex(-s.real * value - top, -s.imag * value)
    divisor = side * s
    product, factors, sign = complex(1.0, 0.0), 0, 1.0
    for weight, degree, shift in zip(weights, degrees, shifts):  # noqa: B905
        factor = complex(1 - 2 * weight * s.real, -2 * weight * s.imag)
        if shift > 0:
            size = factor.real * factor.real + factor.imag * factor.imag
            share = shift * weight / size
            exponent += complex(share * (s.real * factor.real + s.imag * factor.imag), share * s.imag)
        if degree != 1:
            exponent -= 0.5 * degree * cmath.log(factor)
            continue
        before = product.imag
        product *= factor
        if weight * before < 0 and before * product.imag < 0:
            sign = -sign
        factors += 1
        if factors < FACTORS:
            continue
        divisor *= _root(product)
        product, factors = complex(1.0, 0.0), 0
        square = divisor.real * divisor.real + divisor.imag * divisor.imag
        if not SMALL < square < 1 / SMALL:
            exponent -= 0.5 * math.log(square)
            divisor /= math.sqrt(square)
    if factors:
        divisor *= _root(product)
    size = sign * math.exp(exponent.real) / (divisor.real * divisor.real + divisor.imag * divisor.imag)
    turn = complex(math.cos(exponent.imag), math.sin(exponent.imag))
    return size * turn * complex(divisor.real, -divisor.imag)


@njit(cache=True, error_model="numpy")
def _root(z: complex) -> complex:
    """Give the principal square root."""
    size = math.sqrt(z.real * z.real + z.imag * z.imag)
    if z.real >= 0:
        real = math.sqrt(0.5 * (size + z.real))
        return complex(real, 0.5 * z.imag / real)
    imaginary = math.copysign(math.sqrt(0.5 * (size - z.real)), z.imag)
    return complex(0.5 * z.imag / imaginary, imaginary)
