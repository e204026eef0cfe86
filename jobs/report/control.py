"""Is the negative control quiet? Its smallest and its median p-value against what chance gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy.stats import beta

from association.scan_settings import OMNIBUS
from jobs.report.chances import chance_of_smaller
from jobs.report.driving_rows import PER_ALLELE, UNWEIGHTED
from jobs.report.masks import tests_of

# One null study in a hundred has a control whose median lies outside.
CONTROL_TAIL = 0.005
# A smallest p-value that would come by chance in fewer than one study in twenty is worth a warning.
SURPRISING = 0.05


@dataclass(frozen=True)
class Control:
    """P-values of the negative control, one per gene, so that no gene counts twice.

    Attributes
    ----------
    test, weights, coding
        The test that they are of.
    genes
        Their number.
    smallest, median
        Of the p-values.
    lower, upper
        The central 99% of the median of so many independent uniform p-values.
    """

    test: str
    weights: Any
    coding: Any
    genes: int
    smallest: float
    median: float
    lower: float
    upper: float

    @property
    def median_expected(self) -> bool:
        """Say whether the median is one that chance gives."""
        return self.lower <= self.median <= self.upper

    @property
    def quiet(self) -> bool:
        """Say whether neither the smallest nor the median p-value is a surprise."""
        return self.median_expected and chance_of_smaller(self.smallest, self.genes) >= SURPRISING


def control_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the rows that stand for the control, one per gene: those of the test that `judge_control` judges."""
    return _preferred(rows)[1]


def judge_control(rows: pd.DataFrame) -> Control:
    """Compare the control's p-values with those of chance; a median of n is about Beta((n+1)/2, (n+1)/2).

    Parameters
    ----------
    rows
        Rows of the negative control, at least one. The omnibus is preferred, then the plain burden, and the widest
        frequency ceiling.
    """
    test, chosen = _preferred(rows)
    shape = (len(chosen) + 1) / 2
    return Control(
        test=str(test["test"]),
        weights=test["weights"],
        coding=test["coding"],
        genes=len(chosen),
        smallest=float(chosen["p_value"].min()),
        median=float(chosen["p_value"].median()),
        lower=float(beta.ppf(CONTROL_TAIL, shape, shape)),
        upper=float(beta.isf(CONTROL_TAIL, shape, shape)),
    )


def _preferred(rows: pd.DataFrame) -> tuple[dict[str, Any], pd.DataFrame]:
    def fitness(group: tuple[dict[str, Any], pd.DataFrame]) -> tuple[bool, bool, bool, float]:
        test = group[0]
        plain = test["weights"] == UNWEIGHTED and (pd.isna(test["coding"]) or test["coding"] == PER_ALLELE)
        return test["test"] == OMNIBUS, test["test"] == "burden", plain, float(test["max_af"])

    return max(tests_of(rows), key=fitness)
