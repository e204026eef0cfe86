"""Functions that permutations call thousands of millions of times, written so that a loop over them is vectorized.

    natural_log        log x, by the exponent and 2 artanh((m - 1) / (m + 1)) of the mantissa m
    cauchy_transform   cot(pi p) for the chi-square p-value p of a likelihood ratio L on one degree of freedom

With u = sqrt(L) the product u cot(pi erfc(u / sqrt 2)) is smooth down to zero: up to u = 5 it is a table of
polynomials, right to 1e-13; farther out it is computed.

References
----------
Muller. Elementary Functions. Birkhaeuser 2016. doi:10.1007/978-1-4899-7983-4
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray
from scipy.special import erf, erfc, erfinv

from association.kernels import njit

Floats = NDArray[np.float64]

# A likelihood ratio near zero would send its transform to minus infinity and drown all others.
_LARGEST_P = 0.99
# Moments of the transform square it, which must not overflow.
_SMALLEST_P = 1e-100
_LEAST_ROOT = float(math.sqrt(2.0) * erfinv(1.0 - _LARGEST_P))

_PIECES_PER_UNIT = 16
_TABLE_END = 5.0
_DEGREE = 7

_LOG_2_HIGH, _LOG_2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# Bits of the square root of one half: mantissas are taken from there to the square root of two.
_LEAST_MANTISSA = np.int64(0x3FE6A09E667F3BCD)
_MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
_EXPONENT = np.int64(52)
# An integer below 2^52 with these bits set is, read as a number, 2^52 more: conversion without an instruction for it.
_TWO_TO_52 = np.int64(0x4330000000000000)
_POSITIVE = np.int64(2048)
_OFFSET = 2.0**52 + 2048.0


def _cauchy_table() -> Floats:
    """Give the coefficients of u cot(pi p), rising, on each piece of u scaled to -1 to 1 (pieces, 8)."""
    nodes = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    middle = (np.arange(round(_TABLE_END * _PIECES_PER_UNIT)) + 0.5) / _PIECES_PER_UNIT
    u = middle[:, None] + nodes / (2 * _PIECES_PER_UNIT)
    # The tangent of what is small, on both sides of p = 1/2.
    values = np.where(u < 1, -u / np.tan(np.pi * erf(u / math.sqrt(2))), u / np.tan(np.pi * erfc(u / math.sqrt(2))))
    return np.asarray(np.linalg.solve(np.vander(nodes, increasing=True), values.T).T, np.float64)


_TABLE = _cauchy_table()


@intrinsic
def _bits(_typing_context: Any, _number: Any) -> Any:
    """Read a number's bits as an integer."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _number(_typing_context: Any, _bits: Any) -> Any:
    """Read an integer's bits as a number."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@njit(inline="always")
def natural_log(x: Any) -> Any:
    """Give the logarithm of a normal positive number, right to the last bit or two; of others, nonsense."""
    above = _bits(x) - _LEAST_MANTISSA
    exponent = _number(((above >> _EXPONENT) + _POSITIVE) | _TWO_TO_52) - _OFFSET
    mantissa = _number((above & _MANTISSA) + _LEAST_MANTISSA)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    series = 1 / 21
    series = series * z + 1 / 19
    series = series * z + 1 / 17
    series = series * z + 1 / 15
    series = series * z + 1 / 13
    series = series * z + 1 / 11
    series = series * z + 1 / 9
    series = series * z + 1 / 7
    series = series * z + 1 / 5
    series = series * z + 1 / 3
    return exponent * _LOG_2_HIGH + (2.0 * s + (2.0 * s * z * series + exponent * _LOG_2_LOW))


@njit(cache=True, error_model="numpy")
def cauchy_transform(ratio: Any) -> Any:
    """Give cot(pi p) for the chi-square p-value p of a likelihood ratio; p is kept from 1e-100 to 0.99."""
    root = math.sqrt(ratio)
    if root >= _TABLE_END:
        return 1.0 / math.tan(math.pi * max(math.erfc(root * math.sqrt(0.5)), _SMALLEST_P))
    root = max(root, _LEAST_ROOT)
    place = root * _PIECES_PER_UNIT
    piece = int(place)
    along = 2.0 * (place - piece) - 1.0
    value = _TABLE[piece, _DEGREE]
    for power in range(_DEGREE - 1, -1, -1):
        value = value * along + _TABLE[piece, power]
    return value / root
