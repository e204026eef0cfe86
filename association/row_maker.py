"""The rows of one gene, mask by mask: who carries it, which tests it can have, and what they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from association.asked_variants import AskedVariants
from association.calibration.attainable import classes_of, log10_min_attainable_p
from association.calibration.extremes import Reading
from association.gene_plan import GenePlan
from association.gene_tests.columns import Burden
from association.gene_unit import FEWEST_CARRIERS, MaskPart, Row, TestedRow, power_of_ten
from association.mask_part import PartMaker
from association.results import FEW_CARRIERS
from association.scan_settings import (
    ALL_MASKS,
    CONTROL_MASK,
    OMNIBUS,
    MaskChoice,
    WeightedTest,
)

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NO_VARIATION = "genotypes do not vary within strata"
NO_BURDEN = "no sample carries this burden"


class RowMaker:
    """Makes the rows of one gene, mask by mask.

    Parameters
    ----------
    plan, parts
        Of the gene.
    weights
        Of its variants, by scheme.
    asked
        The batch, with trait and settings.
    """

    def __init__(self, plan: GenePlan, parts: PartMaker, weights: Mapping[str, Floats], asked: AskedVariants) -> None:
        self.plan, self.trait, self.settings = plan, asked.trait, asked.settings
        self.tested: list[TestedRow] = []
        self.parts: list[MaskPart] = []
        self._make_part, self._weights, self._sizes = parts.part, weights, asked.stratum_sizes

    def mask_rows(self, start: Row, choice: MaskChoice, used: Booleans) -> list[Row]:
        """Make the rows of one mask: its tests, and their omnibus."""
        part = self._make_part(used, control=choice.mask.name == CONTROL_MASK)
        row = start | self._describe(part)
        weights = {scheme: np.where(used, values, 0.0) for scheme, values in self._weights.items()}
        made = [self._test(row, part, test, weights[test.weights]) for test in self.settings.tests]
        tested = [one for one in made if isinstance(one, TestedRow)]
        if len(self.settings.tests) > 1:
            made.append(self._omnibus(row, part, tested))
        return self._keep(made)

    def omnibus_over_masks(self, start: Row) -> list[Row]:
        """Make the row of the omnibus over all masks that are no control."""
        if self.settings.hypotheses < 2:
            return []
        hypotheses = [one for one in self.tested if not one.part.control]
        part = self._make_part(np.any([one.part.used for one in hypotheses], axis=0), control=False)
        return self._keep([self._omnibus(start | {"mask": ALL_MASKS} | self._describe(part), part, hypotheses)])

    def _keep(self, made: Sequence[TestedRow | Row]) -> list[Row]:
        """Note what can be tested, and give all rows."""
        tested = [one for one in made if isinstance(one, TestedRow)]
        self.tested += tested
        self.parts += [tested[0].part] if tested else []
        return [one.row if isinstance(one, TestedRow) else one for one in made]

    def _test(self, row: Row, part: MaskPart, test: WeightedTest, weights: Floats) -> TestedRow | Row:
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
        log10_attainable = log10_min_attainable_p(classes_of(values), self.trait.strata[samples], self._sizes)
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
        flags = list(self.trait.flags)
        variants = int(np.count_nonzero(part.used))
        if part.carriers.size < FEWEST_CARRIERS:
            flags.append(FEW_CARRIERS)
        if variants == 1:
            flags.append("single_variant")
        if part.one_stratum:
            flags.append("one_stratum")
        return {
            "variants": variants,
            "carriers": part.carriers.size,
            "minor_allele_count": round(part.alleles),
            "observed_events": part.events,
            "expected_events": part.expected_events,
            "flags": ";".join(flags),
        }


def name_test(choice: WeightedTest) -> Row:
    """Name the test."""
    coding = choice.coding if choice.test == "burden" else None
    return {"test": choice.test, "weights": choice.weights, "coding": coding}
