"""Poisson and negative binomial regression against statsmodels, and their invariances and refusals."""

import mpmath
import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from association.null_models.counts import fit_negative_binomial, fit_poisson
from association.null_models.design import Design
from association.problems import InputError
from association.score import Carriers, score_statistics

BOTH = pytest.mark.parametrize("fit_counts", [fit_poisson, fit_negative_binomial])


def carriers_of(dosages):
    variants, samples = np.nonzero(dosages.T)
    offsets = np.searchsorted(variants, np.arange(dosages.shape[1] + 1))
    return Carriers(offsets, samples, dosages.T[variants, samples].astype(float))


def simulate(seed, samples=120, dispersion=0.7):
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([rng.normal(60, 10, samples), rng.integers(0, 2, samples)])
    exposure = np.log(rng.uniform(0.2, 3, samples))
    mean = np.exp(exposure + 1 + 0.02 * (matrix[:, 0] - 60) - 0.4 * matrix[:, 1])
    frailty = rng.gamma(1 / dispersion, dispersion, samples) if dispersion else 1.0
    return rng.poisson(mean * frailty).astype(float), Design(("age", "sex"), matrix), exposure


def test_poisson_agrees_with_statsmodels():
    counts, design, exposure = simulate(1)
    fit = fit_poisson(counts, design, offset=exposure)
    family = sm.families.Poisson()
    other = sm.GLM(counts, sm.add_constant(design.matrix), family, offset=exposure).fit(tol=1e-14)
    assert [c.name for c in fit.coefficients] == ["intercept", "age", "sex"]
    # Ages near 60 make the raw columns of statsmodels ill-conditioned: 1e4, squared.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], other.params, rtol=1e-8)
    np.testing.assert_allclose([c.standard_error for c in fit.coefficients], other.bse, rtol=1e-8)
    np.testing.assert_allclose(fit.model.residuals, other.resid_response, atol=1e-9)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)
    assert fit.details["pearson_dispersion"] == pytest.approx(other.pearson_chi2 / other.df_resid, rel=1e-9)


@pytest.mark.parametrize("dispersion", [0.3, 0.7, 5.0])
def test_negative_binomial_agrees_with_statsmodels(dispersion):
    counts, design, exposure = simulate(4, dispersion=dispersion)
    fit = fit_negative_binomial(counts, design, offset=exposure)
    columns = sm.add_constant(design.matrix - design.matrix.mean(axis=0))
    other = sm.NegativeBinomial(counts, columns, offset=exposure)
    other = other.fit(method="newton", maxiter=200, tol=1e-12, disp=False)
    assert fit.details["dispersion"] == pytest.approx(other.params[-1], rel=1e-7)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)
    # Statsmodels stops at a gradient of 1e-8 or so.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients[1:]], other.params[1:3], atol=1e-8)
    known = sm.families.NegativeBinomial(alpha=fit.details["dispersion"])
    glm = sm.GLM(counts, columns, known, offset=exposure).fit(method="newton", tol=1e-12)
    np.testing.assert_allclose([c.standard_error for c in fit.coefficients[1:]], glm.bse[1:], rtol=1e-6)
    np.testing.assert_allclose(fit.model.residuals, glm.resid_response / (1 + known.alpha * glm.mu), atol=1e-6)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_no_other_dispersion_is_likelier(seed):
    counts, design, exposure = simulate(seed)
    fit = fit_negative_binomial(counts, design, offset=exposure)
    found = fit.details["dispersion"]
    estimates = [c.estimate for c in fit.coefficients]
    mean = np.exp(exposure + estimates[0] + design.matrix @ estimates[1:])

    def log_likelihood(dispersion):
        return nbinom.logpmf(counts, 1 / dispersion, 1 / (1 + dispersion * mean)).sum()

    assert log_likelihood(found) == pytest.approx(fit.log_likelihood, rel=1e-10)
    assert max(log_likelihood(found * 1.01), log_likelihood(found * 0.99)) < fit.log_likelihood


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_information_is_the_variance_of_the_residuals(seed):
    """Sums over all counts, each with its probability."""
    counts, design, exposure = simulate(seed, samples=40)
    fit = fit_negative_binomial(counts, design, offset=exposure)
    dispersion = max(fit.details["dispersion"], 1e-9)  # scipy has no Poisson limit
    estimates = [c.estimate for c in fit.coefficients]
    mean = np.exp(exposure + estimates[0] + design.matrix @ estimates[1:])[:, None]
    possible = np.arange(3000.0)
    probability = nbinom.pmf(possible, 1 / dispersion, 1 / (1 + dispersion * mean))
    variance = (probability * ((possible - mean) / (1 + dispersion * mean)) ** 2).sum(axis=1)
    np.testing.assert_allclose(fit.model.information, variance, rtol=1e-6)  # the limit's 1e-9 costs digits


