"""What a text means as a number, and where it means none, why and what to write instead.

Each distinct text of a column is understood once; only those shown to a person are diagnosed.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]

DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
ONE_COMMA_OF_THREE = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([,' .\u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
UNIT_ATTACHED = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(?:%|[A-Za-z\u00b5\u03bc].*)")
BOUND = re.compile(r"(?:[<>\u2264\u2265~]=?)\s*[+-]?\d.*")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}-[A-Za-z]{3}(?:-\d{2,4})?")


def read_numbers(texts: Texts) -> Floats:
    """Give the number that each text stands for (k), NaN where it stands for none that is finite.

    Parameters
    ----------
    texts
        Distinct texts, without spaces around them (k).
    """
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def number_fault(text: str) -> str:
    """Say why a text is no number, and what to write instead."""
    if ONE_COMMA_OF_THREE.fullmatch(text):
        plain = text.replace(",", "")
        return (
            f"has a comma that may be a decimal one or set off thousands; write {text.replace(',', '.')} or {plain}"
        )
    if DECIMAL_COMMA.fullmatch(text):
        return f"has a decimal comma; write {text.replace(',', '.')}"
    if DATE.fullmatch(text):
        return "is a date where a number belongs; format the column as numbers before saving"
    if THOUSANDS.fullmatch(text):
        return f"is not a number: it sets off thousands; write {_without_thousands(text)}"
    if unit := UNIT_ATTACHED.fullmatch(text):
        return f"has a unit attached; write {unit[1].replace(',', '.')}"
    if BOUND.fullmatch(text):
        return "is a bound, not a number; write a number, or leave it empty"
    return "is not a number; write one, or leave it empty"


def _without_thousands(text: str) -> str:
    """Take off what sets off thousands; the last separator is decimal where it differs from the first."""
    separators = [character for character in text.lstrip("+-") if not character.isdigit()]
    if separators[-1] == separators[0]:
        return text.replace(separators[0], "")
    return text.replace(separators[0], "").replace(separators[-1], ".")
