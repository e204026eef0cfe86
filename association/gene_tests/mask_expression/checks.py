"""What is wrong with a mask's expression before any variant is seen: fields, terms, kinds of values."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence

from association.gene_tests.consequence_terms import CLASSES, TERMS
from association.gene_tests.mask_expression.evaluate import CONSEQUENCE
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
