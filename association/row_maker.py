"""The rows of one gene, mask by mask: who carries it, which tests it can have, and what they read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.calibration.attainable import log10_min_attainable_p
from association.calibration.extremes import Reading
from association.gene_batch import GeneBatch
from association.gene_plan import GenePlan
from association.gene_tests.columns import Burden
from association.gene_tests.weights import variant_weights
from association.gene_unit import FEWEST_CARRIERS, MaskPart, Row, TestedRow, power_of_ten
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

NO_VARIATION = "genotypes do not vary within strata"
NO_BURDEN = "no sample carries this burden"


class RowMaker:
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


def _scores(batch: GeneBatch, variants: Integers) -> dict[str, Floats]:
    return {name: values[variants] for name, values in batch.annotations.scores.items()}
