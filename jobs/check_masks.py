"""What masks find in a gene store: how many variants and genes each takes, and what they ask of that nothing has.

Only the columns of annotations are read, not the carriers: a pass over a fraction of the store.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association.gene_batch import FIELD_PREFIX, SCORE_PREFIX, read_annotations
from association.gene_tests.mask_expression.checks import caught_by_not
from association.gene_tests.mask_expression.evaluate import CONSEQUENCE, is_missing
from association.gene_tests.mask_expression.parse import parse
from association.gene_tests.mask_expression.tree import fields_of
from association.gene_tests.masks import (
    EXTERNAL_AF,
    MINOR_ALLELE_COUNT,
    VariantAnnotations,
    below_ceiling,
    qualifying_variants,
)
from association.gene_tests.weights import SCORE
from association.scan import drop_variants
from association.scan_settings import MaskChoice, ScanSettings
from hail_pipelines.places import listed, readable
from infra.storage import Place
from jobs.study.gene_tests import Mask

log = logging.getLogger(__name__)

MASKS_FILE = "masks.tsv"

_ANNOTATIONS = ("gene", "consequence", "loftee", "external_af", "allele_count", "allele_number")
_NAMES = ("contig", "position", "ref", "alt")


@dataclass(frozen=True)
class MaskCount:
    """What one mask takes at one ceiling.

    Attributes
    ----------
    mask, max_af
        As in the results.
    variants
        Its variants, once for each gene they lie in.
    genes
        Genes with at least one.
    """

    mask: str
    max_af: float
    variants: int
    genes: int


@dataclass(frozen=True)
class MaskReview:
    """What the masks of a scan find in a gene store.

    Attributes
    ----------
    counts
        Of each mask and ceiling.
    absent
        By field that a mask or weights ask of and no variant in the store has, who asks.
    variants
        How many rows the store has.
    """

    counts: tuple[MaskCount, ...]
    absent: Mapping[str, tuple[str, ...]]
    variants: int

    @property
    def warnings(self) -> list[str]:
        """Say which masks are empty, and which fields no variant has."""
        words = [
            f"no variant of any gene is in the mask {one.mask} at a frequency of at most {one.max_af:g}; "
            "look at its rule, and at what annotation keeps"
            for one in self.counts
            if one.variants == 0
        ]
        return words + [
            f"no variant in the gene store has {field}, which {' and '.join(who)} "
            f"{'asks' if len(who) == 1 else 'ask'} for; look at what the annotation holds"
            for field, who in self.absent.items()
        ]

    @property
    def empty(self) -> int:
        """How many masks, counted at each ceiling, have no variant."""
        return sum(one.variants == 0 for one in self.counts)


def review_masks(store: Place, settings: ScanSettings) -> MaskReview:
    """Count what each mask takes of a gene store.

    Parameters
    ----------
    store
        The folder of the gene store.
    settings
        Of the scan.
    """
    asked = asked_fields(settings)
    present: set[str] = set()
    variants: Counter[MaskChoice] = Counter()
    genes: Counter[MaskChoice] = Counter()
    rows = 0
    for part in _parts(store, with_names=bool(settings.left_out)):
        kept = drop_variants(part, settings.left_out)
        annotations = read_annotations(kept)
        present |= {name for name in asked if name not in present and _has_values(annotations, name)}
        rows += kept.num_rows
        # A gene is whole in one file.
        gene = np.array(kept["gene"].to_pylist(), dtype=object)
        for choice in settings.masks:
            picked = _picked(kept, annotations, choice)
            variants[choice] += int(picked.sum())
            genes[choice] += len(set(gene[picked]))
    counts = tuple(
        MaskCount(choice.mask.name, choice.max_af, variants[choice], genes[choice]) for choice in settings.masks
    )
    return MaskReview(counts, {name: who for name, who in asked.items() if name not in present}, rows)


def empty_masks(store: Place, settings: ScanSettings) -> list[str]:
    """Warn of masks without any variant, and of fields without any value."""
    return review_masks(store, settings).warnings


def write_masks(review: MaskReview, masks: Sequence[Mask], folder: Path) -> None:
    """Write `masks.tsv`: a row per mask and ceiling, what it takes and by which rule; warnings go to the log."""
    rules = {mask.name: _rule(mask) for mask in masks}
    rows = [vars(one) | {"rule": rules[one.mask]} for one in review.counts]
    table = pd.DataFrame(rows, columns=["mask", "max_af", "variants", "genes", "rule"])
    table.to_csv(folder / MASKS_FILE, sep="\t", index=False)
    for warning in review.warnings:
        log.warning("%s", warning)


def asked_fields(settings: ScanSettings) -> dict[str, tuple[str, ...]]:
    """Name the fields that masks and weights ask of, but those that every variant has, each with who asks."""
    asked: dict[str, list[str]] = {}
    for choice in settings.masks:
        mask = choice.mask
        names = fields_of(mask.where) if mask.where is not None else (mask.score,) if mask.score else ()
        for name in names:
            asked.setdefault(name, []).append(f"the mask {mask.name}")
    for test in settings.tests:
        name = test.weights.removeprefix(SCORE)
        if name != test.weights:
            asked.setdefault(name, []).append(f"the test {test.test}")
    never_missing = (CONSEQUENCE, MINOR_ALLELE_COUNT)
    return {name: tuple(dict.fromkeys(who)) for name, who in asked.items() if name not in never_missing}


def mask_notes(masks: Sequence[Mask]) -> list[str]:
    """Say where a mask's expression, though it can be read, may take more than was meant."""
    notes = []
    for mask in masks:
        if mask.where is not None:
            faults = caught_by_not(parse(mask.where), (CONSEQUENCE, MINOR_ALLELE_COUNT))
            notes += [f"mask {mask.name}, column {fault.at + 1}: {fault.message}" for fault in faults]
    return notes


def _rule(mask: Mask) -> str:
    """Give a mask's rule on one line."""
    if mask.where is not None:
        return " ".join(mask.where.split())
    return f"{mask.damaging.score} >= {mask.damaging.at_least:g}" if mask.damaging is not None else "built in"


def _parts(store: Place, *, with_names: bool) -> Iterator[pa.Table]:
    """Give the annotations of each file of a store; the columns that name variants only where they are needed."""
    wanted = {*_ANNOTATIONS, *(_NAMES if with_names else ())}
    for path in listed(store, "part-*.parquet"):
        file = pq.ParquetFile(readable(path))
        names = file.schema_arrow.names
        yield file.read([n for n in names if n in wanted or n.startswith((SCORE_PREFIX, FIELD_PREFIX))])


def _has_values(annotations: VariantAnnotations, name: str) -> bool:
    column = annotations.columns.get(name)
    return column is not None and not bool(is_missing(column).all())


def _picked(variants: pa.Table, annotations: VariantAnnotations, choice: MaskChoice) -> np.ndarray[Any, Any]:
    frequency = annotations.rarity[MINOR_ALLELE_COUNT] / np.asarray(variants["allele_number"], np.float64)
    rare = below_ceiling(frequency, annotations.rarity[EXTERNAL_AF], choice.max_af)
    picked: np.ndarray[Any, Any] = qualifying_variants(choice.mask, annotations) & rare
    return picked
