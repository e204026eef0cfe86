"""The saddlepoint p-value of summaries against that of the pooled genotypes and residuals."""

import numpy as np
import pytest

from association.calibration.evidence import residual_scale
from association.calibration.residual_cumulants import ResidualCumulants
from association.calibration.saddlepoint import saddlepoint_log10_p
from association.meta.combined_gene import combine_cohorts
from association.meta.summarise import summarise_gene, summarise_trait
from association.meta.summed_large_sample import saddlepoint_test_log10_p
from association.meta.summed_saddlepoint import SummedCumulants
from association.simulate.random_traits import random_trait

SIZES = (900, 600, 1500)
COHORT = np.repeat(range(3), SIZES)
VARIANTS = 6


def simulate(seed, kind, hazard):
    """Three cohorts of two strata each; carriers have worse luck by `hazard`."""
    rng = np.random.default_rng(seed)
    strata = rng.integers(0, 2, COHORT.size)
    dosages = (rng.random((COHORT.size, VARIANTS)) < np.array([4, 5, 6])[COHORT, None] / 1000).astype(float)
    dosages[:, 1] = np.maximum(dosages[:, 1], dosages[:, 0])  # whoever carries the first carries the second
    dosages[rng.permutation(COHORT.size)[:5], 3:5] = 1  # and five carry two others
    effect = hazard * np.minimum(dosages.sum(axis=1), 1)
    models = [random_trait(rng, kind, strata[one], effect[one]).model for one in (c == COHORT for c in range(3))]
    return strata, dosages, models


def combine(strata, dosages, models, compress, at_least=5):
    summaries, traits = [], []
    for cohort, model in enumerate(models):
        one = cohort == COHORT
        carriers = compress(dosages[one])
        trait = summarise_trait(f"site {cohort}", "trait", model, strata[one], at_least=at_least)
        gene = summarise_gene(
            "GENE",
            [f"chr1-{at}-A-C" for at in range(VARIANTS)],
            carriers,
            np.ones(carriers.samples.size, bool),
            model=model,
            strata=strata[one],
            scale=residual_scale(model, strata[one]),
            alleles=dosages[one].sum(axis=0),
            allele_numbers=np.full(VARIANTS, 2.0 * one.sum()),
        )
        traits.append(trait)
        summaries.append((trait, gene))
    return combine_cohorts(summaries), SummedCumulants.of(traits)


def pooled_log10_p(strata, dosages, models, weights):
    """Everyone's residuals and burdens, cohort x stratum."""
    scale = np.concatenate([residual_scale(one, strata[c == COHORT]) for c, one in enumerate(models)])
    residuals = np.concatenate([one.residuals for one in models])
    burden, apart = dosages @ weights, COHORT * 2 + strata
    carriers = burden > 0
    cumulants = ResidualCumulants.of(residuals / scale, apart)
    theirs = (burden * scale)[carriers]
    return saddlepoint_log10_p(cumulants, float(burden @ residuals), theirs, apart[carriers]).log10_two_sided


@pytest.mark.parametrize(
    ("kind", "effects"), [("survival", (0.6, 0.8)), ("binary", (1.2, 1.4)), ("slope", (0.5, 0.7))]
)
def test_the_sum_is_within_a_tenth_of_the_pool_down_to_a_millionth(kind, effects, compress):
    smallest = 0.0
    for seed, effect in enumerate(effects):
        strata, dosages, models = simulate(seed, kind, effect)
        gene, cumulants = combine(strata, dosages, models, compress)
        for weights in (np.ones(VARIANTS), np.linspace(1, 2, VARIANTS)):
            expected = pooled_log10_p(strata, dosages, models, weights)
            assert 10 ** (cumulants.burden_log10_p(gene, weights) - expected) == pytest.approx(1, abs=0.1)
            smallest = min(smallest, expected)
    assert smallest < -5


def test_leaving_a_cohort_out_is_the_sum_of_the_others(compress):
    strata, dosages, models = simulate(1, "survival", 0.8)
    gene, cumulants = combine(strata, dosages, models, compress)
    kept = COHORT < 2
    nobody = np.where(kept[:, None], dosages, 0)
    expected = pooled_log10_p(strata, nobody, models, np.ones(VARIANTS))
    found = cumulants.burden_log10_p(gene.without(2), np.ones(VARIANTS))
    assert 10 ** (found - expected) == pytest.approx(1, abs=0.1)


def test_each_test_sees_what_its_burden_and_variants_see(compress):
    strata, dosages, models = simulate(2, "survival", 0.5)
    gene, cumulants = combine(strata, dosages, models, compress)
    weights = np.ones(VARIANTS)
    found = {
        test: saddlepoint_test_log10_p(test, gene, weights, cumulants)
        for test in ("burden", "skat", "skat_o", "acat_v")
    }
    single = np.array([cumulants.burden_log10_p(gene, one) for one in np.eye(VARIANTS)])
    assert found["burden"] == cumulants.burden_log10_p(gene, weights)
    assert single.min() <= found["acat_v"] <= np.log10(VARIANTS) + single.min()
    # SKAT-O pays for looking at the best of seven.
    assert min(found["burden"], found["skat"]) - 1e-9 <= found["skat_o"] <= min(found["burden"], found["skat"]) + 1


def test_one_variant_is_one_test(compress):
    strata, dosages, models = simulate(3, "survival", 0.8)
    dosages[:, 1:] = 0
    gene, cumulants = combine(strata, dosages, models, compress)
    weights = np.eye(VARIANTS)[0]
    found = [saddlepoint_test_log10_p(test, gene, weights, cumulants) for test in ("burden", "skat", "acat_v")]
    assert found[2] == pytest.approx(found[0], abs=1e-9)
    # SKAT keeps the textbook's variance within two standard deviations, where both agree but for skewness.
    assert found[1] == pytest.approx(found[0], abs=0.15)
