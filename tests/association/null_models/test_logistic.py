"""Logistic regression against R and statsmodels, and its invariances and refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from association.null_models.design import Design
from association.null_models.logistic import fit_logistic
from association.problems import InputError
from association.score import Carriers, score_statistics

REFERENCE = Path(__file__).parents[2] / "reference"
COHORT = pd.read_csv(REFERENCE / "skat_own.csv")
DESIGN = Design(("x1", "sex"), COHORT[["x1", "sex"]].to_numpy(float))
TRAIT = COHORT.yb.to_numpy(float)


def carriers_of(dosages):
    variants, samples = np.nonzero(dosages.T)
    offsets = np.searchsorted(variants, np.arange(dosages.shape[1] + 1))
    return Carriers(offsets, samples, dosages.T[variants, samples].astype(float))


def simulate(seed, samples=80):
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([rng.normal(60, 10, samples), rng.integers(0, 2, samples)])
    offset = rng.normal(size=samples)
    trait = (rng.random(samples) < 1 / (1 + np.exp(-offset - 0.5 * matrix[:, 1]))).astype(float)
    trait[:4], matrix[:4] = [0, 1, 0, 1], [[40, 0], [40, 1], [80, 1], [80, 0]]
    return trait, Design(("age", "sex"), matrix), offset


def test_scores_agree_with_r():
    printed = pd.read_csv(REFERENCE / "skat_own_UV_logistic.csv").to_numpy()
    dosages = COHORT[[f"v{j}" for j in range(1, 11)]].to_numpy(float)
    weighted = dosages * beta.pdf(dosages.mean(axis=0) / 2, 1, 25)
    statistics = score_statistics(fit_logistic(TRAIT, DESIGN).model, carriers_of(weighted))
    # R's glm stops when the deviance moves by 1e-8 of itself, after which its step still squares the error.
    np.testing.assert_allclose(statistics.score, printed[:, 0], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(statistics.covariance, printed[:, 1:], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("known", [0.0, 1.0])
def test_agrees_with_statsmodels(known):
    trait, design, offset = simulate(5)
    offset = known * offset
    fit = fit_logistic(trait, design, offset=offset)
    columns = sm.add_constant(design.matrix)
    other = sm.GLM(trait, columns, sm.families.Binomial(), offset=offset).fit(tol=1e-14)
    assert [c.name for c in fit.coefficients] == ["intercept", "age", "sex"]
    # Ages near 60 make the raw columns of statsmodels ill-conditioned: 1e4, squared.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], other.params, rtol=1e-8)
    np.testing.assert_allclose([c.standard_error for c in fit.coefficients], other.bse, rtol=1e-8)
    np.testing.assert_allclose(fit.model.residuals, other.resid_response, atol=1e-9)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)
    assert fit.details == {"cases": trait.sum()}


def test_without_covariates_the_probability_is_the_share_of_cases():
    fit = fit_logistic(TRAIT, Design((), np.empty((300, 0))))
    share = TRAIT.mean()
    np.testing.assert_allclose(fit.model.residuals, TRAIT - share, atol=1e-14)
    assert fit.coefficients[0].standard_error == pytest.approx(1 / np.sqrt(300 * share * (1 - share)))


@given(seed=st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_residuals_are_orthogonal_to_intercept_and_covariates(seed):
    trait, design, offset = simulate(seed)
    model = fit_logistic(trait, design, offset=offset).model
    assert abs(model.residuals.sum()) < 1e-12  # 80 numbers below 1
    np.testing.assert_allclose(design.matrix.T @ model.residuals, 0, atol=1e-10)  # ages near 60
    dosages = np.random.default_rng(seed).binomial(2, 0.2, (80, 6))
    assert np.linalg.eigvalsh(score_statistics(model, carriers_of(dosages)).covariance).min() > -1e-12


@given(seed=st.integers(0, 10**6), scale=st.floats(1e-5, 1e5), shift=st.floats(-100, 100))
@settings(max_examples=50, deadline=None)
def test_score_ignores_sample_order_and_units_of_covariates(seed, scale, shift):
    trait, design, offset = simulate(seed)
    dosages = np.random.default_rng(seed).binomial(2, 0.2, (80, 4))
    plain = score_statistics(fit_logistic(trait, design, offset=offset).model, carriers_of(dosages))
    order = np.random.default_rng(seed + 1).permutation(80)
    moved = Design(design.names, (scale * (design.matrix + shift))[order])
    model = fit_logistic(trait[order], moved, offset=offset[order]).model
    other = score_statistics(model, carriers_of(dosages[order]))
    # A shift of 100 standard deviations costs two digits of a covariate, and X'VX squares it.
    np.testing.assert_allclose(other.score, plain.score, atol=1e-10)
    np.testing.assert_allclose(other.covariance, plain.covariance, atol=1e-10)


def test_swapping_cases_and_controls_turns_the_score_around():
    trait, design, offset = simulate(7)
    plain = fit_logistic(trait, design, offset=offset).model
    swapped = fit_logistic(1 - trait, design, offset=-offset).model
    np.testing.assert_allclose(swapped.residuals, -plain.residuals, atol=1e-13)
    np.testing.assert_allclose(swapped.information, plain.information, atol=1e-13)


def test_unit_burden_gives_observed_minus_expected_cases():
    trait, design, offset = simulate(3)
    model = fit_logistic(trait, design, offset=offset).model
    carrier = np.arange(80) % 9 == 0
    score = score_statistics(model, carriers_of(carrier[:, None])).score[0]
    assert score == pytest.approx(trait[carrier].sum() - model.expected_events[carrier].sum())
    assert model.expected_events.sum() == pytest.approx(trait.sum())


def refused(trait, design):
    with pytest.raises(InputError) as caught:
        fit_logistic(trait, design)
    return {problem.place: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize("group", [60, 2000, 200_000])
def test_names_a_group_without_cases_and_no_other_covariate(group):
    rng = np.random.default_rng(2)
    flag = np.arange(2 * group) < group
    trait = np.where(flag, 0, rng.random(2 * group) < 0.5).astype(float)
    messages = refused(trait, Design(("age", "flag"), np.column_stack([rng.normal(60, 10, 2 * group), flag])))
    assert list(messages) == ["flag"]
    assert "odds ratio runs off" in messages["flag"]


def test_names_a_covariate_that_separates_all_cases_from_all_controls():
    age = np.arange(40.0)
    assert list(refused((age > 25).astype(float), Design(("age",), age[:, None]))) == ["age"]


def test_names_covariates_that_separate_only_together():
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(60, 2))
    trait = (matrix @ [1.0, 1.0] > 0).astype(float)
    assert set(refused(trait, Design(("a", "b"), matrix))) == {"a", "b"}


def test_accepts_a_group_with_a_single_case():
    flag = (np.arange(400) < 100).astype(float)
    trait = np.where(flag == 1, np.arange(400) == 0, np.arange(400) % 2).astype(float)
    fit = fit_logistic(trait, Design(("flag",), flag[:, None]))
    assert fit.coefficients[1].estimate == pytest.approx(np.log(1 / 99), rel=1e-12)  # the other half are cases


def test_names_covariates_that_repeat_each_other():
    design = Design(("x1", "twice"), np.column_stack([COHORT.x1, 2 * COHORT.x1 + 1]))
    assert "is a combination of" in str(refused(TRAIT, design))


@pytest.mark.parametrize(
    ("trait", "words"),
    [
        (TRAIT + 1, "values are neither 0 nor 1"),
        (np.where(np.arange(300) == 3, np.nan, TRAIT), "1 of 300 values are neither 0 nor 1"),
        (np.ones(300), "all samples have the same value"),
    ],
)
def test_refuses_a_trait_that_is_not_binary(trait, words):
    with pytest.raises(InputError, match=words):
        fit_logistic(trait, DESIGN)


def test_refuses_an_offset_with_missing_values():
    with pytest.raises(InputError, match="offset: 1 of 300 values are missing"):
        fit_logistic(TRAIT, DESIGN, offset=np.where(np.arange(300) == 7, np.nan, 0.0))
