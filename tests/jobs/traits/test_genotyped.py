"""What genotypes give a trait's model: components of ancestry, and sex where none is stated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jobs.traits.genotyped import Genotyped
from jobs.traits.prepare import _is_male

HEIGHT = {"name": "height", "type": "quantitative", "column": "height"}


@pytest.fixture
def genotyped(cohort):
    """Make genotyped samples with three components, of which so many carry structure."""

    def make(structured):
        ids = cohort["sample"].tolist()
        scores = np.random.default_rng(4).normal(3, 0.01, (len(ids), 3))
        components = pd.DataFrame(scores, index=ids, columns=["pc1", "pc2", "pc3"])
        unrelated = pd.DataFrame({"sample_1": [], "sample_2": [], "kinship": []})
        reason, rates = pd.Series(None, index=ids, dtype=object), pd.Series(0.99, index=ids)
        return Genotyped(reason, rates, unrelated, components, structured)

    return make


def components_of(prepared):
    return [name for name in prepared.models.design.names if name.startswith("pc")]


def test_default_models_adjust_for_the_components_that_carry_structure(cohort, prepare, genotyped):
    (prepared,) = prepare(cohort, HEIGHT, genotyped=genotyped(2), covariates="primary")
    assert components_of(prepared) == ["pc1", "pc2"]
    (prepared,) = prepare(cohort, HEIGHT, genotyped=genotyped(0), covariates="primary")
    assert components_of(prepared) == []


def test_listed_covariates_and_named_components_get_none_from_the_genotypes(cohort, prepare, genotyped):
    (prepared,) = prepare(cohort, HEIGHT, genotyped=genotyped(2), covariates=["age"])
    assert components_of(prepared) == []


def test_a_number_of_components_holds_for_every_model(cohort, prepare, genotyped):
    (prepared,) = prepare(
        cohort, HEIGHT, genotyped=genotyped(0), covariates=["age"], qc={"ancestry": {"covariates": 3}}
    )
    assert components_of(prepared) == ["pc1", "pc2", "pc3"]
    assert not prepared.warnings


def test_fewer_components_than_asked_for_are_warned_of(cohort, prepare, genotyped):
    asked = {"ancestry": {"covariates": 4}}
    (prepared,) = prepare(cohort, HEIGHT, genotyped=genotyped(0), covariates=["age"], qc=asked)
    assert components_of(prepared) == ["pc1", "pc2", "pc3"]
    assert any("asks for 4 principal components, and the genotypes give 3" in text for text in prepared.warnings)


def test_adjusting_for_components_is_least_squares_on_them(cohort, prepare, genotyped):
    known = genotyped(2)
    (prepared,) = prepare(cohort, HEIGHT, genotyped=known, covariates=["age"], qc={"ancestry": {"covariates": 2}})
    samples = prepared.samples["sample"]
    age = cohort.set_index("sample").loc[samples, "age"].to_numpy(float)
    design = np.column_stack([np.ones(len(samples)), age, known.components.loc[samples, ["pc1", "pc2"]]])
    height = prepared.samples["value"].to_numpy()
    expected = height - design @ np.linalg.lstsq(design, height, rcond=None)[0]
    residuals = np.asarray(prepared.models.fit.model.residuals)
    assert abs(np.corrcoef(residuals, expected)[0, 1]) == pytest.approx(1, abs=1e-9)


def test_who_has_one_x_is_as_stated_and_else_as_the_genotypes_say():
    participants = pd.DataFrame(
        {"male": [1.0, 0.0, np.nan, np.nan, np.nan], "genetic_male": [0.0, 1.0, 1.0, 0.0, np.nan]}
    )
    assert _is_male(participants).tolist() == [True, False, True, False, False]
