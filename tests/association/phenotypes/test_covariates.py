"""Design columns of numbers, splines and categories; what becomes of missing values."""

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicSpline

from association.phenotypes.covariates import (
    CovariateRule,
    FilledCovariate,
    covariate_design,
    indicators,
    is_numeric,
    missing_reasons,
    stratum_labels,
)
from association.problems import InputError

TABLE = pd.DataFrame({"age": ["61", "55.5", "70"], "region": ["spinal", "bulbar", "spinal"], "site": ["1", "2", "2"]})
GAPS = pd.DataFrame({"age": ["60", None, "70", "80"], "region": ["spinal", "bulbar", None, "spinal"]})


def rule(column, kind="numeric", **more):
    return CovariateRule(column, kind, **more)


def test_numbers_stay_and_categories_become_indicators_against_the_commonest():
    design, filled = covariate_design(
        TABLE, [rule("age"), rule("region", "categorical"), rule("site", "categorical")]
    )
    assert design.names == ("age", "region=bulbar", "site=1")
    assert np.array_equal(design.matrix, [[61, 0, 1], [55.5, 1, 0], [70, 0, 0]])
    assert filled == ()


def test_no_covariates_make_an_empty_design():
    design, _ = covariate_design(TABLE, [])
    assert design.names == ()
    assert design.matrix.shape == (3, 0)


def test_a_column_is_numeric_if_every_value_that_is_there_is_a_number():
    assert is_numeric(pd.Series(["1", None, "2e-3"]))
    assert not is_numeric(pd.Series(["1", "two"]))


def test_strata_combine_columns():
    assert stratum_labels(TABLE, ["region", "site"]).tolist() == ["spinal / 1", "bulbar / 2", "spinal / 2"]
    assert stratum_labels(TABLE, ["site"]).tolist() == ["1", "2", "2"]
    assert set(stratum_labels(TABLE, [])) == {"all"}


def test_labels_become_indicators():
    assert indicators(pd.Series(["b", "a", "b"], name="stratum")).names == ("stratum=a",)


@pytest.mark.parametrize(("policy", "value"), [("mean", 70), ("median", 70), ("indicator", 70)])
def test_a_missing_number_is_filled_in_by_its_rule_and_counted(policy, value):
    design, filled = covariate_design(GAPS, [rule("age", missing=policy)])
    assert design.matrix[1, 0] == value
    assert filled == (FilledCovariate("age", policy, 1),)
    assert design.names == (("age", "age=missing") if policy == "indicator" else ("age",))
    if policy == "indicator":
        assert design.matrix[:, 1].tolist() == [0, 1, 0, 0]


def test_mean_and_median_are_those_of_the_values_that_are_there():
    table = pd.DataFrame({"age": [10.0, 20.0, 90.0, None]})
    assert covariate_design(table, [rule("age", missing="mean")])[0].matrix[3, 0] == 40
    assert covariate_design(table, [rule("age", missing="median")])[0].matrix[3, 0] == 20


def test_a_missing_category_is_a_level_of_its_own():
    design, filled = covariate_design(GAPS, [rule("region", "categorical", missing="indicator")])
    assert design.names == ("region=bulbar", "region=missing")
    assert design.matrix[2].tolist() == [0, 1]
    assert filled[0].count == 1


def test_an_indicator_without_missing_values_adds_no_column():
    assert covariate_design(TABLE, [rule("age", missing="indicator")])[0].names == ("age",)


def test_samples_without_a_dropped_covariate_have_a_reason():
    (reasons,) = missing_reasons(GAPS, [rule("age"), rule("region", "categorical", missing="indicator")])
    assert reasons.tolist() == [None, "no value in column 'age'", None, None]


def test_a_spline_spans_the_natural_cubic_splines_on_its_knots():
    age = np.random.default_rng(1).normal(60, 11, 200)
    design, _ = covariate_design(pd.DataFrame({"age": age}), [rule("age", spline=3)])
    assert design.names == ("age spline 1", "age spline 2", "age spline 3")
    assert np.abs(design.matrix.mean(axis=0)).max() < 1e-9
    knots = np.quantile(np.unique(age), [0, 1 / 3, 2 / 3, 1])
    heights = np.random.default_rng(2).normal(size=4)
    curve = CubicSpline(knots, heights, bc_type="natural")(age)
    columns = np.column_stack([np.ones(200), design.matrix])
    fitted = columns @ np.linalg.lstsq(columns, curve, rcond=None)[0]
    assert np.abs(fitted - curve).max() < 1e-9


@pytest.mark.parametrize(
    ("table", "one", "message"),
    [
        (GAPS, rule("region", "categorical", missing="mean"), "region: a category has no mean"),
        (GAPS, rule("region", "categorical", spline=3), "region: a category has no spline"),
        (GAPS.assign(pc=None), rule("pc", missing="mean"), "pc: has no value in any of these samples"),
        (TABLE, rule("age", spline=8), "age: has too few distinct values for a spline"),
    ],
)
def test_rules_that_can_not_be_followed_are_refused(table, one, message):
    with pytest.raises(InputError, match=message):
        covariate_design(table, [one])
