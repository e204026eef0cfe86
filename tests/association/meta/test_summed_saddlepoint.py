"""The saddlepoint p-value of what cohorts share against that of the pooled genotypes and residuals."""

from dataclasses import replace

import numpy as np
import pytest

from association.calibration.evidence import residual_scale
from association.calibration.residual_cumulants import ResidualCumulants
from association.calibration.saddlepoint import saddlepoint_log10_p
from association.meta.cohort_summary import CarrierPatterns
from association.meta.combined_gene import combine_cohorts
from association.meta.shared_columns import shared_columns
from association.meta.summed_large_sample import saddlepoint_test_p
from association.meta.summed_saddlepoint import SummedCumulants, carried_burdens
from association.meta.summed_tests import fixed_burden
from association.scan_settings import ScanTrait
from association.simulate.random_traits import random_trait

SIZES = (900, 600, 1500)
COHORT = np.repeat(range(3), SIZES)
VARIANTS = 4
# Of one variant, of two, three and four: six samples of each stratum have each.
PATTERNS = np.vstack([np.eye(4, dtype=int), [[1, 1, 0, 0], [0, 1, 1, 1], [1, 1, 1, 1], [2, 0, 0, 1]]])
WEIGHTS = (np.ones(VARIANTS), np.linspace(1, 2, VARIANTS))


def patterned(rng, strata, each=6):
    """Genotypes of which nothing has to be suppressed."""
    dosages = np.zeros((COHORT.size, VARIANTS), int)
    for cohort in range(3):
        for stratum in np.unique(strata):
            own = rng.permutation(np.flatnonzero((cohort == COHORT) & (strata == stratum)))
            dosages[own[: each * len(PATTERNS)]] = np.repeat(PATTERNS, each, axis=0)
    return dosages


def models_of(rng, kind, strata, dosages, effect):
    """Carriers have worse luck, the worse the more they carry."""
    luck = effect * np.sqrt(dosages.sum(axis=1))
    return [random_trait(rng, kind, strata[one], luck[one]).model for one in (c == COHORT for c in range(3))]


def combine(strata, dosages, models, make_linked_store, told_genes):
    """Share each cohort by itself, through the tables that are sent, and bring them together."""
    summaries = []
    for cohort, model in enumerate(models):
        one = cohort == COHORT
        trait = ScanTrait("trait", model, strata[one], np.arange(one.sum()), int(one.sum()))
        store = make_linked_store(dosages[one], ["A"] * dosages.shape[1])
        summary, genes = told_genes(store, [trait], cohort=f"site {cohort}")["trait"]
        summaries.append((summary, genes["A"]))
    return combine_cohorts(summaries), SummedCumulants.of([trait for trait, _ in summaries])


def pooled_log10_p(strata, burden, models):
    """Everyone's residuals and burdens, cohort x stratum."""
    scale = np.concatenate([residual_scale(one, strata[c == COHORT]) for c, one in enumerate(models)])
    residuals = np.concatenate([one.residuals for one in models])
    apart = COHORT * 2 + strata
    apart = np.unique(apart, return_inverse=True)[1]
    carriers = burden > 0
    cumulants = ResidualCumulants.of(residuals / scale, apart)
    theirs = (burden * scale)[carriers]
    return saddlepoint_log10_p(cumulants, float(burden @ residuals), theirs, apart[carriers]).log10_two_sided


@pytest.mark.parametrize(
    ("kind", "effects", "closeness"),
    [
        ("survival", (0.38, 0.4, 0.3, 0.36), 0.02),
        ("binary", (0.5, 0.55, 0.6), 0.02),
        ("quantitative", (0.19, 0.2, 0.22), 0.05),
        ("slope", (0.18, 0.22, 0.22), 0.05),
    ],
)
def test_the_sum_is_the_pool_at_a_millionth_where_samples_carry_two_three_and_four_variants(
    kind, effects, closeness, make_linked_store, told_genes
):
    """What is left is the table of residuals; of slopes, also that carriers of a pattern differ in information."""
    compared = 0
    for seed, effect in enumerate(effects):
        rng = np.random.default_rng(seed)
        strata = rng.integers(0, 2, COHORT.size)
        dosages = patterned(rng, strata)
        models = models_of(rng, kind, strata, dosages, effect)
        gene, cumulants = combine(strata, dosages, models, make_linked_store, told_genes)
        assert gene.total("minor_allele_counts").tolist() == dosages.sum(axis=0).tolist()
        for weights in WEIGHTS:
            expected = pooled_log10_p(strata, dosages @ weights, models)
            found = cumulants.burden_p(gene, weights)
            assert found.method == "saddlepoint"
            if -7 <= expected <= -5:
                compared += 1
                assert abs(found.log10_p - expected) < np.log10(1 + closeness)
    assert compared >= 3


