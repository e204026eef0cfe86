"""Proportional odds against R, statsmodels and sums over all categories, and its invariances and refusals."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.miscmodels.ordinal_model import OrderedModel

from association.null_models.design import Design
from association.null_models.logistic import fit_logistic
from association.null_models.ordinal import OrdinalLikelihood, fit_proportional_odds
from association.problems import InputError
from association.score import Carriers, score_statistics

REFERENCE = Path(__file__).parents[2] / "reference"
COHORT = pd.read_csv(REFERENCE / "cox_lt.csv")
DESIGN = Design(("x1", "x2"), COHORT[["x1", "x2"]].to_numpy(float))
STAGE = pd.read_csv(REFERENCE / "po_stage.csv").stage.to_numpy(float)
PRINTED = (REFERENCE / "misc.expected_R.txt").read_text()


def carriers_of(dosages):
    variants, samples = np.nonzero(dosages.T)
    offsets = np.searchsorted(variants, np.arange(dosages.shape[1] + 1))
    return Carriers(offsets, samples, dosages.T[variants, samples].astype(float))


def simulate(seed, samples=60, categories=4):
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([rng.normal(60, 10, samples), rng.integers(0, 2, samples)])
    latent = 0.05 * matrix[:, 0] - 0.5 * matrix[:, 1] + rng.logistic(size=samples)
    edges = np.quantile(latent, np.sort(rng.uniform(0.3, 0.7, categories - 1)))
    return np.searchsorted(edges, latent).astype(float), Design(("age", "sex"), matrix)


def numbers(pattern):
    return [np.array(text.split(), float) for text in re.search(pattern, PRINTED).groups()]


def test_agrees_with_polr_of_r():
    effects, cuts, deviance = numbers(r"polr coef (.+?)  zeta (.+?)  dev (\S+)")
    fit = fit_proportional_odds(STAGE, DESIGN)
    assert [c.name for c in fit.coefficients] == ["1|2", "2|3", "3|4", "x1", "x2"]
    # R's optimiser stopped 5e-5 standard errors from the maximum: the next test.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], [*cuts, *effects], atol=2e-5)
    assert -2 * fit.log_likelihood == pytest.approx(deviance[0], rel=1e-10)
    (burden,) = numbers(r"U_b \(sign: dl/deta\) (\S+)")
    dosages = COHORT[["G1", "G2", "G3", "G4"]].to_numpy(float)
    assert score_statistics(fit.model, carriers_of(dosages)).score.sum() == pytest.approx(burden[0], abs=1e-4)


def test_one_newton_step_from_where_r_stopped_ends_at_the_estimates():
    effects, cuts, _ = numbers(r"polr coef (.+?)  zeta (.+?)  dev (\S+)")
    total, weighted, burden = numbers(r"PO sum resid (\S+) sum x1 r (\S+)  U_b \(sign: dl/deta\) (\S+)")
    x1, score = COHORT.x1.to_numpy(), COHORT[["G1", "G2", "G3", "G4"]].to_numpy().sum(axis=1)
    there = OrdinalLikelihood(STAGE.astype(int) - 1, DESIGN.matrix, cuts, DESIGN.matrix @ effects)
    printed = [total[0], weighted[0], burden[0]]
    # R prints 15 digits of estimates near 1; residuals are below 1.
    np.testing.assert_allclose(
        [sum(there.residuals), x1 @ there.residuals, score @ there.residuals], printed, atol=1e-13
    )
    step = np.linalg.solve(there.information, there.gradient)
    estimates = [c.estimate for c in fit_proportional_odds(STAGE, DESIGN).coefficients]
    np.testing.assert_allclose(estimates, np.concatenate([cuts, effects]) + step, atol=1e-9)  # the step squared


def test_agrees_with_statsmodels():
    fit = fit_proportional_odds(STAGE, DESIGN)
    ordered = OrderedModel(STAGE, DESIGN.matrix, distr="logit")
    other = ordered.fit(method="bfgs", gtol=1e-8, disp=False)
    cuts = ordered.transform_threshold_params(other.params)[1:-1]
    estimates = np.array([c.estimate for c in fit.coefficients])
    errors = np.array([c.standard_error for c in fit.coefficients])
    # Statsmodels differentiates numerically.
    np.testing.assert_allclose(estimates, [*cuts, *other.params[:2]], atol=1e-6)
    np.testing.assert_allclose(errors[3:], other.bse[:2], rtol=1e-5)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)


def written_out(model_estimates, matrix, categories):
    """Give every category's probability and score by eta and the cut points, from distribution functions alone."""
    cuts, effects = model_estimates[: categories - 1], model_estimates[categories - 1 :]
    away = cuts - (matrix @ effects)[:, None]
    samples = len(matrix)
    function = np.column_stack([np.zeros(samples), 1 / (1 + np.exp(-away)), np.ones(samples)])
    density = function * (1 - function)
    probability = np.diff(function, axis=1)
    by_cut = np.zeros((samples, categories, categories - 1))
    for k in range(categories - 1):
        by_cut[:, k, k] = density[:, k + 1] / probability[:, k]
        by_cut[:, k + 1, k] = -density[:, k + 1] / probability[:, k + 1]
    return probability, -np.diff(density, axis=1) / probability, by_cut


