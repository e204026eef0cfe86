"""What looks wrong with a covariate or a stratum: a number misspelt, a level written twice, a column of names."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from association.problems import Problem
from jobs.clinical.needed import AGE_AT_ONSET, covariates_of
from jobs.study.study import ClinicalStudy

# A column of which so many values are numbers is one of numbers, with slips.
MOSTLY = 0.5
# More levels than this, and than half of the patients, and a column names them rather than groups them.
MANY_LEVELS = 20


def category_problems(own: pd.DataFrame, rows: pd.Series, study: ClinicalStudy) -> Iterator[Problem]:
    """Look at every covariate and stratum of a study.

    Parameters
    ----------
    own
        Texts, None where missing (n rows).
    rows
        Line of the file of each (n).
    study
        Says which columns are covariates, of what kind, and which are strata.
    """
    covariates = [one for trait in study.traits for one in covariates_of(study, trait)]
    kinds = {one.column: one.kind for one in covariates}
    stated = {one.column for one in covariates if one.kind == "numeric"}
    for column in dict.fromkeys([*kinds, *study.strata_columns]):
        if column == AGE_AT_ONSET or column not in own:
            continue
        texts = own[column].dropna()
        numbers = pd.to_numeric(texts, errors="coerce")
        stratum = column in study.strata_columns
        if numbers.notna().all() and not stratum and (column in stated or kinds.get(column) != "categorical"):
            continue
        # Texts that may name patients are not shown.
        if column in stated and texts.nunique() <= max(MANY_LEVELS, len(own) / 2):
            yield from _no_numbers(texts[numbers.isna()], rows)
        elif kinds.get(column) is None and not stratum and numbers.notna().mean() > MOSTLY:
            yield from _misspelt(texts[numbers.isna()], rows)
        elif texts.nunique() > max(MANY_LEVELS, len(own) / 2):
            what = "a stratum" if stratum else "a covariate"
            message = f"has {texts.nunique():,} different values in {len(own):,} participants: too many for {what}"
            yield Problem(f"column '{column}'", f"{message}; leave it out, or group it")
        else:
            yield from _written_twice(texts)


def _no_numbers(texts: pd.Series, rows: pd.Series) -> Iterator[Problem]:
    """Tell each text of a column that is said to hold numbers, where it stands first."""
    lines = rows[texts.index].groupby(texts)
    for text, first in lines.min().sort_values().items():
        more = int(lines.size()[text]) - 1
        times = f", there and in {more:,} line{'s' * (more > 1)} more," if more else ""
        message = f"'{text}'{times} is no number, and the covariate is of kind: numeric"
        remedy = "write a number, leave it empty, or say kind: categorical"
        yield Problem(f"line {first}, column '{texts.name}'", f"{message}; {remedy}")


def _misspelt(texts: pd.Series, rows: pd.Series) -> Iterator[Problem]:
    for patient, row in rows[texts.index].sort_values().items():
        message = f"'{texts[patient]}' among numbers; correct it, leave it empty, or say kind: categorical"
        yield Problem(f"line {row}, column '{texts.name}'", message)


def _written_twice(texts: pd.Series) -> Iterator[Problem]:
    levels = pd.Series(texts.unique()).astype(str)
    for _, alike in levels.groupby(levels.str.strip().str.lower()):
        if len(alike) > 1:
            named = " and ".join(f"'{level}'" for level in sorted(alike))
            message = f"{named} are one level in several spellings; write one, or say so in participants.codes"
            yield Problem(f"column '{texts.name}'", message)
