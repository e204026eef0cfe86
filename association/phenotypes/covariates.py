"""Covariates of a null model from a participants table: numbers, splines of numbers, categories as indicators.

A category's most frequent level is the reference (the first in order where levels tie); each other level becomes an
indicator column named `column=level`. A spline is a natural cubic one with knots at quantiles, centred, its columns
named `column spline 1`, `column spline 2`, ...

A sample without the value is left out, or by the covariate's own rule kept: at the mean or the median of the others,
or (indicator) at their mean with a column `column=missing` of its own; a category has a level "missing" then. What
was filled in is counted.

References
----------
Wood SN (2017) Generalized additive models, 2nd edition, section 5.3.1: cubic regression splines.
doi:10.1201/9781315370279
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from patsy import dmatrix

from association.null_models.design import Design
from association.problems import InputError, Problem

Missing = Literal["drop", "indicator", "mean", "median"]
MISSING_LEVEL = "missing"


@dataclass(frozen=True)
class CovariateRule:
    """How a column becomes covariates.

    Attributes
    ----------
    column
        Of the participants table.
    kind
        "numeric" or "categorical".
    missing
        What becomes of samples without the value.
    spline
        Degrees of freedom of a natural cubic spline; None for a straight line.
    """

    column: str
    kind: Literal["numeric", "categorical"] = "numeric"
    missing: Missing = "drop"
    spline: int | None = None


@dataclass(frozen=True)
class FilledCovariate:
    """How many samples were kept without a covariate's value."""

    column: str
    policy: Missing
    count: int


def is_numeric(column: pd.Series) -> bool:
    """Say whether every value that is there is a number."""
    return bool(pd.to_numeric(column, errors="coerce").notna().eq(column.notna()).all())


def missing_reasons(table: pd.DataFrame, rules: Sequence[CovariateRule]) -> Iterator[pd.Series]:
    """Give the reasons (n) of each covariate whose missing values are dropped; None where a sample has the value."""
    for rule in rules:
        if rule.missing == "drop":
            words = f"no value in column '{rule.column}'"
            yield table[rule.column].isna().map({True: words, False: None})


def covariate_design(
    table: pd.DataFrame, rules: Sequence[CovariateRule]
) -> tuple[Design, tuple[FilledCovariate, ...]]:
    """Make design columns, and count what was filled in.

    Parameters
    ----------
    table
        Covariates of n samples; missing only where their rule keeps such samples.
    rules
        In the order wanted.

    Raises
    ------
    InputError
        If a category is to have a mean or a spline, or a column has no value at all, or texts where numbers are due.
    """
    _check(table, rules)
    columns: dict[str, pd.Series] = {}
    filled = []
    for rule in rules:
        missing = table[rule.column].isna()
        if missing.any():
            filled.append(FilledCovariate(rule.column, rule.missing, int(missing.sum())))
        columns |= _numeric(table, rule, missing) if rule.kind == "numeric" else _categorical(table, rule)
    matrix = np.column_stack([column.to_numpy(np.float64) for column in columns.values()]) if columns else None
    return Design(tuple(columns), np.empty((len(table), 0)) if matrix is None else matrix), tuple(filled)


def indicators(labels: pd.Series) -> Design:
    """Give a column per label but the most frequent one."""
    return covariate_design(labels.to_frame(), [CovariateRule(str(labels.name), "categorical")])[0]


def stratum_labels(table: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Combine the strata's columns into one label per sample; a single stratum where there is none."""
    if not columns:
        return pd.Series("all", index=table.index)
    first, *others = (table[column].astype(str) for column in columns)
    return first.str.cat(others, sep=" / ") if others else first


def _check(table: pd.DataFrame, rules: Sequence[CovariateRule]) -> None:
    problems = []
    for rule in rules:
        if rule.kind == "categorical" and rule.missing in ("mean", "median"):
            message = f"a category has no {rule.missing}; for its missing values take 'drop' or 'indicator'"
            problems.append(Problem(rule.column, message))
        if rule.kind == "categorical" and rule.spline is not None:
            problems.append(Problem(rule.column, "a category has no spline; leave 'spline' out, or give numbers"))
        if rule.kind == "numeric" and not is_numeric(table[rule.column]):
            problems.append(
                Problem(rule.column, "holds texts among its numbers; say kind: categorical, or mend them")
            )
        if len(table) and table[rule.column].isna().all():
            problems.append(Problem(rule.column, "has no value in any of these samples; leave it out"))
    if problems:
        raise InputError("covariates", problems)


def _numeric(table: pd.DataFrame, rule: CovariateRule, missing: pd.Series) -> dict[str, pd.Series]:
    values = pd.to_numeric(table[rule.column]).astype(float)
    values = values.fillna(values.median() if rule.missing == "median" else values.mean())
    columns = {rule.column: values} if rule.spline is None else _spline(values, rule)
    if rule.missing == "indicator" and missing.any():
        columns[f"{rule.column}={MISSING_LEVEL}"] = missing.astype(float)
    return columns


def _spline(values: pd.Series, rule: CovariateRule) -> dict[str, pd.Series]:
    if values.nunique() <= (rule.spline or 0):
        message = f"has too few distinct values for a spline with {rule.spline} degrees of freedom; take fewer"
        raise InputError.single("covariates", rule.column, message)
    formula = f"cr(x, df={rule.spline}, constraints='center') - 1"
    basis = np.asarray(dmatrix(formula, {"x": values.to_numpy(np.float64)}))
    return {
        f"{rule.column} spline {number}": pd.Series(column, index=values.index)
        for number, column in enumerate(basis.T, start=1)
    }


def _categorical(table: pd.DataFrame, rule: CovariateRule) -> dict[str, pd.Series]:
    texts = table[rule.column].fillna(MISSING_LEVEL).astype(str)
    levels = _levels(texts)
    # A category of one level stays, as a column of ones, for the model to refuse by name.
    indicated = levels[1:] or levels
    return {f"{rule.column}={level}": (texts == level).astype(float) for level in indicated}


def _levels(column: pd.Series) -> list[str]:
    """List the levels, the most frequent first and the rest in order."""
    counts = column.value_counts().sort_index()
    reference = counts.idxmax()
    return [str(reference), *(str(level) for level in counts.index if level != reference)]
