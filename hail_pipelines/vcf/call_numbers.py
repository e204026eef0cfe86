"""Numbers in text: whole ones of ten digits at most, and decimal ones.

A number ends at a colon, a comma, a tab or the end of the line. The text ends with a newline, so that no number runs
beyond it, and with padding, so that a few bytes may be looked at together.

Text is read by its address: an array that is handed from one compiled function to the next is counted each time, and
that takes longer than reading a number. Short functions are put into those that call them for the same reason.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from association.kernels import njit

KNOWN, MISSING, UNREADABLE = range(3)
_MOST_DIGITS = 10
# A power of ten up to here is exact, and so is a number of at most 15 digits times or by it.
_EXACT_POWERS = 10.0 ** np.arange(23)
_EXACT_DIGITS = 10**15
_TAB, _NEWLINE, _RETURN, _COLON, _COMMA = b"\t\n\r:,"
_DOT, _MINUS, _PLUS, _ZERO = b".-+0"
_LOWER = 32
_A, _E, _F, _I, _N, _T, _Y = b"aefinty"


@intrinsic
def byte_at(_: Any, address: Any, at: Any) -> Any:
    """Read the byte that stands so many behind an address."""

    def load(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        place = builder.inttoptr(builder.add(*arguments), ir.IntType(8).as_pointer())
        return builder.zext(builder.load(place), ir.IntType(64))

    return types.int64(types.int64, types.int64), load


@njit(cache=True, nogil=True, forceinline=True)
def digit_at(address: int, at: int) -> int:
    """Read a digit; what is none is below 0 or above 9."""
    digit: int = byte_at(address, at) - _ZERO
    return digit


@njit(cache=True, nogil=True, forceinline=True)
def is_digit(digit: int) -> bool:
    """Say whether what was read as a digit is one."""
    return (digit >= 0) & (digit <= 9)


@njit(cache=True, nogil=True, forceinline=True)
def ends_at(address: int, at: int) -> bool:
    """Say whether a number ends here."""
    byte = byte_at(address, at)
    ends: bool = (byte == _COLON) | (byte == _TAB) | (byte == _COMMA) | (byte == _NEWLINE) | (byte == _RETURN)
    return ends


@njit(cache=True, nogil=True, forceinline=True)
def read_number(address: int, at: int, is_float: bool) -> tuple[int, float, int]:
    """Read a number, or a dot for a missing one; give where it ends, its value, and what it is.

    Up to three digits are looked at together: how many there are can't be foretold, and a wrong guess takes longer.
    """
    first, second, third = digit_at(address, at), digit_at(address, at + 1), digit_at(address, at + 2)
    one = is_digit(first)
    two = one & is_digit(second)
    three = two & is_digit(third)
    value = first * 10 + second if two else first
    value = value * 10 + third if three else value
    length = int(one) + int(two) + int(three)
    if one & ends_at(address, at + length):
        return at + length, float(value), KNOWN
    if byte_at(address, at) == _DOT and ends_at(address, at + 1):
        return at + 1, np.nan, MISSING
    if is_float:
        at, number, state = _read_float(address, at)
    else:
        at, number, state = _read_integer(address, at)
    return at, number, state


@njit(cache=True, nogil=True)
def _read_integer(address: int, at: int) -> tuple[int, float, int]:
    """Read a whole number of any sign."""
    negative = byte_at(address, at) == _MINUS
    if negative:
        at += 1
    begin, value = at, 0
    while is_digit(digit_at(address, at)) and at - begin <= _MOST_DIGITS:
        value = value * 10 + digit_at(address, at)
        at += 1
    if at == begin or at - begin > _MOST_DIGITS or not ends_at(address, at):
        return at, np.nan, UNREADABLE
    return at, float(-value if negative else value), KNOWN


@njit(cache=True, nogil=True)
def _read_float(address: int, at: int) -> tuple[int, float, int]:
    """Read a decimal number such as -1.5e-3, or one of the words nan, inf and infinity."""
    sign = 1.0
    if byte_at(address, at) == _MINUS or byte_at(address, at) == _PLUS:
        sign = -1.0 if byte_at(address, at) == _MINUS else 1.0
        at += 1
    if byte_at(address, at) | _LOWER == _N or byte_at(address, at) | _LOWER == _I:
        at, number, state = _read_word(address, at, sign)
        return at, number, state
    mantissa, power, digits = 0, 0, 0
    after_dot = False
    while is_digit(digit_at(address, at)) or (byte_at(address, at) == _DOT and not after_dot):
        if byte_at(address, at) == _DOT:
            after_dot = True
        else:
            digits += 1
            if mantissa < _EXACT_DIGITS:
                mantissa = mantissa * 10 + digit_at(address, at)
                power -= int(after_dot)
            else:
                power += int(not after_dot)
        at += 1
    if digits == 0:
        return at, np.nan, UNREADABLE
    ends_with_dot = byte_at(address, at - 1) == _DOT
    if byte_at(address, at) | _LOWER == _E and not ends_with_dot:
        at, exponent = _read_exponent(address, at + 1)
        if exponent == _NO_EXPONENT:
            return at, np.nan, UNREADABLE
        power += exponent
    if not ends_at(address, at):
        return at, np.nan, UNREADABLE
    return at, sign * _scaled(mantissa, power), KNOWN


_NO_EXPONENT = 1 << 20


@njit(cache=True, nogil=True)
def _read_exponent(address: int, at: int) -> tuple[int, int]:
    negative = byte_at(address, at) == _MINUS
    if negative or byte_at(address, at) == _PLUS:
        at += 1
    begin, exponent = at, 0
    while is_digit(digit_at(address, at)):
        exponent = min(exponent * 10 + digit_at(address, at), 9999)
        at += 1
    if at == begin:
        return at, _NO_EXPONENT
    return at, -exponent if negative else exponent


@njit(cache=True, nogil=True)
def _scaled(mantissa: int, power: int) -> float:
    """Give mantissa x 10^power."""
    value = float(mantissa)
    if value == 0.0:
        return 0.0
    while power > 0 and value < np.inf:
        step = min(power, 22)
        value *= _EXACT_POWERS[step]
        power -= step
    while power < 0 and value > 0.0:
        step = min(-power, 22)
        value /= _EXACT_POWERS[step]
        power += step
    return value


@njit(cache=True, nogil=True)
def _read_word(address: int, at: int, sign: float) -> tuple[int, float, int]:
    """Read nan, inf or infinity in letters of either case."""
    word = np.zeros(8, np.uint8)
    length = 0
    while length < 8 and not ends_at(address, at):
        word[length] = byte_at(address, at) | _LOWER
        length += 1
        at += 1
    if not ends_at(address, at):
        return at, np.nan, UNREADABLE
    if length == 3 and word[0] == _N and word[1] == _A and word[2] == _N:
        return at, np.nan, KNOWN
    infinity = (_I, _N, _F, _I, _N, _I, _T, _Y)
    for place in range(length):
        if word[place] != infinity[place]:
            return at, np.nan, UNREADABLE
    if length == 3 or length == 8:
        return at, sign * np.inf, KNOWN
    return at, np.nan, UNREADABLE
