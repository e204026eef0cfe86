"""What a batch of genes is found to do to several traits: p-values, row by row and question by question.

Axes: r rows, k questions: any, heterogeneous, homogeneous, then each trait given each other. A question that can't be
asked of the traits has no numbers in any row.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa

from association.calibration.monte_carlo import monte_carlo_p

Row = dict[str, Any]

ANY, HETEROGENEOUS, HOMOGENEOUS = "any", "heterogeneous", "homogeneous"
QUESTIONS = (ANY, HETEROGENEOUS, HOMOGENEOUS)
UNTESTED, ENUMERATION, PERMUTATION = 0, 1, 2
METHODS = np.array([None, "enumeration", "permutation"], dtype=object)

# What a row says of its gene and mask, whatever the question.
PLACE = pa.schema(
    [
        ("gene", pa.string()),
        ("contig", pa.string()),
        ("start", pa.int32()),
        ("mask", pa.string()),
        ("max_af", pa.float64()),
        ("test", pa.string()),
        ("weights", pa.string()),
        ("coding", pa.string()),
        ("samples", pa.int32()),
        ("variants", pa.int32()),
        ("carriers", pa.int32()),
        ("primary", pa.bool_()),
        ("min_attainable_p", pa.float64()),
        ("flags", pa.string()),
        ("reason", pa.string()),
    ]
)
# Of each question.
P_VALUE, LOWER, UPPER = "p_value", "p_lower", "p_upper"
METHOD, COUNTED, REACHED, TEXTBOOK = "method", "permutations", "exceedances", "p_asymptotic"


class JointNumbers:
    """P-values of rows.

    Parameters
    ----------
    rows
        The rows, with the columns of `PLACE` as far as they are known; each is told by its identity.
    traits
        How many traits there are.
    """

    def __init__(self, rows: Sequence[Row], traits: int) -> None:
        self._rows, self._place = rows, {id(row): number for number, row in enumerate(rows)}
        self.questions = [*QUESTIONS, *(given_name(*pair) for pair in permutations(range(traits), 2))]
        shape = (len(rows), len(self.questions))
        self._counts = np.zeros((2, *shape), np.int64)
        self._methods = np.zeros(shape, np.int8)
        self._textbook = np.full(shape, np.nan)
        self._p = np.full((3, *shape), np.nan)

    def add(self, row: Row, question: str, exceedances: int, permutations: int) -> None:
        """Note what was counted on permutations; none leaves the row as it is."""
        if permutations:
            made = monte_carlo_p(exceedances, permutations)
            self._set(row, question, (made.p_value, made.lower, made.upper), exceedances, permutations, PERMUTATION)

    def enumerated(self, row: Row, question: str, reached: int, ways: int) -> None:
        """Note how many of all arrangements were as extreme."""
        share = reached / ways
        self._set(row, question, (share, share, share), reached, ways, ENUMERATION)

    def _set(
        self, row: Row, question: str, p: tuple[float, float, float], reached: int, counted: int, method: int
    ) -> None:
        at = self._at(row, question)
        self._p[:, at[0], at[1]] = p
        self._counts[:, at[0], at[1]] = counted, reached
        self._methods[at] = method

    def _at(self, row: Row, question: str) -> tuple[int, int]:
        return self._place[id(row)], self.questions.index(question)

    def p_value(self, row: Row, question: str) -> float:
        """Give a p-value; NaN where there is none."""
        return float(self._p[0][self._at(row, question)])

    def add_textbook(self, row: Row, question: str, p_value: float) -> None:
        """Note a large-sample p-value."""
        self._textbook[self._at(row, question)] = p_value

    def table(self) -> pa.Table:
        """Give all rows: `PLACE`, and p-value, interval, method, counts and textbook p-value of each question."""
        columns = {field.name: pa.array([row.get(field.name) for row in self._rows], field.type) for field in PLACE}
        for question, name in enumerate(self.questions):
            tested = self._methods[:, question] != UNTESTED
            for place, quantity in enumerate((P_VALUE, LOWER, UPPER)):
                columns[column_of(name, quantity)] = _floats(self._p[place, :, question])
            columns[column_of(name, METHOD)] = pa.array(METHODS[self._methods[:, question]], pa.string())
            for place, quantity in enumerate((COUNTED, REACHED)):
                columns[column_of(name, quantity)] = pa.array(self._counts[place, :, question], mask=~tested)
            columns[column_of(name, TEXTBOOK)] = _floats(self._textbook[:, question])
        return pa.table(columns)


def given_name(trait: int, given: int) -> str:
    """Name the question of a trait given another, by their numbers."""
    return f"{trait} given {given}"


def column_of(question: str, quantity: str) -> str:
    """Name a column of a question."""
    return f"{question}: {quantity}"


def _floats(values: np.ndarray[Any, np.dtype[np.float64]]) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)
