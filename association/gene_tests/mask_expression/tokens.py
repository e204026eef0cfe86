"""Cut an expression into words, numbers, quoted texts and signs.

A name or value that is not made of letters, digits, "_", "." and "-" is written in quotes: `a field` in backquotes,
'a value' in either kind of others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from association.gene_tests.mask_expression.tree import ExpressionError, Fault

# A number ends where a word could not go on: 5_prime_UTR_variant is a word.
_TOKEN = re.compile(
    r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))"
    r"|(?P<word>\w[\w.-]*)"
    r"|(?P<field>`[^`]*`)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign>==|!=|<=|>=|<(?!>)|>|\(|\)|,)"
)
_BLANK = re.compile(r"\s*")
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing"})
END = "end"
# What other languages write, the longer first.
_FOREIGN = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "<>": "!=",
    "=": "==",
    "!": "not",
    "\u2265": ">=",
    "\u2264": "<=",
    "\u2260": "!=",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    ";": ",",
}


@dataclass(frozen=True)
class Token:
    """A part of an expression.

    Attributes
    ----------
    kind
        "number", "word", "field" (in backquotes), "text" (in quotes), a keyword, a sign, or "end".
    text
        As written, without quotes.
    at
        Where it begins, 0-based.
    """

    kind: str
    text: str
    at: int

    def __str__(self) -> str:
        """Name it in a message."""
        return "the end" if self.kind == END else f"'{self.text}'"


def tokens(text: str) -> list[Token]:
    """Cut an expression; the last token is its end.

    Raises
    ------
    ExpressionError
        At a sign that has no meaning here, or a quote that is not closed.
    """
    found, at = [], _blank_end(text, 0)
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(text, Fault(at, _complaint(text, at)))
        found.append(_token(match))
        at = _blank_end(text, match.end())
    return [*found, Token(END, "", len(text.rstrip()))]


def _token(match: re.Match[str]) -> Token:
    kind, written = str(match.lastgroup), match.group()
    if kind in ("field", "text"):
        return Token(kind, written[1:-1], match.start())
    if kind == "word" and written.lower() in KEYWORDS:
        return Token(written.lower(), written, match.start())
    return Token(written if kind == "sign" else kind, written, match.start())


def _blank_end(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _complaint(text: str, at: int) -> str:
    if text[at] in "'\"`":
        return f"the quote {text[at]} is not closed; put another at the end of the name or value"
    for sign, ours in _FOREIGN.items():
        if text.startswith(sign, at):
            return f"found '{sign}'; write '{ours}'"
    return f"found '{text[at]}', which has no meaning here; put a name or value that holds it in quotes"
