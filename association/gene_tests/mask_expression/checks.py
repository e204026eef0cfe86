"""What is wrong with a mask's expression before any variant is seen: fields, terms, kinds of values, constancy."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from association.gene_tests.consequence_terms import CLASSES, TERMS
from association.gene_tests.mask_expression.evaluate import CONSEQUENCE, Column, evaluate
from association.gene_tests.mask_expression.tree import (
    ORDER,
    And,
    Comparison,
    Expression,
    Fault,
    IsMissing,
    Not,
    Operand,
    Or,
    atoms,
    fields_of,
)

LOFTEE = "loftee"
VERDICTS = ("HC", "LC", "OS")
# What other programs call a field that has a name of its own here, and a missing value.
ALSO_CALLED = {
    "lof": LOFTEE,
    "effect": CONSEQUENCE,
    "annotation": CONSEQUENCE,
    "csq": CONSEQUENCE,
    "mac": "minor_allele_count",
}
MISSING_WORDS = ("na", "nan", "null", "none", "missing", ".", "")
# Above so many kinds of variants an expression is taken to depend on them.
MOST_KINDS = 100_000


def find_faults(expression: Expression, *, numbers: Collection[str], texts: Collection[str]) -> list[Fault]:
    """Find what can't be meant, from left to right.

    Parameters
    ----------
    expression
        From `parse`.
    numbers, texts
        Names of the fields that hold numbers and texts.
    """
    found = []
    for atom in atoms(expression):
        if atom.field not in (*numbers, *texts):
            found.append(Fault(atom.at, _unknown_field(atom.field, [*texts, *numbers])))
        elif isinstance(atom, Comparison):
            found += _faults_of_numbers(atom) if atom.field in numbers else _faults_of_texts(atom)
    return found


def constant_value(expression: Expression, numbers: Collection[str]) -> bool | None:
    """Give what an expression is of every variant there could be, None if it depends on the variant.

    A field's values fall into kinds that no comparison of the expression tells apart: below, at and above each
    number, each text, any other text, and missing. All combinations of kinds are looked at: the answer is exact.
    """
    kinds = [_kinds(expression, field, field in numbers) for field in fields_of(expression)]
    if np.prod([column.size for column in kinds], dtype=np.float64) > MOST_KINDS:
        return None
    crossed = np.meshgrid(*(np.arange(column.size) for column in kinds), indexing="ij")
    columns = {
        field: column[at.ravel()] for field, column, at in zip(fields_of(expression), kinds, crossed, strict=True)
    }
    answers = evaluate(expression, columns)
    return bool(answers[0]) if answers.all() or not answers.any() else None


def caught_by_not(expression: Expression, always_known: Collection[str]) -> list[Fault]:
    """Point at each "not" that also takes variants without a value, where the expression never says so.

    Parameters
    ----------
    expression
        Without faults.
    always_known
        Fields that every variant has.
    """
    asked = {atom.field for atom in atoms(expression) if isinstance(atom, IsMissing)}
    found = []
    for inverse in _inversions(expression):
        fields = [name for name in fields_of(inverse.inner) if name not in asked and name not in always_known]
        if fields:
            names = " or ".join(fields)
            message = (
                f"this 'not' also takes variants without {names}; "
                f"add 'and {fields[0]} is not missing' unless that is meant"
            )
            found.append(Fault(inverse.at, message))
    return found


def closest(name: str, known: Sequence[str]) -> str:
    """Suggest which of the known names was meant, whatever its case; nothing where none is like it."""
    by_lower = {one.lower(): one for one in reversed(known)}
    meant = ALSO_CALLED.get(name.lower(), name.lower())
    close = difflib.get_close_matches(meant, by_lower, n=1, cutoff=0.6)
    close = close or [lower for lower in by_lower if lower.startswith(meant)]
    return f"; did you mean '{by_lower[close[0]]}'?" if close else ""


def _unknown_field(name: str, known: Sequence[str]) -> str:
    if name in TERMS or name in CLASSES:
        return f"'{name}' is a consequence, no field; write 'consequence == {name}' or 'consequence in (...)'"
    return (
        f"no field '{name}'{closest(name, known)} (there are {', '.join(known)}; "
        "name others in annotation.scores, for numbers, or annotation.fields, for texts)"
    )


def _faults_of_numbers(atom: Comparison) -> Iterator[Fault]:
    for value in atom.values:
        if not value.is_number:
            instead = f"write '{atom.field} is missing'" if _means_missing(value) else "write a number without quotes"
            yield Fault(value.at, f"{atom.field} holds numbers, found '{value.text}'; {instead}")


def _faults_of_texts(atom: Comparison) -> Iterator[Fault]:
    if atom.operator in ORDER:
        yield Fault(
            atom.at, f"{atom.field} holds texts, which have no order; expected ==, !=, in or not in, or is missing"
        )
        return
    for value in atom.values:
        if _means_missing(value):
            yield Fault(value.at, f"found '{value.text}'; write '{atom.field} is missing'")
        elif atom.field == CONSEQUENCE:
            yield from _faults_of_consequence(atom, value)
        elif atom.field == LOFTEE and value.text not in VERDICTS:
            yield Fault(value.at, f"'{value.text}' is no verdict of LOFTEE; expected {', '.join(VERDICTS)}")


def _faults_of_consequence(atom: Comparison, value: Operand) -> Iterator[Fault]:
    if value.text in CLASSES:
        if atom.operator in ("==", "!="):
            word = "in" if atom.operator == "==" else "not in"
            yield Fault(
                value.at, f"'{value.text}' is a class of consequences; write 'consequence {word} {value.text}'"
            )
    elif value.text not in TERMS:
        known = [*CLASSES, *sorted(TERMS)]
        if "&" in value.text:
            hint = "; of several in one gene a variant has the most severe alone"
        else:
            hint = closest(value.text, known) or "; see Ensembl's list of calculated consequences"
        yield Fault(value.at, f"'{value.text}' is no consequence{hint} (classes: {', '.join(CLASSES)})")


def _means_missing(value: Operand) -> bool:
    return value.text.lower() in MISSING_WORDS


def _inversions(expression: Expression) -> Iterator[Not]:
    if isinstance(expression, Not):
        yield expression
        yield from _inversions(expression.inner)
    elif isinstance(expression, And | Or):
        for part in expression.parts:
            yield from _inversions(part)


def _kinds(expression: Expression, field: str, is_number: bool) -> Column:
    """Give one value of each kind that the expression tells apart, a missing one included."""
    own = [atom for atom in atoms(expression) if atom.field == field]
    named = [value.text for atom in own if isinstance(atom, Comparison) for value in atom.values]
    values = _between(named) if is_number else _other_than(named)
    columns: Mapping[str, Column] = {field: values}
    told_apart = np.array([evaluate(atom, columns) for atom in own])
    _, first = np.unique(told_apart, axis=1, return_index=True)
    return values[np.sort(first)]


def _between(named: Sequence[str]) -> NDArray[np.float64]:
    """Give numbers below, at, between and above those that are named, and a missing one."""
    limits = sorted({float(text) for text in named})
    middles = [(low + high) / 2 for low, high in itertools.pairwise(limits)]
    return np.array([-np.inf, *limits, *middles, np.inf, np.nan])


def _other_than(named: Sequence[str]) -> NDArray[np.object_]:
    """Give the texts that are named, the terms of classes among them, one that is not, and a missing one."""
    terms = [term for text in named for term in CLASSES.get(text, ())]
    return np.array([*named, *terms, "\0", None], dtype=object)
