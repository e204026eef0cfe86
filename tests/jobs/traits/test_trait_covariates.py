"""Covariates and strata of a trait: default models, missing values and splines, through to the design."""

import numpy as np
import pytest

from association.phenotypes.covariates import FilledCovariate

HEIGHT = {"name": "height", "type": "quantitative", "column": "height"}
PRIMARY = ["sex=female", "age_at_onset", "PC1"]
SECONDARY = [*PRIMARY[:2], "region=bulbar", "repeat=yes", "carrier=yes", "PC1"]


def named(*left_out):
    columns = {
        "sex": "sex",
        "age_at_onset": "age",
        "onset_region": "region",
        "c9orf72": "repeat",
        "pathogenic_variant": "carrier",
        "principal_components": ["PC1"],
    }
    kept = {setting: column for setting, column in columns.items() if setting not in left_out}
    return {"participants": {"path": "participants.tsv", "columns": kept}}


@pytest.fixture
def everyone(cohort):
    """Give the cohort every column of the default models, each category's commonest level known."""
    position = np.arange(len(cohort))
    return cohort.assign(
        sex=np.where(position % 3 == 0, "female", "male"),
        region=np.where(position % 4 == 0, "bulbar", "spinal"),
        repeat=np.where(position % 7 == 0, "yes", "no"),
        carrier=np.where(position % 11 == 0, "yes", "no"),
        PC1=np.sin(position),
    )


@pytest.mark.parametrize(("model", "columns"), [("primary", PRIMARY), ("secondary", SECONDARY)])
def test_a_default_model_has_all_its_parts(everyone, prepare, model, columns):
    (trait,) = prepare(everyone, HEIGHT, covariates=model, **named())
    assert [one.name for one in trait.fit.coefficients] == ["intercept", *columns]
    assert trait.warnings == ()


def test_the_secondary_model_says_which_of_its_parts_the_study_does_not_name(everyone, prepare):
    (trait,) = prepare(everyone, HEIGHT, covariates="secondary", **named("c9orf72", "pathogenic_variant"))
    assert [one.name for one in trait.fit.coefficients] == ["intercept", *PRIMARY[:2], "region=bulbar", "PC1"]
    (warning,) = trait.warnings
    assert "the secondary model lacks c9orf72, pathogenic_variant: name their columns" in warning


def test_a_patient_of_no_stratum_is_left_out_with_the_reason(cohort, prepare):
    cohort.loc[[3, 5], "site"] = None
    (trait,) = prepare(cohort, HEIGHT, strata=["site"])
    assert sorted(trait.excluded["sample"]) == sorted(cohort.loc[[3, 5], "sample"])
    assert set(trait.excluded["reason"]) == {"no value in column 'site'"}
    assert sorted(trait.samples["stratum"].unique()) == ["north", "south"]


@pytest.mark.parametrize("policy", ["mean", "median", "indicator"])
def test_a_missing_category_is_a_level_of_its_own_and_counted_whatever_numbers_get(cohort, prepare, policy):
    cohort.loc[:6, "site"] = None
    cohort.loc[3:5, "age"] = None
    (trait,) = prepare(cohort, HEIGHT, covariates=["age", "site"], missing_covariates=policy)
    assert len(trait.samples) == len(cohort)
    assert trait.filled == (FilledCovariate("age", policy, 3), FilledCovariate("site", "indicator", 7))
    design = trait.models.design
    without = design.matrix[:, design.names.index("site=missing")]
    assert set(trait.samples["sample"][without == 1]) == set(cohort.loc[:6, "sample"])


@pytest.mark.parametrize(("policy", "middle"), [("median", np.median), ("mean", np.mean)])
def test_a_missing_number_gets_the_middle_of_those_in_the_trait(cohort, prepare, policy, middle):
    cohort.loc[:49, ["height", "age"]] = [None, 900]
    cohort.loc[50, "age"] = None
    (trait,) = prepare(cohort, HEIGHT, missing_covariates=policy)
    place = trait.samples.index[trait.samples["sample"] == cohort.loc[50, "sample"]]
    assert len(trait.samples) == len(cohort) - 50
    assert trait.models.design.matrix[place, 0] == pytest.approx(middle(cohort.loc[51:, "age"]))


def test_a_spline_needs_more_distinct_values_than_degrees_of_freedom(cohort, prepare, refusal):
    """The column has four."""
    spline = {"column": "stage", "spline": 3}
    (trait,) = prepare(cohort, HEIGHT, covariates=[spline])
    assert trait.models.design.names == ("stage spline 1", "stage spline 2", "stage spline 3")
    found = refusal(cohort, HEIGHT, covariates=[spline | {"spline": 4}])
    assert found == {
        "trait 'height', stage": "has too few distinct values for a spline with 4 degrees of freedom; take fewer"
    }
