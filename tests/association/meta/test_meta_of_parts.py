"""Meta-analysis of cohorts against one stratified analysis of their pooled data, with cohort x covariate terms."""

import numpy as np
import pytest

from association.calibration.evidence import residual_scale
from association.gene_tests.burden import burden_test, normal_log10_p
from association.gene_tests.skat import skat_log10_p, skat_statistic
from association.gene_tests.skat_o import skat_o_log10_p
from association.meta.combined_gene import combine_cohorts
from association.meta.summarise import summarise_gene, summarise_trait
from association.meta.summed_tests import (
    acat_v_over_cohorts_log10_p,
    fixed_burden,
    skat_o_over_cohorts_log10_p,
    skat_over_cohorts_log10_p,
)
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.slope import fit_slope
from association.score import ScoreStatistics, score_statistics

SIZES = (150, 110, 190)
COHORT = np.repeat(range(3), SIZES)
SAMPLES = COHORT.size
VARIANTS = 6
NAMES = [f"chr1-{position}-A-C" for position in range(VARIANTS)]
VISITS = 5


def simulate(seed):
    """Covariates and dosages whose distributions differ between cohorts."""
    rng = np.random.default_rng(seed)
    covariates = np.column_stack([rng.normal(60 + COHORT, 8), rng.integers(0, 2, SAMPLES)])
    frequency = rng.uniform(0.02, 0.08, (3, VARIANTS))
    return rng, covariates, rng.binomial(2, frequency[COHORT]).astype(float)


def by_cohort(covariates):
    """Covariates apart for each cohort, and a level for all cohorts but the first."""
    apart = np.column_stack([np.where(one == COHORT, column, 0) for one in range(3) for column in covariates.T])
    return apart, np.column_stack([COHORT == 1, COHORT == 2]).astype(float)


def design_of(*blocks):
    matrix = np.column_stack(blocks)
    return Design(tuple(f"x{number}" for number in range(matrix.shape[1])), matrix)


def cox(rng, covariates):
    entry = rng.uniform(3, 12, SAMPLES)
    death = np.round(entry + rng.exponential(10 + 5 * COHORT) + 1)
    censored = np.round(entry + rng.uniform(5, 40, SAMPLES) + 1)
    end, event = np.minimum(death, censored), (death <= censored).astype(float)

    def part(one):
        return fit_cox(entry[one], end[one], event[one], design_of(covariates[one])).model

    pooled = fit_cox(entry, end, event, design_of(by_cohort(covariates)[0]), strata=COHORT).model
    return part, pooled


def logistic(rng, covariates):
    case = (rng.random(SAMPLES) < 0.2 + 0.2 * COHORT).astype(float)

    def part(one):
        return fit_logistic(case[one], design_of(covariates[one])).model

    return part, fit_logistic(case, design_of(*by_cohort(covariates))).model


@pytest.mark.parametrize("simulate_trait", [cox, logistic])
def test_parts_give_the_statistics_and_p_values_of_the_stratified_pool(simulate_trait, compress):
    rng, covariates, dosages = simulate(1)
    part, pooled = simulate_trait(rng, covariates)
    gene = meta_of(part, dosages, compress)
    expected = score_statistics(pooled, compress(dosages))
    assert_equal_statistics(gene.statistics, expected)
    assert_equal_tests(gene, expected)


def test_parts_of_a_quantitative_trait_are_the_pool_with_a_residual_variance_per_cohort(compress):
    rng, covariates, dosages = simulate(2)
    trait = covariates[:, 0] / 10 + COHORT + rng.normal(size=SAMPLES) * (1 + COHORT)
    gene = meta_of(lambda one: fit_linear(trait[one], design_of(covariates[one])).model, dosages, compress)
    fixed = np.column_stack([np.ones(SAMPLES), *by_cohort(covariates)])
    residuals = trait - fixed @ np.linalg.lstsq(fixed, trait, rcond=None)[0]
    own = np.array([(residuals[one == COHORT] ** 2).sum() / (SIZES[one] - 3) for one in range(3)])
    expected = projected(np.diag(own[COHORT]), fixed, trait, dosages)
    assert_equal_statistics(gene.statistics, expected)
    assert_equal_tests(gene, expected)
    assert [one.residual_variance for one in gene.traits] == pytest.approx(own, rel=1e-10)
    # One residual variance for all would be another test.
    common = projected(np.eye(SAMPLES) * (residuals**2).sum() / (SAMPLES - 9), fixed, trait, dosages)
    assert np.abs(common.score / expected.score - 1).max() > 0.1