def test_of_what_is_suppressed_the_sum_is_the_pool_of_the_genotypes_as_told(make_linked_store, told_genes):
    looked_at = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        strata = np.zeros(COHORT.size, int)
        frequency = np.array([0.02, 0.015, 0.004, 0.003, 0.002, 0.001, 0.001, 0.0005])
        dosages = rng.binomial(2, frequency, (COHORT.size, frequency.size))
        dosages[:, 1] = np.maximum(dosages[:, 1], dosages[:, 0] * (rng.random(COHORT.size) < 0.6))
        models = models_of(rng, "survival", strata, dosages, 0.45)
        gene, cumulants = combine(strata, dosages, models, make_linked_store, told_genes)
        # The same columns as the tables have, sample by sample.
        names = [f"chr1-{150_000 + at}-A-C" for at in range(frequency.size)]
        told = np.zeros((COHORT.size, len(gene.variants)))
        for cohort in range(3):
            own = np.flatnonzero((cohort == COHORT) & dosages.any(axis=1))
            listed = np.flatnonzero(dosages[own].any(axis=0))
            masks = np.ones((1, 1, listed.size), bool)
            columns = shared_columns(dosages[own][:, listed].astype(np.int8), masks, at_least=5)
            for at, variant in enumerate(columns.variants):
                name = names[listed[variant]] if variant >= 0 else "collapsed plof_or_damaging_missense@1"
                told[own, gene.variants.index(name)] = columns.patterns[:, at]
        assert "collapsed plof_or_damaging_missense@1" in gene.variants
        assert (told.sum(axis=1) < dosages.sum(axis=1)).any()
        for weights in (np.ones(told.shape[1]), np.linspace(1, 2, told.shape[1])):
            expected = pooled_log10_p(strata, told @ weights, models)
            assert abs(cumulants.burden_p(gene, weights).log10_p - expected) < np.log10(1.05)
            looked_at += -9 < expected < -3
    assert looked_at >= 3


def test_carriers_whose_strata_are_not_told_are_dealt_out_at_little_cost(make_linked_store, told_genes):
    rng = np.random.default_rng(5)
    strata = rng.integers(0, 2, COHORT.size)
    dosages = patterned(rng, strata, each=4)
    models = models_of(rng, "survival", strata, dosages, 0.45)
    gene, cumulants = combine(strata, dosages, models, make_linked_store, told_genes)
    assert (gene.total("minor_allele_counts") == dosages.sum(axis=0)).all()
    expected = pooled_log10_p(strata, dosages @ np.ones(VARIANTS), models)
    assert expected < -4
    assert abs(cumulants.burden_p(gene, np.ones(VARIANTS)).log10_p - expected) < np.log10(1.1)


def test_leaving_a_cohort_out_is_the_sum_of_the_others(make_linked_store, told_genes):
    rng = np.random.default_rng(1)
    strata = rng.integers(0, 2, COHORT.size)
    dosages = patterned(rng, strata)
    models = models_of(rng, "survival", strata, dosages, 0.5)
    gene, cumulants = combine(strata, dosages, models, make_linked_store, told_genes)
    expected = pooled_log10_p(strata, np.where(COHORT < 2, dosages @ WEIGHTS[1], 0), models)
    assert abs(cumulants.burden_p(gene.without(2), WEIGHTS[1]).log10_p - expected) < np.log10(1.03)


def test_each_test_sees_what_its_burden_and_variants_see(make_linked_store, told_genes):
    rng = np.random.default_rng(2)
    strata = rng.integers(0, 2, COHORT.size)
    dosages = patterned(rng, strata)
    gene, cumulants = combine(
        strata, dosages, models_of(rng, "survival", strata, dosages, 0.3), make_linked_store, told_genes
    )
    weights = WEIGHTS[0]
    found = {
        test: saddlepoint_test_p(test, gene, weights, cumulants) for test in ("burden", "skat", "skat_o", "acat_v")
    }
    assert {one.method for one in found.values()} == {"saddlepoint"}
    p = {test: one.log10_p for test, one in found.items()}
    single = np.array([cumulants.burden_p(gene, one).log10_p for one in np.eye(VARIANTS)])
    assert p["burden"] == cumulants.burden_p(gene, weights).log10_p
    assert single.min() <= p["acat_v"] <= np.log10(VARIANTS) + single.min()
    # SKAT-O pays for looking at the best of seven.
    assert min(p["burden"], p["skat"]) - 1e-9 <= p["skat_o"] <= min(p["burden"], p["skat"]) + 1


def test_one_variant_is_one_test(make_linked_store, told_genes):
    rng = np.random.default_rng(3)
    strata = rng.integers(0, 2, COHORT.size)
    dosages = patterned(rng, strata)[:, :1]
    models = models_of(rng, "survival", strata, dosages, 0.5)
    gene, cumulants = combine(strata, dosages, models, make_linked_store, told_genes)
    found = [saddlepoint_test_p(test, gene, np.ones(1), cumulants).log10_p for test in ("burden", "skat", "acat_v")]
    assert found[2] == pytest.approx(found[0], abs=1e-9)
    # SKAT keeps the textbook's variance within two standard deviations, where both agree but for skewness.
    assert found[1] == pytest.approx(found[0], abs=0.15)


def test_burdens_have_the_true_sum_of_squares_and_the_law_is_told_where_a_stratum_can_not_hold_its_carriers(
    make_linked_store, told_genes
):
    rng = np.random.default_rng(4)
    strata = rng.integers(0, 2, COHORT.size)
    dosages = patterned(rng, strata)
    models = models_of(rng, "slope", strata, dosages, 0.2)
    gene, cumulants = combine(strata, dosages, models, make_linked_store, told_genes)
    weights = WEIGHTS[1]
    for summary in gene.summaries:
        burden, _ = carried_burdens(summary, weights)
        gram = summary.gram.dense(VARIANTS)
        assert (burden**2).sum() == pytest.approx(weights @ gram @ weights, rel=1e-12)
    first = gene.summaries[0]
    everyone = np.array([[300], [400]]) * (np.arange(2)[:, None] == 0) + 5 * (np.arange(2)[:, None] == 1)
    crowded = CarrierPatterns(np.ones((2, VARIANTS), int), np.repeat(everyone, 2, axis=1))
    full = replace(gene, summaries=(replace(first, patterns=crowded), *gene.summaries[1:]))
    found = cumulants.burden_p(full, weights)
    assert found.method == "asymptotic"
    assert found.log10_p == fixed_burden(full, weights).log10_p
    assert saddlepoint_test_p("burden", full, weights, cumulants) == found
