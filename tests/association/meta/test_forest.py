"""Heterogeneity and leave-one-out against formulas written out, and the laws of effects that differ."""

import math

import numpy as np
import pytest
from scipy.stats import chi2

from association.meta.cohort_summary import CarrierPatterns, GeneSummary, GramMatrix, TraitSummary
from association.meta.combined_gene import combine_cohorts
from association.meta.forest import forest_rows, heterogeneity
from association.meta.summed_tests import (
    fixed_burden,
    heterogeneous_burden_log10_p,
    heterogeneous_skat_log10_p,
    skat_over_cohorts_log10_p,
)
from association.score import ScoreStatistics

RULE = (np.array([-1.0, 1.0]), np.array([50.0, 50.0]))


def cohort(name, score, covariance, *, variants=None, observed=None):
    size = len(score)
    names = variants or [f"v{at}" for at in range(size)]
    events = None if observed is None else np.asarray(observed, float)
    return (
        TraitSummary(name, "trait", "cox", 100, None, (RULE,)),
        GeneSummary(
            "GENE",
            tuple(names),
            ScoreStatistics(np.asarray(score, float), np.asarray(covariance, float)),
            np.full(size, 8.0),
            CarrierPatterns(np.eye(size, dtype=int), np.full((1, size), 8)),
            GramMatrix(np.arange(size), np.arange(size), np.full(size, 8.0)),
            events,
            None if events is None else events - np.asarray(score, float),
            np.full(size, 8.0),
            np.full(size, 200.0),
        ),
    )


def random_cohorts(seed, count=4, size=3):
    rng = np.random.default_rng(seed)
    cohorts = []
    for at in range(count):
        root = rng.normal(size=(size, size + 3))
        cohorts.append(cohort(f"site {at}", root @ rng.normal(size=size + 3), root @ root.T))
    return cohorts


def test_cochran_q_and_i_squared_are_those_of_weighted_effects():
    gene = combine_cohorts(random_cohorts(1))
    weights = np.array([1.0, 2.0, 0.5])
    variance = np.array([weights @ own @ weights for own in gene.covariances])
    effects = gene.scores @ weights / variance
    mean = np.average(effects, weights=variance)
    q = (variance * (effects - mean) ** 2).sum()
    found = heterogeneity(gene, weights)
    assert (found.cochran_q, found.degrees) == (pytest.approx(q, rel=1e-12), 3)
    assert found.i_squared == pytest.approx(max(0.0, (q - 3) / q), rel=1e-12)
    assert 10**found.log10_p == pytest.approx(chi2.sf(q, 3), rel=1e-9)


def test_cohorts_with_one_effect_do_not_differ_and_opposite_ones_do():
    equal = combine_cohorts([cohort(str(v), [0.7 * v], [[v]]) for v in (1.0, 4.0, 9.0)])
    assert heterogeneity(equal, np.ones(1)).cochran_q == pytest.approx(0, abs=1e-20)
    assert heterogeneity(equal, np.ones(1)).i_squared == 0
    opposite = combine_cohorts([cohort("a", [12.0], [[4.0]]), cohort("b", [-12.0], [[4.0]])])
    found = heterogeneity(opposite, np.ones(1))
    assert found.cochran_q == pytest.approx(72)
    assert fixed_burden(opposite, np.ones(1)).log10_p == pytest.approx(0, abs=1e-12)
    assert 10 ** heterogeneous_burden_log10_p(opposite, np.ones(1)) == pytest.approx(chi2.sf(72, 2), rel=1e-9)


def test_one_cohort_can_not_disagree():
    gene = combine_cohorts([cohort("a", [3.0], [[4.0]]), cohort("b", [0.0], [[0.0]])])
    found = heterogeneity(gene, np.ones(1))
    assert found.degrees == 0
    assert math.isnan(found.cochran_q)


def test_heterogeneous_skat_has_the_spectrum_of_all_cohorts():
    gene = combine_cohorts(random_cohorts(2, count=2))
    weights = np.array([1.0, 3.0, 2.0])
    rng = np.random.default_rng(1)
    roots = [np.linalg.cholesky(own) for own in gene.covariances]
    drawn = sum((((root * weights[:, None]) @ rng.normal(size=(3, 400_000))) ** 2).sum(axis=0) for root in roots)
    observed = ((gene.scores * weights) ** 2).sum()
    expected = (drawn >= observed).mean()
    # Four standard errors of the draws.
    error = 4 * math.sqrt(expected / drawn.size) / expected
    assert 10 ** heterogeneous_skat_log10_p(gene, weights) == pytest.approx(expected, rel=error)
    one = combine_cohorts(random_cohorts(3, count=1))
    assert heterogeneous_skat_log10_p(one, weights) == pytest.approx(
        skat_over_cohorts_log10_p(one, weights), abs=1e-9
    )


def test_a_row_of_the_forest_is_a_cohort_by_itself_and_says_what_the_others_say():
    cohorts = random_cohorts(4)
    gene, weights = combine_cohorts(cohorts), np.ones(3)
    rows = forest_rows(gene, weights)
    for at, row in enumerate(rows):
        alone = fixed_burden(combine_cohorts([cohorts[at]]), weights)
        assert (row.effect, row.standard_error) == pytest.approx((alone.effect, alone.standard_error), rel=1e-12)
        others = combine_cohorts(cohorts[:at] + cohorts[at + 1 :])
        assert row.log10_p_without == pytest.approx(fixed_burden(others, weights).log10_p, rel=1e-12)
        assert row.minor_alleles == 24
        assert row.observed_events is None


def test_variants_are_matched_by_name_and_cohorts_may_come_in_any_order():
    one = cohort("a", [1.0, 2.0], np.eye(2), variants=["v2", "v1"], observed=[5, 7])
    other = cohort("b", [4.0], [[3.0]], variants=["v2"], observed=[np.nan])
    gene, turned = combine_cohorts([one, other]), combine_cohorts([other, one])
    assert gene.variants == turned.variants == ("v1", "v2")
    np.testing.assert_array_equal(gene.statistics.score, [2.0, 5.0])
    np.testing.assert_array_equal(gene.statistics.covariance, np.diag([1.0, 4.0]))
    np.testing.assert_array_equal(turned.statistics.covariance, gene.statistics.covariance)
    first, second = forest_rows(gene, np.ones(2))
    assert (first.observed_events, second.observed_events) == (12, None)
    # What is not told of one variant does not hide another's.
    assert forest_rows(gene, np.array([1.0, 0.0]))[0].observed_events == 7


def test_refuses_to_combine_different_genes_traits_or_models():
    one, other = random_cohorts(5, count=2)
    for change in ({"kind": "logistic"}, {"trait": "slope"}):
        trait = TraitSummary(**{**vars(other[0]), **change})
        with pytest.raises(ValueError, match="different genes, traits or models"):
            combine_cohorts([one, (trait, other[1])])
