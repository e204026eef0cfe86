"""Evaluate a mask's expression over m variants.

Texts are objects, missing as None or empty; numbers are floats, missing as NaN.

A text of several values joined by "&" equals each of them, and a number in parentheses behind a value does not count:
VEP writes `deleterious(0.02)`, and of several sources `benign&likely_benign`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.gene_tests.consequence_terms import CLASSES
from association.gene_tests.mask_expression.tree import And, Atom, Comparison, Expression, IsMissing, Not

Booleans = NDArray[np.bool_]
# Of one field, (m): objects or floats.
Column = NDArray[np.object_] | NDArray[np.float64]

CONSEQUENCE = "consequence"
JOINED = "&"
_NUMBER_BEHIND = re.compile(r"\([-+.\deE]+\)$")

_ORDER: Mapping[str, Callable[[Column, float], Booleans]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate(expression: Expression, columns: Mapping[str, Column]) -> Booleans:
    """Say of which variants (m) an expression is true.

    Parameters
    ----------
    expression
        From `parse`, without `faults`.
    columns
        The fields' values by name, each (m); those that the expression names must be there.

    Raises
    ------
    KeyError
        If a field is not there.
    ValueError
        If a field of numbers is compared with a text.
    """
    if isinstance(expression, Not):
        return ~evaluate(expression.inner, columns)
    if isinstance(expression, Comparison | IsMissing):
        return _answers(expression, columns[expression.field])
    answers = [evaluate(part, columns) for part in expression.parts]
    joined = np.logical_and if isinstance(expression, And) else np.logical_or
    return np.asarray(joined.reduce(answers), np.bool_)


def is_missing(column: Column) -> Booleans:
    """Say which values (m) are missing."""
    if column.dtype != object:
        return np.isnan(np.asarray(column, np.float64))
    return np.array([value is None or value == "" for value in column], np.bool_)


def _answers(atom: Atom, column: Column) -> Booleans:
    missing = is_missing(column)
    if isinstance(atom, IsMissing):
        return missing ^ atom.negated
    if atom.operator in _ORDER:
        return _ORDER[atom.operator](column, float(atom.values[0].text)) & ~missing
    equal = _equals_any(atom, column)
    return (~equal if atom.operator in ("!=", "not in") else equal) & ~missing


def _equals_any(atom: Comparison, column: Column) -> Booleans:
    """Say which values equal one of those that are named; classes of consequences stand for their terms."""
    named = {value.text for value in atom.values}
    if column.dtype != object:
        return np.isin(column, [float(text) for text in named])
    if atom.field == CONSEQUENCE and atom.operator in ("in", "not in"):
        named = {term for text in named for term in CLASSES.get(text, (text,))}
    codes, texts = pd.factorize(column)
    # The last stands for what is missing, whose code is -1.
    equal = np.array([*(bool(named & _values_of(text)) for text in texts), False], np.bool_)
    return np.asarray(equal[codes], np.bool_)


def _values_of(text: str) -> set[str]:
    """Give a text's values, and the text as it is."""
    return {text, *(_NUMBER_BEHIND.sub("", value) for value in text.split(JOINED))}
