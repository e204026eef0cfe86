"""Ancestry of simulated populations, with and without a panel, and the robust distance behind it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from association.cohort.ancestry import (
    MAIN,
    OTHER,
    UNASSIGNED,
    classify,
    component_outliers,
    main_and_other,
    panel_groups,
)
from association.cohort.principal_components import principal_components
from association.cohort.robust_distance import main_cluster

CONTINENTS = ("AFR", "EUR", "EAS")


@pytest.fixture(scope="module")
def panel_and_cohort():
    """A panel of three populations, a cohort of these, of half-and-half people and of a fourth population."""
    rng = np.random.default_rng(21)
    ancestral = rng.uniform(0.1, 0.9, 2500)
    drifted = [rng.beta(9 * ancestral, 9 * (1 - ancestral)) for _ in range(4)]
    draw = lambda frequency, size: rng.binomial(2, frequency[:, None], (2500, size)).astype(np.int8)  # noqa: E731
    panel = np.concatenate([draw(drifted[place], 70) for place in range(3)], axis=1)
    mixed = (drifted[0] + drifted[1]) / 2
    cohort = np.concatenate([*(draw(drifted[place], 80) for place in range(3)), draw(mixed, 20)], axis=1)
    cohort[rng.random(cohort.shape) < 0.03] = -1
    truth = np.array([*np.repeat(CONTINENTS, 80), *["mixed"] * 20], dtype=object)
    return panel, np.repeat(np.array(CONTINENTS, dtype=object), 70), cohort, truth


def test_everybody_is_in_their_panels_group_and_mixed_people_in_none(panel_and_cohort):
    panel, labels, cohort, truth = panel_and_cohort
    found = panel_groups(panel, labels, cohort, generator=np.random.default_rng(1))
    np.testing.assert_array_equal(found.group, np.where(truth == "mixed", UNASSIGNED, truth))
    assert found.components == 2
    assert found.reason is None
    assert found.scores.shape == (260, 2)


def test_the_orders_of_panel_and_cohort_do_not_matter(panel_and_cohort):
    panel, labels, cohort, _ = panel_and_cohort
    rng = np.random.default_rng(2)
    rows, columns = rng.permutation(labels.size), rng.permutation(cohort.shape[1])
    one = panel_groups(panel, labels, cohort, generator=rng)
    other = panel_groups(panel[:, rows], labels[rows], cohort[:, columns], generator=rng)
    np.testing.assert_array_equal(other.group, one.group[columns])


def test_groups_too_small_for_a_shape_are_left_out_and_one_group_tells_nothing(panel_and_cohort):
    panel, labels, cohort, _ = panel_and_cohort
    few = (labels == "AFR") | (np.arange(labels.size) % 70 < 9)
    found = panel_groups(panel[:, few], labels[few], cohort, generator=np.random.default_rng(1))
    assert set(found.group) == {UNASSIGNED}
    assert np.isnan(found.probability).all()
    assert "1 groups" in found.reason


def test_between_two_groups_the_probability_falls_below_its_limit_and_far_out_nobody_belongs():
    rng = np.random.default_rng(3)
    panel = np.concatenate([rng.normal(0, 1, (400, 1)), rng.normal(4, 1, (400, 1))])
    labels = np.repeat(np.array(["left", "right"], dtype=object), 400)
    # At equal variances the log odds at x are 4 (x - 2): 0.75 is reached 0.27 from the middle.
    group, probability = classify(panel, labels, np.array([[0.0], [1.5], [1.95], [2.5], [4.0], [40.0]]))
    assert group.tolist() == ["left", "left", UNASSIGNED, "right", "right", UNASSIGNED]
    assert probability[1] == pytest.approx(1 / (1 + np.exp(-2)), abs=0.05)
    strict, _ = classify(panel, labels, np.array([[1.5]]), min_probability=0.95)
    assert strict.tolist() == [UNASSIGNED]


def test_a_wide_group_does_not_take_what_lies_within_a_narrow_one():
    rng = np.random.default_rng(9)
    panel = np.concatenate([rng.normal(0, 1, (500, 1)), rng.normal(6, 4, (500, 1))])
    labels = np.repeat(np.array(["narrow", "wide"], dtype=object), 500)
    # At 1 the log densities are -0.5 and -0.78 - log 4.
    group, probability = classify(panel, labels, np.array([[1.0]]))
    assert group.tolist() == ["narrow"]
    assert probability[0] == pytest.approx(1 / (1 + np.exp(0.5 - 0.78125) / 4), abs=0.03)


def cohort_of(make_populations, sizes, *, seed=4, divergence=0.05):
    rng = np.random.default_rng(seed)
    dosages, population = make_populations(rng, 2500, sizes, divergence)
    fitted = rng.random(population.size) < 0.9
    return principal_components(dosages, fitted, generator=rng), population


@pytest.mark.parametrize("sizes", [[300, 60, 40], [200, 199], [350, 12]])
def test_without_a_panel_the_main_group_is_the_largest_population(sizes, make_populations):
    components, population = cohort_of(make_populations, sizes)
    found = main_and_other(components)
    assert found.reason is None
    main = population[found.group == MAIN]
    assert np.unique(main).size == 1
    assert main.size >= 0.98 * (population == main[0]).sum()
    assert main.size >= 0.9 * max(sizes)


def test_one_population_is_all_main(make_populations):
    components, _ = cohort_of(make_populations, [300])
    found = main_and_other(components)
    assert set(found.group) == {MAIN}
    assert "one group" in found.reason


def test_without_components_everybody_is_main_and_the_reason_is_that_of_the_components():
    dosages = np.random.default_rng(1).integers(0, 3, (20, 30)).astype(np.int8)
    components = principal_components(dosages, np.ones(30, bool), generator=np.random.default_rng(1))
    found = main_and_other(components)
    assert set(found.group) == {MAIN}
    assert found.reason == components.reason


def test_outliers_of_a_group_are_found_and_none_in_groups_that_are_rests(make_populations):
    rng = np.random.default_rng(5)
    scores = rng.normal(size=(200, 3))
    scores[0] = [8, 0, 0]
    groups = np.full(200, MAIN, dtype=object)
    assert np.flatnonzero(component_outliers(scores, groups)).tolist() == [0]
    for rest in (OTHER, UNASSIGNED):
        assert not component_outliers(scores, np.full(200, rest, dtype=object)).any()
    assert not component_outliers(scores[:5], groups[:5]).any()


def test_half_a_cloud_of_others_does_not_move_the_main_clusters_distances():
    rng = np.random.default_rng(6)
    shape = np.array([[2.0, 0.5], [0.0, 0.7]])
    main, others = rng.normal(size=(600, 2)) @ shape, rng.normal([25, 10], 3, (250, 2))
    found = main_cluster(np.concatenate([main, others]))
    away = main - main.mean(axis=0)
    alone = np.einsum("ij,jk,ik->i", away, np.linalg.inv(np.cov(main.T)), away)
    np.testing.assert_allclose(found.squared_distance[:600], alone, rtol=0.1, atol=0.1)
    assert found.member[:600].mean() > 0.99
    assert found.member[600:].mean() < 0.02
    assert found.converged


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_distances_follow_neither_units_nor_order(seed):
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.normal(size=(120, 2)), rng.normal(9, 1, (20, 2))])
    order = rng.permutation(140)
    found, changed = main_cluster(points), main_cluster((points * [1000, 0.01] + 5)[order])
    np.testing.assert_allclose(changed.squared_distance, found.squared_distance[order], rtol=1e-5)


def test_as_many_of_a_normal_cluster_fall_outside_as_the_tail_says():
    points = np.random.default_rng(7).normal(size=(20_000, 4))
    found = main_cluster(points, tail=0.01)
    # Leaving the tail out of the covariance makes it a little small.
    assert 0.009 < 1 - found.member.mean() < 0.016
    assert found.limit == pytest.approx(chi2.isf(0.01, 4))


def test_missing_points_are_in_no_cluster_and_too_few_points_have_none():
    points = np.random.default_rng(8).normal(size=(100, 2))
    points[3, 1] = np.nan
    found = main_cluster(points)
    assert np.isnan(found.squared_distance[3])
    assert not found.member[3]
    assert main_cluster(points[4:18]) is None
    assert main_cluster(points[4:19]) is not None
    assert main_cluster(np.ones((100, 2))) is None
    assert main_cluster(np.zeros((100, 0))) is None
