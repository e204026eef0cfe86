"""Columns as short numbers, small enough that a page can hold every gene.

What is stored is what is shown, rounded as `jobs.report.numbers` writes it: the page's tables agree with each other
to the last digit, and hold no digit that a reader can't see. A p-value of two digits, m/10 x 10^-k with m from 10 to
99, is the whole number 90 k + 99 - m, which grows as p falls. Numbers below zero stand for what is no number.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

MISSING, HIDDEN, ZERO = -1, -2, -3
STEPS = 90
# A p-value below double precision is written as its smallest power of ten.
LEAST_P = 1e-308
# Nearer to halfway than this, floating point may be on the wrong side of it.
HALFWAY = 1e-6
# A blank; from here on, this many signs of one unit each.
FIRST_SIGN, MOST_SIGNS = 32, 50_000


def p_codes(values: pd.Series) -> list[int]:
    """Code p-values by the two digits that are shown; `ZERO` where one is 0, `MISSING` where there is none."""
    p = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    codes = np.where(np.isnan(p), MISSING, ZERO)
    there = p > 0
    codes[there] = _of_positive(np.maximum(p[there], LEAST_P))
    return _plain(codes)


def _of_positive(p: np.ndarray) -> np.ndarray:
    power = -np.floor(np.log10(p)).astype(int)
    exact = p * 10.0 ** np.minimum(power, 300) * 10.0 ** (power - np.minimum(power, 300)) * 10
    digits = np.rint(exact).astype(int)
    # Halfway between two it takes all of the number's own digits to say which way it is rounded.
    for place in np.flatnonzero(np.abs(exact - np.floor(exact) - 0.5) < HALFWAY):
        mantissa, exponent = f"{p[place]:.1e}".split("e")
        digits[place], power[place] = int(mantissa.replace(".", "")), -int(exponent)
    codes: np.ndarray = STEPS * (power - (digits == 100)) + 99 - np.where(digits == 100, 10, digits)
    return codes


def count_codes(values: pd.Series) -> list[int]:
    """Code counts by themselves; `HIDDEN` where one is there but not told, `MISSING` where there is none."""
    found = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    hidden = (values.notna().to_numpy() & np.isnan(found)) | (found < 0)
    codes = np.where(np.isnan(found), MISSING, np.round(np.nan_to_num(found)))
    codes[hidden] = HIDDEN
    return _plain(codes.astype(np.int64))


def rounded(values: pd.Series, digits: int = 2) -> list[float | None]:
    """Round numbers to so many digits, and none before the decimal point away; null where there is none."""
    found = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    return [_rounded(one, digits) if np.isfinite(one) else None for one in found.tolist()]


def estimates(values: pd.Series) -> list[float | None]:
    """Round estimates as `numbers.estimate` does: two decimals from 0.1 to 10, else two digits."""
    found = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    return [
        None if not np.isfinite(one) else _short(round(one, 2)) if 0.1 <= abs(one) < 10 else _rounded(one, 2)
        for one in found.tolist()
    ]


def _rounded(value: float, digits: int) -> float:
    if value == 0:
        return 0
    return _short(round(value, max(0, digits - 1 - int(np.floor(np.log10(abs(value)))))))


def _short(value: float) -> float:
    return int(value) if value == int(value) else value


class Dictionary:
    """Distinct values in the order in which they were met; a column refers to them by number."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[Any, int] = {}

    def codes(self, values: Sequence[Any] | pd.Series) -> list[int]:
        """Give the numbers of values, `MISSING` for what is missing or empty."""
        distinct, found = pd.factorize(pd.Series(values, dtype=object))
        places = [MISSING if one == "" else self._place(one) for one in found]
        return _plain(np.array([*places, MISSING])[distinct])

    def _place(self, value: Any) -> int:
        if value not in self._places:
            self._places[value] = len(self.values)
            self.values.append(value)
        return self._places[value]


def packed(columns: Mapping[str, Sequence[Any]]) -> str:
    """Pack columns into text for the page: JSON, deflated, in base64.

    A column with few distinct values is an object: `of`, these, the most frequent first; and `at`, a text of a sign
    per row, whose code less `FIRST_SIGN` is the value's place.
    """
    written = {name: _by_sign(values) for name, values in columns.items()}
    text = json.dumps(written, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), level=9)).decode()


def unpacked(text: str) -> dict[str, list[Any]]:
    """Read what `packed` made."""
    written = json.loads(zlib.decompress(base64.b64decode(text)))
    return {
        name: [one["of"][ord(sign) - FIRST_SIGN] for sign in one["at"]] if isinstance(one, dict) else one
        for name, one in written.items()
    }


def _by_sign(values: Sequence[Any]) -> list[Any] | dict[str, Any]:
    counts = Counter(values)
    if len(counts) > min(MOST_SIGNS, len(values) / 4):
        return list(values)
    distinct = [value for value, _ in counts.most_common()]
    sign = {value: chr(place + FIRST_SIGN) for place, value in enumerate(distinct)}
    return {"of": distinct, "at": "".join(map(sign.__getitem__, values))}


def _plain(codes: np.ndarray) -> list[int]:
    found: list[int] = codes.tolist()
    return found
