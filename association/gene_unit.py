"""One gene for one trait: its result rows under every mask, and what is needed to fill them."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.attainable import log10_min_attainable_p
from association.calibration.extremes import Reading, Readings
from association.gene_batch import GeneBatch, TraitGenotypes
from association.gene_plan import GenePlan
from association.gene_tests.columns import Burden
from association.gene_tests.weights import variant_weights
from association.results import FEW_CARRIERS
from association.scan_settings import (
    ALL_MASKS,
    CONTROL_MASK,
    OMNIBUS,
    MaskChoice,
    ScanSettings,
    ScanTrait,
    WeightedTest,
)
from association.score import Carriers

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = dict[str, Any]

NO_VARIANT = "no qualifying variant"
NO_CARRIER = "no carrier among the samples with the trait"
NO_VARIATION = "genotypes do not vary within strata"
NO_BURDEN = "no sample carries this burden"
FEWEST_CARRIERS = 3


@dataclass(frozen=True)
class MaskPart:
    """A gene's variants under one mask, or under all that are no control.

    Attributes
    ----------
    control
        Whether the mask is the control.
    used
        Which of the gene's variants are in it (m).
    carriers
        Samples that carry one of them, by a call.
    samples, classes
        Samples whose genotype row is not zero, imputed ones included, and the class of each: equal rows share one.
    log10_ways
        log10 of the number of distinct arrangements of these rows within strata.
    """

    control: bool
    used: Booleans
    carriers: Integers
    samples: Integers
    classes: Integers
    log10_ways: float


@dataclass(frozen=True)
class TestedRow:
    """A result row that has a p-value to come.

    Attributes
    ----------
    row
        Columns known so far; what is computed later is added to them.
    part
        The mask.
    test
        What was asked, or None for an omnibus.
    readings
        What of the gene's statistics it reads.
    weights
        Of the gene's variants (m); None for an omnibus.
    burden
        The burden, if that is what is tested.
    """

    row: Row
    part: MaskPart
    test: WeightedTest | None
    readings: Readings
    weights: Floats | None = None
    burden: Burden | None = None


@dataclass(frozen=True)
class GeneUnit:
    """A gene for a trait.

    Attributes
    ----------
    gene
        Its name.
    rows
        All result rows, in order.
    tested
        Those that get a p-value.
    parts
        The masks of these.
    plan
        How their statistics are made; None where nothing can be tested.
    """

    gene: str
    rows: list[Row]
    tested: list[TestedRow]
    parts: list[MaskPart]
    plan: GenePlan | None

    def members(self, omnibus: TestedRow) -> list[TestedRow]:
        """Give the tests that an omnibus is over: its mask's, or those of all masks that are no control."""
        tests = [one for one in self.tested if one.test is not None]
        own = [one for one in tests if one.part is omnibus.part]
        return own or [one for one in tests if not one.part.control]


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
    maker = _RowMaker(plan, carriers, called, batch, variants, trait, settings)
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


