"""Kinship of all pairs from common variants, robust to population structure (KING-robust, between families).

Of two unrelated samples of one population the standard error of kinship (`association.cohort.king`) is about

    sqrt(sum 12 p^2 q^2) / sum 4 p q,   p + q = 1, over independent sites.

Parent and child share an allele everywhere, siblings share none at a quarter of the genome. With z expected of
unrelated ones at a share 2 p^2 q^2 of sites, the share of the genome at which none is shared is estimated as

    z / sum 2 p^2 q^2.

References
----------
Manichaikul et al. Robust relationship inference in genome-wide association studies. Bioinformatics 2010.
doi:10.1093/bioinformatics/btq559
Purcell et al. PLINK. AJHG 2007. doi:10.1086/519795 (the share from IBS0)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from association.cohort.common_variants import Dosages, Floats, alternate_frequency, variant_blocks
from association.cohort.king import pair_kinship

DUPLICATE, FIRST_DEGREE, SECOND_DEGREE, THIRD_DEGREE = 0.354, 0.177, 0.0884, 0.0442
COLUMNS = ("sample_1", "sample_2", "kinship", "ibs0", "sites", "relationship")

# Share of the genome at which a parent and child may seem to share nothing: 0 but for errors. Siblings have 0.25,
# with a standard deviation of 0.04 among pairs.
MOST_UNSHARED = 0.1
# Opposite homozygotes to expect of siblings: fewer, and chance makes parent and child of them more often than once
# in 500 (Poisson).
FEWEST_OPPOSITE = 20
# Fewer sites are taken for no estimate at all.
FEWEST_SITES = 100
# Unrelated pairs of the whole cohort that may be expected to reach the smallest kinship reported.
FALSE_PAIRS = 0.05
# Samples at a time: five products of 2,000 by 2,000 in single precision take 80 MB.
SAMPLES_AT_ONCE = 2_000


@dataclass(frozen=True)
class Relatedness:
    """Related pairs, and how close a relationship the sites can tell.

    Attributes
    ----------
    pairs
        A row per related pair: `COLUMNS`.
    sites
        Variants that were looked at.
    standard_error
        Of the kinship of an unrelated pair called everywhere, if the sites were independent.
    smallest_kinship
        Pairs of this kinship or more are given; larger than asked for where the sites are too few to tell.
    reason
        Why not all that was asked for can be told; None where it can.
    """

    pairs: pd.DataFrame
    sites: int
    standard_error: float
    smallest_kinship: float
    reason: str | None


def kinship_standard_error(frequency: Floats) -> float:
    """Give the standard error of an unrelated pair's kinship at independent sites of these allele frequencies."""
    product = frequency * (1 - frequency)
    return float(np.sqrt(12 * np.sum(product**2)) / (4 * np.sum(product))) if np.any(product > 0) else np.inf


def related_pairs(
    dosages: Dosages,
    samples: Sequence[str],
    *,
    min_kinship: float = THIRD_DEGREE,
    samples_at_once: int = SAMPLES_AT_ONCE,
) -> Relatedness:
    """Find all pairs of a kinship of at least `min_kinship`.

    Parameters
    ----------
    dosages
        Alternate alleles at common autosomal variants (m, n), -1 where missing.
    samples
        Their ids (n).
    min_kinship
        Smallest kinship to give.
    samples_at_once
        Samples of a block; decides memory and time, not results.

    Notes
    -----
    Contaminated samples have heterozygous calls in common with everybody, and seem related to many from a tenth of
    foreign DNA on: they are to be left out beforehand.

    Where so few sites are left that unrelated pairs would reach `min_kinship`, the limit rises to what less than
    `FALSE_PAIRS` of them reach, for each pair by the sites called in both, and `reason` says so.
    """
    frequency, _ = alternate_frequency(dosages)
    varying = np.flatnonzero((frequency > 0) & (frequency < 1))
    frequency, number = frequency[varying], len(samples)
    error = kinship_standard_error(frequency)
    told = error * norm.isf(min(FALSE_PAIRS / max(number * (number - 1) / 2, 1), 0.5))
    reason = _reason(varying.size, error, told, min_kinship)
    if varying.size < FEWEST_SITES:
        return Relatedness(_frame([], samples, 0.0), varying.size, error, np.inf, reason)
    calls, blocks = dosages[varying], list(variant_blocks(number, samples_at_once))
    found = [
        _block(calls, rows, columns, min_kinship, told)
        for place, rows in enumerate(blocks)
        for columns in blocks[place:]
    ]
    expected = float(np.mean(2 * (frequency * (1 - frequency)) ** 2))
    pairs = _frame(found, samples, expected)
    return Relatedness(pairs, varying.size, error, max(min_kinship, told), reason)


