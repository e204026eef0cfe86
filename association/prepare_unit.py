"""Make genes ready for a trait, whether they can be tested or not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.gene_batch import GeneBatch, TraitGenotypes
from association.gene_plan import GenePlan
from association.gene_unit import GeneUnit, Row
from association.row_maker import RowMaker, name_test
from association.scan_settings import ALL_MASKS, CONTROL_MASK, OMNIBUS, MaskChoice, ScanSettings, ScanTrait
from association.score import Carriers

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NO_VARIANT = "no qualifying variant"
NO_CARRIER = "no carrier among the samples with the trait"


def prepare_unit(
    gene: Row,
    picked: Sequence[Integers],
    batch: GeneBatch,
    genotypes: TraitGenotypes,
    trait: ScanTrait,
    settings: ScanSettings,
) -> GeneUnit:
    """Make a gene ready for a trait.

    Parameters
    ----------
    gene
        gene, contig and start.
    picked
        The batch's variants that are in each mask of the settings.
    batch, genotypes
        The batch, and what of it the trait's samples carry.
    trait, settings
        What to test against, and how.
    """
    start = _start(gene, trait)
    carried = [own[genotypes.offsets[own + 1] > genotypes.offsets[own]] for own in picked]
    variants = np.unique(np.concatenate(carried))
    rows: list[Row] = []
    if variants.size == 0:
        for choice, own in zip(settings.masks, picked, strict=True):
            rows += _untested(start | _mask(choice), NO_CARRIER if own.size else NO_VARIANT, settings)
        rows += _untested_omnibus(start, settings, rows)
        _name_primary(rows)
        return GeneUnit(gene["gene"], rows, [], [], None)
    carriers, called = genotypes.select(variants)
    counts = _allele_counts(carriers, called)
    plan = GenePlan(carriers, counts, batch.minor_allele_frequency[variants])
    maker = RowMaker(plan, carriers, called, batch, variants, trait, settings)
    for choice, own, seen in zip(settings.masks, picked, carried, strict=True):
        if seen.size:
            rows += maker.mask_rows(start | _mask(choice), choice, np.isin(variants, seen))
        else:
            rows += _untested(start | _mask(choice), NO_CARRIER if own.size else NO_VARIANT, settings)
    over_masks = any(not one.part.control for one in maker.tested)
    rows += maker.omnibus_over_masks(start) if over_masks else _untested_omnibus(start, settings, rows)
    _name_primary(rows)
    return GeneUnit(gene["gene"], rows, maker.tested, maker.parts, plan if maker.tested else None)


def untested_unit(gene: Row, trait: ScanTrait, reason: str, settings: ScanSettings) -> GeneUnit:
    """Give a gene that can't be tested for a trait, whatever its variants."""
    start = _start(gene, trait)
    rows = [row for choice in settings.masks for row in _untested(start | _mask(choice), reason, settings)]
    rows += _untested_omnibus(start, settings, rows)
    _name_primary(rows)
    return GeneUnit(gene["gene"], rows, [], [], None)


def _start(gene: Row, trait: ScanTrait) -> Row:
    place = {name: gene[name] for name in ("gene", "contig", "start")}
    return {**place, "trait": trait.name, "samples": trait.strata.size, "primary": False}


def _mask(choice: MaskChoice) -> Row:
    return {"mask": choice.mask.name, "max_af": choice.max_af}


def _untested(start: Row, reason: str, settings: ScanSettings) -> list[Row]:
    nobody = {"variants": 0, "carriers": 0, "minor_allele_count": 0, "reason": reason}
    names = [name_test(test) for test in settings.tests]
    names += [{"test": OMNIBUS}] if len(names) > 1 else []
    return [start | name | nobody for name in names]


def _untested_omnibus(start: Row, settings: ScanSettings, rows: Sequence[Row]) -> list[Row]:
    """Make the row of an omnibus over masks none of which can be tested."""
    if settings.hypotheses < 2:
        return []
    reasons = [row["reason"] for row in rows if row["mask"] != CONTROL_MASK]
    reason = NO_VARIANT if all(one == NO_VARIANT for one in reasons) else next(r for r in reasons if r != NO_VARIANT)
    nobody = {"variants": 0, "carriers": 0, "minor_allele_count": 0}
    return [start | {"mask": ALL_MASKS, "test": OMNIBUS, "reason": reason} | nobody]


def _name_primary(rows: Sequence[Row]) -> None:
    """Name the row that sums the gene up: the last that is no control, an omnibus wherever there is one."""
    candidates = [row for row in rows if row["mask"] != CONTROL_MASK]
    if candidates:
        candidates[-1]["primary"] = True


def _allele_counts(carriers: Carriers, called: Booleans) -> Floats:
    variant = np.repeat(np.arange(carriers.offsets.size - 1), np.diff(carriers.offsets))
    return np.asarray(np.bincount(variant[called], carriers.dosages[called], carriers.offsets.size - 1), np.float64)
