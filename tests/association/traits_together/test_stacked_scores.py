"""The covariance of stacked scores against all permutations, one by one."""

from itertools import permutations, product

import numpy as np
import pytest

from association.score import Carriers
from association.traits_together.joint_samples import join_samples
from association.traits_together.joint_scores import join_scores
from association.traits_together.stacked_scores import stacked_covariance, stacked_scores

GENOTYPES = np.array([[1, 0], [0, 2], [0, 0], [1, 1], [0, 0], [0, 0], [0, 1], [0, 0]], np.float64)


def columns_of(genotypes):
    variants, samples = np.nonzero(genotypes.T)
    offsets = np.searchsorted(variants, np.arange(genotypes.shape[1] + 1))
    return Carriers(offsets, samples, genotypes.T[variants, samples])


@pytest.mark.parametrize("strata", [np.zeros(7, np.int64), np.array([0, 0, 0, 0, 1, 1, 1])])
def test_scores_have_the_covariance_that_all_permutations_of_samples_give(make_trait, strata):
    rng = np.random.default_rng(1)
    values, kept = rng.normal(size=(2, 7)), [np.arange(7), np.array([0, 1, 3, 4, 6])]
    traits = [make_trait(name, own, had, strata) for name, own, had in zip("ab", values, kept, strict=True)]
    scores = join_scores(traits, join_samples(traits))
    genotypes = GENOTYPES[:7]
    within = [list(permutations(np.flatnonzero(strata == stratum))) for stratum in np.unique(strata)]
    orders = [np.concatenate(parts) for parts in product(*within)]
    every = np.array([(genotypes.T @ scores.residuals[:, order].T).T.ravel() for order in orders])
    covariance = stacked_covariance(scores.residuals, scores.samples.strata, columns_of(genotypes))
    np.testing.assert_allclose(covariance, np.cov(every.T, bias=True), atol=1e-12)
    np.testing.assert_allclose(every.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(stacked_scores(scores.residuals, columns_of(genotypes)), every[0])


def test_eigenvalues_are_products_where_everyone_has_every_trait(make_trait):
    rng = np.random.default_rng(2)
    traits = [make_trait(name, values) for name, values in zip("abc", rng.normal(size=(3, 8)), strict=True)]
    scores = join_scores(traits, join_samples(traits))
    covariance = stacked_covariance(scores.residuals, scores.samples.strata, columns_of(GENOTYPES))
    of_traits = np.linalg.eigvalsh(np.cov(scores.residuals))
    of_gene = np.linalg.eigvalsh(np.cov(GENOTYPES.T) * 7)
    products = np.sort(np.outer(of_traits, of_gene).ravel())
    np.testing.assert_allclose(np.linalg.eigvalsh(covariance), products, atol=1e-12)
