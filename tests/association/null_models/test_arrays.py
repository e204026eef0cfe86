"""Models that went through a file give the same scores, bit for bit."""

import dataclasses
import io
import re

import numpy as np
import pytest

from association.null_models.arrays import from_arrays, to_arrays
from association.null_models.counts import fit_negative_binomial, fit_poisson
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.families import Kinship
from association.null_models.fine_gray import fit_fine_gray
from association.null_models.joint_rank import fit_joint_rank
from association.null_models.kinship import fit_linear_kinship
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.ordinal import fit_proportional_odds
from association.null_models.slope import fit_slope
from association.problems import InputError
from association.score import Carriers, score_statistics

RNG = np.random.default_rng(9)
DESIGN = Design(("age",), RNG.normal(60, 10, (30, 1)))
TIMES = RNG.integers(1, 9, 30).astype(float)
CAUSE = np.arange(30) % 3
VALUES = RNG.normal(size=30)
FITS = [
    fit_linear(VALUES, DESIGN),
    fit_linear_kinship(
        np.arange(30.0) // 2, DESIGN, Kinship(np.arange(0, 30, 2), np.arange(1, 30, 2), np.full(15, 0.25))
    ),
    fit_logistic((CAUSE == 1).astype(float), DESIGN),
    fit_poisson(TIMES, DESIGN),
    fit_negative_binomial(TIMES, DESIGN),
    fit_proportional_odds(CAUSE.astype(float), DESIGN),
    fit_cox(np.zeros(30), TIMES, (CAUSE > 0).astype(float), DESIGN),
    fit_fine_gray(np.zeros(30), TIMES, CAUSE, DESIGN),
    fit_slope(np.repeat(np.arange(30), 3), np.tile(np.arange(3.0), 30), RNG.normal(size=90), DESIGN),
    fit_joint_rank(VALUES, DESIGN),
]
MODELS = {fit.model.kind: fit.model for fit in FITS}
WITH_RISK_SETS = ("cox", "fine_gray")


@pytest.mark.parametrize("kind", MODELS)
def test_model_survives_a_file_without_pickling(kind):
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **to_arrays(MODELS[kind]))
    file.seek(0)
    model = from_arrays(np.load(file, allow_pickle=False))
    assert model.kind == kind
    assert type(model.shared_risk) is type(MODELS[kind].shared_risk)
    carriers = Carriers(np.array([0, 3, 5]), np.array([1, 4, 20, 4, 7]), np.array([1.0, 2, 1, 1, 1]))
    before, after = score_statistics(MODELS[kind], carriers), score_statistics(model, carriers)
    np.testing.assert_array_equal(after.score, before.score)
    np.testing.assert_array_equal(after.covariance, before.covariance)
    for name in ("events", "expected_events"):
        np.testing.assert_array_equal(getattr(model, name), getattr(MODELS[kind], name))


def test_models_of_events_have_them_and_no_others():
    counted = {kind for kind, model in MODELS.items() if model.events is not None}
    assert counted == {*WITH_RISK_SETS, "logistic", "poisson"}
    for model in (MODELS[kind] for kind in counted):
        np.testing.assert_allclose(model.events - model.expected_events, model.residuals, atol=1e-14)
    sharing = {kind for kind, model in MODELS.items() if model.shared_risk is not None}
    assert sharing == {*WITH_RISK_SETS, "linear_kinship"}


@pytest.mark.parametrize("kind", WITH_RISK_SETS)
def test_every_field_of_a_model_is_stored(kind):
    names = {field.name for field in dataclasses.fields(MODELS[kind])}
    assert names == {name.split(".")[0] for name in to_arrays(MODELS[kind])}
    risk = {field.name for field in dataclasses.fields(MODELS[kind].shared_risk)}
    assert risk == {name.split(".")[1] for name in to_arrays(MODELS[kind]) if "." in name}


@pytest.mark.parametrize("missing", ["residuals", "shared_risk", "shared_risk.first"])
@pytest.mark.parametrize("kind", WITH_RISK_SETS)
def test_refuses_a_table_with_arrays_missing(kind, missing):
    arrays = to_arrays(MODELS[kind])
    del arrays[missing]
    with pytest.raises(InputError, match=f"arrays: {re.escape(missing)} not found"):
        from_arrays(arrays)


def test_refuses_a_shared_risk_it_does_not_know():
    foreign = dataclasses.replace(MODELS["linear"], shared_risk=object())
    with pytest.raises(TypeError, match="shared risk of a object"):
        to_arrays(foreign)
    with pytest.raises(InputError, match="'frailty' is of a kind not known here"):
        from_arrays(to_arrays(MODELS["cox"]) | {"shared_risk": np.array("frailty")})