def test_parts_of_a_slope_are_the_pool_with_variances_per_cohort(compress):
    rng, covariates, dosages = simulate(3)
    sample = np.repeat(np.arange(SAMPLES), VISITS)
    months = rng.uniform(0, 30, sample.size)
    trend = rng.normal(-0.8, 0.3 * (1 + COHORT), SAMPLES)
    score = 45 + covariates[sample, 1] + trend[sample] * months + rng.normal(size=sample.size) * (1 + COHORT[sample])
    fits = {}

    def part(one):
        position = np.cumsum(one) - 1
        own = one[sample]
        fit = fit_slope(position[sample[own]], months[own], score[own], design_of(covariates[one]))
        fits[int(COHORT[one][0])] = fit.details
        return fit.model

    gene = meta_of(part, dosages, compress)
    # Dense: every visit's covariance, every sample's own level, and the covariates' trends cohort by cohort.
    together = sample[:, None] == sample
    slope_variance = np.array([fits[one]["slope_sd"] ** 2 for one in range(3)])[COHORT[sample]]
    noise = np.array([fits[one]["residual_sd"] ** 2 for one in range(3)])[COHORT[sample]]
    covariance = together * slope_variance * np.outer(months, months) + np.diag(noise)
    trends = np.column_stack([np.ones(SAMPLES), *by_cohort(covariates)])[sample] * months[:, None]
    levels = np.eye(SAMPLES)[sample]
    expected = projected(covariance, np.column_stack([levels, trends]), score, dosages[sample] * months[:, None])
    assert_equal_statistics(gene.statistics, expected)
    assert_equal_tests(gene, expected)


def projected(covariance, fixed, trait, columns):
    """U and Phi of columns beside fixed effects, by dense generalised least squares."""
    root = np.linalg.cholesky(covariance)
    fixed, trait, columns = (np.linalg.solve(root, one) for one in (fixed, trait, columns))
    basis = np.linalg.qr(fixed)[0]
    left = columns - basis @ (basis.T @ columns)
    return ScoreStatistics(left.T @ trait, left.T @ left)


def meta_of(part, dosages, compress):
    """Fit each cohort by itself and bring its summaries together, without what nobody of it carries."""
    summaries = []
    for cohort in range(3):
        one = cohort == COHORT
        model, strata = part(one), np.zeros(SIZES[cohort], np.int64)
        listed = np.flatnonzero(dosages[one].any(axis=0))
        carriers = compress(dosages[one][:, listed])
        summaries.append(
            (
                summarise_trait(f"site {cohort}", "trait", model, strata, at_least=5),
                summarise_gene(
                    "GENE",
                    [NAMES[at] for at in listed],
                    carriers,
                    np.ones(carriers.samples.size, bool),
                    model=model,
                    strata=strata,
                    scale=residual_scale(model, strata),
                    alleles=dosages[one][:, listed].sum(axis=0),
                    allele_numbers=np.full(listed.size, 2.0 * SIZES[cohort]),
                ),
            )
        )
    return combine_cohorts(summaries)


def assert_equal_statistics(found, expected):
    tolerance = 1e-10
    np.testing.assert_allclose(
        found.score, expected.score, rtol=tolerance, atol=tolerance * abs(expected.score).max()
    )
    largest = np.abs(expected.covariance).max()
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=tolerance, atol=tolerance * largest)


def assert_equal_tests(gene, expected):
    weights = np.linspace(1, 3, VARIANTS)
    close = {"abs": 1e-8, "rel": 0}
    assert fixed_burden(gene, weights).log10_p == pytest.approx(burden_test(expected, weights).log10_p, **close)
    skat = skat_log10_p([skat_statistic(expected, weights)])[0]
    assert skat_over_cohorts_log10_p(gene, weights) == pytest.approx(skat, **close)
    skat_o = skat_o_log10_p([expected], [weights])[0]
    assert skat_o_over_cohorts_log10_p(gene, weights) == pytest.approx(skat_o, **close)
    own = normal_log10_p(expected.score, np.diag(expected.covariance))
    frequency = gene.minor_allele_frequency
    shares = frequency * (1 - frequency) ** 49
    cauchy = (shares / np.tan(np.pi * 10**own)).sum() / shares.sum()
    acat = np.log10(np.arctan2(1, cauchy) / np.pi)
    assert acat_v_over_cohorts_log10_p(gene, weights) == pytest.approx(acat, **close)
