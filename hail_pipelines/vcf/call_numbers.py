"""Numbers in text: whole ones of ten digits at most, and decimal ones.

A number ends at a colon, a comma, a tab or the end of the line. The text ends with a newline, so that no number runs
beyond it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

KNOWN, MISSING, UNREADABLE = range(3)
_MOST_DIGITS = 10
# A power of ten up to here is exact, and so is a number of at most 15 digits times or by it.
_EXACT_POWERS = 10.0 ** np.arange(23)
_EXACT_DIGITS = 10**15
_TAB, _NEWLINE, _RETURN, _COLON, _COMMA = b"\t\n\r:,"
_DOT, _MINUS, _PLUS, _ZERO, _NINE = b".-+09"
_LOWER = 32
_A, _E, _F, _I, _N, _T, _Y = b"aefinty"


@njit(cache=True, nogil=True)
def read_number(text: NDArray[np.uint8], at: int, is_float: bool) -> tuple[int, float, int]:
    """Read a number, or a dot for a missing one; give where it ends, its value, and what it is."""
    if text[at] == _DOT and _ends(text[at + 1]):
        return at + 1, np.nan, MISSING
    if is_float:
        at, number, state = _read_float(text, at)
        return at, number, state
    negative = text[at] == _MINUS
    if negative:
        at += 1
    begin, value = at, 0
    while _ZERO <= text[at] <= _NINE:
        value = value * 10 + (text[at] - _ZERO)
        at += 1
    if at == begin or at - begin > _MOST_DIGITS or not _ends(text[at]):
        return at, np.nan, UNREADABLE
    return at, float(-value if negative else value), KNOWN


@njit(cache=True, nogil=True)
def _ends(byte: int) -> bool:
    return byte in (_COLON, _COMMA, _TAB, _NEWLINE, _RETURN)


@njit(cache=True, nogil=True)
def _read_float(text: NDArray[np.uint8], at: int) -> tuple[int, float, int]:
    """Read a decimal number such as -1.5e-3, or one of the words nan, inf and infinity."""
    sign = 1.0
    if text[at] == _MINUS or text[at] == _PLUS:
        sign = -1.0 if text[at] == _MINUS else 1.0
        at += 1
    if text[at] | _LOWER == _N or text[at] | _LOWER == _I:
        at, number, state = _read_word(text, at, sign)
        return at, number, state
    mantissa, power, digits = 0, 0, 0
    after_dot = False
    while _ZERO <= text[at] <= _NINE or (text[at] == _DOT and not after_dot):
        if text[at] == _DOT:
            after_dot = True
        else:
            digits += 1
            if mantissa < _EXACT_DIGITS:
                mantissa = mantissa * 10 + (text[at] - _ZERO)
                power -= int(after_dot)
            else:
                power += int(not after_dot)
        at += 1
    if digits == 0:
        return at, np.nan, UNREADABLE
    ends_with_dot = text[at - 1] == _DOT
    if text[at] | _LOWER == _E and not ends_with_dot:
        at, exponent = _read_exponent(text, at + 1)
        if exponent == _NO_EXPONENT:
            return at, np.nan, UNREADABLE
        power += exponent
    if not _ends(text[at]):
        return at, np.nan, UNREADABLE
    return at, sign * _scaled(mantissa, power), KNOWN


_NO_EXPONENT = 1 << 20


@njit(cache=True, nogil=True)
def _read_exponent(text: NDArray[np.uint8], at: int) -> tuple[int, int]:
    negative = text[at] == _MINUS
    if negative or text[at] == _PLUS:
        at += 1
    begin, exponent = at, 0
    while _ZERO <= text[at] <= _NINE:
        exponent = min(exponent * 10 + (text[at] - _ZERO), 9999)
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
def _read_word(text: NDArray[np.uint8], at: int, sign: float) -> tuple[int, float, int]:
    """Read nan, inf or infinity in letters of either case."""
    word = np.zeros(8, np.uint8)
    length = 0
    while length < 8 and not _ends(text[at]):
        word[length] = text[at] | _LOWER
        length += 1
        at += 1
    if not _ends(text[at]):
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
