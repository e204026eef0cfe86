"""One gene under one mask for one trait: its carriers, its score statistics, and the columns they fill."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.attainable import log10_min_attainable_p
from association.calibration.monte_carlo import GeneCount, monte_carlo_p
from association.gene_batch import GeneBatch, TraitGenotypes
from association.gene_tests.burden import burden_test
from association.gene_tests.skat import SkatStatistic, skat_statistic
from association.gene_tests.weights import variant_weights
from association.scan_settings import ScanTrait, WeightedTest
from association.score import Carriers, ScoreStatistics, score_statistics

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = dict[str, Any]


NO_VARIATION = "genotypes do not vary within strata"


@dataclass(frozen=True)
class GeneUnit:
    """A gene under a mask for a trait, ready to be counted.

    Attributes
    ----------
    rows
        Result rows, one per test; what is computed later is added to them.
    counted
        Numbers of the tests that permutation can tell anything of.
    count
        The permutation count of these.
    skats
        SKAT's statistic, by number of the test.
    """

    rows: tuple[Row, ...]
    counted: tuple[int, ...]
    count: GeneCount
    skats: dict[int, SkatStatistic]


def prepare_unit(
    row: Row,
    candidates: Integers,
    batch: GeneBatch,
    genotypes: TraitGenotypes,
    trait: ScanTrait,
    tests: tuple[WeightedTest, ...],
) -> GeneUnit | str:
    """Make a gene under a mask ready, or say why it can't be tested.

    Parameters
    ----------
    row
        Columns known so far.
    candidates
        The batch's variants that are in the mask.
    batch, genotypes
        The batch, and what of it the trait's samples carry.
    trait, tests
        What to test against, and how.
    """
    if candidates.size == 0:
        return "no qualifying variant"
    variants = candidates[genotypes.offsets[candidates + 1] > genotypes.offsets[candidates]]
    if variants.size == 0:
        return "no carrier among the samples with the trait"
    carriers, called = genotypes.select(variants)
    row = row | _describe_carriers(carriers, called, trait)
    weights = np.stack([variant_weights(test.weights, batch.minor_allele_frequency[variants]) for test in tests])
    quadratic = np.array([test.test == "skat" for test in tests])
    attainable = _attainable(carriers, weights, quadratic, trait)
    counted = tuple(test for test in range(len(tests)) if attainable[test] < 0)
    statistics = score_statistics(trait.model, carriers)
    rows = tuple(row | name_test(choice) | {"reason": NO_VARIATION} for choice in tests)
    for test in counted:
        rows[test]["reason"] = None
        rows[test]["min_attainable_p"] = _power_of_ten(attainable[test])
        if not quadratic[test]:
            rows[test].update(_burden_columns(statistics, weights[test]))
    skats = {test: skat_statistic(statistics, weights[test]) for test in counted if quadratic[test]}
    chosen = list(counted)
    return GeneUnit(rows, counted, GeneCount(carriers, weights[chosen], quadratic[chosen]), skats)


def name_test(choice: WeightedTest) -> Row:
    """Name the test."""
    return {"test": choice.test, "weights": choice.weights}


def asymptotic_columns(log10_p: float) -> Row:
    """Give the columns of a large-sample p-value."""
    return {"p_asymptotic": _power_of_ten(log10_p), "neg_log10_p_asymptotic": 0.0 - log10_p}


def add_permutation_p(unit: GeneUnit) -> None:
    """Add the columns of the p-value to report, once the permutations are counted."""
    counts = zip(unit.counted, unit.count.exceedances, unit.count.permutations, strict=True)
    for test, exceedances, permutations in counts:
        row = unit.rows[test]
        result = monte_carlo_p(int(exceedances), int(permutations))
        if exceedances == 0:
            row["flags"] = ";".join(filter(None, [row["flags"], "at_resolution_limit"]))
        row |= {
            "p_value": result.p_value,
            "neg_log10_p": 0.0 - math.log10(result.p_value),
            "p_lower": result.lower,
            "p_upper": result.upper,
            "method": "permutation",
            "permutations": result.permutations,
            "exceedances": result.exceedances,
        }


def _describe_carriers(carriers: Carriers, called: Booleans, trait: ScanTrait) -> Row:
    """Count who carries the variants, and what cautions that calls for."""
    samples = np.unique(carriers.samples[called])
    variants = carriers.offsets.size - 1
    flags = list(trait.flags)
    if samples.size < 3:
        flags.append("few_carriers")
    if variants == 1:
        flags.append("single_variant")
    if np.ptp(trait.strata) > 0 and np.ptp(trait.strata[samples]) == 0:
        flags.append("one_stratum")
    events, expected = trait.model.events, trait.model.expected_events
    return {
        "variants": variants,
        "carriers": samples.size,
        "minor_allele_count": round(carriers.dosages[called].sum()),
        "observed_events": None if events is None else float(events[samples].sum()),
        "expected_events": None if expected is None else float(expected[samples].sum()),
        "flags": ";".join(flags),
    }


def _attainable(carriers: Carriers, weights: Floats, quadratic: NDArray[np.bool_], trait: ScanTrait) -> list[float]:
    """Give each test's log10 smallest attainable p: a burden sees sums, SKAT sees whole rows."""
    samples, sample = np.unique(carriers.samples, return_inverse=True)
    variant = np.repeat(np.arange(weights.shape[1]), np.diff(carriers.offsets))
    # Random projections tell distinct genotype rows apart.
    projection: Floats = np.random.default_rng(0).random((weights.shape[1],))
    sizes = np.bincount(trait.strata)
    smallest = []
    for test in range(weights.shape[0]):
        scale: Floats = np.where(quadratic[test], projection, weights[test])
        value = np.bincount(sample, carriers.dosages * scale[variant])
        classes = np.unique(np.round(value / scale.max(), 9), return_inverse=True)[1]
        smallest.append(log10_min_attainable_p(classes, trait.strata[samples], sizes))
    return smallest


def _burden_columns(statistics: ScoreStatistics, weights: Floats) -> Row:
    test = burden_test(statistics, weights)
    if math.isnan(test.log10_p):
        return {}
    return {
        "effect": test.effect,
        "standard_error": test.standard_error,
        **asymptotic_columns(test.log10_p),
    }


def _power_of_ten(log10_p: float) -> float:
    """Give a p-value for its logarithm; the smallest number stands for all that are smaller, never zero."""
    return max(math.pow(10.0, log10_p), sys.float_info.min)
