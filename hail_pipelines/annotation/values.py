"""Numbers and texts of annotation, however programs write them.

A value is a number, a text, a truth, or a list of any of these; what is asked of it is a number, or a text.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# What the VCF specification (4.3, section 1.2) writes for characters with a meaning of their own; % comes last.
ENCODED = {"%3A": ":", "%3B": ";", "%3D": "=", "%2C": ",", "%0D": " ", "%0A": " ", "%09": " ", "%7C": "|", "%25": "%"}

# Most numbers are read all at once; what this leaves is read text by text.
_PLAIN_NUMBER = r"^-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"
_BETWEEN_NUMBERS = re.compile(r"[&|,;]")
_IN_PARENTHESES = re.compile(r"\(([^()]*)\)$")


def numbers_of(values: pa.Array, *, lowest: bool = False) -> NDArray[np.float64]:
    """Read the largest of the numbers in each value, or the lowest; NaN where it holds none.

    Parameters
    ----------
    values
        Numbers, texts as `parse_number` reads them, or lists of either (n).
    lowest
        Whether the lowest counts.
    """
    if pa.types.is_list(values.type):
        parents = pc.list_parent_indices(values).to_numpy()
        return extremes(parents, numbers_of(pc.list_flatten(values), lowest=lowest), len(values), lowest=lowest)
    numbers: NDArray[np.float64]
    if pa.types.is_string(values.type):
        plain = pc.match_substring_regex(values, _PLAIN_NUMBER)
        numbers = numbers_of(pc.cast(pc.if_else(plain, values, None), pa.float64()))
        others = np.flatnonzero(pc.invert(plain).fill_null(False).to_numpy(zero_copy_only=False))
        encoded = values.take(pa.array(others)).dictionary_encode()
        parsed = [parse_number(text, lowest=lowest) for text in encoded.dictionary.to_pylist()]
        numbers[others] = np.array(parsed)[encoded.indices.to_numpy(zero_copy_only=False)]
    else:
        numbers = pc.cast(values, pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
        numbers = np.array(numbers)
    return numbers


def extremes(
    groups: NDArray[np.integer], numbers: NDArray[np.float64], count: int, *, lowest: bool = False
) -> NDArray[np.float64]:
    """Give each group the largest of its numbers, or the lowest; NaN where it has none.

    Parameters
    ----------
    groups
        The group of each number, from 0 (n).
    numbers
        NaN where unknown (n).
    count
        How many groups there are.
    lowest
        Whether the lowest counts.
    """
    found = np.full(count, np.nan)
    (np.fmin if lowest else np.fmax).at(found, groups, numbers)
    return found


def parse_number(text: str, *, lowest: bool = False) -> float:
    """Read the largest of the numbers in a text, or the lowest; NaN if it holds none.

    Parameters
    ----------
    text
        Numbers that `&`, `|`, a comma or a semicolon joins; of `deleterious(0.02)` the number is that in parentheses.
    lowest
        Whether the lowest counts.
    """
    numbers = [_number(part) for part in _BETWEEN_NUMBERS.split(text)]
    known = [number for number in numbers if number == number]
    return (min if lowest else max)(known, default=np.nan)


def texts_of(values: pa.Array) -> pa.Array:
    """Give each value as a text, percent-encoded characters as they were meant; null where there is none.

    Parameters
    ----------
    values
        As `plain_texts` takes them.
    """
    texts = plain_texts(values)
    if pc.any(pc.match_substring(texts, "%")).as_py():
        for code, character in ENCODED.items():
            texts = pc.replace_substring(texts, code, character)
    return texts


def plain_texts(values: pa.Array) -> pa.Array:
    """Give each value as a text as it stands, those of a list joined by `&`; null where there is none.

    Parameters
    ----------
    values
        Texts, numbers, truths, or lists of them (n).
    """
    if pa.types.is_list(values.type):
        return _joined(plain_texts(pc.list_flatten(values)), pc.list_parent_indices(values).to_numpy(), len(values))
    if pa.types.is_floating(values.type):
        return pa.array([None if value is None else f"{value:.5e}" for value in values.to_pylist()], pa.string())
    return values if pa.types.is_string(values.type) else pc.cast(values, pa.string())


def first_known(values: pa.Array, groups: NDArray[np.integer], count: int) -> pa.Array:
    """Give each group the first of its values that is known; null where none is.

    Parameters
    ----------
    values
        Of any type (n).
    groups
        The group of each value, from 0 (n).
    count
        How many groups there are.
    """
    known = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
    first = np.full(count, len(values))
    np.minimum.at(first, groups[known], known)
    return values.take(pa.array(first, mask=first == len(values)))


def nothing(rows: int) -> pa.Array:
    """Give a text of each row, all of them missing."""
    return pa.nulls(rows, pa.string())


def _joined(texts: pa.Array, groups: NDArray[np.integer], count: int) -> pa.Array:
    """Join the texts of each group by `&`; those of a group stand together."""
    known = texts.is_valid().to_numpy(zero_copy_only=False)
    sizes = np.bincount(groups[known], minlength=count)
    lists = pa.ListArray.from_arrays(pa.array(np.append(0, np.cumsum(sizes)), pa.int32()), texts.drop_null())
    return pc.if_else(pa.array(sizes > 0), pc.binary_join(lists, "&"), pa.scalar(None, pa.string()))


def _number(text: str) -> float:
    """Read a number, that in parentheses if there is one; NaN if it is none."""
    bracketed = _IN_PARENTHESES.search(text)
    number = bracketed[1] if bracketed else text
    if "_" in number or not number.isascii():
        return np.nan
    try:
        return float(number)
    except ValueError:
        return np.nan
