"""Columns of a gene: its variants, and the burdens that collapse them.

A burden gives each sample one number, from the variants of a mask with weights w:

    sum       sum_j w_j g_ij                      additive
    max       max_j w_j g_ij                      the worst variant only
    any       1 if any g_ij > 0                   dominant
    two_hits  1 if sum_j g_ij >= 2                recessive: homozygous, or two variants (their phase is not known)

Imputed calls, whose dosage is no whole number, enter sums only: a collapse asks for alleles that were seen.

Axes: m variants of the gene, c columns, k entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit
from association.score import Carriers

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CODINGS = ("sum", "max", "any", "two_hits")
SUM, MAX, ANY, TWO_HITS = range(4)


@dataclass(frozen=True)
class Burden:
    """How variants collapse into one column.

    Attributes
    ----------
    coding
        "sum", "max", "any" or "two_hits".
    weights
        Of the gene's variants (m); zero leaves a variant out.
    """

    coding: str
    weights: Floats


def collapse(carriers: Carriers, burden: Burden) -> tuple[Integers, Floats]:
    """Collapse variants into one column.

    Parameters
    ----------
    carriers
        The gene's variants (m).
    burden
        How.

    Returns
    -------
    tuple
        Samples with a burden, ascending, and their burdens.

    Raises
    ------
    ValueError
        If there is no such coding.
    """
    if burden.coding not in CODINGS:
        raise ValueError(f"no such coding: {burden.coding!r}")
    samples, values = _collapse(
        carriers.offsets, carriers.samples, carriers.dosages, burden.weights, CODINGS.index(burden.coding)
    )
    return samples, values


@njit(cache=True, nogil=True)
def _collapse(
    offsets: Integers, samples: Integers, dosages: Floats, weights: Floats, coding: int
) -> tuple[Integers, Floats]:
    """Sort the entries that count by sample, and give each sample its value."""
    entries, weight = np.empty(samples.size, np.int64), np.empty(samples.size)
    used = 0
    for variant in range(offsets.size - 1):
        if weights[variant] == 0.0:
            continue
        for entry in range(offsets[variant], offsets[variant + 1]):
            if coding == SUM or dosages[entry] == np.rint(dosages[entry]):
                entries[used], weight[used] = entry, weights[variant]
                used += 1
    order = np.argsort(samples[entries[:used]], kind="mergesort")
    distinct, values = np.empty(used, np.int64), np.zeros(used)
    found = 0
    for place in order:
        sample, dosage = samples[entries[place]], dosages[entries[place]]
        if found == 0 or distinct[found - 1] != sample:
            distinct[found] = sample
            found += 1
        if coding == SUM:
            values[found - 1] += weight[place] * dosage
        elif coding == MAX:
            values[found - 1] = max(values[found - 1], weight[place] * dosage)
        else:
            values[found - 1] += dosage
    if coding <= MAX:
        return distinct[:found].copy(), values[:found].copy()
    seen_often = values[:found] >= (1.0 if coding == ANY else 2.0)
    return distinct[:found][seen_often], np.ones(seen_often.sum())


def append_columns(carriers: Carriers, columns: Sequence[tuple[Integers, Floats]]) -> Carriers:
    """Put more columns behind a gene's variants."""
    sizes = [samples.size for samples, _ in columns]
    return Carriers(
        np.concatenate((carriers.offsets, carriers.offsets[-1] + np.cumsum(sizes, dtype=np.int64))),
        np.concatenate((carriers.samples, *(samples for samples, _ in columns))),
        np.concatenate((carriers.dosages, *(values for _, values in columns))),
    )


def select_columns(carriers: Carriers, columns: Integers) -> Carriers:
    """Give some columns, in the order asked for; all of them in their own order are not copied."""
    if np.array_equal(columns, np.arange(carriers.offsets.size - 1)):
        return carriers
    parts = [slice(carriers.offsets[column], carriers.offsets[column + 1]) for column in columns.tolist()]
    sizes = np.diff(carriers.offsets)[columns]
    return Carriers(
        np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))),
        np.concatenate([carriers.samples[part] for part in parts]),
        np.concatenate([carriers.dosages[part] for part in parts]),
    )


def squares(carriers: Carriers) -> Floats:
    """Sum each column's squared dosages (c)."""
    sums: Floats = _sums(carriers.offsets, carriers.dosages)[1]
    return sums


def in_typical_units(carriers: Carriers) -> Floats:
    """Scale each column's dosages so that they sum to the sum of their squares (k)."""
    burdens: Floats = _in_typical_units(carriers.offsets, carriers.dosages)
    return burdens


@njit(cache=True, nogil=True)
def _sums(offsets: Integers, dosages: Floats) -> tuple[Floats, Floats]:
    """Give each column's sum, and the sum of its squares."""
    sums, squared = np.zeros(offsets.size - 1), np.zeros(offsets.size - 1)
    for column in range(sums.size):
        for entry in range(offsets[column], offsets[column + 1]):
            sums[column] += dosages[entry]
            squared[column] += dosages[entry] * dosages[entry]
    return sums, squared


@njit(cache=True, nogil=True)
def _in_typical_units(offsets: Integers, dosages: Floats) -> Floats:
    sums, squared = _sums(offsets, dosages)
    burdens = np.empty_like(dosages)
    for column in range(sums.size):
        scale = squared[column] / max(sums[column], 1e-300)
        for entry in range(offsets[column], offsets[column + 1]):
            burdens[entry] = dosages[entry] / (scale if scale > 0.0 else 1.0)
    return burdens
