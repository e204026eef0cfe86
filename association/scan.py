"""One batch of genes against every trait: a pure function, Arrow in, Arrow out.

For each gene x trait x mask x frequency ceiling x test: the score statistic, its textbook p-value, and the p-value to
report, counted on the shared permutation stream. The result depends on the gene, the trait and the settings alone:
not on the batch, the worker, or the order of samples.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.calibration.attainable import log10_min_attainable_p
from association.calibration.monte_carlo import GeneCount, count_exceedances, monte_carlo_p
from association.calibration.permutation_stream import PermutationStream
from association.gene_batch import GeneBatch, TraitGenotypes, read_batch, restrict_to_trait
from association.gene_tests.burden import burden_test
from association.gene_tests.masks import Mask, below_ceiling, qualifying_variants
from association.gene_tests.skat import SkatStatistic, skat_log10_p, skat_statistic
from association.gene_tests.weights import variant_weights
from association.null_models.null_model import NullModel
from association.results import result_table
from association.score import Carriers, ScoreStatistics, score_statistics

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = dict[str, Any]


@dataclass(frozen=True)
class MaskChoice:
    """A mask and its ceiling on the minor allele frequency."""

    mask: Mask
    max_af: float


@dataclass(frozen=True)
class WeightedTest:
    """A test, "burden" or "skat", and its variant weights."""

    test: str
    weights: str


@dataclass(frozen=True)
class ScanSettings:
    """What is tested, and how long permutations go on.

    Attributes
    ----------
    masks, tests
        Every mask is tested by every test.
    seed
        Of the permutation stream.
    max_permutations
        Where a test stops at the latest.
    exceedances
        Where it stops before.
    """

    masks: tuple[MaskChoice, ...]
    tests: tuple[WeightedTest, ...]
    seed: int
    max_permutations: int
    exceedances: int


@dataclass(frozen=True)
class ScanTrait:
    """A trait, ready to be tested.

    Attributes
    ----------
    name
        As in the study file.
    model
        Its null model on n samples.
    strata
        Stratum of each sample (n), 0, 1, ...; samples are exchangeable within.
    store_positions
        Position of each sample in the gene store (n).
    store_samples
        Samples in the gene store.
    flags
        Cautions that hold for every gene of the trait.
    """

    name: str
    model: NullModel
    strata: Integers
    store_positions: Integers
    store_samples: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Unit:
    """One gene under one mask for one trait, ready to be counted."""

    row: Row
    count: GeneCount
    skats: dict[int, SkatStatistic]
    test_rows: tuple[Row, ...]


def scan(genes: pa.Table, variants: pa.Table, traits: Sequence[ScanTrait], settings: ScanSettings) -> pa.Table:
    """Test a batch of genes.

    Parameters
    ----------
    genes
        gene, contig and start of every gene to report; genes without a variant get rows with their reason.
    variants
        The gene store's rows of these genes, each gene whole, sorted by gene.
    traits
        What to test against.
    settings
        Masks, tests and permutations.

    Returns
    -------
    pa.Table
        `association.results.SCHEMA`, in the order genes x traits x masks x tests.
    """
    batch = read_batch(variants)
    chosen = [_choose(batch, choice) for choice in settings.masks]
    first = np.searchsorted(batch.gene, genes["gene"].to_pylist(), side="left")
    last = np.searchsorted(batch.gene, genes["gene"].to_pylist(), side="right")
    by_trait = [
        _scan_trait(genes.to_pylist(), batch, chosen, list(zip(first, last, strict=True)), trait, settings)
        for trait in traits
    ]
    per_gene = len(settings.masks) * len(settings.tests)
    ordered = (
        row
        for gene in range(genes.num_rows)
        for rows in by_trait
        for row in rows[gene * per_gene : (gene + 1) * per_gene]
    )
    return result_table(ordered)


def _choose(batch: GeneBatch, choice: MaskChoice) -> NDArray[np.bool_]:
    rare = below_ceiling(batch.minor_allele_frequency, batch.external_frequency, choice.max_af)
    return qualifying_variants(choice.mask, batch.annotations) & rare


def _scan_trait(
    genes: list[Row],
    batch: GeneBatch,
    chosen: list[NDArray[np.bool_]],
    spans: list[tuple[int, int]],
    trait: ScanTrait,
    settings: ScanSettings,
) -> list[Row]:
    """Test every gene and mask of the batch for one trait; rows in the order genes x masks x tests."""
    genotypes = restrict_to_trait(batch, trait.store_positions, trait.store_samples)
    rows: list[Row] = []
    units: list[_Unit] = []
    for gene, (first, last) in zip(genes, spans, strict=True):
        for choice, picked in zip(settings.masks, chosen, strict=True):
            start = _start_row(gene, trait, choice)
            candidates = first + np.flatnonzero(picked[first:last])
            unit = _prepare(start, candidates, batch, genotypes, trait, settings)
            if isinstance(unit, str):
                rows += [start | _test_columns(test) | {"reason": unit} for test in settings.tests]
            else:
                units.append(unit)
                rows += unit.test_rows
    _add_asymptotic_skat(units)
    stream = PermutationStream(trait.model.residuals, trait.strata, settings.seed)
    counts = [unit.count for unit in units]
    count_exceedances(counts, stream, max_permutations=settings.max_permutations, enough=settings.exceedances)
    for unit in units:
        _add_permutation_p(unit)
    return rows


def _start_row(gene: Row, trait: ScanTrait, choice: MaskChoice) -> Row:
    return {
        "gene": gene["gene"],
        "contig": gene["contig"],
        "start": gene["start"],
        "trait": trait.name,
        "mask": choice.mask.name,
        "max_af": choice.max_af,
        "samples": trait.strata.size,
        "variants": 0,
        "carriers": 0,
        "minor_allele_count": 0,
    }


def _test_columns(choice: WeightedTest) -> Row:
    return {"test": choice.test, "weights": choice.weights}


def _prepare(
    row: Row,
    candidates: Integers,
    batch: GeneBatch,
    genotypes: TraitGenotypes,
    trait: ScanTrait,
    settings: ScanSettings,
) -> _Unit | str:
    """Make one gene under one mask ready, or say why it can't be tested."""
    if candidates.size == 0:
        return "no qualifying variant"
    variants = candidates[genotypes.offsets[candidates + 1] > genotypes.offsets[candidates]]
    if variants.size == 0:
        return "no carrier among the samples with the trait"
    carriers, called = genotypes.select(variants)
    row |= _describe_carriers(carriers, called, trait)
    statistics = score_statistics(trait.model, carriers)
    frequency = batch.minor_allele_frequency[variants]
    weights = np.stack([variant_weights(test.weights, frequency) for test in settings.tests])
    quadratic = np.array([test.test == "skat" for test in settings.tests])
    attainable = _attainable(carriers, weights, quadratic, trait)
    if max(attainable) == 0:
        return "genotypes do not vary within strata"
    skats = {
        test: skat_statistic(statistics, weights[test]) for test in range(len(settings.tests)) if quadratic[test]
    }
    test_rows = tuple(
        row
        | _test_columns(choice)
        | {"min_attainable_p": _power_of_ten(attainable[test])}
        | ({} if quadratic[test] else _burden_columns(statistics, weights[test]))
        for test, choice in enumerate(settings.tests)
    )
    return _Unit(row, GeneCount(carriers, weights, quadratic), skats, test_rows)


