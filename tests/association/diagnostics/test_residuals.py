"""Residuals to plot against R, and their limits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from association.diagnostics.residuals import (
    case_deviance_residuals,
    deviance_residuals,
    residuals_to_plot,
    standardised_residuals,
)
from association.null_models.counts import fit_negative_binomial, fit_poisson
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.families import Kinship
from association.null_models.fine_gray import fit_fine_gray
from association.null_models.kinship import fit_linear_kinship
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.ordinal import fit_proportional_odds
from association.null_models.slope import fit_slope
from association.problems import InputError

REFERENCE = Path(__file__).parents[2] / "reference"
COHORT = pd.read_csv(REFERENCE / "cox_lt.csv")
ENTRY, LEAVE, EVENT = (COHORT[name].to_numpy(float) for name in ("entry", "time", "status"))
DESIGN = Design(("x1", "x2"), COHORT[["x1", "x2"]].to_numpy(float))
EXPECTED = pd.read_csv(REFERENCE / "survival_curves.expected_R.csv", dtype={"key": str})
EXPECTED = EXPECTED[EXPECTED["set"] == "residuals"]


def printed_by_r(name):
    return EXPECTED.value[EXPECTED.name == name].to_numpy()


MODELS = {
    "deviance": lambda: fit_cox(ENTRY, LEAVE, EVENT, DESIGN).model,
    "linear": lambda: fit_linear(LEAVE, DESIGN).model,
    "logistic": lambda: fit_logistic(EVENT, DESIGN).model,
    "poisson": lambda: fit_poisson(ENTRY, DESIGN).model,
}


@pytest.mark.parametrize("name", MODELS)
def test_residuals_to_plot_agree_with_r(name):
    # Both sides end 1e-10 from the maximum.
    np.testing.assert_allclose(residuals_to_plot(MODELS[name]()), printed_by_r(name), atol=1e-8)


@pytest.mark.parametrize("name", ["logistic", "poisson"])
def test_standardised_residuals_agree_with_those_of_pearson_in_r(name):
    np.testing.assert_allclose(standardised_residuals(MODELS[name]()), printed_by_r(f"{name} pearson"), atol=1e-8)


def test_martingale_residuals_agree_with_r():
    np.testing.assert_allclose(MODELS["deviance"]().residuals, printed_by_r("martingale"), atol=1e-9)


def test_an_event_that_was_certain_leaves_nothing_and_an_unexpected_one_stays_finite():
    found = deviance_residuals(np.array([0.0, -1.0, 1.0]), np.array([1.0, 0.0, 1.0]))
    np.testing.assert_allclose(found[:2], [0, -np.sqrt(2)], rtol=1e-15)
    assert 8 < found[2] < 9  # the residual of an expectation of 1e-16, below which nothing can be told
    np.testing.assert_allclose(
        case_deviance_residuals(np.array([0.5, -0.5])), [np.sqrt(2 * np.log(2)), -np.sqrt(2 * np.log(2))]
    )
    assert 8 < case_deviance_residuals(np.array([1.0]))[0] < 9


def written_out(model):
    """Give the variance of every sample's residual from the dense operator."""
    samples = model.residuals.size
    each = (np.arange(samples + 1), np.arange(samples), np.ones(samples))
    operator = np.diag(model.information) - (model.shared_risk.among(*each) if model.shared_risk else 0)
    cross = model.cross_information
    return np.diag(operator - cross @ np.linalg.inv(model.covariate_information) @ cross.T)


@pytest.mark.parametrize(
    "fit",
    [
        lambda: fit_linear_kinship(
            np.log(LEAVE), DESIGN, Kinship(np.arange(0, 60, 2), np.arange(1, 60, 2), np.full(30, 0.25))
        ),
        lambda: fit_proportional_odds(np.digitize(LEAVE, [12, 20]).astype(float), DESIGN),
        lambda: fit_negative_binomial(ENTRY, DESIGN),
    ],
)
def test_standardised_residuals_divide_by_the_whole_operator(fit):
    model = fit().model
    np.testing.assert_allclose(
        standardised_residuals(model), model.residuals / np.sqrt(written_out(model)), rtol=1e-8
    )


def test_a_sample_with_one_visit_or_alone_in_its_group_has_no_standardised_residual():
    rng = np.random.default_rng(3)
    sample = np.repeat(np.arange(20), 4)[:-3]
    model = fit_slope(sample, rng.uniform(0, 30, 77), rng.normal(size=77), Design((), np.empty((20, 0)))).model
    found = standardised_residuals(model)
    assert np.isnan(found[19])
    assert np.isfinite(found[:19]).all()
    alone = Design(("alone",), np.eye(60)[:, :1])
    assert np.isnan(standardised_residuals(fit_linear(LEAVE, alone).model)[0])


def test_times_to_event_have_deviance_residuals_and_no_standardised_ones():
    cause = COHORT.status.to_numpy() * (1 + COHORT.id.to_numpy() % 2)
    for model in (MODELS["deviance"](), fit_fine_gray(ENTRY, LEAVE, cause, DESIGN).model):
        found = residuals_to_plot(model)
        np.testing.assert_array_equal(np.sign(found), np.sign(model.residuals))
        assert np.abs(found).max() < 4
        with pytest.raises(InputError, match="use deviance residuals"):
            standardised_residuals(model)
