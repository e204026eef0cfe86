"""A clinical table: its columns as texts, numbers, dates or codes, and every problem found with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from association.problems import Problem
from infra.storage import Place
from jobs.tables.dates import DateStyle, date_fault, likely_formats, read_dates
from jobs.tables.files import read_raw
from jobs.tables.notes import MOST_PROBLEMS_SHOWN, Note, raise_notes
from jobs.tables.raw_table import MISSING, TextColumn, encode
from jobs.tables.values import number_fault, read_numbers

Rows = NDArray[np.bool_]

# How alike two names must be for one to be a slip of the other: onset_date and death_date are not (0.7).
LIKE = 0.75

# A number or a date, where a name was expected.
VALUE = re.compile(r"[-+]?\d+([.,]\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
# Columns that a message lists.
MOST_COLUMNS_SHOWN = 40


class Table:
    """A table of texts (n rows) and the problems found in it so far.

    A column that isn't there is noted by `require`; asked for its values afterwards, it gives missing ones, so that
    the problems of all columns come together.

    Parameters
    ----------
    path
        Where the table is.
    sheet
        Which sheet of an Excel file; None for its only one.
    ids
        The column of sample ids, whose values are never shown, whatever else it is read as.

    Attributes
    ----------
    lines
        Line of the file of each row (n).
    length
        How many rows there are.
    """

    def __init__(self, path: Place, *, sheet: str | None = None, ids: str | None = None) -> None:
        raw = read_raw(path, sheet=sheet)
        self.path = path
        self.lines = raw.lines
        self.length = raw.lines.size
        self._word = raw.row_word
        self._names = raw.names
        self._ids = ids
        self._raw: list[pa.DictionaryArray | str | None] = list(raw.columns)
        self._columns: dict[str, TextColumn] = {}
        self._notes = list(raw.notes)
        self._absent = TextColumn(np.array([], dtype=object), np.full(self.length, -1, dtype=np.int8))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that have a name, in the order of the file."""
        return tuple(dict.fromkeys(name for name in self._names if name))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was found so far, the first of each kind."""
        return tuple(problem for note in self._notes for problem in note.problems)

    def require(self, columns: Iterable[str], remedy: str) -> None:
        """Note columns that aren't there, and say what to do."""
        if looks_like_data(self.columns):
            message = "looks like data: the table has no header; give the columns names in its first line"
            self.add(f"{self._word} 1", message)
            return
        for column in dict.fromkeys(columns):
            if column not in self.columns:
                message = f"no column '{column}'{closest(column, self.columns)}; it has {self._present()}. {remedy}"
                self.add(f"{self._word} 1", message)

    def texts(self, column: str) -> pd.Series:
        """Give texts (n), None where missing."""
        found = self.encoded(column)
        return pd.Series(found.spread(found.texts, None), name=column, dtype=object)

    def numbers(
        self, column: str, *, lowest: float = -np.inf, highest: float = np.inf, where: Rows | None = None
    ) -> pd.Series:
        """Parse numbers (n); NaN where missing, noted where outside the range.

        Parameters
        ----------
        column
            Its name.
        lowest, highest
            The range.
        where
            The rows that hold numbers (n); None for all.
        """
        found = self.encoded(column)
        values = read_numbers(found.texts)
        self._note_texts(column, np.isnan(values), number_fault, where)
        beyond = f"is outside {lowest:g} to {highest:g}"
        self._note_texts(column, (values < lowest) | (values > highest), lambda text: beyond, where)
        numbers = found.spread(values, np.nan)
        return pd.Series(numbers if where is None else np.where(where, numbers, np.nan), name=column)

    def dates(self, column: str, style: DateStyle | None = None) -> pd.Series:
        """Parse dates (n), YYYY-MM-DD unless a style says otherwise; NaT where missing."""
        style = replace(style or DateStyle(), typed=self._word == "row")
        found = self.encoded(column)
        values = read_dates(found.texts, style)
        wrong = np.isnat(values)
        likely = likely_formats(found.texts[wrong], style) if wrong.any() else []
        self._note_texts(column, wrong, lambda text: date_fault(text, style, likely))
        return pd.Series(found.spread(values, np.datetime64("NaT")), name=column)

    def recode(self, column: str, codes: Mapping[str, Sequence[str | int]]) -> None:
        """Put what codes mean in their place; a meaning of NA makes a value missing.

        Parameters
        ----------
        column
            Its name.
        codes
            By meaning, the codes that stand for it.
        """
        meanings: dict[str, str] = {}
        for meaning, written in codes.items():
            for code in map(str, written):
                if meanings.setdefault(code, meaning) != meaning:
                    message = f"code '{code}' stands for both '{meanings[code]}' and '{meaning}'; keep one of them"
                    self.add(f"codes of column '{column}'", message)
                if code in MISSING and meaning not in MISSING:
                    message = f"'{code}' stands for a missing value and can't be a code; take it out of codes"
                    self.add(f"codes of column '{column}'", message)
        found = self.encoded(column)
        known = ", ".join(f"'{code}' ({meaning})" for code, meaning in meanings.items())
        # A code for what is missing alone leaves all else as it is.
        complete = not set(codes) <= set(MISSING)
        unknown = np.array([complete and text not in meanings for text in found.texts], dtype=bool)
        self._note_texts(column, unknown, lambda text: f"is none of its codes, {known}; add it to codes")
        read = np.array([meanings.get(text, text) for text in found.texts], dtype=object)
        texts, position = np.unique(read.astype(str), return_inverse=True)
        position = np.where(np.isin(texts, MISSING)[position], -1, position) if texts.size else position
        codes_of_rows = found.spread(position.astype(np.int32), -1)
        self._columns[column] = TextColumn(texts.astype(object), codes_of_rows)

    def identifiers(self, column: str) -> pd.Series:
        """Give sample ids (n), noted where missing."""
        ids = self.texts(column)
        self.note(column, ids.isna(), "no sample id; every row needs one", show_value=False)
        return ids

    def unique(self, column: str) -> None:
        """Note rows whose sample id stands in an earlier row."""
        found = self.encoded(column)
        repeated = pd.Series(found.codes).duplicated(keep="first") & (found.codes >= 0)
        spaces = ", spaces around it aside" if found.spaced else ""
        message = f"this sample id stands in an earlier row too{spaces}; keep one row per sample"
        self.note(column, repeated, message, show_value=False)

    def note(self, column: str, wrong: pd.Series | Rows, message: str, *, show_value: bool = True) -> None:
        """Note the rows of a column that have a problem.

        Parameters
        ----------
        column
            Its name; one that isn't there is not noted a second time.
        wrong
            The rows (n).
        message
            What is wrong with them, and what to do.
        show_value
            Whether the value may be shown; sample ids never are.
        """
        rows = np.flatnonzero(wrong)
        if not rows.size or column not in self.columns:
            return
        found = self.encoded(column)
        shown = found.codes[rows[:MOST_PROBLEMS_SHOWN]]
        values = ["(empty)" if code < 0 else f"'{found.texts[code]}'" for code in shown]
        shows = show_value and column != self._ids
        self._note_rows(column, rows, [f"{value} {message}" if shows else message for value in values])

    def add(self, place: str, message: str) -> None:
        """Note a problem of the table as a whole."""
        self._notes.append(Note.single(place, message))

    def close(self) -> None:
        """Raise all that was noted.

        Raises
        ------
        InputError
            If anything was.
        """
        raise_notes(self.path, self._notes)

    def encoded(self, column: str) -> TextColumn:
        """Give a column as distinct texts and codes, all missing if it isn't there or holds no texts."""
        if column not in self._columns:
            self._columns[column] = self._read(column)
        return self._columns[column]

    def _read(self, column: str) -> TextColumn:
        positions = [position for position, name in enumerate(self._names) if name == column]
        if not positions:
            return self._absent
        if len(positions) > 1:
            numbers = " and ".join(str(position + 1) for position in positions)
            message = f"'{column}' is the name of columns {numbers}; rename one of them, or leave it out"
            self.add(f"{self._word} 1", message)
        raw, self._raw[positions[0]] = self._raw[positions[0]], None
        if isinstance(raw, str):
            self.add(f"column '{column}'", f"holds values of type {raw}; expected texts, numbers or dates")
            return self._absent
        return encode(raw)

    def _note_texts(self, column: str, wrong: Rows, fault: Callable[[str], str], where: Rows | None = None) -> None:
        """Note the rows that hold one of the distinct texts which are wrong (k)."""
        if not wrong.any():
            return
        found = self.encoded(column)
        amiss = found.spread(wrong, False)
        rows = np.flatnonzero(amiss if where is None else amiss & where)
        texts = found.texts[found.codes[rows[:MOST_PROBLEMS_SHOWN]]]
        if column == self._ids:
            message = "holds sample ids, and was named for something else too; name another column there"
            self._note_rows(column, rows[:1], [message])
            return
        self._note_rows(column, rows, [f"'{text}' {fault(text)}" for text in texts])

    def _note_rows(self, column: str, rows: NDArray[Any], messages: Sequence[str]) -> None:
        """Note rows, with a message for each of the first."""
        problems = tuple(
            Problem(f"{self._word} {self.lines[row]}, column '{column}'", message)
            for row, message in zip(rows, messages, strict=False)
        )
        if rows.size:
            self._notes.append(Note(problems, int(rows.size)))

    def _present(self) -> str:
        """List the columns that there are."""
        named = [f"'{name}'" for name in self.columns[:MOST_COLUMNS_SHOWN]]
        more = len(self.columns) - len(named)
        nameless = [str(position + 1) for position, name in enumerate(self._names) if not name]
        unnamed = f", and no name over column {', '.join(nameless)}" if nameless else ""
        return ", ".join(named) + (f" and {more} more" if more else "") + unnamed


def looks_like_data(names: Sequence[str]) -> bool:
    """Say whether what should be names of columns are values: a good part of them numbers or dates."""
    values = [name for name in names if VALUE.fullmatch(name)]
    return len(values) >= max(2, len(names) / 4)


def closest(name: str, names: Iterable[str]) -> str:
    """Suggest the name that a wrong one is most like, in words to append; none if none is like it.

    A name with all its words is like it, in whatever order; else one that differs in a letter or two.
    """
    by_small_letters = {other.casefold(): other for other in names}
    words = _words_of(name)
    close = [other for other in by_small_letters if words <= _words_of(other)]
    close += difflib.get_close_matches(name.casefold(), list(by_small_letters), n=1, cutoff=LIKE)
    return f" (did you mean '{by_small_letters[close[0]]}'?)" if close else ""


def _words_of(name: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", name.casefold()))