def relationship(
    kinship: Floats, ibs0: Floats, sites: NDArray[np.int64], expected_ibs0: float
) -> NDArray[np.object_]:
    """Name the relationship of each pair.

    Parameters
    ----------
    kinship
        KING-robust kinship.
    ibs0
        Share of sites with opposite homozygotes.
    sites
        How many are called in both.
    expected_ibs0
        The share in unrelated pairs: the mean of 2 p^2 q^2.
    """
    first = np.where(ibs0 < MOST_UNSHARED * expected_ibs0, "parent-child", "siblings")
    first = np.where(sites * expected_ibs0 / 4 < FEWEST_OPPOSITE, "first degree", first)
    limits = [kinship >= DUPLICATE, kinship >= FIRST_DEGREE, kinship >= SECOND_DEGREE, kinship >= THIRD_DEGREE]
    names = ["duplicate", first, "second degree", "third degree"]
    return np.select(
        limits, [np.broadcast_to(np.asarray(name, dtype=object), kinship.shape) for name in names], "none"
    )


def _reason(sites: int, error: float, told: float, min_kinship: float) -> str | None:
    if sites < FEWEST_SITES:
        return f"{sites} common variants are too few to tell kinship; {FEWEST_SITES} at least are needed"
    if told > min_kinship:
        return (
            f"with {sites} common variants kinship has a standard error of {error:.3f}: below {told:.3f} relatives "
            "can't be told from unrelated pairs"
        )
    return None


def _block(calls: Dosages, rows: slice, columns: slice, min_kinship: float, told: float) -> pd.DataFrame:
    """Give the related pairs between two blocks of samples, by their places."""
    same = rows == columns
    found = pair_kinship(calls[:, rows], None if same else calls[:, columns])
    limit = np.maximum(min_kinship, told * np.sqrt(len(calls) / np.maximum(found.sites, 1)))
    near = (found.kinship >= limit) & (found.sites >= FEWEST_SITES)
    one, other = np.nonzero(np.triu(near, 1) if same else near)
    return pd.DataFrame(
        {
            "one": one + rows.start,
            "other": other + columns.start,
            "kinship": found.kinship[one, other],
            "ibs0": found.ibs0[one, other],
            "sites": found.sites[one, other].astype(np.int64),
        }
    )


def _frame(found: list[pd.DataFrame], samples: Sequence[str], expected_ibs0: float) -> pd.DataFrame:
    names = np.asarray(samples, dtype=object)
    blocks = [block for block in found if len(block)]
    if not blocks:
        types = dict(zip(COLUMNS, ("object", "object", "float64", "float64", "int64", "object"), strict=True))
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})
    pairs = pd.concat(blocks, ignore_index=True)
    one, other = names[pairs["one"].to_numpy()], names[pairs["other"].to_numpy()]
    ordered = one < other
    pairs["sample_1"], pairs["sample_2"] = np.where(ordered, one, other), np.where(ordered, other, one)
    kinship, ibs0, sites = (pairs[name].to_numpy() for name in ("kinship", "ibs0", "sites"))
    pairs["relationship"] = relationship(kinship, ibs0, sites, expected_ibs0)
    return pairs[list(COLUMNS)].sort_values(["sample_1", "sample_2"], ignore_index=True)
