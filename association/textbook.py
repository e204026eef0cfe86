"""The textbook's p-values, for comparison beside the calibrated ones: large-sample laws of score statistics.

For a quantitative trait the law under normal errors is exact at any sample size (`calibration.small_sample`). It is
that of one residual variance; where cohorts have their own, these are taken as known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import has_one_information
from association.calibration.small_sample import burden_small_sample_log10_p, skat_small_sample_log10_p
from association.gene_tests.acat import combine
from association.gene_tests.burden import normal_log10_p
from association.gene_tests.skat import (
    MOST_NUMBERS,
    MixtureStatistic,
    skat_log10_p,
    skat_statistic,
    skat_statistics,
)
from association.gene_tests.skat_o import mixture_log10_p
from association.gene_unit import GeneUnit, Row, power_of_ten
from association.null_models.null_model import NOT_EXCHANGEABLE
from association.scan_settings import ScanTrait
from association.score import ScoreStatistics, score_statistics

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Exact SKAT-O takes as long as 100 SKATs; larger p-values of it are not worth that.
WORTH_COMPARING = 0.05


def add_textbook_p(units: Sequence[GeneUnit], trait: ScanTrait, *, at_most: float = WORTH_COMPARING) -> None:
    """Add effects and large-sample p-values to the rows of a batch.

    Parameters
    ----------
    units
        The batch's genes.
    trait
        What they are tested against.
    at_most
        SKAT-O is left out where its p-value is larger.
    """
    degrees = _residual_degrees(trait)
    asked = [unit for unit in units if unit.plan is not None]
    columns = _Columns(degrees)
    together: dict[tuple[int, bytes], int] = {}
    spectra = _Spectra()
    skats: list[tuple[Row, int]] = []
    mixtures: list[tuple[Row, int]] = []
    for number, unit in enumerate(asked):
        plan = unit.plan
        if plan is None:
            continue
        statistics = score_statistics(trait.model, plan.columns)
        for one in unit.tested:
            if one.burden is not None:
                columns.burden(one.row, statistics, plan.burden_column(one.burden))
            elif one.test is not None and one.weights is not None:
                if one.test.test == "acat_v":
                    columns.acat_v(one.row, statistics, *plan.acat_v_parts(one.weights))
                    continue
                key = (number, one.weights.tobytes())
                if key not in together:
                    together[key] = spectra.ask(statistics, one.weights)
                (skats if one.test.test == "skat" else mixtures).append((one.row, together[key]))
    columns.add()
    # Among relatives the textbook's p-value is the one to report.
    at_most = 1.0 if trait.model.kind in NOT_EXCHANGEABLE else at_most
    decomposed = spectra.decompose()
    chosen = [decomposed[at] for _, at in skats]
    found = skat_log10_p(chosen) if degrees is None else skat_small_sample_log10_p(chosen, degrees)
    _add_all([row for row, _ in skats], found)
    _add_all([row for row, _ in mixtures], mixture_log10_p([decomposed[at] for _, at in mixtures], at_most=at_most))
    _add_combined(asked)


class _Columns:
    """P-values of single columns, gathered over genes to be computed together.

    Parameters
    ----------
    degrees
        Of a linear model's error; None for other models.
    """

    def __init__(self, degrees: float | None) -> None:
        self._degrees = degrees
        self._scores: list[Floats] = []
        self._variances: list[Floats] = []
        self._shares: list[Floats] = []
        self._burdens: list[tuple[Row, int]] = []
        self._combined: list[tuple[Row, int]] = []

    def burden(self, row: Row, statistics: ScoreStatistics, column: int) -> None:
        """Ask for the effect and the p-value of a burden."""
        self._burdens.append((row, len(self._scores)))
        self._ask(statistics, np.array([column]), np.ones(1))

    def acat_v(self, row: Row, statistics: ScoreStatistics, columns: Integers, shares: Floats) -> None:
        """Ask for the combined p-value of columns."""
        self._combined.append((row, len(self._scores)))
        self._ask(statistics, columns, shares)

    def _ask(self, statistics: ScoreStatistics, columns: Integers, shares: Floats) -> None:
        self._scores.append(statistics.score[columns])
        self._variances.append(statistics.covariance[columns, columns])
        self._shares.append(shares)

    def add(self) -> None:
        """Add what was asked for to the rows."""
        if not self._scores:
            return
        scores, variances = np.concatenate(self._scores), np.concatenate(self._variances)
        offsets = np.concatenate(([0], np.cumsum([one.size for one in self._scores])))
        if self._degrees is None:
            log10_p = normal_log10_p(scores, variances)
        else:
            log10_p = burden_small_sample_log10_p(scores, variances, self._degrees)
        first = offsets[[number for _, number in self._burdens]].tolist()
        for (row, _), at in zip(self._burdens, first, strict=True):
            if variances[at] > 0:
                variance = float(variances[at])
                row |= {"effect": float(scores[at]) / variance, "standard_error": 1 / math.sqrt(variance)}
                _add(row, float(log10_p[at]))
        combined = combine(log10_p, np.concatenate(self._shares), offsets)
        _add_all([row for row, _ in self._combined], combined[[number for _, number in self._combined]])


class _Spectra:
    """Spectra of genes, gathered to be computed together; those of large genes at once, to spare memory."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[ScoreStatistics, Floats]] = {}
        self._known: dict[int, MixtureStatistic] = {}

    def ask(self, statistics: ScoreStatistics, weights: Floats) -> int:
        """Ask for the spectrum of weighted variants; give its number."""
        used, number = np.flatnonzero(weights), len(self._waiting) + len(self._known)
        own = ScoreStatistics(statistics.score[used], statistics.covariance[np.ix_(used, used)])
        if used.size**2 <= MOST_NUMBERS:
            self._waiting[number] = (own, weights[used])
        else:
            self._known[number] = skat_statistic(own, weights[used])
        return number

    def decompose(self) -> list[MixtureStatistic]:
        """Give all spectra by number."""
        own, weights = zip(*self._waiting.values(), strict=True) if self._waiting else ((), ())
        known = self._known | dict(zip(self._waiting, skat_statistics(own, weights), strict=True))
        return [known[number] for number in range(len(known))]


