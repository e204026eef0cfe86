"""The slope model against R, statsmodels and projections written out, and its invariances and refusals."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from association.null_models.design import Design
from association.null_models.slope import fit_slope
from association.problems import InputError
from association.score import Carriers, score_statistics

REFERENCE = Path(__file__).parents[2] / "reference"
VISITS = pd.read_csv(REFERENCE / "lmm_long.csv")
SAMPLES = VISITS.drop_duplicates("id").reset_index(drop=True)
SAMPLE = np.searchsorted(SAMPLES.id, VISITS.id)
DESIGN = Design(("x1", "x2"), SAMPLES[["x1", "x2"]].to_numpy(float))
ONLY_X2 = np.array([False, True])


def fit_reference(**changes):
    visits = {"sample": SAMPLE, "months": VISITS.t.to_numpy(float), "score": VISITS.y.to_numpy(float)}
    return fit_slope(**(visits | {"design": DESIGN, "interacting": ONLY_X2} | changes))


def simulate(seed, samples=30):
    """Between one and six visits a sample, at uneven months; slopes that differ."""
    rng = np.random.default_rng(seed)
    sample = np.repeat(np.arange(samples), rng.integers(1, 7, samples))
    sample = np.concatenate([sample, [0, 0, 0]])
    months = rng.uniform(5, 40, sample.size)
    matrix = rng.normal(size=(samples, 2))
    level = rng.normal(40, 4, samples) + matrix[:, 0]
    trend = rng.normal(-0.8, 0.3, samples) + 0.2 * matrix[:, 1]
    score = level[sample] + trend[sample] * months + rng.normal(0, 1.5, sample.size)
    return sample, months, score, Design(("a", "b"), matrix)


def test_agrees_with_lme_of_r():
    printed = (REFERENCE / "misc.expected_R.txt").read_text()
    fixed = np.array(re.search(r"LMM ML null fixed (.+?) logLik", printed).group(1).split(), float)
    log_likelihood, noise = map(
        float, re.search(r"logLik (\S+)  sigma (\S+)", printed[printed.index("LMM") :]).groups()
    )
    fit = fit_reference()
    estimates = {c.name: c.estimate for c in fit.coefficients}
    assert fit.log_likelihood == pytest.approx(log_likelihood, rel=1e-11)
    # R's optimiser stops where the likelihood is flat to 1e-10 of itself: estimates then hold 5 digits.
    ours = [estimates[name] for name in ("intercept", "months", "x2", "x1", "x2 x months")]
    np.testing.assert_allclose(ours, fixed, rtol=1e-5, atol=2e-6)  # standard errors are 0.07 to 0.8
    details = fit.details
    assert details["residual_sd"] == pytest.approx(noise, rel=1e-5)
    assert details["intercept_sd"] == pytest.approx(3.0275, rel=1e-4)  # printed to 5 digits
    assert details["slope_sd"] == pytest.approx(0.35468, rel=1e-4)
    covariance = details["correlation"] * details["intercept_sd"] * details["slope_sd"]
    assert covariance == pytest.approx(0.15349, rel=1e-4)
    assert details["mean_slope"] == pytest.approx(fixed[1] + fixed[4] * SAMPLES.x2.mean(), rel=1e-5)


def test_agrees_with_the_mixed_model_of_statsmodels():
    model = smf.mixedlm("y ~ x1 + x2 * t", VISITS, groups=VISITS.id, re_formula="~t")
    other = model.fit(reml=False, method=["lbfgs"], maxiter=500)
    fit = fit_reference()
    ours = {c.name: c for c in fit.coefficients}
    names = {"Intercept": "intercept", "x1": "x1", "x2": "x2", "t": "months", "x2:t": "x2 x months"}
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-9)
    for theirs, name in names.items():
        # statsmodels stops at a likelihood 2e-8 lower, a step of 2e-4 standard errors.
        assert ours[name].estimate == pytest.approx(other.params[theirs], abs=2e-4 * ours[name].standard_error)


def visit_covariance(fit, sample, months, samples):
    """Give the dense covariance of all visits."""
    details = fit.details
    deviations = np.array([details["intercept_sd"], details["slope_sd"]])
    correlation = np.array([[1, details["correlation"]], [details["correlation"], 1]])
    random = np.stack([np.eye(samples)[sample], np.eye(samples)[sample] * months[:, None]])
    between = np.einsum("aik,ab,bjk->ij", random, np.outer(deviations, deviations) * correlation, random)
    return between + details["residual_sd"] ** 2 * np.eye(sample.size)


def fixed_columns(sample, months, matrix, grows):
    rows = matrix[sample]
    return np.column_stack([np.ones(sample.size), rows, months, months[:, None] * rows[:, grows]])


def test_standard_errors_are_those_of_generalised_least_squares():
    sample, months, score, design = simulate(8)
    fit = fit_slope(sample, months, score, design, interacting=ONLY_X2)
    operator = visit_covariance(fit, sample, months, 30)
    fixed = fixed_columns(sample, months, design.matrix, ONLY_X2)
    information = fixed.T @ np.linalg.solve(operator, fixed)
    estimates = np.linalg.solve(information, fixed.T @ np.linalg.solve(operator, score))
    # Both invert a matrix of condition number near 1e4.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], estimates, rtol=1e-8)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    np.testing.assert_allclose([c.standard_error for c in fit.coefficients], errors, rtol=1e-8)


def project_levels_and_effects(fit, sample, months, score, matrix, grows):
    """Give V and M of every sample by projecting dense visit columns, one own level per sample among them."""
    indicator = np.eye(matrix.shape[0])[sample]
    root = np.linalg.inv(np.linalg.cholesky(visit_covariance(fit, sample, months, matrix.shape[0])))
    fixed = fixed_columns(sample, months, matrix, grows)
    nuisance = root @ np.column_stack([fixed, indicator])
    gene = root @ (indicator * months[:, None])
    basis, sizes, _ = np.linalg.svd(nuisance, full_matrices=False)
    basis = basis[:, sizes > 1e-9 * sizes[0]]
    left = gene - basis @ (basis.T @ gene)
    return left.T @ left, left.T @ (root @ score)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_score_is_the_schur_complement_by_fixed_effects_and_own_levels(seed):
    sample, months, score, design = simulate(seed)
    fit = fit_slope(sample, months, score, design, interacting=ONLY_X2)
    if not fit.details["slope_sd"] > 1e-3:  # the dense covariance needs the correlation
        return
    covariance, residuals = project_levels_and_effects(fit, sample, months, score, design.matrix, ONLY_X2)
    dosages = np.random.default_rng(seed).binomial(2, 0.2, (30, 5)).astype(float)
    variants, carriers = np.nonzero(dosages.T)
    offsets = np.searchsorted(variants, np.arange(6))
    statistics = score_statistics(fit.model, Carriers(offsets, carriers, dosages.T[variants, carriers]))
    size = np.abs(covariance).max()
    # The dense route projects 37 columns out of 100 at a condition number near 1e4.
    np.testing.assert_allclose(statistics.score, dosages.T @ residuals, atol=1e-9 * size)
    np.testing.assert_allclose(statistics.covariance, dosages.T @ covariance @ dosages, atol=1e-9 * size)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_residuals_are_orthogonal_to_intercept_and_growing_covariates(seed):
    sample, months, score, design = simulate(seed)
    model = fit_slope(sample, months, score, design).model
    columns = np.column_stack([np.ones(30), design.matrix])
    # 30 residuals of size up to 100.
    np.testing.assert_allclose(columns.T @ model.residuals, 0, atol=1e-9)


def test_samples_with_one_visit_carry_no_slope():
    sample, months, score, design = simulate(11)
    model = fit_slope(sample, months, score, design).model
    single = np.bincount(sample, minlength=30) == 1
    assert single.any()
    np.testing.assert_allclose(model.residuals[single], 0, atol=1e-12)
    np.testing.assert_allclose(model.information[single], 0, atol=1e-12)
    assert (model.information[~single] > 0).all()


@given(seed=st.integers(0, 10**6), shift=st.floats(-50, 50), unit=st.floats(0.1, 30))
@settings(max_examples=15, deadline=None)
def test_standardised_score_ignores_visit_order_origin_and_units(seed, shift, unit):
    sample, months, score, design = simulate(seed)
    plain = fit_slope(sample, months, score, design)
    order = np.random.default_rng(seed).permutation(sample.size)
    moved = Design(design.names, 7 * design.matrix - 3)
    other = fit_slope(sample[order], unit * (months + shift)[order], 2 * score[order] + 5, moved)
    assert other.log_likelihood == pytest.approx(plain.log_likelihood - sample.size * np.log(2), rel=1e-9)
    # Variance components are as sharp as the root of the likelihood's 1e-11.
    standardised = [fit.model.residuals / np.sqrt(fit.model.information.max()) for fit in (plain, other)]
    np.testing.assert_allclose(standardised[1], standardised[0], atol=3e-4)
    assert other.details["mean_slope"] == pytest.approx(2 * plain.details["mean_slope"] / unit, rel=1e-3)


def test_gene_that_moves_the_level_alone_does_not_move_the_score():
    sample, months, score, design = simulate(3)
    carrier = np.arange(30) % 4 == 0
    plain = fit_slope(sample, months, score, design)
    moved = fit_slope(sample, months, score + 25.0 * carrier[sample], design)
    tests = [fit.model.residuals[carrier].sum() / np.sqrt(fit.model.information.max()) for fit in (plain, moved)]
    # What is left is the change in the estimated variances of slopes and noise.
    assert tests[1] == pytest.approx(tests[0], abs=0.05)
    assert moved.details["intercept_sd"] > 1.5 * plain.details["intercept_sd"]


def test_slopes_that_do_not_differ_are_an_ordinary_fit():
    rng = np.random.default_rng(1)
    sample, months = np.repeat(np.arange(200), 5), np.tile(np.arange(5) * 3.0, 200)
    noise = rng.normal(size=(200, 5))
    noise -= noise.mean(axis=1, keepdims=True)
    noise -= np.outer(noise @ (np.arange(5) - 2) / 10, np.arange(5) - 2) * 0.9
    score = 40 + rng.normal(0, 3, 200)[sample] - months + noise.ravel()
    fit = fit_slope(sample, months, score, Design((), np.empty((200, 0))))
    assert fit.details["slope_sd"] < 1e-3
    assert fit.details["mean_slope"] == pytest.approx(-1, abs=0.01)
    assert np.isfinite(fit.model.residuals).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"score": np.where(VISITS.t == 0, np.nan, VISITS.y)}, "60 of 309 have no month or score"),
        ({"sample": SAMPLE + 1}, "belong to none of the 60 samples"),
        ({"months": np.full(309, 3.0)}, "different months"),
        ({"design": Design(("x1", "x2"), np.ones((60, 2)))}, "one and the same value"),
        ({"score": 40.0 - VISITS.t.to_numpy() * (1 + SAMPLE % 7)}, "straight line"),
    ],
)
def test_refuses_visits_it_cannot_use(changes, words):
    with pytest.raises(InputError, match=words):
        fit_reference(**changes)


def test_refuses_two_visits_a_sample():
    with pytest.raises(InputError, match="no sample has three visits"):
        fit_slope(np.array([0, 0, 1, 1]), np.array([0.0, 3, 0, 4]), np.arange(4.0), Design((), np.empty((2, 0))))
