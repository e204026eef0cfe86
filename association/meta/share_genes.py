"""A batch of genes for one trait as rows to be sent: from the gene store to what may be told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.asked_variants import choose_variants
from association.calibration.evidence import residual_scale
from association.gene_batch import read_batch, restrict_to_trait
from association.meta.share_tables import COLLAPSED, covariance_rows, variant_rows
from association.meta.shared_columns import SharedColumns, join_small_strata, shared_columns
from association.meta.summarise import summarise_gene
from association.scan import drop_variants, variant_names
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait

Row = dict[str, Any]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def mask_label(mask: str, max_af: float) -> str:
    """Name a mask with its ceiling."""
    return f"{mask}@{max_af:g}"


def ready_to_share(trait: ScanTrait, *, at_least: int) -> ScanTrait:
    """Join a trait's strata that are too small to be told of."""
    return replace(trait, strata=join_small_strata(trait.strata, at_least=at_least))


def share_batch(
    genes: pa.Table, variants: pa.Table, trait: ScanTrait, settings: ScanSettings, *, at_least: int
) -> dict[str, list[Row]]:
    """Summarise a batch of genes.

    Parameters
    ----------
    genes, variants
        As for `association.scan.scan`.
    trait
        Whose samples and null model (`ready_to_share`).
    settings
        The masks.
    at_least
        The smallest number of samples that may be told of.

    Returns
    -------
    dict
        Rows of the tables genes, variants and covariances of `share_schema`.
    """
    variants = drop_variants(variants, settings.left_out)
    batch, names = read_batch(variants), np.array(_names(variants), dtype=object)
    genotypes = restrict_to_trait(batch, trait)
    chosen = np.array([choose_variants(batch, choice) for choice in settings.masks], np.bool_)
    chosen = chosen.reshape(len(settings.masks), batch.gene.size)
    scale = residual_scale(trait.model, trait.strata)
    rows: dict[str, list[Row]] = {"genes": [], "variants": [], "covariances": []}
    for gene in genes.select(["gene", "contig", "start"]).to_pylist():
        begin, end = (int(np.searchsorted(batch.gene, gene["gene"], side=side)) for side in ("left", "right"))
        carriers, called = genotypes.select(np.arange(begin, end))
        own = shared_columns(carriers, called, chosen[:, begin:end], at_least=at_least)
        withheld = [_label(choice) for choice, kept in zip(settings.masks, own.withheld, strict=True) if kept]
        rows["genes"].append(gene | {"withheld": withheld})
        if own.variants.size:
            _add_gene(rows, gene["gene"], own, names[begin:end], trait, settings, scale, at_least)
    return rows


def _add_gene(
    rows: dict[str, list[Row]],
    gene: str,
    columns: SharedColumns,
    names: NDArray[np.object_],
    trait: ScanTrait,
    settings: ScanSettings,
    scale: Floats,
    at_least: int,
) -> None:
    """Add a gene's rows of variants and covariances."""
    labels = [_label(choice) for choice in settings.masks]
    masks = [[label for label, own in zip(labels, column, strict=True) if own] for column in columns.masks.T]
    count = columns.variants.size
    alleles = np.diff(columns.carriers.offsets).astype(np.float64)
    summary = summarise_gene(
        gene,
        [
            str(names[variant]) if variant >= 0 else f"{COLLAPSED} {' '.join(own)}"
            for variant, own in zip(columns.variants, masks, strict=True)
        ],
        columns.carriers,
        np.ones(columns.carriers.samples.size, np.bool_),
        model=trait.model,
        strata=trait.strata,
        scale=scale,
        alleles=alleles,
        allele_numbers=np.full(count, 2.0 * trait.strata.size),
    )
    rows["variants"] += variant_rows(summary, masks, at_least=at_least)
    rows["covariances"] += covariance_rows(summary)


def _names(variants: pa.Table) -> list[str]:
    """Name each variant, with a mark where the reference is the minor allele."""
    minor_is_ref = variants["minor_is_ref"].to_pylist()
    named = variant_names(variants).to_pylist()
    return [f"{name}:ref" if ref else name for name, ref in zip(named, minor_is_ref, strict=True)]


def _label(choice: MaskChoice) -> str:
    return mask_label(choice.mask.name, choice.max_af)
