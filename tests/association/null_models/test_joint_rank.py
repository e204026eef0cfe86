"""The joint rank is least squares on average ranks."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from association.null_models.design import Design
from association.null_models.joint_rank import fit_joint_rank
from association.problems import InputError


def simulate(seed, samples=40):
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([rng.normal(60, 10, samples), rng.integers(0, 2, samples)])
    return rng.integers(-15, 15, samples).astype(float), Design(("age", "sex"), matrix)


def test_agrees_with_least_squares_of_statsmodels_on_ranks_of_pandas():
    score, design = simulate(1)
    fit = fit_joint_rank(score, design)
    other = sm.OLS(pd.Series(score).rank().to_numpy(), sm.add_constant(design.matrix)).fit()
    assert fit.model.kind == "joint_rank"
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], other.params, rtol=1e-10)
    np.testing.assert_allclose(fit.model.residuals, other.resid / other.mse_resid, atol=1e-11)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_only_the_order_of_scores_matters(seed):
    score, design = simulate(seed)
    plain = fit_joint_rank(score, design).model
    np.testing.assert_array_equal(fit_joint_rank(np.exp(score / 3), design).model.residuals, plain.residuals)
    # Scores turned around give ranks turned around; both are fitted to rounding.
    np.testing.assert_allclose(fit_joint_rank(-score, design).model.residuals, -plain.residuals, atol=1e-12)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_residuals_are_orthogonal_to_covariates_and_follow_sample_order(seed):
    score, design = simulate(seed)
    model = fit_joint_rank(score, design).model
    np.testing.assert_allclose(design.matrix.T @ model.residuals, 0, atol=1e-10)
    order = np.random.default_rng(seed).permutation(40)
    shuffled = fit_joint_rank(score[order], Design(design.names, design.matrix[order])).model
    np.testing.assert_allclose(shuffled.residuals, model.residuals[order], atol=1e-12)


def test_refuses_scores_it_cannot_rank():
    score, design = simulate(1)
    with pytest.raises(InputError, match="score: 1 of 40 values are missing"):
        fit_joint_rank(np.where(np.arange(40) == 3, np.nan, score), design)
    with pytest.raises(InputError, match="constant or determined"):
        fit_joint_rank(np.zeros(40), design)
