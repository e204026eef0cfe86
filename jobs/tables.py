"""Read the participants and visits tables: names mapped, values checked, every problem with its line.

CSV, TSV (also gzipped) and Parquet. Empty, NA, NaN, NULL and '.' stand for a missing value. Dates are ISO.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from association.phenotypes.alsfrs import HIGHEST_TOTAL
from association.problems import InputError, Problem

MISSING = ["", "NA", "NaN", "nan", "NULL", "null", "."]

# What a person can take in at once; the rest is counted.
MOST_PROBLEMS_SHOWN = 20

# The header is line 1.
FIRST_ROW_LINE = 2


class Table:
    """A table of texts and the problems found in it so far.

    Parameters
    ----------
    path
        Where the table is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = _read_texts(path)
        self.problems: list[Problem] = []

    def require(self, columns: Iterable[str], remedy: str) -> None:
        """Check that columns exist; else say what to do.

        Raises
        ------
        InputError
            With every column that is not there, and what there is.
        """
        missing = [column for column in dict.fromkeys(columns) if column not in self.rows]
        if missing:
            present = ", ".join(f"'{column}'" for column in self.rows.columns)
            raise InputError(
                self.path.name,
                [
                    Problem(
                        "line 1",
                        f"no column '{name}'{_closest(name, self.rows)}; it has {present}. {remedy}",
                    )
                    for name in missing
                ],
            )

    def dates(self, column: str) -> pd.Series:
        """Parse ISO dates; NaT where missing."""
        texts = self.rows[column]
        dates = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")
        self._note_values(column, texts.notna() & dates.isna(), "is not a date; write it as YYYY-MM-DD")
        return dates

    def numbers(self, column: str, *, lowest: float = -np.inf, highest: float = np.inf) -> pd.Series:
        """Parse numbers; NaN where missing."""
        texts = self.rows[column]
        numbers = pd.to_numeric(texts, errors="coerce").astype(float)
        self._note_values(column, texts.notna() & ~np.isfinite(numbers), "is not a number")
        beyond = (numbers < lowest) | (numbers > highest)
        self._note_values(column, beyond, f"is outside {lowest:g} to {highest:g}")
        return numbers

    def identifiers(self, column: str) -> pd.Series:
        """Give sample ids, none missing."""
        texts = self.rows[column]
        self._note_ids(column, texts.isna(), "no sample id; every row needs one")
        return texts

    def unique(self, column: str) -> None:
        """Check that no value stands in two rows."""
        texts = self.rows[column]
        repeated = texts.duplicated(keep="first") & texts.notna()
        self._note_ids(column, repeated, "this sample id stands in an earlier row too; keep one row per sample")

    def close(self) -> None:
        """Raise all that was found.

        Raises
        ------
        InputError
            If anything was.
        """
        if self.problems:
            shown = self.problems[:MOST_PROBLEMS_SHOWN]
            hidden = len(self.problems) - len(shown)
            more = [Problem("...", f"and {hidden:,} more like these")] if hidden else []
            raise InputError(self.path.name, [*shown, *more])

    def _note_values(self, column: str, wrong: pd.Series, message: str) -> None:
        """Note what is wrong with values, and show them."""
        for row in np.flatnonzero(wrong.to_numpy()):
            self._note_row(column, int(row), f"'{self.rows[column].iloc[row]}' {message}")

    def _note_ids(self, column: str, wrong: pd.Series, message: str) -> None:
        """Note what is wrong with sample ids, without showing them."""
        for row in np.flatnonzero(wrong.to_numpy()):
            self._note_row(column, int(row), message)

    def _note_row(self, column: str, row: int, message: str) -> None:
        self.problems.append(Problem(f"line {row + FIRST_ROW_LINE}, column '{column}'", message))


def read_participants(
    path: Path,
    columns: Mapping[str, str],
    *,
    dates: Iterable[str],
    optional_dates: Iterable[str] = (),
    numbers: Iterable[str],
    as_is: Iterable[str],
) -> pd.DataFrame:
    """Read one row per patient.

    Parameters
    ----------
    path
        The table.
    columns
        Column of the file for each of the engine's names.
    dates, numbers
        The engine's names that are needed, by kind; numbers are 0 or 1.
    optional_dates
        Dates that are read where the table has them.
    as_is
        Columns of the file that are needed under their own names, as text.

    Returns
    -------
    pandas.DataFrame
        sample, the dates, the numbers and the texts, sorted by sample.

    Raises
    ------
    InputError
        With every column that is missing, or every value that can't be used.
    """
    dates, numbers, as_is = list(dates), list(numbers), list(dict.fromkeys(as_is))
    table = Table(path)
    dates += [name for name in optional_dates if name not in dates and columns[name] in table.rows]
    table.require([columns["sample"], *(columns[name] for name in dates + numbers)], "Map it in participants.columns")
    table.require(as_is, "Name one of these in covariates, strata, traits or columns.sex")
    read = {"sample": table.identifiers(columns["sample"])}
    table.unique(columns["sample"])
    read |= {name: table.dates(columns[name]) for name in dates}
    read |= {name: table.numbers(columns[name], lowest=0, highest=1) for name in numbers}
    table.close()
    frame = pd.DataFrame(read)
    texts = table.rows[[column for column in as_is if column not in frame]]
    return pd.concat([frame, texts], axis=1).sort_values("sample").reset_index(drop=True)


def read_visits(path: Path, columns: Mapping[str, str], items: list[str] | None) -> pd.DataFrame:
    """Read one row per visit.

    Parameters
    ----------
    path
        The table.
    columns
        Column of the file for sample, visit_date and total.
    items
        Columns of the 12 items, whose sum is the total; null to read `total`.

    Returns
    -------
    pandas.DataFrame
        sample, visit_date, total (NaN where not scored).

    Raises
    ------
    InputError
        With every column that is missing, or every value that can't be used.
    """
    table = Table(path)
    scored = items or [columns["total"]]
    table.require([columns["sample"], columns["visit_date"], *scored], "Map it in visits.columns")
    highest = 4 if items else HIGHEST_TOTAL
    scores = [table.numbers(column, lowest=0, highest=highest) for column in scored]
    visits = pd.DataFrame(
        {
            "sample": table.identifiers(columns["sample"]),
            "visit_date": table.dates(columns["visit_date"]),
            "total": pd.concat(scores, axis=1).sum(axis=1, min_count=len(scored)),
        }
    )
    table.close()
    return visits


def _read_texts(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError.single(str(path), "file", "no such table; check its path in the study file")
    try:
        rows = _parse(path)
    except (UnicodeDecodeError, pd.errors.ParserError, ValueError, OSError) as error:
        raise InputError.single(path.name, "file", f"can't be read as a table: {str(error).strip()}") from None
    if rows.empty:
        raise InputError.single(path.name, "file", "holds no rows; expected a header and a row per sample")
    return rows


def _parse(path: Path) -> pd.DataFrame:
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        rows = pd.read_parquet(path)
        texts = rows.astype("string").astype(object)
        return texts.where(texts.notna() & ~texts.isin(MISSING), None)
    separator = "," if name.endswith(".csv") else "\t"
    return pd.read_csv(
        path,
        sep=separator,
        dtype=str,
        na_values=MISSING,
        keep_default_na=False,
        skip_blank_lines=False,
        encoding="utf-8-sig",
    )


def _closest(name: str, rows: pd.DataFrame) -> str:
    close = difflib.get_close_matches(name, list(rows.columns), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""
