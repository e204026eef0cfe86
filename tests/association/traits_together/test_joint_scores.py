"""Residuals of several traits: what the sums and differences of them are by construction."""

import numpy as np
import pytest

from association.traits_together.joint_samples import join_samples
from association.traits_together.joint_scores import join_scores


@pytest.fixture(scope="module")
def cohort(make_trait):
    rng = np.random.default_rng(1)
    size = 400
    shared = rng.normal(size=size)
    values = np.array(
        [shared + rng.normal(size=size), -shared + rng.normal(size=size), rng.normal(size=size) + shared]
    )
    kept = [np.arange(size), np.flatnonzero(rng.random(size) < 0.7), np.flatnonzero(rng.random(size) < 0.8)]
    strata = rng.integers(0, 3, size)
    names = ("a", "b", "c")
    harms = (1, -1, 1)
    return [make_trait(*own, strata, harm=harm) for *own, harm in zip(names, values, kept, harms, strict=True)]


@pytest.fixture(scope="module")
def scores(cohort):
    return join_scores(cohort, join_samples(cohort))


def test_residuals_sum_to_zero_in_every_stratum_whoever_lacks_the_trait(scores):
    for stratum in np.unique(scores.samples.strata):
        np.testing.assert_allclose(scores.residuals[:, scores.samples.strata == stratum].sum(axis=1), 0, atol=1e-9)
    assert (scores.residuals[~scores.samples.present] == 0).all()


def test_what_one_trait_says_beyond_another_is_uncorrelated_with_it(scores):
    for trait, given in ((0, 1), (1, 0), (2, 1)):
        beyond = scores.conditional(trait, given).residuals
        both = scores.samples.present[trait] & scores.samples.present[given]
        assert (beyond[~both] == 0).all()
        centred = scores.residuals[given] * both
        for stratum in np.unique(scores.samples.strata):
            own = both & (scores.samples.strata == stratum)
            centred[own] -= centred[own].sum() / max(own.sum(), 1)
        assert abs(beyond @ centred) < 1e-8 * np.linalg.norm(beyond) * np.linalg.norm(centred)


def test_traits_are_added_up_towards_what_is_worse(scores):
    np.testing.assert_allclose(scores.homogeneous().residuals, scores.residuals.T @ [1, -1, 1])
    np.testing.assert_allclose(scores.correlation[0, 1:], [-0.5, 0.5], atol=0.12)


def test_the_variance_of_a_sum_is_that_of_the_traits_that_a_sample_has(scores):
    summed = scores.homogeneous()
    for pattern in ([1, 1, 1], [1, 0, 1], [1, 0, 0]):
        own = (scores.samples.present == np.array(pattern, bool)[:, None]).all(axis=0)
        claimed = summed.information[own]
        assert np.ptp(claimed) < 1e-12
        error = np.sqrt(2 / own.sum())
        np.testing.assert_allclose(summed.residuals[own].var(), claimed[0], rtol=3.5 * error)


def test_a_trait_given_a_copy_of_itself_has_nothing_left(make_trait):
    values = np.random.default_rng(2).normal(size=50)
    twice = [make_trait("a", values), make_trait("b", 3 * values)]
    assert np.abs(join_scores(twice, join_samples(twice)).conditional(1, 0).residuals).max() < 1e-12
