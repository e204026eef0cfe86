"""Who carries each gene: one column per gene and mask, 1 for a sample that carries any of its variants.

A set of genes is tested on these columns, so a store is read once, gene by gene, and shrinks to carriers. Calls that
are missing count as no carrier; whoever carries several variants of a gene, or two alleles, counts once.

Axes: g genes, v variants of a batch, n samples of the trait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.asked_variants import choose_variants
from association.gene_batch import GeneBatch, TraitGenotypes, read_batch, restrict_to_trait
from association.gene_tests.columns import select_columns
from association.scan import drop_variants
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait
from association.score import Carriers

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class GeneCarriers:
    """The carriers of every gene that has any, under one mask.

    Attributes
    ----------
    genes
        Names, ascending (g).
    columns
        The carriers of each (g), with dosages of 1.
    """

    genes: NDArray[np.object_]
    columns: Carriers

    @property
    def counts(self) -> Integers:
        """Carriers of each gene (g)."""
        return np.diff(self.columns.offsets)

    def places(self, names: Collection[str]) -> Integers:
        """Say where some genes stand, ascending; those without carriers are left out."""
        return np.flatnonzero(np.isin(self.genes, np.array(sorted(names), object)))

    def select(self, places: Integers) -> GeneCarriers:
        """Give some genes, in the order asked for."""
        return GeneCarriers(self.genes[places], select_columns(self.columns, places))


def collect_carriers(batches: Iterable[pa.Table], trait: ScanTrait, settings: ScanSettings) -> list[GeneCarriers]:
    """Collect the carriers of all genes, for each mask and ceiling of the settings.

    Parameters
    ----------
    batches
        The gene store's rows, each gene whole in one of them, sorted by gene.
    trait
        Whose samples count.
    settings
        Masks, and variants to leave out.
    """
    found: list[list[GeneCarriers]] = [[] for _ in settings.masks]
    for variants in batches:
        batch = read_batch(drop_variants(variants, settings.left_out))
        genotypes = restrict_to_trait(batch, trait)
        for parts, choice in zip(found, settings.masks, strict=True):
            parts.append(_of_batch(batch, genotypes, choice, trait.strata.size))
    return [_join(parts) for parts in found]


def _of_batch(batch: GeneBatch, genotypes: TraitGenotypes, choice: MaskChoice, samples: int) -> GeneCarriers:
    """Bring the entries of a mask's variants together by gene and sample."""
    variant = np.repeat(np.arange(batch.gene.size), np.diff(genotypes.offsets))
    used = choose_variants(batch, choice)[variant] & genotypes.called
    begins = np.flatnonzero(np.concatenate(([True], batch.gene[1:] != batch.gene[:-1]))[: batch.gene.size])
    gene = np.searchsorted(begins, variant[used], side="right") - 1
    pairs = np.unique(gene * samples + genotypes.samples[used])
    carried, counts = np.unique(pairs // samples, return_counts=True)
    return GeneCarriers(batch.gene[begins][carried], _columns(counts, pairs % samples))


def _columns(counts: Integers, samples: Integers) -> Carriers:
    offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    return Carriers(offsets, samples.astype(np.int64), np.ones(samples.size))


def _join(parts: Sequence[GeneCarriers]) -> GeneCarriers:
    """Put batches together, genes in order of name."""
    if not parts:
        return GeneCarriers(np.array([], object), _columns(np.zeros(0, np.int64), np.zeros(0, np.int64)))
    genes = np.concatenate([part.genes for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    together = GeneCarriers(genes, _columns(counts, np.concatenate([part.columns.samples for part in parts])))
    return together.select(np.argsort(genes, kind="stable"))
