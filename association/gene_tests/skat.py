"""SKAT: a gene's variants push the trait in any direction.

    Q = U' W^2 U ~ sum_j lambda_j chi2_1 under the null, lambda the spectrum of W Phi W.

The tail is exact (`association.quadratic_forms`); R's SKAT package falls back to a moment match below 1e-6.

References
----------
Wu et al. Rare-variant association testing for sequencing data. AJHG 2011. doi:10.1016/j.ajhg.2011.05.029
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from association.quadratic_forms import upper_tail_log10
from association.score import ScoreStatistics

Floats = NDArray[np.float64]


# Numbers in the matrices that are decomposed at a time.
MOST_NUMBERS = 1 << 20


@dataclass(frozen=True)
class SkatStatistic:
    """What SKAT compares.

    Attributes
    ----------
    statistic
        Q.
    eigenvalues
        l, the spectrum of its null distribution (m), none below zero.
    """

    statistic: float
    eigenvalues: Floats


@dataclass(frozen=True)
class MixtureStatistic(SkatStatistic):
    """What SKAT-O needs beside it.

    Attributes
    ----------
    burden
        B = 1'WU.
    loadings
        l_j (e_j'1)^2 of the eigenvectors e (m); they add up to the variance of B.
    """

    burden: float
    loadings: Floats


def skat_statistic(statistics: ScoreStatistics, weights: Floats) -> MixtureStatistic:
    """Give SKAT's statistic and the spectrum of its null distribution.

    Parameters
    ----------
    statistics
        Score (m) and covariance (m, m) of the gene's variants.
    weights
        Variant weights (m), on dosage.
    """
    return skat_statistics([statistics], [weights])[0]


def skat_statistics(statistics: Sequence[ScoreStatistics], weights: Sequence[Floats]) -> list[MixtureStatistic]:
    """Give the statistics of many genes; those of as many variants are decomposed together.

    Parameters
    ----------
    statistics
        Score (m) and covariance (m, m) of each gene's variants.
    weights
        Variant weights (m) of each gene, on dosage.

    Raises
    ------
    ValueError
        If there are not as many weights as genes.
    """
    genes = list(zip(statistics, weights, strict=True))
    found: dict[int, MixtureStatistic] = {}
    for members in alike([weight.size for weight in weights], lambda size: size**2):
        values, sums = _decompose([genes[at] for at in members])
        values = np.maximum(values, 0.0)
        for at, spectrum, loading in zip(members, values, values * sums**2, strict=True):
            score = genes[at][1] * genes[at][0].score
            found[at] = MixtureStatistic(float(score @ score), spectrum, float(score.sum()), loading)
    return [found[at] for at in range(len(genes))]


def _decompose(genes: Sequence[tuple[ScoreStatistics, Floats]]) -> tuple[Floats, Floats]:
    """Give the eigenvalues of W Phi W (g, m), ascending, and the sum of each eigenvector's elements (g, m).

    A large gene, which is always alone, has its matrix overwritten, and no workspace of its size is taken beside. How
    a gene is decomposed depends on its size only: routines differ in the last bit.
    """
    if genes[0][1].size ** 2 <= MOST_NUMBERS:
        values, vectors = np.linalg.eigh(np.stack([_weighted(*gene) for gene in genes]))
        return values, vectors.sum(axis=1)
    value, vector = eigh(_weighted(*genes[0]).T, driver="evr", overwrite_a=True, check_finite=False)
    return value[None], vector.sum(axis=0)[None]


def _weighted(statistics: ScoreStatistics, weights: Floats) -> Floats:
    weighted = weights[:, None] * statistics.covariance
    weighted *= weights
    return weighted


def alike(sizes: Sequence[int], numbers: Callable[[int], int]) -> Iterator[list[int]]:
    """Give the positions of genes of one size, no more at a time than memory is meant for.

    Parameters
    ----------
    sizes
        Variants of each gene.
    numbers
        How many numbers a gene of a size takes.
    """
    by_size: dict[int, list[int]] = {}
    for at, size in enumerate(sizes):
        by_size.setdefault(size, []).append(at)
    for size, members in by_size.items():
        count = max(1, MOST_NUMBERS // max(1, numbers(size)))
        yield from (members[first : first + count] for first in range(0, len(members), count))


def skat_log10_p(statistics: Sequence[SkatStatistic]) -> Floats:
    """Give log10 of the large-sample p-value of each gene (g); NaN where no variant carries information."""
    log10_p = np.full(len(statistics), np.nan)
    for members in alike([one.eigenvalues.size for one in statistics], lambda size: size):
        own = [at for at in members if statistics[at].eigenvalues.max(initial=0.0) > 0]
        if own:
            observed = np.array([statistics[at].statistic for at in own])
            log10_p[own] = upper_tail_log10(observed, np.stack([statistics[at].eigenvalues for at in own]))
    return log10_p
