"""Tell an expression that is true, or false, whatever the variant.

A field's values fall into kinds that no comparison of the expression tells apart: below, at and above each number,
each text, any other text, and missing. All combinations of kinds are looked at, so the answer is exact.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from association.gene_tests.consequence_terms import CLASSES
from association.gene_tests.mask_expression.checks import LOFTEE
from association.gene_tests.mask_expression.evaluate import CONSEQUENCE, JOINED, Column, evaluate
from association.gene_tests.mask_expression.tree import Comparison, Expression, atoms, fields_of

# Above so many kinds of variants an expression is taken to depend on them.
MOST_KINDS = 100_000
# So does one that names more values of a text than this, which may be joined in too many ways.
MOST_JOINED = 10
# A text that nobody names.
OTHER = "\0"


def constant_value(expression: Expression, numbers: Collection[str]) -> bool | None:
    """Give what an expression is of every variant there could be, None if it depends on the variant.

    Parameters
    ----------
    expression
        Without faults.
    numbers
        Names of the fields that hold numbers.
    """
    if any(len(_named(expression, field)) > MOST_JOINED for field in fields_of(expression) if field not in numbers):
        return None
    kinds = [_kinds(expression, field, field in numbers) for field in fields_of(expression)]
    if np.prod([column.size for column in kinds], dtype=np.float64) > MOST_KINDS:
        return None
    crossed = np.meshgrid(*(np.arange(column.size) for column in kinds), indexing="ij")
    columns = {
        field: column[at.ravel()] for field, column, at in zip(fields_of(expression), kinds, crossed, strict=True)
    }
    answers = evaluate(expression, columns)
    return bool(answers[0]) if answers.all() or not answers.any() else None


def _kinds(expression: Expression, field: str, is_number: bool) -> Column:
    """Give one value of each kind that the expression tells apart, a missing one included."""
    own = [atom for atom in atoms(expression) if atom.field == field]
    named = _named(expression, field)
    values = _between(named) if is_number else _other_than(named, field)
    columns: Mapping[str, Column] = {field: values}
    told_apart = np.array([evaluate(atom, columns) for atom in own])
    _, first = np.unique(told_apart, axis=1, return_index=True)
    return values[np.sort(first)]


def _between(named: Sequence[str]) -> NDArray[np.float64]:
    """Give numbers below, at, between and above those that are named, and a missing one."""
    limits = sorted({float(text) for text in named})
    middles = [(low + high) / 2 for low, high in itertools.pairwise(limits)]
    return np.array([-np.inf, *limits, *middles, np.inf, np.nan])


def _other_than(named: Sequence[str], field: str) -> NDArray[np.object_]:
    """Give the texts that are named, another, and a missing one.

    Consequences and verdicts stand alone, and classes stand for their terms; of other texts any may be joined.
    """
    if field in (CONSEQUENCE, LOFTEE):
        terms = [term for text in named for term in CLASSES.get(text, (text,))]
        return np.array([*terms, OTHER, None], dtype=object)
    chosen = (itertools.combinations(named, size) for size in range(1, len(named) + 1))
    return np.array([*map(JOINED.join, itertools.chain.from_iterable(chosen)), OTHER, None], dtype=object)


def _named(expression: Expression, field: str) -> list[str]:
    """Give the values that a field is compared with, each once."""
    own = (atom for atom in atoms(expression) if isinstance(atom, Comparison) and atom.field == field)
    return list(dict.fromkeys(value.text for atom in own for value in atom.values))