def _describe_carriers(carriers: Carriers, called: NDArray[np.bool_], trait: ScanTrait) -> Row:
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
        **_asymptotic_columns(test.log10_p),
    }


def _asymptotic_columns(log10_p: float) -> Row:
    return {"p_asymptotic": _power_of_ten(log10_p), "neg_log10_p_asymptotic": -log10_p}


def _power_of_ten(log10_p: float) -> float:
    """Give a p-value for its logarithm; the smallest number stands for all that are smaller, never zero."""
    return max(math.pow(10.0, log10_p), sys.float_info.min)


def _skats(units: Sequence[_Unit]) -> Iterator[tuple[Row, SkatStatistic]]:
    for unit in units:
        for test, statistic in unit.skats.items():
            yield unit.test_rows[test], statistic


def _add_asymptotic_skat(units: Sequence[_Unit]) -> None:
    """Compute every SKAT tail of the batch in one call."""
    pairs = list(_skats(units))
    for (row, _), log10_p in zip(pairs, skat_log10_p([statistic for _, statistic in pairs]), strict=True):
        if not math.isnan(log10_p):
            row |= _asymptotic_columns(float(log10_p))


def _add_permutation_p(unit: _Unit) -> None:
    counts = zip(unit.count.exceedances, unit.count.permutations, strict=True)
    for row, (exceedances, permutations) in zip(unit.test_rows, counts, strict=True):
        result = monte_carlo_p(int(exceedances), int(permutations))
        if exceedances == 0:
            row["flags"] = ";".join(filter(None, [row["flags"], "at_resolution_limit"]))
        row |= {
            "p_value": result.p_value,
            "neg_log10_p": -math.log10(result.p_value),
            "p_lower": result.lower,
            "p_upper": result.upper,
            "method": "permutation",
            "permutations": result.permutations,
            "exceedances": result.exceedances,
        }