class _RowMaker:
    """Makes the rows of one gene, mask by mask."""

    def __init__(
        self,
        plan: GenePlan,
        carriers: Carriers,
        called: Booleans,
        batch: GeneBatch,
        variants: Integers,
        trait: ScanTrait,
        settings: ScanSettings,
    ) -> None:
        self.plan, self.trait, self.settings = plan, trait, settings
        self.tested: list[TestedRow] = []
        self.parts: list[MaskPart] = []
        self._carriers, self._called = carriers, called
        self._variant = np.repeat(np.arange(variants.size), np.diff(carriers.offsets))
        self._weights = {
            test.weights: variant_weights(
                test.weights, batch.minor_allele_frequency[variants], _scores(batch, variants)
            )
            for test in settings.tests
        }
        self._sizes = np.bincount(trait.strata)

    def mask_rows(self, start: Row, choice: MaskChoice, used: Booleans) -> list[Row]:
        """Make the rows of one mask: its tests, and their omnibus."""
        part = self._part(used, control=choice.mask.name == CONTROL_MASK)
        row = start | self._describe(part)
        made = [self._test(row, part, test) for test in self.settings.tests]
        tested = [one for one in made if isinstance(one, TestedRow)]
        if len(self.settings.tests) > 1:
            made.append(self._omnibus(row, part, tested))
        return self._keep(made)

    def omnibus_over_masks(self, start: Row) -> list[Row]:
        """Make the row of the omnibus over all masks that are no control."""
        if self.settings.hypotheses < 2:
            return []
        hypotheses = [one for one in self.tested if not one.part.control]
        part = self._part(np.any([one.part.used for one in hypotheses], axis=0), control=False)
        return self._keep([self._omnibus(start | {"mask": ALL_MASKS} | self._describe(part), part, hypotheses)])

    def _keep(self, made: Sequence[TestedRow | Row]) -> list[Row]:
        """Note what can be tested, and give all rows."""
        tested = [one for one in made if isinstance(one, TestedRow)]
        self.tested += tested
        self.parts += [tested[0].part] if tested else []
        return [one.row if isinstance(one, TestedRow) else one for one in made]

    def _part(self, used: Booleans, *, control: bool) -> MaskPart:
        """Find a mask's carriers, and how many arrangements they have."""
        entries = used[self._variant]
        samples, sample = np.unique(self._carriers.samples[entries], return_inverse=True)
        values = _row_values(sample, self._variant[entries], self._carriers.dosages[entries])
        classes = _classes(values)
        log10_ways = -log10_min_attainable_p(classes, self.trait.strata[samples], self._sizes)
        carriers = np.unique(self._carriers.samples[self._called & entries])
        return MaskPart(control, used, carriers, samples, classes, log10_ways)

    def _test(self, row: Row, part: MaskPart, test: WeightedTest) -> TestedRow | Row:
        weights = np.where(part.used, self._weights[test.weights], 0.0)
        row = row | name_test(test)
        if not weights.any():
            return row | {"reason": NO_BURDEN}
        if test.test == "burden":
            return self._burden(row, part, test, Burden(test.coding, weights))
        if part.log10_ways == 0:
            return row | {"reason": NO_VARIATION}
        row["min_attainable_p"] = power_of_ten(-part.log10_ways)
        make = {"skat": self.plan.skat, "skat_o": self.plan.skat_o, "acat_v": self.plan.acat_v}[test.test]
        return TestedRow(row, part, test, make(weights), weights)

    def _burden(self, row: Row, part: MaskPart, test: WeightedTest, burden: Burden) -> TestedRow | Row:
        samples, values = self.plan.burden_entries(burden)
        if samples.size == 0:
            return row | {"reason": NO_BURDEN}
        log10_attainable = log10_min_attainable_p(_classes(values), self.trait.strata[samples], self._sizes)
        if log10_attainable == 0:
            return row | {"reason": NO_VARIATION}
        row["min_attainable_p"] = power_of_ten(log10_attainable)
        return TestedRow(row, part, test, self.plan.burden(burden), burden.weights, burden)

    def _omnibus(self, row: Row, part: MaskPart, tested: Sequence[TestedRow]) -> TestedRow | Row:
        row = row | {"test": OMNIBUS}
        if part.log10_ways == 0 or not tested:
            return row | {"reason": NO_VARIATION}
        row["min_attainable_p"] = power_of_ten(-part.log10_ways)
        readings: dict[tuple[int, int, float], Reading] = {}
        for one in tested:
            for reading in one.readings:
                readings.setdefault((reading.first, reading.second, reading.rho), reading)
        return TestedRow(row, part, None, tuple(readings.values()))

    def _describe(self, part: MaskPart) -> Row:
        """Count who carries the variants, and what cautions that calls for."""
        trait, carriers = self.trait, part.carriers
        flags = list(trait.flags)
        if carriers.size < FEWEST_CARRIERS:
            flags.append(FEW_CARRIERS)
        if part.used.sum() == 1:
            flags.append("single_variant")
        if np.ptp(trait.strata) > 0 and np.ptp(trait.strata[carriers]) == 0:
            flags.append("one_stratum")
        events, expected = trait.model.events, trait.model.expected_events
        entries = self._called & part.used[self._variant]
        return {
            "variants": int(part.used.sum()),
            "carriers": carriers.size,
            "minor_allele_count": round(self._carriers.dosages[entries].sum()),
            "observed_events": None if events is None else float(events[carriers].sum()),
            "expected_events": None if expected is None else float(expected[carriers].sum()),
            "flags": ";".join(flags),
        }


def _row_values(sample: Integers, variant: Integers, dosages: Floats) -> Floats:
    """Give each sample (k) one number that tells its genotype row from others: a random projection of it."""
    projection = np.random.default_rng(0).random(int(variant.max(initial=0)) + 1)
    return np.bincount(sample, dosages * projection[variant]).astype(np.float64)


def _classes(values: Floats) -> Integers:
    """Give equal values one class; they may differ by rounding."""
    return np.unique(np.round(values / values.max(), 9), return_inverse=True)[1].astype(np.int64)


def name_test(choice: WeightedTest) -> Row:
    """Name the test."""
    coding = choice.coding if choice.test == "burden" else None
    return {"test": choice.test, "weights": choice.weights, "coding": coding}


def power_of_ten(log10_p: float) -> float:
    """Give a p-value for its logarithm; the smallest number stands for all that are smaller, never zero."""
    return max(math.pow(10.0, log10_p), sys.float_info.min)


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


def _scores(batch: GeneBatch, variants: Integers) -> dict[str, Floats]:
    return {name: values[variants] for name, values in batch.annotations.scores.items()}
