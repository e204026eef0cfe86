"""Read a mask's expression by recursive descent.

    expression   conjunction ("or" conjunction)*
    conjunction  negation ("and" negation)*
    negation     "not" negation | "(" expression ")" | comparison
    comparison   FIELD ("==" | "!=" | "<" | "<=" | ">" | ">=") VALUE
                 FIELD ["not"] "in" ("(" VALUE ("," VALUE)* ")" | VALUE)
                 FIELD "is" ["not"] "missing"

Nothing is evaluated here, and nothing but this can be written: an expression can't call or reach anything.
"""

from __future__ import annotations

from association.gene_tests.consequence_terms import CLASSES, TERMS
from association.gene_tests.mask_expression.tokens import END, KEYWORDS, Token, tokens
from association.gene_tests.mask_expression.tree import (
    ORDER,
    And,
    Comparison,
    Expression,
    ExpressionError,
    Fault,
    IsMissing,
    Not,
    Operand,
    Or,
)

# Deeper than anyone writes, and far from what Python's stack takes.
DEEPEST = 50
_SIGNS = ("==", "!=", *ORDER)
_VALUES = ("word", "number", "text")
_AFTER_FIELD = "==, !=, <, <=, >, >=, in, not in, or is missing"


def parse(text: str) -> Expression:
    """Read an expression.

    Raises
    ------
    ExpressionError
        At the first place that can't be read, with what was expected there.
    """
    return _Parser(text).whole()


class _Parser:
    """One reading of one expression, from left to right.

    Parameters
    ----------
    text
        The expression.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = tokens(text)[::-1]
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.rest[-1]

    def whole(self) -> Expression:
        if self.next.kind == END:
            raise self.fault(self.next, "found nothing; expected a comparison, such as consequence in plof")
        expression = self.expression()
        if self.next.kind in _SIGNS:
            message = f"found {self.next}; a comparison has one field and one value: join two with 'and'"
            raise self.fault(self.next, message)
        if self.next.kind != END:
            raise self.fault(self.next, f"found {self.next}, expected 'and', 'or' or the end")
        return expression

    def expression(self) -> Expression:
        parts = [self.conjunction()]
        while self.take("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self) -> Expression:
        parts = [self.negation()]
        while self.take("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negation(self) -> Expression:
        opening = self.next
        if opening.kind not in ("not", "("):
            return self.comparison()
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fault(opening, f"more than {DEEPEST} parentheses and nots within each other; simplify it")
        self.rest.pop()
        inner = Not(self.negation(), opening.at) if opening.kind == "not" else self.parenthesised(opening)
        self.depth -= 1
        return inner

    def parenthesised(self, opening: Token) -> Expression:
        inner = self.expression()
        if not self.take(")"):
            message = f"found {self.next}, expected ')' for the '(' in column {opening.at + 1}, or 'and' or 'or'"
            raise self.fault(self.next, message)
        return inner

    def comparison(self) -> Expression:
        field = self.rest.pop()
        if field.kind not in ("word", "field"):
            raise self.fault(field, f"found {field}, expected {self.what_begins(field)}")
        operator = self.rest.pop()
        if operator.kind == "is":
            negated = self.take("not")
            if not self.take("missing"):
                raise self.fault(self.next, f"found {self.next}, expected 'missing'")
            return IsMissing(field.text, negated, field.at)
        if operator.kind == "in" or (operator.kind == "not" and self.take("in")):
            kind = "in" if operator.kind == "in" else "not in"
            return Comparison(field.text, kind, self.values(), field.at)
        if operator.kind in _SIGNS:
            return Comparison(field.text, operator.kind, (self.value(),), field.at)
        raise self.fault(operator, f"found {operator}, expected {_AFTER_FIELD}{_rather(field.text)}")

    def values(self) -> tuple[Operand, ...]:
        if not self.take("("):
            return (self.value(),)
        values = [self.value()]
        while self.take(","):
            values.append(self.value())
        if not self.take(")"):
            raise self.fault(self.next, f"found {self.next}, expected ',' or ')' in a list of values")
        return tuple(values)

    def value(self) -> Operand:
        token = self.rest.pop()
        if token.kind not in _VALUES:
            quoted = ", or put it in quotes if it is one" if token.kind in KEYWORDS else ""
            raise self.fault(token, f"found {token}, expected a value{quoted}")
        return Operand(token.text, token.kind == "number", token.at)

    def what_begins(self, found: Token) -> str:
        after = self.rest[-1] if self.rest else found
        if found.kind in ("number", "text") and after.kind in _SIGNS:
            return "a field's name: write the field first, then the value"
        return "a field's name, 'not' or '('"

    def take(self, kind: str) -> bool:
        taken = self.next.kind == kind
        if taken:
            self.rest.pop()
        return taken

    def fault(self, token: Token, message: str) -> ExpressionError:
        return ExpressionError(self.text, Fault(token.at, message))


def _rather(word: str) -> str:
    """Say what was meant by a consequence that stands where a field should."""
    if word in CLASSES:
        return f"; did you mean 'consequence in {word}'?"
    return f"; did you mean 'consequence == {word}'?" if word in TERMS else ""
