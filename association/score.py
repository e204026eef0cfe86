"""Score statistics of one gene's variants under any null model, from its carriers alone.

With G the dosages, M the residuals and V the information of a null model,

    U = G'M,   Phi = G'VG - (G'VX)(X'VX)^-1(X'VG),

and only samples with a dosage other than zero enter any sum.

Axes: m variants of a gene, k distinct carriers, p covariates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.linalg import cholesky, solve_triangular

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
    score = _project(offsets, samples, dosages, model.residuals[:, None])[:, 0]
    distinct, positions = np.unique(samples, return_inverse=True)
    covariance = _diagonal_part(offsets, positions, dosages, model.information[distinct])
    if model.shared_risk is not None:
        shared = model.shared_risk.between(distinct)
        covariance -= _project(offsets, positions, dosages, _project(offsets, positions, dosages, shared).T)
    if model.covariate_information.size:
        cross = _project(offsets, samples, dosages, model.cross_information)
        root = cholesky(model.covariate_information, lower=True)
        explained = solve_triangular(root, cross.T, lower=True)
        covariance -= explained.T @ explained
    return ScoreStatistics(score, (covariance + covariance.T) / 2)


@njit(cache=True)
def _project(offsets: Integers, samples: Integers, dosages: Floats, rows: Floats) -> Floats:
    """Give G' rows (m, q) for rows (n, q)."""
    sums = np.zeros((offsets.size - 1, rows.shape[1]))
    for variant in range(offsets.size - 1):
        for entry in range(offsets[variant], offsets[variant + 1]):
            for column in range(rows.shape[1]):
                sums[variant, column] += dosages[entry] * rows[samples[entry], column]
    return sums


@njit(cache=True)
def _diagonal_part(offsets: Integers, positions: Integers, dosages: Floats, information: Floats) -> Floats:
    """Give G' diag(information) G (m, m), visiting the pairs of variants that share a carrier."""
    variants = np.empty(positions.size, np.int64)
    for variant in range(offsets.size - 1):
        variants[offsets[variant] : offsets[variant + 1]] = variant
    by_carrier = np.argsort(positions, kind="mergesort")
    covariance = np.zeros((offsets.size - 1, offsets.size - 1))
    begin = 0
    for end in range(1, positions.size + 1):
        if end < positions.size and positions[by_carrier[end]] == positions[by_carrier[begin]]:
            continue
        for one in by_carrier[begin:end]:
            weight = dosages[one] * information[positions[one]]
            for other in by_carrier[begin:end]:
                covariance[variants[one], variants[other]] += weight * dosages[other]
        begin = end
    return covariance
