"""Score statistics of one gene's variants under any null model, from its carriers alone.

With G the dosages, M the residuals and V the information of a null model,

    U = G'M,   Phi = G'VG - (G'VX)(X'VX)^-1(X'VG),

and only samples with a dosage other than zero enter any sum.

Axes: m variants of a gene, p covariates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from association.kernels import njit
from association.null_models.null_model import Floats, Integers, NullModel


@dataclass(frozen=True)
class Carriers:
    """One gene's dosages as compressed columns.

    Attributes
    ----------
    offsets
        Where each variant's entries begin and end (m + 1).
    samples
        Position of each entry's sample in the trait's order; at most once per variant.
    dosages
        Minor allele dosage of each entry; an imputed missing call is an entry like any other.
    """

    offsets: Integers
    samples: Integers
    dosages: Floats


@dataclass(frozen=True)
class ScoreStatistics:
    """What a gene test sees of a gene and a trait.

    Attributes
    ----------
    score
        U (m).
    covariance
        Phi, the covariance of U under the null model (m, m).
    """

    score: Floats
    covariance: Floats


def score_statistics(model: NullModel, carriers: Carriers) -> ScoreStatistics:
    """Compute U and Phi of a gene's variants.

    Parameters
    ----------
    model
        The trait's null model.
    carriers
        The gene's dosages in the order of the model's samples.

    Returns
    -------
    ScoreStatistics
        In the order of the variants.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the model's covariate information is singular, which no fitted model's is.
    """
    offsets, samples, dosages = carriers.offsets, carriers.samples, carriers.dosages
    score, covariance = _plain_part(offsets, samples, dosages, model.residuals, model.information, model.explained)
    if model.shared_risk is not None:
        covariance -= model.shared_risk.among(offsets, samples, dosages)
    _symmetrise(covariance)
    return ScoreStatistics(score, covariance)


@njit(cache=True, nogil=True)
def _symmetrise(matrix: Floats) -> None:
    """Replace a matrix that is symmetric but for rounding by its symmetric part, in place."""
    for row in range(matrix.shape[0]):
        for column in range(row):
            matrix[row, column] = matrix[column, row] = (matrix[row, column] + matrix[column, row]) / 2


@njit(cache=True, nogil=True)
def _plain_part(
    offsets: Integers, samples: Integers, dosages: Floats, residuals: Floats, information: Floats, explained: Floats
) -> tuple[Floats, Floats]:
    """Give G'M, and G' diag(information) G less what covariates explain of it, from entries and pairs of them."""
    size, covariates = offsets.size - 1, explained.shape[1]
    score, known = np.zeros(size), np.zeros((size, covariates))
    variants = np.empty(samples.size, np.int64)
    for variant in range(size):
        for entry in range(offsets[variant], offsets[variant + 1]):
            variants[entry] = variant
            score[variant] += dosages[entry] * residuals[samples[entry]]
            for column in range(covariates):
                known[variant, column] += dosages[entry] * explained[samples[entry], column]
    covariance = -np.dot(known, known.T)
    by_carrier = np.argsort(samples, kind="mergesort")
    begin = 0
    for end in range(1, samples.size + 1):
        if end < samples.size and samples[by_carrier[end]] == samples[by_carrier[begin]]:
            continue
        for one in by_carrier[begin:end]:
            weight = dosages[one] * information[samples[one]]
            for other in by_carrier[begin:end]:
                covariance[variants[one], variants[other]] += weight * dosages[other]
        begin = end
    return score, covariance
