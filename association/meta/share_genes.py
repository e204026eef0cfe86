"""A batch of genes as rows to be sent: from the gene store to what may be told of each trait.

Axes: n samples that have any trait, c carriers, T traits in the order they are told in, g linked genes, m variants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.calibration.evidence import residual_scale
from association.gene_batch import TraitGenotypes, read_batch, restrict_to_trait
from association.meta.joined_strata import join_small_strata
from association.meta.linked_genes import link_genes
from association.meta.shared_columns import Dosages, shared_columns
from association.meta.told_genes import Rows, ToldGenes, ToldTrait
from association.meta.told_masks import possible_masks, rare_enough
from association.scan import drop_variants, variant_names
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

OF_GENES = ("genes", "variants", "patterns", "covariances")


def mask_label(mask: str, max_af: float) -> str:
    """Name a mask with its ceiling."""
    return f"{mask}@{max_af:g}"


def ready_to_share(trait: ScanTrait, *, at_least: int) -> ScanTrait:
    """Join a trait's strata that are too small to be told of."""
    return replace(trait, strata=join_small_strata(trait.strata, at_least=at_least))


def share_batch(
    genes: pa.Table,
    variants: pa.Table,
    traits: Sequence[ScanTrait],
    settings: ScanSettings,
    *,
    key: str,
    at_least: int,
) -> dict[str, Rows]:
    """Summarise a batch of genes for every trait.

    Parameters
    ----------
    genes, variants
        As for `association.scan.scan`; genes that share a variant are all among them, or none.
    traits
        Whose samples and null models (`ready_to_share`), in the order they are told in: the largest first.
    settings
        The masks.
    key
        What the site alone knows: the same thins in the same way.
    at_least
        The smallest number of samples that may be told of.

    Returns
    -------
    dict
        By trait, rows of the tables genes, variants, patterns and covariances of `share_schema`.
    """
    variants = drop_variants(variants, settings.left_out)
    batch = read_batch(variants)
    samples, everyone = _everyone(traits)
    genotypes = restrict_to_trait(batch, everyone)
    possible = possible_masks(batch, settings.masks)
    chosen = possible & _rare_enough(genotypes, np.isin(samples, traits[0].store_positions), settings, at_least)
    told = [_told_trait(trait, samples) for trait in traits]
    found: dict[str, Rows] = {trait.name: {table: [] for table in OF_GENES} for trait in traits}
    places: dict[str, dict[str, Any]] = {}
    labels, names = [_label(choice) for choice in settings.masks], _names(variants)
    positions = variants["position"].to_numpy()
    # The same links for both, so that masks of genes and variants stand in the same order.
    used = chosen.any(axis=0) & (genotypes.alleles > 0)
    for linked in link_genes(variants, np.concatenate([chosen, possible]), used):
        in_masks, could_be = np.split(linked.masks, 2, axis=1)
        dosages, carriers = _dense(genotypes, linked.rows)
        telling = ToldGenes(
            replace(linked, masks=in_masks),
            could_be,
            dosages,
            carriers,
            shared_columns(dosages, in_masks, at_least=at_least),
            settings.masks,
            labels,
            [names[row] for row in linked.rows],
            positions[linked.rows],
        )
        places |= telling.add(found, told, key, at_least)
    for gene in genes.select(["gene", "contig"]).to_pylist():
        row = gene | places.get(gene["gene"], {"start": None, "withheld": []})
        for trait in traits:
            found[trait.name]["genes"].append(dict(row))
    return found


def _everyone(traits: Sequence[ScanTrait]) -> tuple[Integers, ScanTrait]:
    """Give the samples that have any of the traits, and these as the samples of one."""
    samples = np.unique(np.concatenate([trait.store_positions for trait in traits]))
    male = np.zeros(traits[0].store_samples, np.bool_)
    for trait in traits:
        if trait.male.size:
            male[trait.store_positions] |= trait.male
    return samples, replace(traits[0], store_positions=samples, male=male[samples])


def _rare_enough(genotypes: TraitGenotypes, first: Booleans, settings: ScanSettings, at_least: int) -> Booleans:
    """Say which ceilings variants are below (masks, v), given who of the samples has the first trait (n)."""
    size = genotypes.alleles.size
    variant = np.repeat(np.arange(size), np.diff(genotypes.offsets))[genotypes.called]
    inside = first[genotypes.samples[genotypes.called]]
    alleles = np.bincount(variant, genotypes.dosages[genotypes.called] * inside, minlength=size).astype(np.float64)
    carriers = np.bincount(variant, minlength=size)
    return rare_enough(carriers, alleles, int(first.sum()), settings.masks, at_least=at_least)


def _told_trait(trait: ScanTrait, samples: Integers) -> ToldTrait:
    position = np.full(samples.size, -1, np.int64)
    position[np.searchsorted(samples, trait.store_positions)] = np.arange(trait.store_positions.size)
    return ToldTrait(trait, residual_scale(trait.model, trait.strata), position)


def _dense(genotypes: TraitGenotypes, rows: Integers) -> tuple[Dosages, Integers]:
    """Give called dosages of some rows (c, m), and who carries them (c)."""
    carriers, called = genotypes.select(rows)
    samples, place = np.unique(carriers.samples[called], return_inverse=True)
    dosages = np.zeros((samples.size, rows.size), np.int8)
    dosages[place.ravel(), np.repeat(np.arange(rows.size), np.diff(carriers.offsets))[called]] = np.rint(
        carriers.dosages[called]
    )
    return dosages, samples


def _names(variants: pa.Table) -> list[str]:
    """Name each variant, with a mark where the reference is the minor allele."""
    minor_is_ref = variants["minor_is_ref"].to_pylist()
    named = variant_names(variants).to_pylist()
    return [f"{name}:ref" if ref else name for name, ref in zip(named, minor_is_ref, strict=True)]


def _label(choice: MaskChoice) -> str:
    return mask_label(choice.mask.name, choice.max_af)
