"""Common variants that stand for the genome: far from each other in linkage, outside regions of long-range linkage.

Axes: m variants, n samples. Dosages count alternate alleles, 0 to 2, with -1 where a call is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.cohort.long_range_ld import LONG_RANGE_LD

Dosages = NDArray[np.int8]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MISSING = -1
# Correlations are taken among at most so many samples: their standard error is then at most 0.01.
MOST_SAMPLES = 10_000
# Variants at a time: 512 of 10,000 samples take 20 MB in single precision.
BLOCK = 512


@dataclass(frozen=True)
class CommonGenotypes:
    """Calls of common variants.

    Attributes
    ----------
    dosages
        Alternate alleles (m, n), -1 where missing.
    contig
        Names without "chr" (m).
    position
        Base pairs (m).
    """

    dosages: Dosages
    contig: NDArray[np.object_]
    position: NDArray[np.int64]

    def __post_init__(self) -> None:
        variants = len(self.dosages)
        if self.dosages.ndim != 2 or self.dosages.dtype != np.int8:
            raise ValueError(f"dosages: expected int8 (m, n), found {self.dosages.dtype} {self.dosages.shape}")
        if self.contig.shape != (variants,) or self.position.shape != (variants,):
            raise ValueError(f"contig and position: expected one of each for {variants} variants")

    def take(self, variants: NDArray[np.intp] | Mask) -> CommonGenotypes:
        """Give the variants of a mask, or of places."""
        return CommonGenotypes(self.dosages[variants], self.contig[variants], self.position[variants])


def variant_blocks(variants: int, size: int = BLOCK) -> Iterator[slice]:
    """Cut variants into runs of at most `size`."""
    return (slice(first, min(first + size, variants)) for first in range(0, variants, size))


def alternate_frequency(dosages: Dosages) -> tuple[Floats, Floats]:
    """Give each variant's alternate allele frequency, NaN where nobody is called, and its share of called (m)."""
    frequency, call_rate = np.full(len(dosages), np.nan), np.zeros(len(dosages))
    for block in variant_blocks(len(dosages)):
        called = (dosages[block] >= 0).sum(axis=1)
        alternates = np.maximum(dosages[block], 0).sum(axis=1, dtype=np.int64)
        frequency[block] = np.divide(alternates, 2 * called, out=np.full(len(called), np.nan), where=called > 0)
        call_rate[block] = called / max(dosages.shape[1], 1)
    return frequency, call_rate


def outside_long_range_ld(contig: NDArray[np.object_], position: NDArray[np.int64], reference_genome: str) -> Mask:
    """Say which variants lie outside the regions of long-range linkage disequilibrium (m).

    Parameters
    ----------
    contig
        Names without "chr" (m).
    position
        Base pairs (m).
    reference_genome
        "GRCh37" or "GRCh38".

    Raises
    ------
    ValueError
        Of another reference genome no regions are known.
    """
    if reference_genome not in LONG_RANGE_LD:
        known = " and ".join(LONG_RANGE_LD)
        raise ValueError(f"reference genome {reference_genome!r}: long-range LD is known for {known}")
    outside = np.ones(len(position), dtype=bool)
    for name, first, last in LONG_RANGE_LD[reference_genome]:
        outside &= ~((contig == name) & (position >= first * 1e6) & (position <= last * 1e6))
    return outside


