"""Traits that are a column of the participants table: each type with its model, and codings that are refused."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.miscmodels.ordinal_model import OrderedModel

BULBAR = {"name": "onset", "type": "binary", "column": "bulbar"}
FALLS = {"name": "falls", "type": "count", "column": "falls"}
STAGE = {"name": "stage", "type": "ordinal", "column": "stage"}
HEIGHT = {"name": "height", "type": "quantitative", "column": "height"}


def expected_fit(table, trait):
    """Give age's coefficient and the score residuals by statsmodels."""
    table = table.sort_values("sample")
    values, matrix = table[trait["column"]].to_numpy(float), sm.add_constant(table[["age"]].to_numpy())
    if trait["type"] == "ordinal":
        fit = OrderedModel(values, table[["age"]].to_numpy(), distr="logit").fit(method="bfgs", disp=False, gtol=1e-8)
        return fit.params[0], None
    if trait["type"] == "binary":
        fit = sm.Logit(values, matrix).fit(disp=False, tol=1e-12)
    elif trait["type"] == "quantitative":
        fit = sm.OLS(values, matrix).fit()
        return fit.params[1], fit.resid / fit.mse_resid
    elif trait.get("model") == "poisson":
        fit = sm.Poisson(values, matrix).fit(disp=False, tol=1e-12)
    else:
        fit = sm.NegativeBinomial(values, matrix).fit(disp=False, method="bfgs", gtol=1e-8, maxiter=500)
        mean = fit.predict()
        return fit.params[1], (values - mean) / (1 + fit.params[-1] * mean)
    return fit.params[1], values - fit.predict()


@pytest.mark.parametrize("trait", [HEIGHT, BULBAR, FALLS, FALLS | {"model": "poisson"}, STAGE])
def test_each_type_is_fitted_by_its_model(cohort, prepare, trait):
    (found,) = prepare(cohort, trait)
    slope, residuals = expected_fit(cohort, trait)
    assert found.samples["sample"].tolist() == sorted(cohort["sample"])
    estimates = {one.name: one.estimate for one in found.fit.coefficients}
    # Optimisers of statsmodels stop near, not at, the maximum.
    assert estimates["age"] == pytest.approx(slope, rel=1e-3, abs=1e-5)
    if residuals is not None:
        np.testing.assert_allclose(found.fit.model.residuals, residuals, atol=2e-3)


def test_a_count_without_a_model_is_negative_binomial(cohort, prepare):
    assert prepare(cohort, FALLS)[0].fit.model.kind == "negative_binomial"
    assert prepare(cohort, FALLS | {"model": "poisson"})[0].fit.model.kind == "poisson"


def test_strata_are_levels_of_a_model_without_strata(cohort, prepare):
    (found,) = prepare(cohort, HEIGHT, strata=["site"])
    ordered = cohort.sort_values("sample")
    matrix = sm.add_constant(
        np.column_stack([ordered["age"], ordered["site"] == ordered["site"].mode()[0]]).astype(float)
    )
    fit = sm.OLS(ordered["height"].to_numpy(), matrix).fit()
    np.testing.assert_allclose(found.fit.model.residuals, fit.resid / fit.mse_resid, atol=1e-10)
    assert sorted(found.samples["stratum"].unique()) == ["north", "south"]


def test_a_missing_value_leaves_a_sample_out_with_the_reason(cohort, prepare):
    cohort["falls"] = cohort["falls"].astype(object)
    cohort.loc[[3, 5], "falls"] = [None, "NA"]
    (found,) = prepare(cohort, FALLS)
    assert sorted(found.excluded["sample"]) == sorted(cohort.loc[[3, 5], "sample"])
    assert set(found.excluded["reason"]) == {"no value in column 'falls'"}


@pytest.mark.parametrize(
    ("trait", "coding", "place", "words"),
    [
        (BULBAR, {0: 1, 1: 2}, "trait", "of 150 values are neither 0 nor 1; code the trait so"),
        (BULBAR, {0: 1}, "trait", "all samples have the same value"),
        (BULBAR, {0: "no", 1: "yes"}, "column 'bulbar'", "is not a number; a trait of type binary needs them"),
        (FALLS, {0: -1}, "counts", "are not whole numbers from 0"),
        (FALLS, {0: 0.5}, "counts", "are not whole numbers from 0"),
        (FALLS, {0: "many"}, "column 'falls'", "'many' is not a number; a trait of type count needs them"),
        (STAGE, {4: "4B"}, "column 'stage'", "'4B' is not a number; a trait of type ordinal needs them"),
        (STAGE, {2: 1, 3: 1, 4: 1}, "category", "all samples are in the same one"),
        (HEIGHT, None, "trait", "is constant or determined by the covariates"),
    ],
)
def test_a_wrong_coding_is_refused_with_the_traits_name(cohort, refusal, trait, coding, place, words):
    column = trait["column"]
    cohort[column] = 170.0 if coding is None else cohort[column].map(lambda value: coding.get(value, value))
    found = refusal(cohort, trait)
    ((where, message),) = found.items()
    assert where.startswith(f"trait '{trait['name']}', ")
    assert where.endswith(place)
    assert words in message


def test_all_wrong_traits_are_named_at_once(cohort, refusal):
    found = refusal(cohort.assign(bulbar=7, falls=-1), BULBAR, FALLS, HEIGHT)
    assert list(found) == ["trait 'onset', trait", "trait 'falls', counts"]


def test_a_column_that_is_not_there_is_named(cohort, refusal):
    assert "no column 'bulber'" in refusal(cohort, BULBAR | {"column": "bulber"})["line 1"]


def test_sex_reaches_the_samples(cohort, prepare, refusal):
    sections = {"participants": {"path": "participants.tsv", "columns": {"sex": "sex"}}}
    (found,) = prepare(cohort, HEIGHT, **sections)
    male = found.samples.set_index("sample")["male"]
    pd.testing.assert_series_equal(male, cohort.set_index("sample")["sex"].eq("M").sort_index(), check_names=False)
    assert not prepare(cohort, HEIGHT)[0].samples["male"].any()
    wrong = refusal(cohort.assign(sex="unknown"), HEIGHT, **sections)
    assert len(wrong) == 20
    assert "'unknown' where male and female" in wrong["line 2, column 'sex'"]
