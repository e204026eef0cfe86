"""Score statistic of gene x covariate given the gene's own effect, from carriers alone.

With b the burden of a carrier, M the residual and V the information of the null model, which holds the effects of the
covariate and of the gene, a carrier has u = b M and v = b^2 V. What those that are compared still have in common
(where all carriers are, nothing) is projected out in one step,

    theta = sum u / sum v,   r_i = u_i - theta v_i,

and what is left is compared between levels l of a covariate, or along a number z:

    T = sum_l R_l^2 / V_l                     R_l = sum of r,  V_l = sum of v, over the carriers of level l
    T = (sum z r)^2 / (sum z^2 v - (sum z v)^2 / sum v).

Both are U' Phi^-1 U of the columns g z, the column g being nuisance. Of a time to event r_i = d_i - (O/E) E_i:
observed events against those expected at the carriers' common hazard ratio, however large it is.

Axes: k carriers, b arrangements of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.null_models.null_model import NullModel

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ProjectedScores:
    """What is left of each carrier's score once the gene's own effect is out.

    Attributes
    ----------
    residual
        r (k); they add up to zero.
    information
        v (k).
    scale
        Variance of r per unit of v: the carriers' common rate ratio O / E of a trait of events in time or of counts,
        else 1.
    """

    residual: Floats
    information: Floats
    scale: float


@dataclass(frozen=True)
class Contrast:
    """How the covariate compares carriers.

    Attributes
    ----------
    values
        Level of each carrier (k) as 0, 1, ..., or its number.
    levels
        How many levels; None for a number.
    """

    values: Floats
    levels: int | None

    @property
    def degrees(self) -> int:
        """Degrees of freedom of T."""
        return 1 if self.levels is None else self.levels - 1


def project_scores(model: NullModel, samples: Integers, burdens: Floats) -> ProjectedScores | None:
    """Take the gene's own effect out of its carriers' scores; None where they carry no information.

    Parameters
    ----------
    model
        The trait's null model.
    samples
        The carriers (k).
    burdens
        Of each (k).
    """
    score, information = burdens * model.residuals[samples], burdens**2 * model.information[samples]
    scale = 1.0
    if model.events is not None and model.expected_events is not None and model.kind != "logistic":
        information = burdens**2 * model.expected_events[samples]
        expected = float((burdens * model.expected_events[samples]).sum())
        scale = float((burdens * model.events[samples]).sum()) / expected if expected > 0 else 0.0
    total = float(information.sum())
    if total <= 0 or scale <= 0:
        return None
    return ProjectedScores(score - score.sum() / total * information, information, scale)


def statistics(contrast: Contrast, residual: Floats, information: Floats) -> Floats:
    """Give T of each arrangement (b).

    Parameters
    ----------
    contrast
        The covariate, which stays where it is.
    residual, information
        What comes to its places (k, b).
    """
    if contrast.levels is None:
        centred = contrast.values - contrast.values.mean()
        spread = centred**2 @ information - (centred @ information) ** 2 / information.sum(axis=0)
        return _ratio((centred @ residual) ** 2, spread)
    total = np.zeros(residual.shape[1])
    for level in range(contrast.levels):
        own = (contrast.values == level).astype(np.float64)
        total += _ratio((own @ residual) ** 2, own @ information)
    return total


def _ratio(square: Floats, spread: Floats) -> Floats:
    """Divide; carriers without information say nothing."""
    known = spread > 0
    return np.where(known, square / np.where(known, spread, 1.0), 0.0)


def one_step_effect(contrast: Contrast, scores: ProjectedScores) -> tuple[float, float] | None:
    """Give the difference of effects and its standard error: of the second level and the first, or per unit.

    Parameters
    ----------
    contrast
        The covariate.
    scores
        Of its carriers.

    Returns
    -------
    tuple or None
        On the scale of the linear predictor; None between more than two levels, or without information.
    """
    if contrast.degrees > 1:
        return None
    total = float(scores.information.sum())
    mean = float(contrast.values @ scores.information) / total
    spread = scores.scale * float((contrast.values - mean) ** 2 @ scores.information)
    if spread <= 0:
        return None
    return float(contrast.values @ scores.residual) / spread, spread**-0.5