def ld_pruned(
    genotypes: CommonGenotypes, *, max_r2: float = 0.1, window_bp: int = 1_000_000, min_maf: float = 0.01
) -> NDArray[np.intp]:
    """Choose variants of which no two nearby ones are correlated.

    The commonest variant is taken first, of equally common ones the better called, then the one that comes first;
    whatever correlates with one taken goes. Missing calls count as the variant's mean.

    Parameters
    ----------
    genotypes
        Calls; the variants may be in any order.
    max_r2
        Largest squared correlation of two variants that both stay.
    window_bp
        Variants further apart, or on other contigs, are not compared.
    min_maf
        Smallest minor allele frequency, among the samples that are looked at.

    Returns
    -------
    Places of the variants that stay, in ascending order.

    Notes
    -----
    Of more than 10,000 samples, 10,000 evenly spaced ones are looked at.
    """
    dosages = _spaced_samples(genotypes.dosages)
    frequency, call_rate = alternate_frequency(dosages)
    minor = np.minimum(frequency, 1 - frequency)
    usable = np.flatnonzero((minor >= min_maf) & (minor > 0))
    sorted_usable = usable[np.lexsort((genotypes.position[usable], genotypes.contig[usable].astype(str)))]
    neighbours = _correlated(dosages, genotypes, sorted_usable, max_r2, window_bp)
    # Rounded, so that a frequency and one minus it rank alike whichever allele is the reference.
    rank = np.lexsort((np.arange(sorted_usable.size), -call_rate[sorted_usable], -np.round(minor[sorted_usable], 12)))
    undecided = np.ones(sorted_usable.size, dtype=bool)
    kept = []
    for variant in rank:
        if undecided[variant]:
            kept.append(variant)
            undecided[neighbours[variant]] = False
    return np.sort(sorted_usable[np.array(kept, dtype=np.intp)])


def standardised(dosages: Dosages, mean: Floats, scale: Floats) -> NDArray[np.float32]:
    """Give (dosage - mean) / scale of each variant, zero where a call is missing (m, n)."""
    values = (dosages - mean[:, None].astype(np.float32)) * (1 / scale[:, None]).astype(np.float32)
    return np.where(dosages >= 0, values, np.float32(0)).astype(np.float32, copy=False)


def _spaced_samples(dosages: Dosages) -> Dosages:
    samples = dosages.shape[1]
    if samples <= MOST_SAMPLES:
        return dosages
    return dosages[:, np.linspace(0, samples - 1, MOST_SAMPLES).astype(np.intp)]


def _unit_rows(dosages: Dosages) -> NDArray[np.float32]:
    """Give rows whose products are the correlations of mean-imputed dosages."""
    called = dosages >= 0
    mean = np.where(called, dosages, 0).sum(axis=1) / np.maximum(called.sum(axis=1), 1)
    centred = standardised(dosages, mean, np.ones(len(mean)))
    length = np.sqrt(np.einsum("ij,ij->i", centred, centred, dtype=np.float64))
    return np.asarray(centred / np.maximum(length, 1e-30)[:, None], dtype=np.float32)


def _correlated(
    dosages: Dosages, genotypes: CommonGenotypes, order: NDArray[np.intp], max_r2: float, window_bp: int
) -> list[NDArray[np.intp]]:
    """List, for each of the variants in `order`, which of them correlate with it."""
    contig, position = genotypes.contig[order], genotypes.position[order]
    pairs = [np.zeros((2, 0), dtype=np.intp)]
    for rows in variant_blocks(order.size):
        first = _unit_rows(dosages[order[rows]])
        last = rows.stop - 1
        for columns in variant_blocks(order.size):
            begin = columns.start
            if columns.stop <= rows.start:
                continue
            if begin > last and (contig[begin] != contig[last] or position[begin] - position[last] > window_bp):
                break
            second = first if begin == rows.start else _unit_rows(dosages[order[columns]])
            row, column = np.nonzero((first @ second.T) ** 2 > max_r2)
            row, column = row + rows.start, column + begin
            near = (contig[row] == contig[column]) & (position[column] - position[row] <= window_bp) & (row < column)
            pairs.append(np.stack([row[near], column[near]]))
    one, other = np.concatenate(pairs, axis=1)
    both, partner = np.concatenate([one, other]), np.concatenate([other, one])
    by_variant = np.argsort(both, kind="stable")
    cuts = np.searchsorted(both[by_variant], np.arange(1, order.size))
    return np.split(partner[by_variant], cuts)
