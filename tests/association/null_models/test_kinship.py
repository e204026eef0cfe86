"""The mixed model with kinship against dense algebra, and among siblings who share carriers."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal

from association.null_models.design import Design
from association.null_models.families import Kinship
from association.null_models.kinship import HIGHEST_HERITABILITY, fit_linear_kinship, refuse_kinship
from association.null_models.linear import fit_linear
from association.problems import InputError
from association.score import Carriers, score_statistics

# Two parents and two children; siblings; twins and a cousin; the rest has no relatives.
FAMILIES = (
    {(0, 2): 0.25, (0, 3): 0.25, (1, 2): 0.25, (1, 3): 0.25, (2, 3): 0.25},
    {(0, 1): 0.25, (0, 2): 0.25, (1, 2): 0.25},
    {(0, 1): 0.5, (0, 2): 0.0625, (1, 2): 0.0625},
)


def families(samples, seed):
    """Lay out the families over and over, in shuffled order, on half of the samples."""
    rng = np.random.default_rng(seed)
    order, pairs, used = rng.permutation(samples), [], 0
    while used + 4 <= samples // 2:
        family = FAMILIES[len(pairs) % len(FAMILIES)]
        members = order[used : used + 4]
        pairs.append([(members[one], members[other], value) for (one, other), value in family.items()])
        used += 4
    flat = np.array([pair for family in pairs for pair in family])
    return Kinship(flat[:, 0].astype(int), flat[:, 1].astype(int), flat[:, 2])


def dense(kinship, samples):
    relatedness = np.eye(samples)
    relatedness[kinship.first, kinship.second] = relatedness[kinship.second, kinship.first] = 2 * kinship.coefficient
    return relatedness


def simulate(seed, samples, heritability=0.6):
    rng = np.random.default_rng(seed)
    kinship = families(samples, seed)
    matrix = np.column_stack([rng.normal(60, 10, samples), rng.integers(0, 2, samples)])
    covariance = heritability * dense(kinship, samples) + (1 - heritability) * np.eye(samples)
    noise = np.linalg.cholesky(covariance) @ rng.normal(size=samples)
    return matrix @ [0.1, -0.5] + 2 * noise, Design(("age", "sex"), matrix), kinship


def restricted_log_likelihood(heritability, trait, matrix, relatedness):
    """Harville's: that of n - p error contrasts, orthonormal to the covariates."""
    contrasts = np.linalg.svd(matrix, full_matrices=True)[0][:, matrix.shape[1] :]
    covariance = contrasts.T @ (heritability * relatedness + (1 - heritability) * np.eye(trait.size)) @ contrasts
    left = contrasts.T @ trait
    variance = left @ np.linalg.solve(covariance, left) / left.size
    return multivariate_normal(cov=variance * covariance).logpdf(left)


def test_agrees_with_dense_generalised_least_squares():
    trait, design, kinship = simulate(3, 60)
    fit = fit_linear_kinship(trait, design, kinship)
    relatedness, matrix = dense(kinship, 60), np.column_stack([np.ones(60), design.matrix])
    other = minimize_scalar(
        lambda h: -restricted_log_likelihood(h, trait, matrix, relatedness), bounds=(0, 1), method="bounded"
    )
    heritability = fit.details["heritability"]
    assert 0.05 < heritability < 0.95
    assert heritability == pytest.approx(other.x, abs=1e-4)
    # The two likelihoods differ by the size of X alone.
    at = [restricted_log_likelihood(h, trait, matrix, relatedness) for h in (heritability, 0.0)]
    plain = fit_linear_kinship(trait, design, Kinship(np.empty(0, int), np.empty(0, int), np.empty(0)))
    assert fit.log_likelihood - plain.log_likelihood == pytest.approx(at[0] - at[1], abs=1e-8)
    inverse = np.linalg.inv(heritability * relatedness + (1 - heritability) * np.eye(60))
    information = matrix.T @ inverse @ matrix
    estimates = np.linalg.solve(information, matrix.T @ inverse @ trait)
    left = trait - matrix @ estimates
    variance = left @ inverse @ left / (60 - 3)
    errors = np.sqrt(variance * np.diag(np.linalg.inv(information)))
    assert fit.details["total_variance"] == pytest.approx(variance, rel=1e-8)
    np.testing.assert_allclose([one.estimate for one in fit.coefficients], estimates, rtol=1e-8)
    np.testing.assert_allclose([one.standard_error for one in fit.coefficients], errors, rtol=1e-8)
    np.testing.assert_allclose(fit.model.residuals, inverse @ left / variance, atol=1e-8)
    np.testing.assert_allclose(matrix.T @ fit.model.residuals, 0, atol=1e-8)


def test_covariance_of_scores_is_that_of_the_projection():
    trait, design, kinship = simulate(4, 60)
    fit = fit_linear_kinship(trait, design, kinship)
    rng = np.random.default_rng(5)
    dosages = rng.binomial(2, 0.3, (60, 5)).astype(float)
    variants, samples = np.nonzero(dosages.T)
    # Entries of a variant in any order.
    shuffled = np.lexsort((rng.random(variants.size), variants))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(variants))])
    carriers = Carriers(offsets, samples[shuffled], dosages.T[variants, samples][shuffled])
    statistics = score_statistics(fit.model, carriers)
    heritability, matrix = fit.details["heritability"], np.column_stack([np.ones(60), design.matrix])
    covariance = heritability * dense(kinship, 60) + (1 - heritability) * np.eye(60)
    inverse = np.linalg.inv(covariance * fit.details["total_variance"])
    explained = inverse @ matrix @ np.linalg.solve(matrix.T @ inverse @ matrix, matrix.T @ inverse)
    projection = inverse - explained
    np.testing.assert_allclose(statistics.covariance, dosages.T @ projection @ dosages, atol=1e-10)
    np.testing.assert_allclose(statistics.score, dosages.T @ projection @ trait, atol=1e-9)


