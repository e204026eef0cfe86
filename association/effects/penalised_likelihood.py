"""Likelihoods with Jeffreys' penalty, which keeps their maxima finite.

With l the log-likelihood (partial, for Cox), I its information and h the leverages,

    l*(b) = l(b) + 1/2 log det I(b),   gradient U*(b) = U(b) + 1/2 tr(I^-1 dI / db).

    logistic:  U* = X'(y - mu + h (1/2 - mu)),   h_i = mu_i (1 - mu_i) x_i' I^-1 x_i
    Cox:       1/2 tr(I^-1 dI / db) = 1/2 sum_kl E[(x - xbar) (x - xbar)' I^-1 (x - xbar)],

the mean E being over the risk set of each event, weighted as in `association.null_models.risk_sets`.

Axes: n samples, p columns.

References
----------
Firth D (1993) Bias reduction of maximum likelihood estimates. Biometrika 80:27-38. doi:10.1093/biomet/80.1.27
Heinze G, Schemper M (2001) A solution to the problem of monotone likelihood in Cox regression. Biometrics 57:114-119.
doi:10.1111/j.0006-341X.2001.00114.x
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import expit

from association.null_models.partial_likelihood import partial_likelihood
from association.null_models.risk_sets import RiskSets

Floats = NDArray[np.float64]

# Information left beside the other columns, as a share of a column's own, that is rounding.
SINGULAR = 1e-12


@dataclass(frozen=True)
class PenalisedPoint:
    """A penalised likelihood at one vector of coefficients.

    Attributes
    ----------
    log_likelihood
        l*; minus infinity where the information is singular.
    gradient
        U* (p).
    information
        I (p, p), unpenalised.
    """

    log_likelihood: float
    gradient: Floats
    information: Floats


@dataclass(frozen=True)
class PenalisedCox:
    """The penalised partial likelihood of a time to event.

    Attributes
    ----------
    sets
        Risk sets of the samples.
    columns
        Covariates (n, p), best centred and of unit size.
    """

    sets: RiskSets
    columns: Floats

    def at(self, estimates: Floats) -> PenalisedPoint:
        """Evaluate at given coefficients (p)."""
        plain = partial_likelihood(self.sets, self.columns, np.zeros(len(self.columns)), estimates)
        root = _root(plain.information)
        if root is None:
            return PenalisedPoint(-np.inf, plain.gradient, plain.information)
        white = np.asarray(solve_triangular(root, self.columns.T, lower=True).T, dtype=np.float64)
        means = np.asarray(solve_triangular(root, plain.means.T, lower=True).T, dtype=np.float64)
        third = self._third_moments(white, means, plain.risk, plain.sizes)
        return PenalisedPoint(
            log_likelihood=plain.log_likelihood + float(np.log(np.diag(root)).sum()),
            gradient=plain.gradient + root @ third / 2,
            information=plain.information,
        )

    def _third_moments(self, white: Floats, means: Floats, risk: Floats, sizes: Floats) -> Floats:
        """Sum E[(z - zbar) |z - zbar|^2] over events, z the columns at unit information (p)."""
        count, size = len(white), white.shape[1]
        pairs = (white[:, :, None] * white[:, None, :]).reshape(count, size * size)
        lengths = (white**2).sum(axis=1)
        values = risk[:, None] * np.column_stack([pairs, lengths[:, None] * white, lengths])
        sums = self.sets.at_risk(values) - self.sets.fractions[:, None] * self.sets.dying(values)
        sums /= sizes[:, None]
        second = sums[:, : size * size].reshape(-1, size, size)
        cubes, squares = sums[:, size * size : -1], sums[:, -1:]
        crossed = (second @ means[:, :, None])[:, :, 0]
        moments = cubes - 2 * crossed - squares * means + 2 * (means**2).sum(axis=1, keepdims=True) * means
        return np.asarray(moments.sum(axis=0), dtype=np.float64)


@dataclass(frozen=True)
class PenalisedLogistic:
    """The penalised likelihood of a binary trait.

    Attributes
    ----------
    event
        The trait (n), 0 or 1.
    columns
        Covariates and the intercept (n, p), best centred and of unit size.
    """

    event: Floats
    columns: Floats

    def at(self, estimates: Floats) -> PenalisedPoint:
        """Evaluate at given coefficients (p)."""
        predictor = self.columns @ estimates
        mean = expit(predictor)
        spread = mean * expit(-predictor)
        information = self.columns.T @ (spread[:, None] * self.columns)
        plain = float(self.event @ predictor - np.logaddexp(0, predictor).sum())
        root = _root(information)
        if root is None:
            return PenalisedPoint(-np.inf, self.columns.T @ (self.event - mean), information)
        leverage = spread * (solve_triangular(root, self.columns.T, lower=True) ** 2).sum(axis=0)
        residuals = self.event - mean + leverage * (0.5 - mean)
        return PenalisedPoint(plain + float(np.log(np.diag(root)).sum()), self.columns.T @ residuals, information)


def _root(information: Floats) -> Floats | None:
    """Give the Cholesky factor, or None where the matrix has none beyond rounding."""
    try:
        root = np.asarray(np.linalg.cholesky(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return root if (np.diag(root) ** 2 > SINGULAR * np.diag(information)).all() else None
