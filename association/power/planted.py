"""What every trait with a planted effect can do, whatever its type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from association.null_models.null_model import NullModel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# A share of a sum's own size, to take differences over.
STEP = 1e-3


@dataclass(frozen=True)
class ExpectedRoot:
    """The law of the signed root of the carriers' likelihood ratio, taken as normal.

    Attributes
    ----------
    mean, deviation
        Its mean and standard deviation.
    """

    mean: float
    deviation: float

    def power(self, critical_ratio: float) -> float:
        """Give the share of studies whose likelihood ratio reaches the critical one, by either sign."""
        root = np.sqrt(critical_ratio)
        return float(norm.sf((root - self.mean) / self.deviation) + norm.cdf((-root - self.mean) / self.deviation))


class Planted(ABC):
    """A trait of the study with an effect in some of its samples.

    Axes: n samples, R replicates, K carriers.
    """

    @abstractmethod
    def draws(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Draw what carriers need of chance, the same for every effect."""

    def weights(self, effect: float) -> Floats | None:
        """Give how likely each sample is to be a carrier, it being in the study (n); None where all are alike."""
        return None

    @abstractmethod
    def ratios(self, carriers: Integers, draws: Floats, effect: float) -> Floats:
        """Give the likelihood ratio of the carriers of each replicate (R), as the engine would find it.

        Parameters
        ----------
        carriers
            Samples that carry in each replicate, those of a stratum beside each other (R, K).
        draws
            What `draws` gave (R, K).
        effect
            On the linear predictor.
        """

    @abstractmethod
    def refitted(self, carriers: Integers, draws: Floats, effect: float) -> NullModel:
        """Give the null model of one replicate's samples, the effect in them, for the law of p-values.

        Parameters
        ----------
        carriers, draws
            Of the replicate (K).
        effect
            On the linear predictor.
        """

    @abstractmethod
    def expected_root(self, carriers: int, effect: float) -> ExpectedRoot:
        """Give the law of the signed root of the likelihood ratio of so many carriers.

        Parameters
        ----------
        carriers
            K, spread over the strata like the samples.
        effect
            On the linear predictor.
        """


def delta_root(root: Callable[[Floats], float], mean: Floats, covariance: Floats) -> ExpectedRoot:
    """Give mean and deviation of a smooth function of sums, to second and first order.

    Parameters
    ----------
    root
        The function of q sums.
    mean, covariance
        Of the sums (q), (q, q).
    """
    steps = np.diag(np.maximum(STEP * np.abs(mean), 1e-6))
    sizes = np.diag(steps)
    ahead, behind = np.array([[root(mean + sign * step) for step in steps] for sign in (1, -1)])
    gradient = (ahead - behind) / (2 * sizes)
    mixed = np.array(
        [
            [
                root(mean + one + other)
                - root(mean + one - other)
                - root(mean - one + other)
                + root(mean - one - other)
                for other in steps
            ]
            for one in steps
        ]
    )
    curvature = mixed / (4 * np.outer(sizes, sizes))
    centre = root(mean) + 0.5 * float((curvature * covariance).sum())
    return ExpectedRoot(centre, float(np.sqrt(gradient @ covariance @ gradient)))


def covariance_of_sums(means: Floats, within: Floats, carriers: int, weights: Floats | None = None) -> Floats:
    """Give the covariance of sums over carriers drawn from the samples without replacement (q, q).

    Parameters
    ----------
    means
        What each sample adds on average, were it a carrier (q, n).
    within
        Mean covariance of what one sample adds (q, q).
    carriers
        K.
    weights
        How likely each sample is to be drawn (n).
    """
    between = np.cov(means, aweights=weights)
    return np.asarray(carriers * ((1 - carriers / means.shape[1]) * between + within), np.float64)
