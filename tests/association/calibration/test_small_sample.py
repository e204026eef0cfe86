"""Small-sample laws against ordinary least squares, the F distribution and simulated normal errors."""

import mpmath as mp
import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import f as f_distribution

from association.calibration.small_sample import burden_small_sample_log10_p, skat_small_sample_log10_p
from association.gene_tests.skat import SkatStatistic, skat_log10_p, skat_statistic
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.score import ScoreStatistics


def cohort(samples, variants, effect, seed):
    """Give covariates, dosages and a trait that the first dosage moves."""
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(samples, 2))
    dosages = rng.binomial(2, 0.15, (samples, variants)).astype(float)
    trait = covariates @ [0.7, -0.4] + effect * dosages[:, 0] + rng.normal(size=samples)
    return covariates, dosages, trait


def statistics_of(covariates, dosages, trait):
    model = fit_linear(trait, Design(("x1", "x2"), covariates)).model
    cross = dosages.T @ model.cross_information
    covariance = dosages.T @ (model.information[:, None] * dosages)
    covariance -= cross @ np.linalg.solve(model.covariate_information, cross.T)
    return ScoreStatistics(dosages.T @ model.residuals, covariance)


@pytest.mark.parametrize("samples", [8, 20, 300])
@pytest.mark.parametrize("effect", [0.0, 0.5, 5.0])
def test_burden_p_equals_the_t_test_of_its_coefficient(samples, effect):
    covariates, dosages, trait = cohort(samples, 1, effect, samples)
    statistics = statistics_of(covariates, dosages, trait)
    fit = sm.OLS(trait, np.column_stack([dosages, np.ones(samples), covariates])).fit()
    got = burden_small_sample_log10_p(statistics.score[:1], statistics.covariance[:1, 0], samples - 3)[0]
    assert 10**got == pytest.approx(fit.pvalues[0], rel=1e-10)


def test_burden_p_goes_on_below_double_precision():
    degrees, score = 2000, 40.0
    got = burden_small_sample_log10_p(np.array([score]), np.ones(1), degrees)[0]
    with mp.workdps(60):
        exact = mp.betainc(mp.mpf(degrees - 1) / 2, 0.5, 0, 1 - mp.mpf(score) ** 2 / degrees, regularized=True)
        assert got == pytest.approx(float(mp.log10(exact)), rel=1e-13)
    assert got < -690


@pytest.mark.parametrize("statistic", [0.02, 1.0, 9.0, 30.0])
def test_skat_of_one_variant_is_an_f_test(statistic):
    degrees, share = 40, statistic / 40
    got = skat_small_sample_log10_p([SkatStatistic(5 * statistic, np.array([5.0, 0.0]))], degrees)
    assert 10 ** got[0] == pytest.approx(
        f_distribution.sf(share / (1 - share) * (degrees - 1), 1, degrees - 1), rel=1e-10
    )


def test_skat_of_all_directions_alike_is_an_f_test():
    degrees, variants, statistic = 30, 6, 14.0
    share = statistic / degrees
    got = skat_small_sample_log10_p([SkatStatistic(2 * statistic, np.full(variants, 2.0))], degrees)
    ratio = share / (1 - share) * (degrees - variants) / variants
    assert 10 ** got[0] == pytest.approx(f_distribution.sf(ratio, variants, degrees - variants), rel=1e-10)


def test_large_samples_leave_the_large_sample_law():
    skat = [SkatStatistic(q, np.array([3.0, 1.0, 0.2])) for q in (1.0, 10.0, 40.0)]
    np.testing.assert_allclose(skat_small_sample_log10_p(skat, 1e7), skat_log10_p(skat), rtol=1e-5)
    assert (skat_small_sample_log10_p(skat, 20) != skat_log10_p(skat)).all()


def test_p_ignores_the_unit_of_the_trait():
    covariates, dosages, trait = cohort(25, 4, 1.0, 7)
    weights = np.array([1.0, 2.0, 0.5, 1.0])
    plain, scaled = (
        skat_small_sample_log10_p([skat_statistic(statistics_of(covariates, dosages, unit * trait), weights)], 22)
        for unit in (1, 1000)
    )
    np.testing.assert_allclose(plain, scaled, rtol=1e-10)


def test_no_information_or_no_residual_degrees_is_nan_and_the_impossible_is_minus_infinity():
    skat = [
        SkatStatistic(0.0, np.zeros(2)),
        SkatStatistic(1.0, np.array([1.0, 2.0, 3.0])),
        SkatStatistic(4.0, np.ones(1)),
    ]
    np.testing.assert_array_equal(skat_small_sample_log10_p(skat, 3), [np.nan, np.nan, -np.inf])
    assert np.isnan(burden_small_sample_log10_p(np.zeros(1), np.zeros(1), 10)[0])
    assert skat_small_sample_log10_p([], 10).size == 0


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.3, 1.5])
def test_skat_p_equals_the_share_of_normal_traits_that_go_further(effect):
    samples, weights = 15, np.array([1.0, 2.0, 0.5])
    covariates, dosages, trait = cohort(samples, 3, effect, 4)
    observed = skat_statistic(statistics_of(covariates, dosages, trait), weights)
    design = np.column_stack([np.ones(samples), covariates])
    away = np.eye(samples) - design @ np.linalg.solve(design.T @ design, design.T)
    rng = np.random.default_rng(3)

    def ratio(traits):
        residuals = traits @ away
        return (((residuals @ dosages) * weights) ** 2).sum(axis=1) / (residuals**2).sum(axis=1)

    limit = ratio(trait[None])[0]
    beyond = sum(int((ratio(rng.normal(size=(100_000, samples))) > limit).sum()) for _ in range(10))
    expected = 1e6 * 10 ** skat_small_sample_log10_p([observed], samples - 3)[0]
    assert beyond == pytest.approx(expected, abs=4 * expected**0.5)
