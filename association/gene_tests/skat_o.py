"""SKAT-O: the best mixture of SKAT and the burden test, at its exact null distribution.

With U the weighted score, Phi its covariance, Q_S = U'U and B = 1'U,

    Q_rho = (1 - rho) Q_S + rho B^2,   p_rho = P(Q_rho > observed),   statistic p_min = min_rho p_rho.

The p-value is the chance that any Q_rho exceeds its quantile q_rho at p_min. Given B = b, U has mean c b with
c = Phi 1 / v, v = 1'Phi 1, and covariance Phi - v c c' with eigenpairs (l_j, e_j), so that

    p = P(|B| > b_max) + 2 int_0^b_max P(sum_j l_j chi2_1((e_j'c)^2 b^2 / l_j) > T(b^2)) density(b) db,
    T(x) = min_{rho < 1} (q_rho - rho x) / (1 - rho) - |c_perp|^2 x,   c_perp = c - sum_j e_j e_j'c,

where b_max is where rejection becomes certain. Both parts are positive, so a p of 1e-300 loses nothing.

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
from scipy.special import log_ndtr

from association.quadratic_forms import NEGLIGIBLE, upper_tail_log10
from association.quadratic_quantiles import upper_quantile
from association.score import ScoreStatistics

Floats = NDArray[np.float64]

# The share of the burden in each mixture, as in R's SKAT.
RHO = np.array([0.0, 0.01, 0.04, 0.09, 0.25, 0.5, 1.0])
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(24)
# From values at the nodes to the two highest Legendre coefficients that 24 nodes can see.
HIGHEST = (NODE_WEIGHTS[:, None] * np.polynomial.legendre.legvander(NODES, 23))[:, -2:] * np.array([22.5, 23.5])
# Coefficients that fall geometrically to this share at 24 leave its square, 1e-12, beyond 48.
RESOLVED = 1e-6
# Pieces that can't hold this share of p are left out.
EMPTY = 1e-17
# Even a step in the law is resolved by a few dozen pieces; a law that needs this many has failed.
MOST_PIECES = 2000


@dataclass(frozen=True)
class _Conditional:
    """SKAT's statistic given the burden, the latter in standard deviations t.

    Attributes
    ----------
    eigenvalues
        l (r), all positive.
    shifts
        (e_j'c)^2 v / l_j (r): noncentralities at t = 1.
    intercepts, slopes
        The lines in t^2 whose least is T, one per rho below 1.
    end
        The t from which rejection is certain.
    """

    eigenvalues: Floats
    shifts: Floats
    intercepts: Floats
    slopes: Floats
    end: float

    def log_tail(self, t: Floats) -> Floats:
        """Give the log chance of rejection at each t: it rises with t."""
        threshold = (self.intercepts - self.slopes * (t**2)[:, None]).min(axis=1)
        eigenvalues = np.broadcast_to(self.eigenvalues, (t.size, self.eigenvalues.size))
        tail = upper_tail_log10(threshold, eigenvalues, self.shifts * (t**2)[:, None])
        return np.asarray(tail * math.log(10), dtype=np.float64)

    def kinks(self) -> list[float]:
        """Give the t between 0 and the end at which another line becomes the least."""
        line, found = int(self.intercepts.argmin()), []
        while line + 1 < self.slopes.size:
            later = slice(line + 1, None)
            crossings = (self.intercepts[later] - self.intercepts[line]) / (self.slopes[later] - self.slopes[line])
            line += 1 + int(crossings.argmin())
            found.append(math.sqrt(max(crossings.min(), 0.0)))
        return [t for t in found if 0 < t < self.end]


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
        Genes of which p_min says that their p-value is larger are nan too, and cost a twentieth of the time.

    Raises
    ------
    ValueError
        If there are not as many weights as genes.
    """
    genes = zip(statistics, weights, strict=True)
    limit = math.log10(at_most)
    return np.array([_gene_log10_p(w * one.score, w[:, None] * one.covariance * w, limit) for one, w in genes])


def _gene_log10_p(score: Floats, covariance: Floats, limit: float) -> float:
    """Give log10 p of one gene from its weighted score and covariance."""
    largest = np.linalg.eigvalsh(covariance)[-1] if score.size else 0.0
    if not largest > 0:
        return math.nan
    covariance, score = covariance / largest, score / math.sqrt(largest)
    mixtures = RHO if covariance.sum() > NEGLIGIBLE else RHO[:1]
    spectra = _spectra(covariance, mixtures)
    observed = (1 - mixtures) * (score @ score) + mixtures * score.sum() ** 2
    log10_least = float(upper_tail_log10(observed, spectra).min())
    if log10_least > limit:
        return math.nan
    if mixtures.size == 1 or not log10_least < 0:
        return log10_least
    quantiles = upper_quantile(np.full(mixtures.size, log10_least), spectra)
    conditional = _condition_on_burden(covariance, quantiles)
    log_p = _integrate(conditional, log10_least * math.log(10))
    return min(log_p / math.log(10), 0.0)


def _spectra(covariance: Floats, mixtures: Floats) -> Floats:
    """Give the spectrum (rho, m) of each Q_rho, through the root of (1 - rho) I + rho 11'."""
    size = len(covariance)
    plain = np.sqrt(1 - mixtures)
    shared = (np.sqrt(1 - mixtures + size * mixtures) - plain) / size
    roots = plain[:, None, None] * np.eye(size) + shared[:, None, None]
    return np.asarray(np.maximum(np.linalg.eigvalsh(roots @ covariance @ roots), 0.0), dtype=np.float64)


def _condition_on_burden(covariance: Floats, quantiles: Floats) -> _Conditional:
    """Find the law of SKAT's statistic given the burden, and where it rejects."""
    variance = covariance.sum()
    mean = covariance.sum(axis=1) / variance
    eigenvalues, vectors = np.linalg.eigh(covariance - variance * np.outer(mean, mean))
    eigenvalues, vectors = eigenvalues[eigenvalues > NEGLIGIBLE], vectors[:, eigenvalues > NEGLIGIBLE]
    along = vectors.T @ mean
    fixed = ((mean - vectors @ along) ** 2).sum()
    end = (quantiles / (RHO + (1 - RHO) * fixed)).min() / variance
    below_one = RHO[:-1]
    return _Conditional(
        eigenvalues=eigenvalues,
        shifts=along**2 * variance / eigenvalues,
        intercepts=quantiles[:-1] / (1 - below_one),
        slopes=(below_one / (1 - below_one) + fixed) * variance,
        end=math.sqrt(end),
    )


def _integrate(conditional: _Conditional, log_least: float) -> float:
    """Give log p, known to be at least log_least; nan where the integral does not settle."""
    end = conditional.end
    share = 2 * math.exp(float(log_ndtr(-end)) - log_least)
    if conditional.eigenvalues.size:
        pieces = _pieces(conditional, log_least)
        while len(pieces):
            parts, resolved = _gauss_legendre(conditional, pieces, log_least)
            if len(pieces) > MOST_PIECES or not np.isfinite(parts).all():
                return math.nan
            share += float(parts[resolved].sum())
            low, high = pieces[~resolved].T
            pieces = np.concatenate([np.stack([low, (low + high) / 2], 1), np.stack([(low + high) / 2, high], 1)])
    return log_least + math.log(share)


def _pieces(conditional: _Conditional, log_least: float) -> Floats:
    """Give the pieces (pieces, 2) that hold something, in u: t = end (1 - u^2).

    In u the square root that the law has at its end is smooth. Over t the chance of rejection rises and the density
    falls, so their values at opposite ends bound a piece.
    """
    end = conditional.end
    edges = np.unique([0.0, *conditional.kinks(), *np.arange(1.0, end), end])
    low, high = edges[:-1], edges[1:]
    held = math.log(2) + log_ndtr(-low) + conditional.log_tail(high) > log_least + math.log(EMPTY)
    return np.asarray(np.sqrt(1 - np.stack([high, low], axis=1)[held] / end), dtype=np.float64)


def _gauss_legendre(conditional: _Conditional, pieces: Floats, log_least: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Give each piece's share of exp(log_least), both signs of t, and whether 24 nodes resolve it."""
    middle, half = pieces.mean(axis=1), (pieces[:, 1] - pieces[:, 0]) / 2
    u = (middle[:, None] + half[:, None] * NODES).ravel()
    t = conditional.end * (1 - u**2)
    log_density = math.log(4 * conditional.end) + np.log(u) - t**2 / 2 - math.log(2 * math.pi) / 2
    values = np.exp(log_density + conditional.log_tail(t) - log_least).reshape(-1, NODES.size) * half[:, None]
    rough = np.abs(values @ HIGHEST).max(axis=1)
    return values @ NODE_WEIGHTS, rough <= RESOLVED