def test_dispersion_next_to_the_poisson_limit_keeps_its_digits():
    """The root of the likelihood's slope, written out to 40 digits, where two logarithms nearly cancel."""
    samples = np.array([36785, 36796, 18391, 6124, 1538, 307, 51, 7, 1])
    counts = np.repeat(np.arange(9.0), samples)
    assert (counts.sum(), (counts**2).sum() - 2 * counts.sum()) == (100_000, 2)  # mean 1, variance just above
    with mpmath.workdps(40):

        def slope(a):
            by_count = [
                sum(mpmath.mpf(j) / (1 + a * j) for j in range(y)) - (y + 1 / a) / (1 + a)
                for y in range(samples.size)
            ]
            return (
                sum(int(n) * one for n, one in zip(samples, by_count, strict=True)) + 100_000 * mpmath.log1p(a) / a**2
            )

        expected = float(mpmath.findroot(slope, 2e-5))
    fit = fit_negative_binomial(counts, Design((), np.empty((100_000, 0))))
    assert 0 < expected < 1e-4
    # Sums of 100,000 terms that cancel to 1.
    assert fit.details["dispersion"] == pytest.approx(expected, rel=1e-8)


def test_counts_that_vary_less_than_poisson_are_the_poisson_limit():
    counts, design, exposure = simulate(2, dispersion=0.0)
    counts = np.round(np.exp(exposure + 1))
    limit, poisson = (
        fit_negative_binomial(counts, design, offset=exposure),
        fit_poisson(counts, design, offset=exposure),
    )
    assert limit.details == {"dispersion": 0.0}
    assert limit.log_likelihood == pytest.approx(poisson.log_likelihood, rel=1e-14)
    np.testing.assert_allclose(limit.model.residuals, poisson.model.residuals, atol=1e-12)
    np.testing.assert_allclose(limit.model.information, poisson.model.information, rtol=1e-12)


@BOTH
@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_residuals_are_orthogonal_to_intercept_and_covariates(fit_counts, seed):
    counts, design, exposure = simulate(seed)
    model = fit_counts(counts, design, offset=exposure).model
    assert abs(model.residuals.sum()) < 1e-11  # 120 numbers of size 10
    np.testing.assert_allclose(design.matrix.T @ model.residuals, 0, atol=1e-9)  # ages near 60
    dosages = np.random.default_rng(seed).binomial(2, 0.2, (120, 6))
    assert np.linalg.eigvalsh(score_statistics(model, carriers_of(dosages)).covariance).min() > -1e-11


@BOTH
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-4, 1e4), shift=st.floats(-100, 100))
@settings(max_examples=30, deadline=None)
def test_score_ignores_sample_order_and_units_of_covariates_and_exposure(fit_counts, seed, scale, shift):
    counts, design, exposure = simulate(seed)
    dosages = np.random.default_rng(seed).binomial(2, 0.2, (120, 4))
    plain = score_statistics(fit_counts(counts, design, offset=exposure).model, carriers_of(dosages))
    order = np.random.default_rng(seed + 1).permutation(120)
    moved = Design(design.names, (scale * (design.matrix + shift))[order])
    model = fit_counts(counts[order], moved, offset=(exposure + np.log(30.4375))[order]).model
    other = score_statistics(model, carriers_of(dosages[order]))
    np.testing.assert_allclose(other.score, plain.score, atol=1e-9)
    np.testing.assert_allclose(other.covariance, plain.covariance, atol=1e-9)


def test_unit_burden_gives_observed_minus_expected_counts():
    counts, design, exposure = simulate(3)
    model = fit_poisson(counts, design, offset=exposure).model
    carrier = np.arange(120) % 9 == 0
    score = score_statistics(model, carriers_of(carrier[:, None])).score[0]
    assert score == pytest.approx(counts[carrier].sum() - model.expected_events[carrier].sum())
    assert model.expected_events.sum() == pytest.approx(counts.sum())


def test_negative_binomial_has_no_expected_events():
    model = fit_negative_binomial(*simulate(3)[:2]).model
    assert (model.events, model.expected_events) == (None, None)


@BOTH
def test_extreme_covariates_do_not_overflow(fit_counts):
    counts, design, _ = simulate(6)
    matrix = np.column_stack([design.matrix, np.exp(np.random.default_rng(0).normal(0, 4, 120))])
    model = fit_counts(counts, Design(("age", "sex", "skewed"), matrix)).model
    assert np.isfinite(model.residuals).all()


@BOTH
def test_names_a_group_without_any_count(fit_counts):
    counts, design, _ = simulate(8)
    flag = (np.arange(120) < 20).astype(float)
    counts[:20] = 0
    with pytest.raises(InputError, match="flag: its rate ratio runs off") as caught:
        fit_counts(counts, Design(("age", "flag"), np.column_stack([design.matrix[:, 0], flag])))
    assert [problem.place for problem in caught.value.problems] == ["flag"]


@BOTH
@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([0.0, 1, 2.5, 3], "1 of 4 values are not whole numbers from 0"),
        ([0.0, -1, np.nan, 3], "2 of 4 values are not whole numbers from 0"),
        ([0.0, 0, 0, 0], "all samples have 0"),
        ([0.0, 3, 4, 1e12], "the highest is 1000000000000"),
    ],
)
def test_refuses_what_is_not_a_count(fit_counts, counts, words):
    with pytest.raises(InputError, match=words):
        fit_counts(np.array(counts), Design((), np.empty((4, 0))))


@BOTH
def test_refuses_an_offset_with_missing_values_and_covariates_that_repeat(fit_counts):
    counts, design, exposure = simulate(1)
    with pytest.raises(InputError, match="offset: 1 of 120 values are missing"):
        fit_counts(counts, design, offset=np.where(np.arange(120) == 7, -np.inf, exposure))
    with pytest.raises(InputError, match="one and the same value"):
        fit_counts(counts, Design(("flag",), np.ones((120, 1))))
