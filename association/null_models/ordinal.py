"""The null model of an ordered category: the proportional odds model.

With cut points a_1 < ... < a_{K-1}, F the logistic distribution function and f = F (1 - F),

    P(Y <= k) = F(a_k - eta),   eta = x'b,   p_k = P(Y = k) = F(a_k - eta) F(eta - a_{k-1}) (1 - e^{a_{k-1} - a_k}),
    M = dl/deta = F(a_y - eta) + F(a_{y-1} - eta) - 1.

The product form of p_k, with F(a_0 - eta) = 0 and F(a_K - eta) = 1, splits the log-likelihood into terms of one cut
point each and a term of the gaps between them. With q_k = 1{Y = k} in the observed information and q_k = p_k in the
expected, the cut points' and the predictor's second derivatives are

    w_k = f(a_k - eta) (q_k + q_{k+1}),   V = sum_k w_k,   (eta, a_k): -w_k,
    (a, a): diag(sum_i w_k) + gaps,   gap k between a_{k-1} and a_k: (sum_i q_k) e^d/(e^d - 1)^2 [1 -1; -1 1].

Cut points are nuisance parameters, so they have columns in VX and rows in X'VX beside the covariates: Phi is the
Schur complement by both. V is the expected information, which is the variance of M.

Axes: n samples, K categories, p covariates, centred at their means.

References
----------
McCullagh P (1980) Regression models for ordinal data. J R Stat Soc B 42:109-142.
doi:10.1111/j.2517-6161.1980.tb01109.x
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import expit, log_expit, logit

from association.null_models.design import Design, check_design, coefficients_at_zero, missing_problems
from association.null_models.newton import Wording, maximise
from association.null_models.null_model import Fit, Floats, Integers, NullModel
from association.problems import InputError

WORDING = Wording(effect="odds ratio", trait="categories")


@dataclass(frozen=True)
class OrdinalLikelihood:
    """The likelihood at given cut points and effects.

    Attributes
    ----------
    category
        Codes 0 .. K-1 (n).
    covariates
        Values (n, p).
    cuts
        Cut points (K-1).
    predictor
        eta (n).
    """

    category: Integers
    covariates: Floats
    cuts: Floats
    predictor: Floats

    @property
    def log_likelihood(self) -> float:
        """Sum over the samples; minus infinity where cut points are out of order."""
        gaps = np.diff(self.cuts)
        if not (gaps > 0).all():
            return -np.inf
        above, below = self._sides
        between = self._counts[1:-1] @ np.log(-np.expm1(-gaps))
        return float(log_expit(above).sum() + log_expit(-below).sum() + between)

    @cached_property
    def residuals(self) -> Floats:
        """M (n)."""
        above, below = self._sides
        return np.asarray(expit(below) - expit(-above), dtype=np.float64)

    @cached_property
    def gradient(self) -> Floats:
        """By the cut points, then by the effects (K-1 + p)."""
        above, below = self._sides
        up: Floats = np.bincount(self.category, expit(-above)).astype(np.float64)
        down: Floats = np.bincount(self.category, expit(below)).astype(np.float64)
        widening = self._counts[1:-1] / np.expm1(np.diff(self.cuts))
        by_cut: Floats = up[:-1] - down[1:]
        by_cut[1:] += widening
        by_cut[:-1] -= widening
        return np.concatenate([by_cut, self.covariates.T @ self.residuals])

    @cached_property
    def information(self) -> Floats:
        """Observed information of cut points and effects (K-1 + p, K-1 + p)."""
        return self._information(np.eye(self.cuts.size + 1)[self.category])

    def null_model(self) -> NullModel:
        """Reduce the likelihood, at its maximum, to a null model."""
        probability = self._probability
        weights = self._weights(probability)
        spread = weights.sum(axis=1)
        return NullModel(
            kind="proportional_odds",
            residuals=self.residuals,
            information=spread,
            cross_information=np.column_stack([-weights, spread[:, None] * self.covariates]),
            covariate_information=self._information(probability),
        )

    @cached_property
    def _counts(self) -> Integers:
        """Samples in each category (K)."""
        return np.bincount(self.category)

    @cached_property
    def _sides(self) -> tuple[Floats, Floats]:
        """Distance of each sample from the cut points above and below its category (n)."""
        cuts = np.concatenate([[-np.inf], self.cuts, [np.inf]])
        return cuts[self.category + 1] - self.predictor, cuts[self.category] - self.predictor

    @cached_property
    def _probability(self) -> Floats:
        """Probability of each category (n, K)."""
        away = self.cuts - self.predictor[:, None]
        below = np.column_stack([expit(away), np.ones(away.shape[0])])
        above = np.column_stack([np.ones(away.shape[0]), expit(-away)])
        gaps = np.concatenate([[1.0], -np.expm1(-np.diff(self.cuts)), [1.0]])
        return np.asarray(below * above * gaps, dtype=np.float64)

    def _weights(self, membership: Floats) -> Floats:
        """Give w of each sample and cut point (n, K-1)."""
        away = self.cuts - self.predictor[:, None]
        weights: Floats = expit(away) * expit(-away) * (membership[:, :-1] + membership[:, 1:])
        return weights

    def _information(self, membership: Floats) -> Floats:
        weights = self._weights(membership)
        # e^d/(e^d - 1)^2 without overflow.
        stiffness = membership.sum(axis=0)[1:-1] / (2 * np.sinh(np.diff(self.cuts).clip(max=700) / 2)) ** 2
        among = np.diag(weights.sum(axis=0)) - np.diag(stiffness, 1) - np.diag(stiffness, -1)
        among += np.diag(np.append(stiffness, 0) + np.append(0, stiffness))
        across = -weights.T @ self.covariates
        effects = self.covariates.T @ (weights.sum(axis=1)[:, None] * self.covariates)
        return np.block([[among, across], [across.T, effects]])


def fit_proportional_odds(category: Floats, design: Design) -> Fit:
    """Fit an ordered category on covariates alone.

    Parameters
    ----------
    category
        Numbers in the categories' order (n), such as stages; only their order matters.
    design
        Covariates without an intercept. The model adds a cut point between each category and the next.

    Returns
    -------
    Fit
        Coefficients are the cut points, named "1|2", "2|3", ... after the categories beside them, and the covariates'
        log odds ratios of a higher category. `details` holds "categories", their number.

    Raises
    ------
    InputError
        If categories are missing, there is only one, the covariates cannot be told apart, or the odds ratio of one of
        them is infinite: then it is named.

    Notes
    -----
    Signs are those of R's `MASS::polr`. With two categories it is logistic regression.
    """
    if problems := list(missing_problems("category", category)):
        raise InputError("null model", problems)
    check_design(design)
    labels, codes = np.unique(category, return_inverse=True)
    if labels.size < 2:
        raise InputError.single("null model", "category", "all samples are in the same one; leave the trait out")
    means = design.matrix.mean(axis=0)
    covariates = design.matrix - means

    def likelihood(estimates: Floats) -> OrdinalLikelihood:
        cuts, effects = estimates[: labels.size - 1], estimates[labels.size - 1 :]
        return OrdinalLikelihood(codes, covariates, cuts, covariates @ effects)

    below = logit(np.cumsum(np.bincount(codes))[:-1] / codes.size)
    start = np.concatenate([below, np.zeros(len(design.names))])
    reach = np.ptp(covariates, axis=0)
    maximum = maximise(likelihood, start, names=design.names, reach=reach, wording=WORDING)
    root = solve_triangular(cholesky(maximum.point.information, lower=True), np.eye(start.size), lower=True).T
    names = [f"{low:g}|{high:g}" for low, high in pairwise(labels)]
    return Fit(
        model=maximum.point.null_model(),
        coefficients=coefficients_at_zero((*names, *design.names), maximum.estimates, root, means),
        log_likelihood=maximum.point.log_likelihood,
        iterations=maximum.iterations,
        details={"categories": float(labels.size)},
    )
