"""P-values where permutations are not needed: many carriers in a large cohort.

burden     the saddlepoint of its permutation law (`calibration.saddlepoint`), both tails by themselves
SKAT, SKAT-O   variants with at most 10 minor alleles collapsed into one, and the covariance scaled so that each
           variant and the burden have their saddlepoint p-value (`calibration.robust_covariance`)
ACAT-V     of the variants' saddlepoint p-values
omnibus    Cauchy's combination of the tests

They approximate what `association.calibrate` computes for everything else. Where they fail, permutations decide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import residual_scale
from association.calibration.residual_cumulants import ResidualCumulants
from association.calibration.robust_covariance import robust_statistics
from association.calibration.saddlepoint import saddlepoint_log10_p
from association.gene_plan import GenePlan
from association.gene_tests.acat import acat_log10_p
from association.gene_tests.columns import Burden
from association.gene_tests.skat import skat_log10_p, skat_statistics
from association.gene_tests.skat_o import mixture_log10_p
from association.gene_unit import GeneUnit, MaskPart, TestedRow, power_of_ten
from association.scan_settings import ScanTrait
from association.score import Carriers, ScoreStatistics, score_statistics

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Up to so many samples, or so many carriers, permutations are affordable and better.
LARGE_COHORT = 5_000
MANY_CARRIERS = 50
# Strata smaller than this on average are too coarse for the smooth laws below.
STRATUM_SIZE = 50
SADDLEPOINT = "saddlepoint"


def is_large(part: MaskPart, trait: ScanTrait) -> bool:
    """Say whether a mask has carriers enough, in a cohort large enough."""
    if trait.strata.size <= LARGE_COHORT or part.carriers.size <= MANY_CARRIERS:
        return False
    per_stratum = trait.strata.size / trait.strata_count
    return per_stratum >= STRATUM_SIZE


def add_large_sample_p(units: Sequence[GeneUnit], trait: ScanTrait) -> None:
    """Add p-values to the rows of masks that are large enough; an omnibus waits for its tests.

    Parameters
    ----------
    units
        The batch's genes.
    trait
        What they are tested against.
    """
    if trait.strata.size <= LARGE_COHORT:
        return
    scale = residual_scale(trait.model, trait.strata)
    cumulants = ResidualCumulants.of(trait.model.residuals / scale, trait.strata)
    waiting: list[tuple[TestedRow, ScoreStatistics, Floats]] = []
    for unit in units:
        large = [one for one in unit.tested if one.test is not None and is_large(one.part, trait)]
        if unit.plan is not None and large:
            waiting += _add_to_gene(unit.plan, large, trait, cumulants, scale)
    decomposed = skat_statistics([own for _, own, _ in waiting], [weights for _, _, weights in waiting])
    for test, law in (("skat", skat_log10_p), ("skat_o", mixture_log10_p)):
        own = [at for at, (one, _, _) in enumerate(waiting) if one.test is not None and one.test.test == test]
        for at, log10_p in zip(own, law([decomposed[at] for at in own]).tolist(), strict=True):
            _add_p(waiting[at][0], log10_p)


def add_large_sample_omnibus(units: Sequence[GeneUnit], trait: ScanTrait) -> None:
    """Combine the tests of large masks, once each of them has its p-value; an enumerated omnibus has its own."""
    for unit in units:
        for omnibus in (one for one in unit.tested if one.test is None and is_large(one.part, trait)):
            if "p_value" not in omnibus.row:
                log10_p = np.array([[-one.row["neg_log10_p"] for one in unit.members(omnibus)]])
                _add_p(omnibus, float(acat_log10_p(log10_p, np.ones_like(log10_p))[0]))


def _add_to_gene(
    plan: GenePlan, large: Sequence[TestedRow], trait: ScanTrait, cumulants: ResidualCumulants, scale: Floats
) -> list[tuple[TestedRow, ScoreStatistics, Floats]]:
    """Add p-values of single columns; give what SKAT and SKAT-O are to be computed from, with the weights."""
    waiting = []
    combined = {id(one): _parts(plan, one) for one in large}
    columns = plan.columns
    statistics = score_statistics(trait.model, columns)
    tails = _Tails(columns, statistics.score, trait, cumulants, scale)
    for one in large:
        if one.burden is not None and _carriers_that_count(plan, one.burden) <= MANY_CARRIERS:
            continue
        parts, weights = combined[id(one)]
        own = np.array([tails.of(int(column)) for column in parts])
        if np.isnan(own).any():
            continue
        if one.burden is not None:
            _add_p(one, float(own[0]))
        elif one.test is not None and one.test.test == "acat_v":
            _add_p(one, float(acat_log10_p(own[None], weights[None])[0]))
        elif one.test is not None and one.weights is not None:
            subset = ScoreStatistics(statistics.score[parts], statistics.covariance[np.ix_(parts, parts)])
            burden_log10_p = tails.of(plan.weighted_sum(one.weights))
            if math.isnan(burden_log10_p):
                continue
            robust = robust_statistics(subset, weights, variant_log10_p=own, burden_log10_p=burden_log10_p)
            waiting.append((one, robust, weights))
    return waiting


def _parts(plan: GenePlan, one: TestedRow) -> tuple[Integers, Floats]:
    """Give the columns that a test needs, and the weight of each."""
    if one.burden is not None:
        return np.array([plan.burden_column(one.burden)]), np.ones(1)
    if one.test is None or one.weights is None:
        return np.empty(0, np.int64), np.empty(0)
    if one.test.test == "acat_v":
        return plan.acat_v_parts(one.weights)
    plan.weighted_sum(one.weights)
    return plan.skat_parts(one.weights)


def _carriers_that_count(plan: GenePlan, burden: Burden) -> float:
    """Give how many equal carriers a burden is worth."""
    _, values = plan.burden_entries(burden)
    return float(values.sum() ** 2 / (values**2).sum())


class _Tails:
    """Saddlepoint p-values of a gene's columns, each computed once."""

    def __init__(
        self, columns: Carriers, score: Floats, trait: ScanTrait, cumulants: ResidualCumulants, scale: Floats
    ) -> None:
        self._columns, self._score, self._strata, self._cumulants = columns, score, trait.strata, cumulants
        self._scale = scale
        self._known: dict[int, float] = {}

    def of(self, column: int) -> float:
        """Give log10 of the two-sided p-value of one column."""
        if column not in self._known:
            own = slice(self._columns.offsets[column], self._columns.offsets[column + 1])
            samples = self._columns.samples[own]
            burden = self._columns.dosages[own] * self._scale[samples]
            tails = saddlepoint_log10_p(self._cumulants, self._score[column], burden, self._strata[samples])
            self._known[column] = tails.log10_two_sided
        return self._known[column]


def _add_p(one: TestedRow, log10_p: float) -> None:
    if not math.isnan(log10_p):
        one.row.update(p_value=power_of_ten(log10_p), neg_log10_p=0.0 - log10_p, method=SADDLEPOINT)
