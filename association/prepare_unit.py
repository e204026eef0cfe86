"""Make genes ready for a trait, whether they can be tested or not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from association.asked_variants import AskedVariants
from association.gene_plan import GenePlan
from association.gene_unit import GeneUnit, Row
from association.mask_part import PartMaker
from association.row_maker import RowMaker, name_test
from association.scan_settings import ALL_MASKS, CONTROL_MASK, OMNIBUS, MaskChoice, ScanSettings, ScanTrait

NO_VARIANT = "no qualifying variant"
NO_CARRIER = "no carrier among the samples with the trait"


def prepare_unit(gene: Row, begin: int, end: int, asked: AskedVariants) -> GeneUnit:
    """Make a gene ready for a trait.

    Parameters
    ----------
    gene
        gene, contig and start.
    begin, end
        Its variants in the batch.
    asked
        The batch, with trait and settings.
    """
    settings = asked.settings
    start = _start(gene, asked.trait)
    chosen, carried = asked.chosen[:, begin:end], asked.carried[begin:end]
    variants = np.flatnonzero(chosen.any(axis=0) & carried)
    seen = chosen[:, variants]
    rows: list[Row] = []
    if variants.size == 0:
        for choice, own in zip(settings.masks, chosen, strict=True):
            rows += _untested(start | _mask(choice), NO_CARRIER if own.any() else NO_VARIANT, settings)
        rows += _untested_omnibus(start, settings, rows)
        _name_primary(rows)
        return GeneUnit(gene["gene"], rows, [], [], None)
    variants += begin
    carriers, called = asked.genotypes.select(variants)
    plan = GenePlan(carriers, asked.genotypes.alleles[variants], asked.cauchy_weights[variants])
    weights = {scheme: values[variants] for scheme, values in asked.weights.items()}
    maker = RowMaker(plan, PartMaker(carriers, called, asked.trait, asked.stratum_sizes), weights, asked)
    for choice, own, used in zip(settings.masks, chosen, seen, strict=True):
        if used.any():
            rows += maker.mask_rows(start | _mask(choice), choice, used)
        else:
            rows += _untested(start | _mask(choice), NO_CARRIER if own.any() else NO_VARIANT, settings)
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
