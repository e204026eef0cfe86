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

from association.score import Carriers

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


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
    variant = np.repeat(np.arange(burden.weights.size), np.diff(carriers.offsets))
    weight = burden.weights[variant]
    used = weight != 0
    if burden.coding != "sum":
        used &= carriers.dosages == np.rint(carriers.dosages)
    samples, sample = np.unique(carriers.samples[used], return_inverse=True)
    samples = samples.astype(np.int64)
    dosages, weight = carriers.dosages[used], weight[used]
    if burden.coding == "sum":
        return samples, np.bincount(sample, weight * dosages, minlength=samples.size).astype(np.float64)
    if burden.coding == "max":
        largest = np.zeros(samples.size)
        np.maximum.at(largest, sample, weight * dosages)
        return samples, largest
    if burden.coding == "any":
        return samples, np.ones(samples.size)
    if burden.coding == "two_hits":
        twice = samples[np.bincount(sample, dosages, minlength=samples.size) >= 2]
        return twice, np.ones(twice.size)
    raise ValueError(f"no such coding: {burden.coding!r}")


def append_columns(carriers: Carriers, columns: Sequence[tuple[Integers, Floats]]) -> Carriers:
    """Put more columns behind a gene's variants."""
    sizes = [samples.size for samples, _ in columns]
    return Carriers(
        np.concatenate((carriers.offsets, carriers.offsets[-1] + np.cumsum(sizes, dtype=np.int64))),
        np.concatenate((carriers.samples, *(samples for samples, _ in columns))),
        np.concatenate((carriers.dosages, *(values for _, values in columns))),
    )


def squares(carriers: Carriers) -> Floats:
    """Sum each column's squared dosages (c)."""
    return _sums(carriers, carriers.dosages**2)


def in_typical_units(carriers: Carriers) -> Floats:
    """Scale each column's dosages so that they sum to the sum of their squares (k)."""
    scale = squares(carriers) / np.maximum(_sums(carriers, carriers.dosages), np.finfo(float).tiny)
    scale = np.repeat(np.where(scale > 0, scale, 1.0), np.diff(carriers.offsets))
    return np.asarray(carriers.dosages / scale, np.float64)


def _sums(carriers: Carriers, values: Floats) -> Floats:
    column = np.repeat(np.arange(carriers.offsets.size - 1), np.diff(carriers.offsets))
    return np.bincount(column, values, minlength=carriers.offsets.size - 1).astype(np.float64)