@given(seed=st.integers(0, 10**6), categories=st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_information_is_the_covariance_of_the_scores(seed, categories):
    category, design = simulate(seed, categories=categories)
    found = len(np.unique(category))
    fit = fit_proportional_odds(category, design)
    estimates = np.array([c.estimate for c in fit.coefficients])
    probability, by_predictor, by_cut = written_out(estimates, design.matrix, found)
    codes = np.unique(category, return_inverse=True)[1]
    np.testing.assert_allclose(fit.model.residuals, by_predictor[np.arange(60), codes], atol=1e-9)
    assert fit.log_likelihood == pytest.approx(np.log(probability[np.arange(60), codes]).sum(), rel=1e-10)
    covariates = design.matrix - design.matrix.mean(axis=0)
    effects = by_predictor[:, :, None] * covariates[:, None, :]
    scores = np.concatenate([by_cut, effects], axis=2)
    information = np.einsum("ik,ika,ikb->ab", probability, scores, scores)
    # Differences of distribution functions lose digits where a category is unlikely.
    np.testing.assert_allclose(fit.model.information, (probability * by_predictor**2).sum(axis=1), rtol=1e-7)
    crossed = np.einsum("ik,ik,ika->ia", probability, by_predictor, scores)
    np.testing.assert_allclose(fit.model.cross_information, crossed, atol=1e-7)
    size = np.sqrt(np.outer(np.diag(information), np.diag(information)))
    np.testing.assert_allclose(fit.model.covariate_information / size, information / size, atol=1e-7)


@given(seed=st.integers(0, 10**6), categories=st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_residuals_are_orthogonal_to_intercept_and_covariates(seed, categories):
    category, design = simulate(seed, categories=categories)
    model = fit_proportional_odds(category, design).model
    assert abs(model.residuals.sum()) < 1e-11  # 60 numbers below 1
    np.testing.assert_allclose(design.matrix.T @ model.residuals, 0, atol=1e-10)
    dosages = np.random.default_rng(seed).binomial(2, 0.2, (60, 6))
    assert np.linalg.eigvalsh(score_statistics(model, carriers_of(dosages)).covariance).min() > -1e-11


@given(seed=st.integers(0, 10**6), scale=st.floats(1e-5, 1e5), shift=st.floats(-100, 100))
@settings(max_examples=40, deadline=None)
def test_score_ignores_sample_order_units_and_names_of_categories(seed, scale, shift):
    category, design = simulate(seed)
    dosages = np.random.default_rng(seed).binomial(2, 0.2, (60, 4))
    plain = score_statistics(fit_proportional_odds(category, design).model, carriers_of(dosages))
    order = np.random.default_rng(seed + 1).permutation(60)
    moved = Design(design.names, (scale * (design.matrix + shift))[order])
    model = fit_proportional_odds(category[order] ** 3 - 7, moved).model
    other = score_statistics(model, carriers_of(dosages[order]))
    np.testing.assert_allclose(other.score, plain.score, atol=1e-9)
    np.testing.assert_allclose(other.covariance, plain.covariance, atol=1e-9)


def test_reversed_categories_turn_the_score_around():
    category, design = simulate(5)
    plain, turned = (fit_proportional_odds(values, design).model for values in (category, -category))
    np.testing.assert_allclose(turned.residuals, -plain.residuals, atol=1e-12)
    np.testing.assert_allclose(turned.information, plain.information, atol=1e-12)


def test_two_categories_are_logistic_regression():
    category, design = simulate(6, categories=2)
    ordinal, binary = fit_proportional_odds(category, design), fit_logistic(category, design)
    np.testing.assert_allclose(ordinal.model.residuals, binary.model.residuals, atol=1e-12)
    np.testing.assert_allclose(ordinal.model.information, binary.model.information, atol=1e-12)
    estimates = [[c.estimate for c in fit.coefficients] for fit in (ordinal, binary)]
    np.testing.assert_allclose(estimates[0], np.multiply(estimates[1], [-1, 1, 1]), rtol=1e-9)
    errors = [[c.standard_error for c in fit.coefficients] for fit in (ordinal, binary)]
    np.testing.assert_allclose(errors[0], errors[1], rtol=1e-9)
    assert ordinal.log_likelihood == pytest.approx(binary.log_likelihood, rel=1e-13)


def test_without_covariates_cut_points_are_the_shares_of_samples():
    fit = fit_proportional_odds(STAGE, Design((), np.empty((60, 0))))
    below = np.array([21, 33, 40]) / 60
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], np.log(below / (1 - below)), atol=1e-13)
    ridit = np.array([0, 21, 33, 40, 60])
    np.testing.assert_allclose(
        fit.model.residuals, ((ridit[:-1] + ridit[1:]) / 60 - 1)[STAGE.astype(int) - 1], atol=1e-13
    )


def test_names_a_covariate_whose_group_is_all_in_the_highest_category():
    flag = (STAGE == 4) & (np.arange(60) % 2 == 0)
    with pytest.raises(InputError, match="flag: its odds ratio runs off") as caught:
        fit_proportional_odds(STAGE, Design(("x1", "flag"), np.column_stack([COHORT.x1, flag])))
    assert [problem.place for problem in caught.value.problems] == ["flag"]


@pytest.mark.parametrize(
    ("category", "words"),
    [
        (np.where(STAGE == 3, np.nan, STAGE), "7 of 60 values are missing"),
        (np.full(60, 2.0), "all samples are in the same one"),
    ],
)
def test_refuses_categories_it_cannot_use(category, words):
    with pytest.raises(InputError, match=words):
        fit_proportional_odds(category, DESIGN)


def test_names_covariates_that_repeat_each_other():
    with pytest.raises(InputError, match="is a combination of"):
        fit_proportional_odds(STAGE, Design(("x1", "twice"), np.column_stack([COHORT.x1, 2 * COHORT.x1 + 1])))
