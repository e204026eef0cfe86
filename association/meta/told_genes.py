"""A set of linked genes as rows to be sent, trait by trait.

Axes: n samples that have any trait, c carriers, g linked genes, k masks, m variants, j columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.meta.cohort_summary import GeneSummary
from association.meta.linked_genes import LinkedGenes
from association.meta.share_tables import COLLAPSED, covariance_rows, pattern_rows, variant_rows
from association.meta.shared_columns import Dosages, SharedColumns, number_patterns
from association.meta.summarise import summarise_gene
from association.meta.told_carriers import told_by_stratum, told_carriers
from association.meta.told_masks import masks_as_told
from association.meta.told_places import Places
from association.scan_settings import MaskChoice, ScanTrait
from association.score import Carriers

Rows = dict[str, list[dict[str, Any]]]
Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ToldTrait:
    """A trait that is told of, its strata none too small.

    Attributes
    ----------
    trait
        Samples and null model.
    scale
        Of its residuals (`evidence.residual_scale`).
    position
        Where each sample with any trait stands among its samples, or -1 (n).
    """

    trait: ScanTrait
    scale: Floats
    position: Integers


@dataclass(frozen=True)
class ToldGenes:
    """Linked genes that may be told of.

    Attributes
    ----------
    linked
        The genes.
    possible
        Which masks of each gene each variant could be in, however many carry it (g, k, m).
    dosages, carriers
        What was called (c, m), and of whom (c).
    columns
        What may be told of it.
    masks, labels
        The masks and their names (k).
    names, positions
        Of the variants (m).
    """

    linked: LinkedGenes
    possible: Booleans
    dosages: Dosages
    carriers: Integers
    columns: SharedColumns
    masks: Sequence[MaskChoice]
    labels: Sequence[str]
    names: Sequence[str]
    positions: Integers

    def add(
        self, found: dict[str, Rows], traits: Sequence[ToldTrait], key: str, at_least: int
    ) -> dict[str, dict[str, Any]]:
        """Add the rows of these genes, of every trait; give each gene's start, and the masks it is withheld of."""
        numbers = number_patterns(self.columns.patterns)
        position = np.array([one.position[self.carriers] for one in traits])
        sizes = [one.position.max() + 1 for one in traits]

        def draw() -> np.random.Generator:
            seed = hashlib.sha256(f"{key} {self.linked.genes[0]}".encode()).digest()
            return np.random.default_rng(int.from_bytes(seed, "big"))

        told = told_carriers(numbers, position >= 0, sizes, draw, at_least=at_least)
        masks = masks_as_told(self.columns, told, sizes, self.possible, self.masks)
        strata = np.array([one.trait.strata[own] for one, own in zip(traits, position, strict=True)])
        of_strata = [np.bincount(one.trait.strata) for one in traits]
        by_stratum = told_by_stratum(numbers, told, strata, of_strata, at_least=at_least)
        for at, one in enumerate(traits):
            for gene in range(len(self.linked.genes)):
                summary, in_masks = self._summarise(gene, masks[gene], one, told[at], position[at])
                if summary is not None:
                    rows = found[one.trait.name]
                    rows["variants"] += variant_rows(summary, in_masks, at_least=at_least)
                    rows["patterns"] += pattern_rows(summary, by_stratum=bool(by_stratum[at]))
                    rows["covariances"] += covariance_rows(summary)
        places = Places(self.linked.masks, self.dosages, self.positions)
        starts = places.starts(np.asarray(told.any(axis=0)), at_least=at_least)
        hidden = places.withheld(
            self.columns.patterns, masks, position >= 0, told, [one.mask.name for one in self.masks]
        )
        return {
            name: {
                "start": start,
                "withheld": [label for label, kept in zip(self.labels, own, strict=True) if kept],
            }
            for name, start, own in zip(self.linked.genes, starts, hidden, strict=True)
        }

    def _summarise(
        self, gene: int, masks: Booleans, one: ToldTrait, told: Booleans, position: Integers
    ) -> tuple[GeneSummary | None, list[list[str]]]:
        """Summarise a gene for a trait, and give the masks of each column; None where nothing is told."""
        patterns = self.columns.patterns[told]
        own = np.flatnonzero(masks.any(axis=0) & patterns.any(axis=0))
        if not own.size:
            return None, []
        in_masks = [
            [label for label, kept in zip(self.labels, column, strict=True) if kept] for column in masks[:, own].T
        ]
        variants = self.columns.variants[own].tolist()
        carriers = _compress(patterns[:, own], position[told])
        trait = one.trait
        summary = summarise_gene(
            self.linked.genes[gene],
            [
                self.names[variant] if variant >= 0 else f"{COLLAPSED} {' '.join(masks)}"
                for variant, masks in zip(variants, in_masks, strict=True)
            ],
            carriers,
            np.ones(carriers.samples.size, np.bool_),
            model=trait.model,
            strata=trait.strata,
            scale=one.scale,
            alleles=np.diff(carriers.offsets).astype(np.float64),
            allele_numbers=np.full(own.size, 2.0 * trait.strata.size),
        )
        return summary, in_masks


def _compress(columns: Dosages, samples: Integers) -> Carriers:
    column, row = np.nonzero(columns.T)
    offsets = np.concatenate(([0], np.cumsum(np.bincount(column, minlength=columns.shape[1])))).astype(np.int64)
    return Carriers(offsets, samples[row], columns[row, column].astype(np.float64))
