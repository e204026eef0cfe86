"""Meta-analysis of shared folders against one stratified analysis of the pooled genotypes, by another route.

The pool is one model of all samples: cohorts are strata, every covariate has an effect of its own in each cohort, a
quantitative trait a residual variance of its own and a slope the variances that its cohort alone gives.
"""

import numpy as np
import pandas as pd
import pytest

from association.gene_tests.burden import burden_test, normal_log10_p
from association.gene_tests.skat import skat_log10_p, skat_statistic
from association.gene_tests.skat_o import skat_o_log10_p
from association.meta.combined_gene import combine_cohorts
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.slope import fit_slope
from association.score import Carriers, ScoreStatistics, score_statistics
from jobs.consortium.meta import meta_analyse
from jobs.consortium.meta_traits import genes_of, read_traits
from jobs.consortium.share_misfits import read_shares
from tests.jobs.consortium.made_share import make_share

SIZES = (150, 110, 190)
COHORT = np.repeat(range(3), SIZES)
SAMPLES = COHORT.size
POSITIONS = (11, 22, 33, 44, 55)
VISITS = 3
# A patient's dosages at the five variants, and how many of each cohort have them: no cell is below 5.
PATTERNS = (
    ((1, 0, 0, 0, 0), (6, 7, 9)),
    ((2, 0, 0, 0, 0), (5, 5, 6)),
    ((0, 1, 0, 0, 0), (9, 5, 5)),
    ((0, 0, 1, 0, 0), (5, 12, 8)),
    ((0, 0, 0, 1, 0), (7, 5, 14)),
    ((0, 0, 0, 0, 1), (5, 6, 7)),
    ((0, 1, 1, 0, 0), (6, 5, 5)),
    ((1, 0, 0, 1, 1), (5, 8, 6)),
)


def told_patterns(rng):
    """Genotypes of which every cell may be told, dealt out at random within cohorts."""
    dosages = np.zeros((SAMPLES, len(POSITIONS)))
    for cohort in range(3):
        rows = np.concatenate([[pattern] * counts[cohort] for pattern, counts in PATTERNS])
        own = rng.permutation(np.flatnonzero(cohort == COHORT))[: len(rows)]
        dosages[own] = rows
    return dosages


def any_patterns(rng):
    """Genotypes as they come, which only a limit of one lets through; two cohorts lack a variant."""
    frequency = rng.uniform(0.02, 0.08, (3, len(POSITIONS)))
    frequency[[0, 2], [1, 4]] = 0
    return rng.binomial(2, frequency[COHORT]).astype(float)


GENOTYPES = [(told_patterns, 5), (any_patterns, 1)]


def simulate(seed, genotypes):
    """Covariates and dosages whose distributions differ between cohorts."""
    rng = np.random.default_rng(seed)
    covariates = np.column_stack([rng.normal(60 + COHORT, 8), rng.integers(0, 2, SAMPLES)])
    return rng, covariates, genotypes(rng)


def by_cohort(covariates):
    """Covariates apart for each cohort, and a level for all cohorts but the first."""
    apart = np.column_stack([np.where(one == COHORT, column, 0) for one in range(3) for column in covariates.T])
    return apart, np.column_stack([COHORT == 1, COHORT == 2]).astype(float)


def design_of(*blocks):
    matrix = np.column_stack(blocks)
    return Design(tuple(f"x{number}" for number in range(matrix.shape[1])), matrix)


def compress(dosages):
    variant, sample = np.nonzero(dosages.T)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(variant, minlength=dosages.shape[1]))])
    return Carriers(offsets, sample, dosages[sample, variant])


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


@pytest.mark.parametrize(("genotypes", "at_least"), GENOTYPES)
@pytest.mark.parametrize("simulate_trait", [cox, logistic])
def test_parts_give_the_statistics_and_p_values_of_the_stratified_pool(tmp_path, simulate_trait, genotypes, at_least):
    rng, covariates, dosages = simulate(1, genotypes)
    part, pooled = simulate_trait(rng, covariates)
    shares = share_parts(tmp_path, part, dosages, at_least)
    expected = score_statistics(pooled, compress(dosages))
    assert_equal_statistics(shares, expected)
    assert_equal_tests(shares, tmp_path, expected, dosages)


@pytest.mark.parametrize(("genotypes", "at_least"), GENOTYPES)
def test_parts_of_a_quantitative_trait_are_the_pool_with_a_residual_variance_per_cohort(
    tmp_path, genotypes, at_least
):
    rng, covariates, dosages = simulate(2, genotypes)
    trait = covariates[:, 0] / 10 + COHORT + rng.normal(size=SAMPLES) * (1 + COHORT)
    shares = share_parts(
        tmp_path, lambda one: fit_linear(trait[one], design_of(covariates[one])).model, dosages, at_least
    )
    fixed = np.column_stack([np.ones(SAMPLES), *by_cohort(covariates)])
    residuals = trait - fixed @ np.linalg.lstsq(fixed, trait, rcond=None)[0]
    own = np.array([(residuals[one == COHORT] ** 2).sum() / (SIZES[one] - 3) for one in range(3)])
    expected = projected(np.diag(own[COHORT]), fixed, trait, dosages)
    assert_equal_statistics(shares, expected)
    assert_equal_tests(shares, tmp_path, expected, dosages)
    assert [share.traits["trait"]["residual_variance"] for share in read_shares(shares)] == pytest.approx(
        own, rel=1e-10
    )
    # One residual variance for all would be another test.
    common = projected(np.eye(SAMPLES) * (residuals**2).sum() / (SAMPLES - 9), fixed, trait, dosages)
    assert np.abs(common.score / expected.score - 1).max() > 0.1


