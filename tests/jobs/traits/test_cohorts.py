"""A study of several cohorts: each is fitted as a study of its own would be, and says what it does without."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.logistic import fit_logistic
from jobs.traits.files import read_cohorts, read_outcome, scan_trait, write_traits

SURVIVAL = {"name": "survival", "type": "survival", "endpoint": "death"}
HEIGHT = {"name": "height", "type": "quantitative", "column": "height", "transform": "rank_normal"}
BULBAR = {"name": "bulbar", "type": "binary", "column": "bulbar"}
FALLS = {"name": "falls", "type": "count", "column": "falls"}
STAGE = {"name": "stage", "type": "ordinal", "column": "stage"}
EVERY = (SURVIVAL, HEIGHT, BULBAR, FALLS, STAGE)
COVARIATES = [{"column": "age", "missing": "mean"}, {"column": "region", "kind": "categorical"}]


@pytest.fixture
def merged(cohort):
    """Give a cohort whose two sites differ in their commonest region, and in which values are missing."""
    rng = np.random.default_rng(4)
    north = cohort["site"] == "north"
    region = np.where(rng.random(len(cohort)) < np.where(north, 0.7, 0.3), "bulbar", "spinal")
    return cohort.assign(region=region, age=cohort["age"].mask(rng.random(len(cohort)) < 0.05))


def by_sample(trait):
    return pd.Series(trait.fit.model.residuals, index=trait.samples["sample"])


@pytest.mark.parametrize("trait", EVERY, ids=lambda one: one["name"])
def test_each_cohort_has_the_model_of_a_study_of_its_own(merged, prepare, trait):
    (together,) = prepare(merged, trait, cohorts="site", covariates=COVARIATES)
    for name in ("north", "south"):
        own = merged[merged["site"] == name].reset_index(drop=True)
        (alone,) = prepare(own, trait, covariates=COVARIATES)
        residuals = by_sample(alone)
        np.testing.assert_allclose(by_sample(together)[residuals.index], residuals, rtol=1e-12, atol=1e-13)
        named = {one.name: one for one in together.fit.coefficients}
        for one in alone.fit.coefficients:
            assert named[f"{one.name} [{name}]"].estimate == pytest.approx(one.estimate, rel=1e-12)


@pytest.mark.parametrize("trait", EVERY, ids=lambda one: one["name"])
def test_a_single_cohort_changes_nothing(merged, prepare, trait):
    sections = {"covariates": COVARIATES, "strata": ["site"]}
    (plain,) = prepare(merged, trait, **sections)
    (single,) = prepare(merged.assign(cohort="utrecht"), trait, cohorts="cohort", **sections)
    np.testing.assert_array_equal(single.fit.model.residuals, plain.fit.model.residuals)
    np.testing.assert_array_equal(single.fit.model.cross_information, plain.fit.model.cross_information)
    np.testing.assert_array_equal(single.models.design.matrix, plain.models.design.matrix)
    for one, other in zip(single.fit.coefficients, plain.fit.coefficients, strict=True):
        assert one == replace(other, name=other.name.replace("north", "north / utrecht"))


def test_a_covariate_of_one_value_is_left_out_of_that_cohort_alone(merged, prepare):
    south = merged["site"] == "south"
    changed = merged.assign(sex=merged["sex"].mask(south, "M"), riluzole=np.where(south, None, merged["bulbar"]))
    covariates = ["age", "sex", {"column": "riluzole", "missing": "mean", "kind": "numeric"}]
    (trait,) = prepare(changed, SURVIVAL, cohorts="site", covariates=covariates)
    names = {one.name for one in trait.fit.coefficients}
    assert {"riluzole [north]", "age [south]"} < names
    assert not {"riluzole [south]", "sex=M [south]"} & names
    (warning,) = trait.warnings
    assert warning == "cohort 'south' has one value, or none, of 'riluzole', 'sex=M': its model does without"


@pytest.mark.parametrize(
    ("trait", "changed", "reason"),
    [
        (SURVIVAL, {"death_date": None}, "no patient has the event"),
        (BULBAR, {"bulbar": 1}, "all patients have the same value"),
        (FALLS, {"falls": 0}, "all patients have a count of 0"),
        (STAGE, {"stage": 2}, "all patients have the same value"),
    ],
    ids=lambda one: one["name"] if isinstance(one, dict) and "name" in one else "",
)
def test_a_cohort_that_says_nothing_of_a_trait_leaves_it_with_the_reason(cohort, prepare, trait, changed, reason):
    south = cohort["site"] == "south"
    silent = cohort.assign(**{name: cohort[name].mask(south, value) for name, value in changed.items()})
    (found,) = prepare(silent, trait, cohorts="site")
    out = found.excluded[found.excluded["reason"] == f"cohort 'south': {reason}"]
    assert set(out["sample"]) == set(cohort.loc[south, "sample"])
    (alone,) = prepare(silent[~south].reset_index(drop=True), trait)
    np.testing.assert_array_equal(found.fit.model.residuals, alone.fit.model.residuals)


def test_what_a_cohort_is_too_small_for_is_refused_by_its_name(cohort, refusal):
    few = cohort.assign(site=np.where(np.arange(len(cohort)) < 2, "lisbon", cohort["site"]))
    found = refusal(few, HEIGHT, SURVIVAL, cohorts="site")
    assert list(found) == ["trait 'height', cohort 'lisbon', trait"]
    assert "2 samples for 2 coefficients" in found["trait 'height', cohort 'lisbon', trait"]
    assert found["trait 'height', cohort 'lisbon', trait"].endswith("take the cohort out of the participants table")


@pytest.mark.parametrize("trait", [SURVIVAL, BULBAR], ids=["survival", "bulbar"])
def test_effects_are_estimated_beside_the_covariates_of_every_cohort(merged, prepare, tmp_path, trait):
    (prepared,) = prepare(merged, trait, cohorts="site", covariates=COVARIATES)
    write_traits([prepared], tmp_path)
    ready = scan_trait(prepared, merged[["sample"]].assign(cohort=0))
    outcome = read_outcome(tmp_path, ready, "efron")
    design = Design(prepared.models.design.names, outcome.covariates)
    if trait is SURVIVAL:
        fit = fit_cox(outcome.entry, outcome.exit, outcome.event, design, strata=ready.strata)
    else:
        fit = fit_logistic(outcome.event, design)
    np.testing.assert_allclose(fit.model.residuals, ready.model.residuals, atol=1e-9)


def test_hazards_are_tested_with_the_estimates_of_every_cohort(merged, prepare):
    (trait,) = prepare(merged, SURVIVAL, cohorts="site", covariates=COVARIATES)
    names = [one.name for one in trait.fit.coefficients]
    assert list(trait.hazards.names) == [*names, "GLOBAL"]
    tested = trait.hazards.scaled_residuals
    own = np.array([name.endswith("[north]") for name in names])
    north = (trait.samples["cohort"] == "north").to_numpy()[trait.hazards.samples]
    assert np.isfinite(tested[np.ix_(north, own)]).all()
    assert np.isnan(tested[np.ix_(north, ~own)]).all()


def test_the_summary_counts_patients_and_events_by_cohort(merged, prepare):
    (trait,) = prepare(merged, SURVIVAL, cohorts="site", covariates=COVARIATES)
    counted = trait.summary()["cohorts"]
    assert [one["name"] for one in counted] == ["north", "south"]
    assert [one["samples"] for one in counted] == trait.samples["cohort"].value_counts().sort_index().tolist()
    assert sum(one["events"] for one in counted) == trait.summary()["events"]
    (plain,) = prepare(merged, SURVIVAL, covariates=COVARIATES)
    assert plain.summary()["cohorts"] == []


def test_known_variants_and_offsets_are_those_of_the_cohorts_samples(merged, prepare, tmp_path):
    rng = np.random.default_rng(9)
    known = pd.DataFrame({"chr2-5-A-C": rng.integers(0, 2, len(merged))}, index=merged["sample"])
    known[merged["site"].to_numpy() == "south"] = 0
    predicted = pd.DataFrame(rng.normal(size=(22, len(merged))), index=range(1, 23), columns=merged["sample"])
    predicted.rename_axis("FID_IID").to_csv(tmp_path / "fit_1.loco", sep=" ")
    trait = HEIGHT | {"transform": "none", "polygenic_offset": "fit_1.loco"}
    (together,) = prepare(merged, trait, known=known, cohorts="site")
    assert "chr2-5-A-C [north]" in together.models.design.names
    assert "chr2-5-A-C [south]" not in together.models.design.names
    residuals = pd.Series(together.models.by_contig["7"].model.residuals, index=together.samples["sample"])
    for name in ("north", "south"):
        own = merged[merged["site"] == name].reset_index(drop=True)
        predicted[own["sample"]].rename_axis("FID_IID").to_csv(tmp_path / "fit_1.loco", sep=" ")
        (alone,) = prepare(own, trait, known=known.loc[own["sample"]] if name == "north" else None)
        assert alone.models.by_contig["7"].model.residuals == pytest.approx(residuals[alone.samples["sample"]])


def test_cohorts_are_numbered_for_a_check_where_each_has_a_model(merged, prepare, tmp_path):
    (prepared,) = prepare(merged, SURVIVAL, cohorts="site", covariates=COVARIATES)
    write_traits([prepared], tmp_path)
    numbers, names = read_cohorts(tmp_path, prepared.name), prepared.samples["cohort"].to_numpy(str)
    assert {(name, number) for name, number in zip(names, numbers, strict=True)} == {
        (name, number) for number, name in enumerate(sorted(set(names)))
    }
    (alone,) = prepare(merged, SURVIVAL, covariates=COVARIATES)
    write_traits([alone], tmp_path)
    assert read_cohorts(tmp_path, alone.name) is None