def test_shared_information_ignores_the_order_of_the_samples_asked_for(share_each):
    trait, design, kinship = simulate(4, 60)
    risk = fit_linear_kinship(trait, design, kinship).model.shared_risk
    everyone = share_each(risk, np.arange(60))
    np.testing.assert_array_equal(everyone, everyone.T)
    some = np.random.default_rng(1).permutation(60)[:25]
    np.testing.assert_array_equal(share_each(risk, some), everyone[np.ix_(some, some)])


def test_without_relatives_the_model_is_least_squares():
    trait, design, _ = simulate(5, 60)
    fit = fit_linear_kinship(trait, design, Kinship(np.empty(0, int), np.empty(0, int), np.empty(0)))
    plain = fit_linear(trait, design)
    np.testing.assert_allclose(fit.model.residuals, plain.model.residuals, atol=1e-10)
    np.testing.assert_allclose(fit.model.information, plain.model.information, rtol=1e-10)
    assert fit.details["families"] == 0
    for one, other in zip(fit.coefficients, plain.coefficients, strict=True):
        assert (one.estimate, one.standard_error) == pytest.approx((other.estimate, other.standard_error), rel=1e-9)


def sibships(count, size):
    members = np.arange(count * size).reshape(count, size)
    first, second = np.triu_indices(size, 1)
    return Kinship(members[:, first].ravel(), members[:, second].ravel(), np.full(count * first.size, 0.25))


def sibling_noise(rng, count, size, heritability):
    covariance = heritability * dense(sibships(1, size), size) + (1 - heritability) * np.eye(size)
    return (rng.normal(size=(count, size)) @ np.linalg.cholesky(covariance).T).ravel()


@pytest.mark.parametrize("heritability", [0.0, 0.3, 0.8])
def test_heritability_is_recovered(heritability):
    rng, design = np.random.default_rng(1), Design((), np.empty((6000, 0)))
    fits = [
        fit_linear_kinship(sibling_noise(rng, 1500, 4, heritability), design, sibships(1500, 4)) for _ in range(8)
    ]
    estimates = [fit.details["heritability"] for fit in fits]
    # The standard error of one estimate is near 0.03; at 0 none can be below.
    assert np.mean(estimates) == pytest.approx(heritability, abs=0.04)
    assert all(0 <= estimate <= HIGHEST_HERITABILITY for estimate in estimates)


def test_type_i_error_holds_among_siblings_who_share_carriers_and_not_without_kinship():
    count, size, heritability = 150, 4, 0.9
    kinship, rng = sibships(count, size), np.random.default_rng(8)
    design = Design(("age",), rng.normal(size=(count * size, 1)))
    deviates = {"kinship": [], "plain": []}
    for _ in range(250):
        trait = sibling_noise(rng, count, size, heritability) + design.matrix[:, 0]
        models = {
            "kinship": fit_linear_kinship(trait, design, kinship).model,
            "plain": fit_linear(trait, design).model,
        }
        # One parent is heterozygous: each child of the family carries with probability one half.
        carriers = [
            np.flatnonzero(np.repeat(rng.random(count) < 0.1, size) & (rng.random(count * size) < 0.5))
            for _ in range(16)
        ]
        for name, model in models.items():
            for samples in carriers:
                gene = score_statistics(model, Carriers(np.array([0, samples.size]), samples, np.ones(samples.size)))
                deviates[name].append(gene.score[0] / np.sqrt(gene.covariance[0, 0]))
    rates = {name: (np.abs(values) > 1.959964).mean() for name, values in deviates.items()}
    # 4,000 tests: a standard error of 0.0035.
    assert rates["kinship"] == pytest.approx(0.05, abs=0.012)
    assert rates["plain"] > 0.08


@pytest.mark.parametrize(
    ("first", "second", "coefficient", "words"),
    [
        ([0, 1], [2, 60], [0.25, 0.25], "1 of 2 name a sample beyond the 60 of the trait"),
        ([0, 1], [0, 2], [0.5, 0.25], "1 of 2 are of a sample with itself"),
        ([0, 2], [2, 0], [0.25, 0.25], "1 of 2 stand in the table a second time"),
        ([0, 2], [1, 3], [1.0, np.nan], "2 of 2 have a coefficient outside 0 to 0.5"),
        ([0, 0], [1, 2], [0.5, 0.25], "1 families have coefficients that no pedigree has"),
    ],
)
def test_refuses_an_impossible_kinship(first, second, coefficient, words):
    trait, design, _ = simulate(1, 60)
    with pytest.raises(InputError, match=words):
        fit_linear_kinship(trait, design, Kinship(np.array(first), np.array(second), np.array(coefficient)))


@pytest.mark.parametrize(
    ("trait", "words"),
    [
        (np.array([1.0, np.nan, 2.0, 3.0]), "1 of 4 values"),
        (np.array([1.0, 2.0, 4.0]), "3 samples for 2 coefficients"),
        (np.full(4, 0.1), "constant or determined"),
        (np.arange(4.0), "constant or determined"),
    ],
)
def test_refuses_a_trait_it_cannot_fit(trait, words):
    design = Design(("x",), np.arange(float(trait.size))[:, None])
    with pytest.raises(InputError, match=words):
        fit_linear_kinship(trait, design, Kinship(np.array([0]), np.array([1]), np.array([0.25])))


def test_refusal_says_to_keep_one_member_of_each_family():
    assert "trait 'survival'" in str(refuse_kinship("trait 'survival'"))
    assert "keep one member of each family" in str(refuse_kinship("trait 'survival'"))
