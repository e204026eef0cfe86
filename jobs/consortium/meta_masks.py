"""Which of a gene's variants are in each mask over cohorts, and which the ceiling over all takes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from association.meta.combined_gene import CombinedGene
from association.meta.meta_rows import MetaMask
from association.meta.share_genes import mask_label
from jobs.consortium.meta_traits import SharedGene, SharedTrait


def meta_masks(
    name: str,
    gene: CombinedGene | None,
    telling: Sequence[SharedGene],
    cohorts: Sequence[SharedTrait],
    masks: Sequence[Mapping[str, Any]],
) -> list[MetaMask]:
    """Say what is in each mask: variants that a cohort has in it, and that are rare over all.

    Parameters
    ----------
    name
        The gene's.
    gene, telling
        The cohorts' summaries, together and one by one; None and none where no cohort tells of a carrier.
    cohorts
        All that have the trait: they say which masks they withhold carriers of.
    masks
        As in the study files.
    """
    labels: dict[str, set[str]] = {}
    for one in telling:
        for variant, own in zip(one.summary.variants, one.masks, strict=True):
            labels.setdefault(variant, set()).update(own)
    withheld = {label for one in cohorts for label in one.places.get(name, {}).get("withheld", ())}
    variants = () if gene is None else gene.variants
    frequency = np.zeros(0) if gene is None else gene.minor_allele_frequency
    found = []
    for mask in masks:
        for ceiling in mask["max_allele_frequency"]:
            label = mask_label(mask["name"], ceiling)
            named = np.array([label in labels[variant] for variant in variants], np.bool_)
            rare = frequency <= ceiling
            above = int((named & ~rare).sum())
            found.append(MetaMask(mask["name"], ceiling, named & rare, label in withheld, above))
    return found
