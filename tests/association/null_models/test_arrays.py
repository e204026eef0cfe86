"""Models that went through a file give the same scores, bit for bit."""

import dataclasses
import io

import numpy as np
import pytest

from association.null_models.arrays import from_arrays, to_arrays
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.problems import InputError
from association.score import Carriers, score_statistics

RNG = np.random.default_rng(9)
DESIGN = Design(("age",), RNG.normal(60, 10, (30, 1)))
TIMES = RNG.integers(1, 9, 30).astype(float)
MODELS = {
    "linear": fit_linear(RNG.normal(size=30), DESIGN).model,
    "cox": fit_cox(np.zeros(30), TIMES, (RNG.random(30) < 0.7).astype(float), DESIGN).model,
}


@pytest.mark.parametrize("kind", MODELS)
def test_model_survives_a_file_without_pickling(kind):
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **to_arrays(MODELS[kind]))
    file.seek(0)
    model = from_arrays(np.load(file, allow_pickle=False))
    assert model.kind == kind
    assert (model.shared_risk is None, model.events is None) == (kind == "linear", kind == "linear")
    carriers = Carriers(np.array([0, 3, 5]), np.array([1, 4, 20, 4, 7]), np.array([1.0, 2, 1, 1, 1]))
    before, after = score_statistics(MODELS[kind], carriers), score_statistics(model, carriers)
    np.testing.assert_array_equal(after.score, before.score)
    np.testing.assert_array_equal(after.covariance, before.covariance)


def test_every_field_of_a_model_is_stored():
    names = {field.name for field in dataclasses.fields(MODELS["cox"])}
    assert names == {name.split(".")[0] for name in to_arrays(MODELS["cox"])}
    risk = {field.name for field in dataclasses.fields(MODELS["cox"].shared_risk)}
    assert risk == {name.split(".")[1] for name in to_arrays(MODELS["cox"]) if "." in name}


def test_refuses_a_table_with_arrays_missing():
    arrays = to_arrays(MODELS["cox"])
    del arrays["residuals"], arrays["shared_risk.first"]
    with pytest.raises(InputError, match=r"residuals, shared_risk\.first not found"):
        from_arrays(arrays)


def test_refuses_a_shared_risk_it_does_not_know():
    foreign = dataclasses.replace(MODELS["linear"], shared_risk=object())
    with pytest.raises(TypeError, match="shared risk of a object"):
        to_arrays(foreign)
