"""A gene's variants under one mask: who carries them, in which classes of equal genotype rows, with what outcome.

Axes: m variants of the gene, k samples whose genotype row is not zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.attainable import classes_of, log10_min_attainable_p
from association.gene_unit import MaskPart
from association.kernels import njit
from association.scan_settings import ScanTrait
from association.score import Carriers

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_NONE = np.zeros(0)


class PartMaker:
    """Makes the parts of one gene.

    Parameters
    ----------
    carriers
        The gene's variants (m).
    called
        Which entries are calls.
    trait
        Whose samples they are.
    stratum_sizes
        Samples of each of the trait's strata.
    """

    def __init__(self, carriers: Carriers, called: Booleans, trait: ScanTrait, stratum_sizes: Integers) -> None:
        self._columns = (carriers.offsets, carriers.samples, carriers.dosages, called)
        # Each sample's genotype row is told from others by one number: a random projection of it.
        self._projection = np.random.default_rng(0).random(carriers.offsets.size - 1)
        self._strata, self._sizes = trait.strata, stratum_sizes
        events, expected = trait.model.events, trait.model.expected_events
        self._outcome = (_NONE if events is None else events, _NONE if expected is None else expected)

    def part(self, used: Booleans, *, control: bool) -> MaskPart:
        """Describe the variants of one mask.

        Parameters
        ----------
        used
            Which of the gene's variants are in it (m).
        control
            Whether the mask is the control.
        """
        samples, classes, carriers, log10_ways, sums, one_stratum = _describe(
            *self._columns, used, self._projection, self._strata, self._sizes, *self._outcome
        )
        known = [float(total) if values.size else None for total, values in zip(sums[1:], self._outcome, strict=True)]
        return MaskPart(
            control=control,
            used=used,
            carriers=carriers,
            samples=samples,
            classes=classes,
            log10_ways=log10_ways,
            alleles=float(sums[0]),
            events=known[0],
            expected_events=known[1],
            one_stratum=bool(one_stratum) and self._sizes.size > 1,
        )


@njit(cache=True, nogil=True)
def _describe(
    offsets: Integers,
    samples: Integers,
    dosages: Floats,
    called: Booleans,
    used: Booleans,
    projection: Floats,
    strata: Integers,
    sizes: Integers,
    events: Floats,
    expected: Floats,
) -> Any:
    """Sort the mask's entries by sample, and go through them sample by sample."""
    entries, variants = np.empty(samples.size, np.int64), np.empty(samples.size, np.int64)
    size = 0
    for variant in range(used.size):
        if used[variant]:
            for entry in range(offsets[variant], offsets[variant + 1]):
                entries[size], variants[size] = entry, variant
                size += 1
    distinct, values, carries = np.empty(size, np.int64), np.zeros(size), np.zeros(size, np.bool_)
    found, sums = 0, np.zeros(3)
    for place in np.argsort(samples[entries[:size]], kind="mergesort"):
        entry = entries[place]
        if found == 0 or distinct[found - 1] != samples[entry]:
            distinct[found] = samples[entry]
            found += 1
        values[found - 1] += dosages[entry] * projection[variants[place]]
        carries[found - 1] |= called[entry]
        sums[0] += dosages[entry] if called[entry] else 0.0
    distinct = distinct[:found].copy()
    carriers = distinct[carries[:found]]
    one_stratum = True
    for sample in carriers:
        sums[1] += events[sample] if events.size else 0.0
        sums[2] += expected[sample] if expected.size else 0.0
        one_stratum &= strata[sample] == strata[carriers[0]]
    classes = classes_of(values[:found].copy())
    log10_ways = -log10_min_attainable_p(classes, strata[distinct], sizes)
    return distinct, classes, carriers, log10_ways, sums, one_stratum