@pytest.mark.parametrize(("genotypes", "at_least"), GENOTYPES)
def test_parts_of_a_slope_are_the_pool_with_variances_per_cohort(tmp_path, genotypes, at_least):
    rng, covariates, dosages = simulate(3, genotypes)
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

    shares = share_parts(tmp_path, part, dosages, at_least)
    # Dense: every visit's covariance, every sample's own level, and the covariates' trends cohort by cohort.
    together = sample[:, None] == sample
    slope_variance = np.array([fits[one]["slope_sd"] ** 2 for one in range(3)])[COHORT[sample]]
    noise = np.array([fits[one]["residual_sd"] ** 2 for one in range(3)])[COHORT[sample]]
    covariance = together * slope_variance * np.outer(months, months) + np.diag(noise)
    trends = np.column_stack([np.ones(SAMPLES), *by_cohort(covariates)])[sample] * months[:, None]
    levels = np.eye(SAMPLES)[sample]
    expected = projected(covariance, np.column_stack([levels, trends]), score, dosages[sample] * months[:, None])
    assert_equal_statistics(shares, expected)
    assert_equal_tests(shares, tmp_path, expected, dosages)


def projected(covariance, fixed, trait, columns):
    """U and Phi of columns beside fixed effects, by dense generalised least squares."""
    root = np.linalg.cholesky(covariance)
    fixed, trait, columns = (np.linalg.solve(root, one) for one in (fixed, trait, columns))
    basis = np.linalg.qr(fixed)[0]
    left = columns - basis @ (basis.T @ columns)
    return ScoreStatistics(left.T @ trait, left.T @ left)


def share_parts(folder, part, dosages, at_least):
    """Fit each cohort by itself and share it, without variants that nobody of it carries."""
    shares = []
    for cohort in range(3):
        one = cohort == COHORT
        listed = np.flatnonzero(dosages[one].any(axis=0))
        positions = [POSITIONS[at] for at in listed]
        strata = np.zeros(SIZES[cohort], np.int64)
        name, own = f"site {cohort}", dosages[one][:, listed]
        shares.append(
            make_share(folder / name, name, own, part(one), positions=positions, strata=strata, at_least=at_least)
        )
    return shares


def assert_equal_statistics(shares, expected):
    ((_, telling),) = genes_of(read_traits(read_shares(shares), "trait"))
    found = combine_cohorts([(one.trait, one.summary) for one in telling])
    assert found.variants == tuple(f"chr1-{position}-A-C" for position in POSITIONS)
    tolerance = 1e-10
    largest = np.abs(expected.score).max(), np.abs(expected.covariance).max()
    for own, other, size in zip(
        (found.statistics.score, found.statistics.covariance),
        (expected.score, expected.covariance),
        largest,
        strict=True,
    ):
        np.testing.assert_allclose(own, other, rtol=tolerance, atol=tolerance * size)


def assert_equal_tests(shares, folder, expected, dosages):
    meta_analyse(shares, folder / "meta", unchecked=True)
    rows = pd.read_parquet(folder / "meta/gene_tests.parquet").set_index(["test", "weights"])
    carriers = (dosages > 0).any(axis=1).sum()
    assert set(rows["carriers"]) == {carriers}, "who carries two variants is one carrier"
    assert set(rows["minor_allele_count"]) == {int(dosages.sum())}
    # Frequencies over all cohorts, where some do not list a variant, are of those that do.
    listed = np.array([[dosages[one == COHORT].any(axis=0)] for one in range(3)])[:, 0]
    frequency = dosages.sum(axis=0) / (2 * (np.array(SIZES) @ listed))
    flat, beta = np.ones(len(POSITIONS)), 25 * (1 - frequency) ** 24
    own = normal_log10_p(expected.score, np.diag(expected.covariance))
    shares_of = frequency * (1 - frequency) ** 49
    cauchy = (shares_of / np.tan(np.pi * 10**own)).sum() / shares_of.sum()
    pooled = {
        ("burden", "flat"): burden_test(expected, flat).log10_p,
        ("burden", "beta_1_25"): burden_test(expected, beta).log10_p,
        ("skat", "beta_1_25"): skat_log10_p([skat_statistic(expected, beta)])[0],
        ("skat_o", "flat"): skat_o_log10_p([expected], [flat])[0],
        ("acat_v", "flat"): np.log10(np.arctan2(1, cauchy) / np.pi),
    }
    for test, log10_p in pooled.items():
        assert rows.loc[test, "neg_log10_p_asymptotic"] == pytest.approx(-log10_p, abs=1e-8, rel=0)
        assert rows.loc[test, "p_asymptotic"] == pytest.approx(10**log10_p, abs=1e-8, rel=1e-8)
    burden = rows.loc[("burden", "flat")]
    variance = expected.covariance.sum()
    assert burden["effect"] == pytest.approx(expected.score.sum() / variance, rel=1e-10)
    assert burden["standard_error"] == pytest.approx(variance**-0.5, rel=1e-10)
