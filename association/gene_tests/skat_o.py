"""SKAT-O: the best mixture of SKAT and the burden test, at its exact null distribution.

With U the weighted score, Phi its covariance, Q_S = U'U and B = 1'U,

    Q_rho = (1 - rho) Q_S + rho B^2,   p_rho = P(Q_rho > observed),   statistic p_min = min_rho p_rho.

The p-value is the chance that any Q_rho exceeds its quantile q_rho at p_min. Given B = b, U has mean c b with
c = Phi 1 / v, v = 1'Phi 1, and covariance Phi - v c c' with eigenpairs (l_j, e_j), so that

    p = P(|B| > b_max) + 2 int_0^b_max P(sum_j l_j chi2_1((e_j'c)^2 b^2 / l_j) > T(b^2)) density(b) db,
    T(x) = min_{rho < 1} (q_rho - rho x) / (1 - rho) - |c_perp|^2 x,   c_perp = c - sum_j e_j e_j'c,

where b_max is where rejection becomes certain. In the eigenvectors of Phi each Q_rho, and Phi - v c c', is a diagonal
matrix and one of rank one (`rank_one`): a gene is decomposed once. Both parts are positive, so a p of 1e-300 loses
nothing.

R's SKAT package matches quantiles by moments and integrates to its default tolerance: it is off by up to 7 percent.

References
----------
Lee et al. Optimal tests for rare variant effects in sequencing association studies. Biostatistics 2012.
doi:10.1093/biostatistics/kxs014
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, log_ndtr

from association.gene_tests.rank_one import add_rank_one
from association.gene_tests.skat import MixtureStatistic, alike, skat_statistics
from association.kernels import njit
from association.quadratic_forms import NEGLIGIBLE, upper_tail_log10
from association.quadratic_quantiles import upper_quantile
from association.score import ScoreStatistics

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# The share of the burden in each mixture, as in R's SKAT.
RHO = np.array([0.0, 0.01, 0.04, 0.09, 0.25, 0.5, 1.0])
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(24)
# From values at the nodes to the two highest Legendre coefficients that 24 nodes can see.
HIGHEST = (NODE_WEIGHTS[:, None] * np.polynomial.legendre.legvander(NODES, 23))[:, -2:] * np.array([22.5, 23.5])
# Coefficients that fall geometrically to this share at 24 leave its square, 1e-12, beyond 48.
RESOLVED = 1e-6
# Pieces that can't hold this share of p are left out.
EMPTY = 1e-17
# Two moments give a tail near 0.05 to a few percent: one this many times the limit is surely beyond it.
MARGIN = 2.0
# Even a step in the law is resolved by a few dozen pieces; a law that needs this many has failed.
MOST_PIECES = 2000


@dataclass(frozen=True)
class _Conditional:
    """SKAT's statistic given the burden, the latter in standard deviations t, of each gene (g).

    Attributes
    ----------
    eigenvalues
        l (g, m), zero where negligible.
    shifts
        (e_j'c)^2 v / l_j (g, m): noncentralities at t = 1.
    intercepts, slopes
        The lines in t^2 whose least is T, one per rho below 1 (g, rho).
    end
        The t from which rejection is certain (g).
    """

    eigenvalues: Floats
    shifts: Floats
    intercepts: Floats
    slopes: Floats
    end: Floats

    def log_tail(self, gene: Integers, t: Floats) -> Floats:
        """Give the log chance of rejection of genes, each at a t: it rises with t."""
        threshold = (self.intercepts[gene] - self.slopes[gene] * (t**2)[:, None]).min(axis=1)
        tail = upper_tail_log10(threshold, self.eigenvalues[gene], self.shifts[gene] * (t**2)[:, None])
        return np.asarray(tail * math.log(10), dtype=np.float64)


def skat_o_log10_p(
    statistics: Sequence[ScoreStatistics], weights: Sequence[Floats], *, at_most: float = 1.0
) -> Floats:
    """Give log10 of the large-sample p-value of each gene (g); nan where no variant carries information.

    Parameters
    ----------
    statistics
        Score (m) and covariance (m, m) of each gene's variants.
    weights
        Variant weights (m) of each gene, on dosage.
    at_most
        As for `mixture_log10_p`.

    Raises
    ------
    ValueError
        If there are not as many weights as genes.
    """
    return mixture_log10_p(skat_statistics(statistics, weights), at_most=at_most)


def mixture_log10_p(statistics: Sequence[MixtureStatistic], *, at_most: float = 1.0) -> Floats:
    """Give log10 of the large-sample p-value of each gene (g) by SKAT-O; nan where no variant carries information.

    Parameters
    ----------
    statistics
        Of the genes.
    at_most
        Genes of which p_min says that their p-value is larger are nan too, and cost a fraction of the time.
    """
    log10_p = np.full(len(statistics), np.nan)
    for members in alike([one.eigenvalues.size for one in statistics], lambda size: NODES.size * size):
        own = [at for at in members if statistics[at].eigenvalues.max(initial=0.0) > 0]
        if own:
            log10_p[own] = _log10_p([statistics[at] for at in own], math.log10(at_most))
    return log10_p


def _log10_p(statistics: Sequence[MixtureStatistic], limit: float) -> Floats:
    """Give log10 p of genes with equally many variants."""
    spectrum = np.stack([one.eigenvalues for one in statistics])
    loadings = np.stack([one.loadings for one in statistics])
    largest = spectrum.max(axis=1)
    spectrum, loadings = spectrum / largest[:, None], loadings / largest[:, None]
    skat = np.array([one.statistic for one in statistics]) / largest
    burden = np.array([one.burden for one in statistics]) ** 2 / largest
    log10_p = np.full(largest.size, np.nan)
    # A burden that never varies leaves SKAT alone.
    mixed = loadings.sum(axis=1) > NEGLIGIBLE
    log10_p[~mixed] = upper_tail_log10(skat[~mixed], spectrum[~mixed])
    log10_p[log10_p > limit] = np.nan
    observed = (1 - RHO) * skat[mixed, None] + RHO * burden[mixed, None]
    spectra: Floats = _spectra(spectrum[mixed], loadings[mixed], RHO)
    least = np.full(len(observed), np.inf)
    near = (_two_moment_tail(observed, spectra) <= MARGIN * 10.0**limit).any(axis=1)
    rows = spectra[near].reshape(-1, spectra.shape[2])
    least[near] = upper_tail_log10(observed[near].ravel(), rows).reshape(-1, RHO.size).min(axis=1)
    certain = ~(least < 0) & ~(least > limit)
    log10_p[np.flatnonzero(mixed)[certain]] = least[certain]
    chosen = np.flatnonzero((least < 0) & (least <= limit))
    if chosen.size:
        wanted, rows = np.repeat(least[chosen], RHO.size), spectra[chosen].reshape(-1, spectra.shape[2])
        quantiles = upper_quantile(wanted, rows).reshape(-1, RHO.size)
        own = np.flatnonzero(mixed)[chosen]
        conditional = _condition_on_burden(spectrum[own], loadings[own], quantiles)
        log_p = _integrate(conditional, least[chosen] * math.log(10))
        log10_p[own] = np.minimum(log_p / math.log(10), 0.0)
    return log10_p


def _two_moment_tail(observed: Floats, spectra: Floats) -> Floats:
    """Give P(Q_rho > observed) (g, rho) of a scaled chi-square of the same mean and variance."""
    mean, variance = spectra.sum(axis=2), 2 * (spectra**2).sum(axis=2)
    degrees = 2 * mean**2 / variance
    return np.asarray(chdtrc(degrees, observed * degrees / mean), np.float64)


@njit(cache=True, nogil=True)
def _spectra(spectrum: Floats, loadings: Floats, mixtures: Floats) -> Floats:
    """Find the spectrum (g, rho, m) of each Q_rho: (1 - rho) Phi + rho Phi^1/2 11' Phi^1/2 in Phi's eigenvectors."""
    genes, size = spectrum.shape
    spectra = np.zeros((genes, mixtures.size, size))
    for gene in range(genes):
        for number, rho in enumerate(mixtures):
            if rho == 0.0:
                spectra[gene, number] = spectrum[gene]
            elif rho == 1.0:
                spectra[gene, number, 0] = loadings[gene].sum()
            else:
                values = add_rank_one((1 - rho) * spectrum[gene], rho * loadings[gene])[0]
                spectra[gene, number] = np.maximum(values, 0.0)
    return spectra


def _condition_on_burden(spectrum: Floats, loadings: Floats, quantiles: Floats) -> _Conditional:
    """Find the law of SKAT's statistic given the burden, and where it rejects."""
    variance = loadings.sum(axis=1)
    eigenvalues, along = _subtract_burden(spectrum, loadings)
    kept = eigenvalues > NEGLIGIBLE
    fixed = np.where(kept, 0.0, along).sum(axis=1)
    end = (quantiles / (RHO + (1 - RHO) * fixed[:, None])).min(axis=1) / variance
    below_one = RHO[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        shifts = np.where(kept, along * variance[:, None] / eigenvalues, 0.0)
    return _Conditional(
        eigenvalues=np.where(kept, eigenvalues, 0.0),
        shifts=shifts,
        intercepts=quantiles[:, :-1] / (1 - below_one),
        slopes=(below_one / (1 - below_one) + fixed[:, None]) * variance[:, None],
        end=np.sqrt(end),
    )


@njit(cache=True, nogil=True)
def _subtract_burden(spectrum: Floats, loadings: Floats) -> tuple[Floats, Floats]:
    """Give the eigenvalues of Phi - v c c' and (e'c)^2 of its eigenvectors e (g, m)."""
    eigenvalues, along = np.zeros(spectrum.shape), np.zeros(spectrum.shape)
    for gene in range(spectrum.shape[0]):
        variance = loadings[gene].sum()
        falling, squares = spectrum[gene, ::-1].copy(), loadings[gene, ::-1].copy()
        values, leaning = add_rank_one(-falling, falling * squares / variance)
        eigenvalues[gene], along[gene] = -values, leaning / variance
    return eigenvalues, along


def _integrate(conditional: _Conditional, log_least: Floats) -> Floats:
    """Give log p, known to be at least log_least (g); nan where the integral does not settle."""
    end = conditional.end
    share = 2 * np.exp(log_ndtr(-end) - log_least)
    gene, low, high = _pieces(conditional, log_least)
    while gene.size:
        parts, resolved = _gauss_legendre(conditional, gene, low, high, log_least)
        lost = (np.bincount(gene, minlength=end.size) > MOST_PIECES) | (
            np.bincount(gene, ~np.isfinite(parts), minlength=end.size) > 0
        )
        share[lost] = np.nan
        share += np.bincount(gene[resolved], parts[resolved], minlength=end.size)
        again = ~resolved & ~lost[gene]
        gene, low, high = gene[again], low[again], high[again]
        middle = (low + high) / 2
        gene = np.concatenate([gene, gene])
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    return np.asarray(log_least + np.log(share), np.float64)


def _pieces(conditional: _Conditional, log_least: Floats) -> tuple[Integers, Floats, Floats]:
    """Give the pieces that hold something, as gene, lower and upper end in u: t = end (1 - u^2).

    In u the square root that the law has at its end is smooth. Over t the chance of rejection rises and the density
    falls, so their values at opposite ends bound a piece.
    """
    varies = (conditional.eigenvalues > 0).any(axis=1) & np.isfinite(conditional.end)
    edges = [
        _edges(intercepts, slopes, end) if used else np.empty(0)
        for intercepts, slopes, end, used in zip(
            conditional.intercepts, conditional.slopes, conditional.end, varies, strict=True
        )
    ]
    gene = np.repeat(np.arange(len(edges)), [max(one.size - 1, 0) for one in edges])
    low, high = np.concatenate([one[:-1] for one in edges]), np.concatenate([one[1:] for one in edges])
    if not gene.size:
        return gene, low, high
    held = math.log(2) + log_ndtr(-low) + conditional.log_tail(gene, high) > log_least[gene] + math.log(EMPTY)
    gene, low, high = gene[held], low[held], high[held]
    end = conditional.end[gene]
    return gene, np.sqrt(1 - high / end), np.sqrt(1 - low / end)


@njit(cache=True, nogil=True)
def _edges(intercepts: Floats, slopes: Floats, end: float) -> Floats:
    """Cut 0 to the end at whole numbers, and where another line becomes the least."""
    edges = np.concatenate((np.array([0.0]), np.arange(1.0, end), np.array([end])))
    kinks = np.empty(slopes.size)
    line, found = int(intercepts.argmin()), 0
    while line + 1 < slopes.size:
        crossings = (intercepts[line + 1 :] - intercepts[line]) / (slopes[line + 1 :] - slopes[line])
        line += 1 + int(crossings.argmin())
        kinks[found] = np.sqrt(max(crossings.min(), 0.0))
        found += 1
    kinks = kinks[:found]
    return np.unique(np.concatenate((edges, kinks[(kinks > 0) & (kinks < end)])))


def _gauss_legendre(
    conditional: _Conditional, gene: Integers, low: Floats, high: Floats, log_least: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Give each piece's share of exp(log_least), both signs of t, and whether 24 nodes resolve it."""
    middle, half = (low + high) / 2, (high - low) / 2
    u = (middle[:, None] + half[:, None] * NODES).ravel()
    at = np.repeat(gene, NODES.size)
    end = conditional.end[at]
    t = end * (1 - u**2)
    log_density = np.log(4 * end) + np.log(u) - t**2 / 2 - math.log(2 * math.pi) / 2
    values = np.exp(log_density + conditional.log_tail(at, t) - log_least[at]).reshape(-1, NODES.size) * half[:, None]
    # Row by row: a matrix product adds up otherwise for another number of rows, and p would depend on other genes.
    rough = np.abs((values[:, :, None] * HIGHEST).sum(axis=1)).max(axis=1)
    return (values * NODE_WEIGHTS).sum(axis=1), rough <= RESOLVED
