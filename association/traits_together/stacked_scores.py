"""The scores of several traits, stacked, and the large-sample law of their quadratic forms.

With G the genotypes of a gene's carriers and M the residuals of P traits (zero where a sample lacks the trait), the
scores U_jp = sum_i G_ij M_ip have, under permutation of whole samples within strata, exactly

    Cov(U_jp, U_kq) = sum_s S_s,pq (G_s'G_s - n_s gbar_s gbar_s')_jk,

S_s the covariance (n_s - 1 in the denominator) of the rows of M in stratum s. With one stratum that is a Kronecker
product, and the eigenvalues of sum_p sum_j w_j^2 U_jp^2 are lambda_i(S) x lambda_j(WGW); with several it is a sum of
such, whose eigenvalues are computed. The law is that of a weighted sum of chi-squares, the textbook's, right at many
carriers; the p-value to report comes from the permutations themselves.

Axes: P traits, m columns of a gene, n samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from association.calibration.permutation_stream import centre_within_strata
from association.gene_plan import GenePlan
from association.gene_unit import TestedRow
from association.quadratic_forms import upper_tail
from association.score import Carriers
from association.traits_together.joint_scores import JointScores

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class StackedScores:
    """The residuals of several traits, ready for any gene.

    Parameters
    ----------
    scores
        The traits'.
    """

    def __init__(self, scores: JointScores) -> None:
        self._residuals, self._strata = scores.residuals, scores.samples.strata
        self._summed = (scores.harm @ scores.residuals)[None]

    def heterogeneous(self, plan: GenePlan, tested: TestedRow) -> float:
        """Give the large-sample p-value of a test of all traits, each in its own direction."""
        return self._p_value(self._residuals, plan, tested)

    def homogeneous(self, plan: GenePlan, tested: TestedRow) -> float:
        """Give that of a test of all traits towards what is worse, or better, in each."""
        return self._p_value(self._summed, plan, tested)

    def _p_value(self, residuals: Floats, plan: GenePlan, tested: TestedRow) -> float:
        columns = _weighted_columns(plan, tested)
        covariance = stacked_covariance(residuals, self._strata, columns)
        scores = stacked_scores(residuals, columns)
        eigenvalues = np.maximum(np.linalg.eigvalsh(covariance), 0.0)
        return float(upper_tail(np.array([scores @ scores]), eigenvalues[None])[0])


def _weighted_columns(plan: GenePlan, tested: TestedRow) -> Carriers:
    """Give the columns whose squared scores a test adds up, times their weights."""
    if tested.burden is not None:
        samples, values = plan.burden_entries(tested.burden)
        return Carriers(np.array([0, samples.size]), samples, values)
    weights, columns = tested.weights, plan.columns
    if weights is None:
        raise ValueError("an omnibus adds up no scores")
    used = np.flatnonzero(weights)
    parts = [slice(columns.offsets[one], columns.offsets[one + 1]) for one in used]
    sizes = np.array([part.stop - part.start for part in parts])
    return Carriers(
        np.concatenate(([0], np.cumsum(sizes))),
        np.concatenate([columns.samples[part] for part in parts]),
        np.concatenate([columns.dosages[part] * weights[one] for one, part in zip(used, parts, strict=True)]),
    )


def stacked_scores(residuals: Floats, columns: Carriers) -> Floats:
    """Give the scores of a gene's columns (P m), trait by trait.

    Parameters
    ----------
    residuals
        Of each trait (P, n).
    columns
        Of the gene (m).
    """
    column = np.repeat(np.arange(columns.offsets.size - 1), np.diff(columns.offsets))
    products = residuals[:, columns.samples] * columns.dosages
    sums = [np.bincount(column, own, minlength=columns.offsets.size - 1) for own in products]
    return np.concatenate(sums).astype(np.float64)


def stacked_covariance(residuals: Floats, strata: Integers, columns: Carriers) -> Floats:
    """Give their covariance under permutation of whole samples within strata (P m, P m).

    Parameters
    ----------
    residuals
        Of each trait (P, n).
    strata
        Of each sample (n).
    columns
        Of the gene (m).
    """
    size = columns.offsets.size - 1
    column = np.repeat(np.arange(size), np.diff(columns.offsets))
    carriers, place = np.unique(columns.samples, return_inverse=True)
    genotypes = np.zeros((carriers.size, size))
    genotypes[place, column] = columns.dosages
    centred = np.array([centre_within_strata(own, strata) for own in residuals])
    covariance = np.zeros((len(residuals) * size, len(residuals) * size))
    for stratum in np.unique(strata[carriers]):
        everyone, own = strata == stratum, genotypes[strata[carriers] == stratum]
        count = np.count_nonzero(everyone)
        if count > 1:
            of_traits = centred[:, everyone] @ centred[:, everyone].T / (count - 1)
            sums = own.sum(axis=0)
            covariance += np.kron(of_traits, own.T @ own - np.outer(sums, sums) / count)
    return covariance
