"""Least squares against statsmodels and R, and its invariances."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.problems import InputError

REFERENCE = Path(__file__).parents[2] / "reference"


def simulate(seed, samples=50):
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([rng.normal(60, 10, samples), rng.integers(0, 2, samples)])
    return matrix @ [0.1, -0.5] + rng.normal(size=samples), matrix


def test_agrees_with_least_squares_of_statsmodels():
    skat = pd.read_csv(REFERENCE / "skat_own.csv")
    matrix = skat[["x1", "sex"]].to_numpy(float)
    fit = fit_linear(skat["yq"].to_numpy(), Design(("x1", "sex"), matrix))
    other = sm.OLS(skat["yq"].to_numpy(), sm.add_constant(matrix)).fit()
    assert [c.name for c in fit.coefficients] == ["intercept", "x1", "sex"]
    # Both solve the same well-conditioned system: a few digits above rounding.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], other.params, rtol=1e-11)
    np.testing.assert_allclose([c.standard_error for c in fit.coefficients], other.bse, rtol=1e-11)
    np.testing.assert_allclose(fit.model.residuals, other.resid / other.mse_resid, rtol=1e-9, atol=1e-11)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)
    assert fit.details["residual_variance"] == pytest.approx(other.mse_resid, rel=1e-12)


def test_fits_without_covariates():
    trait, _ = simulate(1)
    fit = fit_linear(trait, Design((), np.empty((trait.size, 0))))
    assert fit.coefficients[0].estimate == pytest.approx(trait.mean())
    assert fit.coefficients[0].standard_error == pytest.approx(trait.std(ddof=1) / np.sqrt(trait.size))


@given(seed=st.integers(0, 10**6), scale=st.floats(1e-4, 1e4), shift=st.floats(-1e4, 1e4))
@settings(max_examples=50, deadline=None)
def test_residuals_ignore_units_of_covariates(seed, scale, shift):
    trait, matrix = simulate(seed)
    plain = fit_linear(trait, Design(("age", "sex"), matrix)).model
    other = fit_linear(trait, Design(("age", "sex"), matrix * [scale, 1] + [shift, 0])).model
    # A shift of 1e8 standard deviations leaves 8 digits of a column.
    digits = 1e-15 * max(1, abs(shift) / (10 * scale))
    np.testing.assert_allclose(other.residuals, plain.residuals, atol=1e-11 + 100 * digits)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_residuals_are_orthogonal_to_covariates_and_follow_sample_order(seed):
    trait, matrix = simulate(seed)
    model = fit_linear(trait, Design(("age", "sex"), matrix)).model
    assert abs(model.residuals.sum()) < 1e-11  # 50 numbers of size 1
    np.testing.assert_allclose(matrix.T @ model.residuals, 0, atol=1e-10)  # ages near 60
    order = np.random.default_rng(seed).permutation(trait.size)
    shuffled = fit_linear(trait[order], Design(("age", "sex"), matrix[order])).model
    np.testing.assert_allclose(shuffled.residuals, model.residuals[order], atol=1e-11)


def test_known_part_of_the_trait_is_not_estimated_again():
    trait, matrix = simulate(3)
    known = np.random.default_rng(4).normal(size=trait.size)
    design = Design(("age", "sex"), matrix)
    plain, other = fit_linear(trait, design), fit_linear(trait + 3 * known, design, offset=3 * known)
    # A sum and a difference of numbers near 10.
    np.testing.assert_allclose(other.model.residuals, plain.model.residuals, atol=1e-12)
    assert other.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)


def test_refuses_an_offset_with_missing_values():
    trait, matrix = simulate(3)
    with pytest.raises(InputError, match="offset: 1 of 50 values are missing"):
        fit_linear(trait, Design(("age", "sex"), matrix), offset=np.where(np.arange(50) == 7, np.nan, 0.0))


@pytest.mark.parametrize(
    ("trait", "words"),
    [
        (np.array([1.0, np.nan, 2.0, 3.0]), "1 of 4 values"),
        (np.array([1.0, 2.0]), "2 samples for 2 coefficients"),
        (np.full(4, 0.1), "constant or determined"),
        (np.arange(4.0), "constant or determined"),
    ],
)
def test_refuses_a_trait_it_cannot_fit(trait, words):
    with pytest.raises(InputError, match=words):
        fit_linear(trait, Design(("x",), np.arange(float(trait.size))[:, None]))
