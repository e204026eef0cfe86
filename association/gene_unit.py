"""One gene for one trait: its result rows under every mask, and what is needed to fill them."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.extremes import Readings
from association.gene_plan import GenePlan
from association.gene_tests.columns import Burden
from association.scan_settings import WeightedTest

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = dict[str, Any]

# Genes with fewer carriers are described, never called significant.
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
    alleles
        Minor alleles that were called.
    events, expected_events
        Of the carriers; None where the trait has no events.
    one_stratum
        Whether all carriers are of one stratum, where the trait has several.
    """

    control: bool
    used: Booleans
    carriers: Integers
    samples: Integers
    classes: Integers
    log10_ways: float
    alleles: float
    events: float | None
    expected_events: float | None
    one_stratum: bool


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


def power_of_ten(log10_p: float) -> float:
    """Give a p-value for its logarithm; the smallest number stands for all that are smaller, never zero."""
    return max(math.pow(10.0, log10_p), sys.float_info.min)
