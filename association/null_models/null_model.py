"""The one interface of every trait: score residuals and an information operator.

With X the n x p covariates, M the score residuals and V the information of the linear predictor,

    U = G'M,   Phi = G'VG - (G'VX)(X'VX)^-1(X'VG),

    V_ij = information_i 1{i=j} - shared risk_ij,

where the shared risk is absent for every trait but those with risk sets (Cox, Fine-Gray). A gene test sees U and Phi
only.

Axes: n samples in the trait's own order, p covariates (the intercept included where the model has one), m columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Models whose samples can't be exchanged, by kind, and the name of the law that serves instead: relatives resemble
# each other.
NOT_EXCHANGEABLE = {"linear_kinship": "mixed_model"}


class SharedRisk(Protocol):
    """Information that two samples share because they stand in the same risk sets, or in one family."""

    def among(self, offsets: Integers, samples: Integers, dosages: Floats) -> Floats:
        """Give what columns G of a gene share, G'RG (m, m) with R the symmetric shared risk of pairs of samples.

        Parameters
        ----------
        offsets, samples, dosages
            The columns, as in `association.score.Carriers`; samples are positions in the trait's order.
        """
        ...


@dataclass(frozen=True)
class NullModel:
    """A trait's null model, fitted on covariates alone.

    Attributes
    ----------
    kind
        The model's name: "linear", "logistic", "poisson", "negative_binomial", "proportional_odds", "cox",
        "fine_gray", "slope", "joint_rank".
    residuals
        Score residuals M (n).
    information
        Diagonal of V (n).
    cross_information
        V X (n, p).
    covariate_information
        X' V X (p, p).
    shared_risk
        The off-diagonal part of V, or None where V is diagonal.
    events
        Observed events (n): 0 or 1 of a time-to-event or binary trait, the events counted of a Poisson trait; else
        None.
    expected_events
        Events expected under the null (n) where there are observed events, else None; M is observed less expected.
    """

    kind: str
    residuals: Floats
    information: Floats
    cross_information: Floats
    covariate_information: Floats
    shared_risk: SharedRisk | None = None
    events: Floats | None = None
    expected_events: Floats | None = None

    @cached_property
    def explained(self) -> Floats:
        """V X L'^-1 (n, p) with L L' = X'VX: what covariates explain of G'VG is G' explained explained' G.

        Raises
        ------
        numpy.linalg.LinAlgError
            If X'VX is singular, which no fitted model's is.
        """
        if not self.covariate_information.size:
            return np.zeros((self.residuals.size, 0))
        root = cholesky(self.covariate_information, lower=True)
        return np.ascontiguousarray(solve_triangular(root, self.cross_information.T, lower=True).T)


@dataclass(frozen=True)
class Coefficient:
    """One covariate's estimate in a null model.

    Attributes
    ----------
    name
        The design column.
    estimate
        Maximum likelihood estimate (log hazard, odds or rate ratio, or trait units per covariate unit).
    standard_error
        From the inverse observed information.
    """

    name: str
    estimate: float
    standard_error: float


@dataclass(frozen=True)
class Fit:
    """How a null model was fitted.

    Attributes
    ----------
    model
        What gene tests use.
    coefficients
        The covariates' estimates, in design order.
    log_likelihood
        At the maximum.
    iterations
        Steps of the optimiser.
    details
        What else the model estimates, by name (residual variance, variance components, tied fraction).
    """

    model: NullModel
    coefficients: tuple[Coefficient, ...]
    log_likelihood: float
    iterations: int
    details: dict[str, float]
