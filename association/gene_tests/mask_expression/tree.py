"""An expression as a tree, and what is wrong with one, with its place.

A comparison with a missing value is false, whatever its operator; `and`, `or` and `not` know only true and false.
So `not (REVEL >= 0.5)` takes a variant without REVEL, and `REVEL < 0.5` does not. `is missing` asks for it openly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# So much of a long expression is shown around the place of a fault.
SHOWN = 45


@dataclass(frozen=True)
class Operand:
    """A value that a field is compared with.

    Attributes
    ----------
    text
        As written, without quotes.
    is_number
        Whether it is written as a number, without quotes.
    at
        Where it stands in the expression, 0-based.
    """

    text: str
    is_number: bool
    at: int


@dataclass(frozen=True)
class Comparison:
    """A field compared with a value, or with several.

    Attributes
    ----------
    field
        Its name.
    operator
        One of `OPERATORS`.
    values
        One, or at least one for "in" and "not in".
    at
        Where the field's name stands in the expression, 0-based.
    """

    field: str
    operator: str
    values: tuple[Operand, ...]
    at: int


@dataclass(frozen=True)
class IsMissing:
    """Whether a field has no value, or has one; `at` is where its name stands."""

    field: str
    negated: bool
    at: int


@dataclass(frozen=True)
class Not:
    """The opposite of an expression; `at` is where "not" stands."""

    inner: Expression
    at: int


@dataclass(frozen=True)
class And:
    """All of some expressions."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    """Any of some expressions."""

    parts: tuple[Expression, ...]


Atom = Comparison | IsMissing
Expression = Comparison | IsMissing | Not | And | Or
ORDER = ("<", "<=", ">", ">=")
OPERATORS = ("==", "!=", *ORDER, "in", "not in")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an expression.

    Attributes
    ----------
    at
        Where in it, 0-based.
    message
        What was found, what was expected, what to do.
    """

    at: int
    message: str

    def show(self, text: str) -> str:
        """Say it in three lines: the message, the expression, and a caret below the place."""
        begin = text.rfind("\n", 0, self.at) + 1
        line = text[begin:].split("\n", 1)[0]
        first = max(0, self.at - begin - SHOWN)
        part = line[first : first + 2 * SHOWN]
        before, after = "..." if first else "", "..." if first + 2 * SHOWN < len(line) else ""
        indent = " " * (len(before) + self.at - begin - first)
        # A tab is as wide as a caret believes only if it is a blank.
        shown = (before + part + after).replace("\t", " ")
        return f"column {self.at + 1}: {self.message}\n      {shown}\n      {indent}^"


class ExpressionError(ValueError):
    """An expression can't be read.

    Parameters
    ----------
    text
        The expression.
    fault
        What is wrong with it.
    """

    def __init__(self, text: str, fault: Fault) -> None:
        self.text = text
        self.fault = fault
        super().__init__(fault.show(text))

    def __reduce__(self) -> tuple[type[ExpressionError], tuple[str, Fault]]:
        """Keep text and fault when a worker process hands the error back."""
        return (type(self), (self.text, self.fault))


def atoms(expression: Expression) -> Iterator[Atom]:
    """Give the comparisons and questions for missing values, from left to right."""
    if isinstance(expression, Not):
        yield from atoms(expression.inner)
    elif isinstance(expression, And | Or):
        for part in expression.parts:
            yield from atoms(part)
    else:
        yield expression


def fields_of(expression: Expression) -> tuple[str, ...]:
    """Name the fields that an expression asks of, each once."""
    return tuple(dict.fromkeys(atom.field for atom in atoms(expression)))
