"""One batch of genes against every trait: a pure function, Arrow in, Arrow out.

For each gene x trait x mask x frequency ceiling x test: the score statistic, its textbook p-value, and the p-value to
report, counted on the shared permutation stream. The result depends on the gene, the trait and the settings alone:
not on the batch, the worker, or the order of samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.calibration.monte_carlo import count_exceedances
from association.calibration.permutation_stream import PermutationStream
from association.gene_batch import GeneBatch, read_batch, restrict_to_trait
from association.gene_tests.masks import below_ceiling, qualifying_variants
from association.gene_tests.skat import SkatStatistic, skat_log10_p
from association.gene_unit import GeneUnit, add_permutation_p, asymptotic_columns, name_test, prepare_unit
from association.results import result_table
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait

Row = dict[str, Any]


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
    units: list[GeneUnit] = []
    for gene, (first, last) in zip(genes, spans, strict=True):
        for choice, picked in zip(settings.masks, chosen, strict=True):
            start = _start_row(gene, trait, choice)
            candidates = first + np.flatnonzero(picked[first:last])
            unit = prepare_unit(start, candidates, batch, genotypes, trait, settings.tests)
            if isinstance(unit, str):
                rows += [start | name_test(test) | {"reason": unit} for test in settings.tests]
            else:
                units.append(unit)
                rows += unit.rows
    _add_asymptotic_skat(units)
    stream = PermutationStream(trait.model.residuals, trait.strata, settings.seed)
    counts = [unit.count for unit in units]
    count_exceedances(counts, stream, max_permutations=settings.max_permutations, enough=settings.exceedances)
    for unit in units:
        add_permutation_p(unit)
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


def _skats(units: Sequence[GeneUnit]) -> Iterator[tuple[Row, SkatStatistic]]:
    for unit in units:
        for test, statistic in unit.skats.items():
            yield unit.rows[test], statistic


def _add_asymptotic_skat(units: Sequence[GeneUnit]) -> None:
    """Compute every SKAT tail of the batch in one call."""
    pairs = list(_skats(units))
    for (row, _), log10_p in zip(pairs, skat_log10_p([statistic for _, statistic in pairs]), strict=True):
        if not math.isnan(log10_p):
            row |= asymptotic_columns(float(log10_p))
