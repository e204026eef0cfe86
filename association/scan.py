"""One batch of genes against every trait: a pure function, Arrow in, Arrow out.

For each gene x trait x mask x frequency ceiling x test: the score statistic, its textbook p-value, and the p-value to
report (`association.calibrate`). The result depends on the gene, the trait and the settings alone: not on the batch,
the worker, or the order of samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from association.asked_variants import ask_variants
from association.calibrate import calibrate
from association.gene_batch import GeneBatch, read_batch
from association.gene_unit import GeneUnit
from association.prepare_unit import prepare_unit, untested_unit
from association.results import result_table
from association.scan_settings import ScanSettings, ScanTrait
from association.textbook import add_textbook_p

Row = dict[str, Any]

NO_PREDICTION = "no polygenic prediction for this chromosome"


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
    batch = read_batch(drop_variants(variants, settings.left_out))
    by_trait = [scan_trait(genes, batch, trait, settings) for trait in traits]
    return result_table(row for gene in range(genes.num_rows) for units in by_trait for row in units[gene].rows)


def drop_variants(variants: pa.Table, left_out: frozenset[str]) -> pa.Table:
    """Drop variants by name: contig-position-ref-alt."""
    if not left_out:
        return variants
    return variants.filter(pc.invert(pc.is_in(variant_names(variants), pa.array(sorted(left_out)))))


def variant_names(variants: pa.Table) -> pa.Array:
    """Name each variant: contig-position-ref-alt."""
    position = variants["position"].cast(pa.string())
    return pc.binary_join_element_wise(variants["contig"], position, variants["ref"], variants["alt"], "-")


def scan_trait(genes: pa.Table, batch: GeneBatch, trait: ScanTrait, settings: ScanSettings) -> list[GeneUnit]:
    """Test every gene of a batch for one trait; the units' rows are complete."""
    if not trait.by_contig:
        return _scan_with_one_model(genes, batch, trait, settings)
    contigs = [contig.removeprefix("chr") for contig in genes["contig"].to_pylist()]
    units: dict[int, GeneUnit] = {}
    for contig in dict.fromkeys(contigs):
        rows = [row for row, name in enumerate(contigs) if name == contig]
        own = genes.take(rows)
        if contig in trait.by_contig:
            model = replace(trait, model=trait.by_contig[contig], by_contig={})
            found = _scan_with_one_model(own, batch, model, settings)
        else:
            found = [untested_unit(gene, trait, NO_PREDICTION, settings) for gene in own.to_pylist()]
        units |= dict(zip(rows, found, strict=True))
    return [units[row] for row in range(genes.num_rows)]


def _scan_with_one_model(
    genes: pa.Table, batch: GeneBatch, trait: ScanTrait, settings: ScanSettings
) -> list[GeneUnit]:
    units = prepare_units(genes, batch, trait, settings)
    add_textbook_p(units, trait)
    calibrate(units, trait, settings)
    return units


def prepare_units(genes: pa.Table, batch: GeneBatch, trait: ScanTrait, settings: ScanSettings) -> list[GeneUnit]:
    """Make every gene of a batch ready for one trait."""
    asked = ask_variants(batch, trait, settings)
    named = genes.select(["gene", "contig", "start"]).to_pylist()
    first = np.searchsorted(batch.gene, genes["gene"].to_pylist(), side="left").tolist()
    last = np.searchsorted(batch.gene, genes["gene"].to_pylist(), side="right").tolist()
    return [prepare_unit(gene, begin, end, asked) for gene, begin, end in zip(named, first, last, strict=True)]
