"""A study's own columns of participants: sex and yes-or-no in one spelling, and what looks wrong in the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from association.phenotypes.covariates import is_numeric
from association.phenotypes.sex import other_words, sex_codes
from association.problems import InputError, Problem
from jobs.clinical.categories import category_problems
from jobs.clinical.needed import known_columns
from jobs.study.study import ClinicalStudy
from jobs.tables.notes import MOST_PROBLEMS_SHOWN

SEXES = {1.0: "male", 0.0: "female"}
YES = frozenset({"yes", "y", "true", "1", "1.0", "positive", "expanded", "carrier"})
NO = frozenset({"no", "n", "false", "0", "0.0", "negative", "normal", "not expanded", "non-carrier"})


@dataclass(frozen=True)
class OwnLabels:
    """A study's own columns, read.

    Attributes
    ----------
    texts
        The columns (n rows), with one spelling of each sex and of yes and no.
    male, genetic_male
        1, 0 or NaN (n), as stated and by the genotypes.
    """

    texts: pd.DataFrame
    male: pd.Series
    genetic_male: pd.Series


def own_labels(own: pd.DataFrame, rows: pd.Series, study: ClinicalStudy, file: str) -> OwnLabels:
    """Read the columns that a study uses under its own names.

    Parameters
    ----------
    own
        Texts, None where missing (n rows).
    rows
        Line of the file of each (n).
    study
        Says which of them hold what.
    file
        For messages.

    Raises
    ------
    InputError
        With every word that is none of a sex, or neither yes nor no, and every column that is a date.
    """
    columns = study.participants.columns
    problems = [
        Problem(f"column '{name}'", "is a date; a trait, a covariate or a stratum needs numbers or categories")
        for name in own
        if pd.api.types.is_datetime64_any_dtype(own[name])
    ]
    unknown = pd.Series(np.nan, index=own.index)
    coded, texts = {}, own.copy()
    for place, column in (("male", columns.sex), ("genetic_male", columns.genetic_sex)):
        coded[place] = unknown if column is None else sex_codes(own[column])
        if column is not None:
            texts[column] = coded[place].map(SEXES)
            expected = "male and female, M and F, or 1 and 2"
            problems += _unknown_words(own[column], other_words(own[column]), rows, expected)
    for column in dict.fromkeys((columns.c9orf72, columns.pathogenic_variant, *known_columns(study))):
        if column is None:
            continue
        if is_numeric(own[column]):
            numbers = pd.to_numeric(own[column])
            problems += _unknown_words(own[column], numbers.notna() & ~numbers.isin((0, 1)), rows, "0 and 1")
        else:
            words = own[column].astype("string").str.strip().str.lower()
            texts[column] = words.map({**dict.fromkeys(YES, "yes"), **dict.fromkeys(NO, "no")}).astype(object)
            problems += _unknown_words(own[column], words.notna() & ~words.isin(YES | NO), rows, "yes and no")
    if not problems:
        problems += category_problems(texts, rows, study)
    if problems:
        raise InputError(file, problems[:MOST_PROBLEMS_SHOWN], len(problems))
    return OwnLabels(texts, coded["male"], coded["genetic_male"])


def _unknown_words(texts: pd.Series, wrong: pd.Series, rows: pd.Series, expected: str) -> Iterator[Problem]:
    for patient, row in rows[wrong.to_numpy(bool)].sort_values().items():
        message = f"'{texts[patient]}' where {expected} were expected; say what it means in participants.codes"
        yield Problem(f"line {row}, column '{texts.name}'", message)
