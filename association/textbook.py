"""The textbook's p-values, for comparison beside the calibrated ones: large-sample laws of score statistics.

For a quantitative trait the law under normal errors is exact at any sample size (`calibration.small_sample`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.calibration.small_sample import burden_small_sample_log10_p, skat_small_sample_log10_p
from association.gene_plan import GenePlan
from association.gene_tests.acat import acat_log10_p
from association.gene_tests.burden import burden_test
from association.gene_tests.skat import SkatStatistic, skat_log10_p, skat_statistic
from association.gene_tests.skat_o import skat_o_log10_p
from association.gene_unit import GeneUnit, Row, power_of_ten
from association.null_models.null_model import NOT_EXCHANGEABLE
from association.scan_settings import ScanTrait
from association.score import ScoreStatistics, score_statistics

Floats = NDArray[np.float64]

# Exact SKAT-O takes as long as 100 SKATs; larger p-values of it are not worth that.
WORTH_COMPARING = 0.05


def add_textbook_p(units: Sequence[GeneUnit], trait: ScanTrait) -> None:
    """Add effects and large-sample p-values to the rows of a batch.

    Parameters
    ----------
    units
        The batch's genes.
    trait
        What they are tested against.
    """
    degrees = _residual_degrees(trait)
    skats: list[tuple[Row, SkatStatistic]] = []
    mixtures: list[tuple[Row, ScoreStatistics, Floats]] = []
    for unit in units:
        if unit.plan is None:
            continue
        statistics = score_statistics(trait.model, unit.plan.columns)
        for one in unit.tested:
            if one.burden is not None:
                one.row.update(_burden_columns(statistics, unit.plan.burden_column(one.burden), degrees))
            elif one.test is not None and one.weights is not None:
                if one.test.test == "acat_v":
                    _add(one.row, _acat_v_log10_p(unit.plan, statistics, one.weights, degrees))
                    continue
                used = np.flatnonzero(one.weights)
                own = ScoreStatistics(statistics.score[used], statistics.covariance[np.ix_(used, used)])
                if one.test.test == "skat":
                    skats.append((one.row, skat_statistic(own, one.weights[used])))
                elif one.test.test == "skat_o":
                    mixtures.append((one.row, own, one.weights[used]))
    chosen = [statistic for _, statistic in skats]
    found = skat_log10_p(chosen) if degrees is None else skat_small_sample_log10_p(chosen, degrees)
    for (row, _), log10_p in zip(skats, found, strict=True):
        _add(row, float(log10_p))
    weights = [weights for _, _, weights in mixtures]
    # Among relatives the textbook's p-value is the one to report.
    at_most = 1.0 if trait.model.kind in NOT_EXCHANGEABLE else WORTH_COMPARING
    found = skat_o_log10_p([own for _, own, _ in mixtures], weights, at_most=at_most)
    for (row, _, _), log10_p in zip(mixtures, found, strict=True):
        _add(row, float(log10_p))
    for unit in units:
        _add_combined(unit)


def _residual_degrees(trait: ScanTrait) -> float | None:
    """Give the degrees of freedom of a linear model's error; None for other models."""
    model = trait.model
    return model.residuals.size - len(model.covariate_information) if model.kind == "linear" else None


def _burden_columns(statistics: ScoreStatistics, column: int, degrees: float | None) -> Row:
    only = np.zeros(statistics.score.size)
    only[column] = 1.0
    test = burden_test(statistics, only)
    if math.isnan(test.log10_p):
        return {}
    row: Row = {"effect": test.effect, "standard_error": test.standard_error}
    _add(row, _column_log10_p(statistics, column, degrees))
    return row


def _acat_v_log10_p(plan: GenePlan, statistics: ScoreStatistics, weights: Floats, degrees: float | None) -> float:
    columns, shares = plan.acat_v_parts(weights)
    log10_p = np.array([[_column_log10_p(statistics, int(column), degrees) for column in columns]])
    return float(acat_log10_p(log10_p, shares[None])[0])


def _column_log10_p(statistics: ScoreStatistics, column: int, degrees: float | None) -> float:
    """Give log10 of the p-value of one column."""
    score, variance = float(statistics.score[column]), float(statistics.covariance[column, column])
    if degrees is not None:
        return burden_small_sample_log10_p(score, variance, degrees)
    one = ScoreStatistics(np.array([score]), np.array([[variance]]))
    return burden_test(one, np.ones(1)).log10_p


def _add(row: Row, log10_p: float) -> None:
    if math.isfinite(log10_p):
        row |= asymptotic_columns(log10_p)


def asymptotic_columns(log10_p: float) -> Row:
    """Give the columns of a large-sample p-value."""
    return {"p_asymptotic": power_of_ten(log10_p), "neg_log10_p_asymptotic": 0.0 - log10_p}


def _add_combined(unit: GeneUnit) -> None:
    """Combine the p-values of a mask's tests, and of all masks, by Cauchy's rule."""
    for omnibus in (one for one in unit.tested if one.test is None):
        rows = [one.row for one in unit.members(omnibus)]
        log10_p = np.array([[-row["neg_log10_p_asymptotic"] for row in rows if "neg_log10_p_asymptotic" in row]])
        if log10_p.size:
            _add(omnibus.row, float(acat_log10_p(log10_p, np.ones_like(log10_p))[0]))
