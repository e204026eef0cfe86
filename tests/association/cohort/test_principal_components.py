"""Principal components against plink2 and numpy's own decomposition."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.cohort.principal_components import principal_components, structured_components

REFERENCE = Path(__file__).parents[2] / "reference"


def fit(dosages, fitted=None, *, seed=1, **settings):
    everybody = np.ones(dosages.shape[1], dtype=bool)
    generator = np.random.default_rng(seed)
    return principal_components(dosages, everybody if fitted is None else fitted, generator=generator, **settings)


def up_to_sign(vectors):
    return vectors * np.sign(np.sum(vectors**3, axis=0))


def standardised_by_hand(dosages):
    mean = np.array([row[row >= 0].mean() for row in dosages])
    varies = (mean > 0) & (mean < 2)
    filled = np.where(dosages >= 0, dosages, mean[:, None])[varies] - mean[varies, None]
    return filled / np.sqrt(mean[varies] * (1 - mean[varies] / 2) * varies.sum())[:, None]


def test_eigenvalues_and_eigenvectors_are_plink2s():
    lines = (REFERENCE / "relatives.dosages.txt").read_text().split()[:300]
    dosages = np.array([list(map(int, line)) for line in lines], dtype=np.int8)
    first, *rows = [line.split("\t") for line in (REFERENCE / "relatives.expected_pca.tsv").read_text().splitlines()]
    found = fit(dosages, number=3)
    np.testing.assert_allclose(found.eigenvalues, np.array(first[1:], float), rtol=1e-4)
    vectors = np.array([row[1:] for row in rows], float)
    np.testing.assert_allclose(found.scores / np.sqrt(found.eigenvalues), up_to_sign(vectors), atol=1e-4)


@pytest.mark.parametrize(("variants", "samples"), [(400, 60), (60, 400)])
def test_both_shapes_have_the_singular_values_of_the_whole_matrix(variants, samples, make_populations, with_missing):
    rng = np.random.default_rng(2)
    dosages = with_missing(rng, make_populations(rng, variants, [samples // 2] * 2, 0.05)[0], 0.03)
    left, singular, right = np.linalg.svd(standardised_by_hand(dosages), full_matrices=False)
    found = fit(dosages, number=4)
    np.testing.assert_allclose(found.eigenvalues, singular[:4] ** 2, rtol=1e-4)
    assert found.total_variance == pytest.approx(np.sum(singular**2), rel=1e-5)
    assert found.total_squared == pytest.approx(np.sum(singular**4), rel=1e-5)
    expected = up_to_sign(right[:2].T) * singular[:2]
    np.testing.assert_allclose(found.scores[:, :2], expected, atol=1e-3 * singular[0])
    np.testing.assert_allclose(np.abs(found.loadings[:, 0]), np.abs(left[:, 0]), atol=1e-3)


def test_lanczos_finds_what_the_whole_decomposition_finds(monkeypatch, make_populations):
    rng = np.random.default_rng(3)
    dosages = make_populations(rng, 700, [200, 150], 0.03)[0]
    whole = fit(dosages)
    monkeypatch.setattr("association.cohort.decomposition.LANCZOS_SIZE", 50)
    found = fit(dosages)
    np.testing.assert_allclose(found.eigenvalues, whole.eigenvalues, rtol=1e-8)
    np.testing.assert_allclose(found.scores[:, 0], whole.scores[:, 0], atol=1e-6)


def test_the_randomised_decomposition_agrees_with_the_exact_one(make_populations):
    rng = np.random.default_rng(4)
    dosages = make_populations(rng, 1500, [300, 200, 100], 0.02)[0]
    exact, found = fit(dosages), fit(dosages, exact_size=100)
    assert found.converged
    np.testing.assert_allclose(found.eigenvalues, exact.eigenvalues, rtol=0.01)
    np.testing.assert_allclose(found.eigenvalues[:2], exact.eigenvalues[:2], rtol=1e-5)
    np.testing.assert_allclose(found.scores[:, :2], exact.scores[:, :2], atol=1e-3 * np.sqrt(exact.eigenvalues[0]))
    assert found.total_variance == pytest.approx(exact.total_variance, rel=1e-5)
    assert found.total_squared == pytest.approx(exact.total_squared, rel=1e-5)
    again = fit(dosages, exact_size=100)
    np.testing.assert_array_equal(again.scores, found.scores)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_order_of_samples_and_the_alternate_allele_do_not_turn_a_component(seed, make_populations):
    rng = np.random.default_rng(seed)
    dosages = make_populations(rng, 300, [50, 20], 0.1)[0]
    order, recoded = rng.permutation(70), rng.random(300) < 0.5
    turned = np.where(recoded[:, None], 2 - dosages, dosages)[:, order].astype(np.int8)
    whole, changed = fit(dosages, number=1), fit(turned, number=1)
    np.testing.assert_allclose(changed.scores, whole.scores[order], atol=2e-4 * np.sqrt(whole.eigenvalues[0]))


def test_projected_samples_lie_in_their_own_population(make_populations):
    rng = np.random.default_rng(6)
    dosages, population = make_populations(rng, 3000, [150, 150], 0.05)
    fitted = rng.random(300) < 0.7
    found = fit(dosages, fitted, number=2)
    np.testing.assert_array_equal(found.projected, ~fitted)
    centres = [found.scores[fitted & (population == number), 0].mean() for number in (0, 1)]
    side = (found.scores[~fitted, 0] > np.mean(centres)) == (centres[1] > centres[0])
    np.testing.assert_array_equal(side, population[~fitted] == 1)
    # Shrinkage: projections lie nearer to the middle, here by less than a fifth.
    shrunken = np.abs(found.scores[~fitted, 0]).mean() / np.abs(found.scores[fitted, 0]).mean()
    assert 0.8 < shrunken < 1.0


def test_a_projected_copy_of_a_fitted_sample_lies_where_it_does(make_populations):
    rng = np.random.default_rng(7)
    dosages = make_populations(rng, 500, [40, 40], 0.05)[0]
    both = np.concatenate([dosages, dosages], axis=1)
    found = fit(both, np.arange(160) < 80, number=3)
    np.testing.assert_allclose(found.scores[80:], found.scores[:80], atol=1e-4)


@pytest.mark.parametrize(("sizes", "expected"), [([400], 0), ([200, 200], 1), ([200, 120, 80], 2), ([390, 10], 1)])
def test_components_of_structure_are_one_fewer_than_the_populations(sizes, expected, make_populations):
    rng = np.random.default_rng(8)
    dosages = make_populations(rng, 3000, sizes, 0.02)[0]
    assert structured_components(fit(dosages)) == expected
    assert structured_components(fit(dosages, exact_size=10)) == expected


def test_a_weak_component_is_seen_beside_a_strong_one():
    rng = np.random.default_rng(11)
    dosages = rng.binomial(2, rng.uniform(0.1, 0.9, 1000)[:, None], (1000, 120)).astype(np.int8)
    noise = fit(dosages, number=1)
    weak, strong = 1.3 * noise.eigenvalues[0], 0.5 * noise.total_variance
    both = replace(
        noise,
        eigenvalues=np.array([strong, weak, noise.eigenvalues[0]]),
        total_variance=noise.total_variance + strong + weak,
        total_squared=noise.total_squared + strong**2 + weak**2,
    )
    assert structured_components(noise) == 0
    assert structured_components(both) == 2


def test_without_structure_the_first_component_passes_as_often_as_its_significance_says():
    rng = np.random.default_rng(9)
    called = [
        structured_components(
            fit(rng.binomial(2, rng.uniform(0.1, 0.9, 400)[:, None], (400, 60)).astype(np.int8)), significance=0.2
        )
        > 0
        for _ in range(150)
    ]
    # 0.2 give or take three standard errors of 150 draws, and a test made for the limit of many samples.
    assert 0.08 < np.mean(called) < 0.32


@pytest.mark.parametrize(
    ("variants", "samples", "number"), [(50, 10, 9), (49, 10, 0), (50, 9, 0), (0, 10, 0), (60, 0, 0)]
)
def test_too_few_variants_or_samples_give_no_component_and_say_so(variants, samples, number):
    rng = np.random.default_rng(1)
    dosages = rng.integers(0, 3, (variants, samples + 3)).astype(np.int8)
    dosages[:, :2] = [0, 2]
    fitted = np.arange(samples + 3) < samples
    found = fit(dosages, fitted)
    assert found.number == number
    assert found.scores.shape == (samples + 3, number)
    assert found.loadings.shape == (variants, number)
    assert found.reason is not None
    assert structured_components(found) <= number


def test_no_more_components_than_samples_can_carry_are_given_and_missing_samples_lie_at_zero():
    dosages = np.random.default_rng(1).integers(0, 3, (100, 12)).astype(np.int8)
    dosages[:, 11] = -1
    found = fit(dosages, np.arange(12) < 11, number=20)
    assert found.number == 10
    assert "no more" in found.reason
    np.testing.assert_array_equal(found.scores[11], np.zeros(10))