def _residual_degrees(trait: ScanTrait) -> float | None:
    """Give the degrees of freedom of a linear model's one error variance; None for other models."""
    model = trait.model
    if model.kind != "linear" or not has_one_information(model):
        return None
    return model.residuals.size - len(model.covariate_information)


def _add_all(rows: Sequence[Row], log10_p: Floats) -> None:
    for row, one in zip(rows, log10_p.tolist(), strict=True):
        _add(row, one)


def _add(row: Row, log10_p: float) -> None:
    if math.isfinite(log10_p):
        row |= asymptotic_columns(log10_p)


def asymptotic_columns(log10_p: float) -> Row:
    """Give the columns of a large-sample p-value."""
    return {"p_asymptotic": power_of_ten(log10_p), "neg_log10_p_asymptotic": 0.0 - log10_p}


def _add_combined(units: Sequence[GeneUnit]) -> None:
    """Combine the p-values of each mask's tests, and of all masks, by Cauchy's rule."""
    name = "neg_log10_p_asymptotic"
    rows, found = [], []
    for unit in units:
        for omnibus in (one for one in unit.tested if one.test is None):
            rows.append(omnibus.row)
            found.append([-one.row[name] for one in unit.members(omnibus) if name in one.row])
    offsets = np.concatenate(([0], np.cumsum([len(own) for own in found], dtype=np.int64)))
    log10_p = np.array([one for own in found for one in own], np.float64)
    _add_all(rows, combine(log10_p, np.ones_like(log10_p), offsets))
