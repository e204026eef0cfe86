"""Cohorts side by side: against one model with cohort x covariate terms, and against the sum of the parts."""

import io
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from association.null_models.arrays import from_arrays, to_arrays
from association.null_models.by_cohort import CohortFit, stack_designs, stack_fits
from association.null_models.counts import fit_negative_binomial, fit_poisson
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.family_risk import FamilySharedRisk
from association.null_models.fine_gray import fit_fine_gray
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.ordinal import fit_proportional_odds
from association.null_models.slope import fit_slope
from association.score import score_statistics

COHORTS = ("lisbon", "turin", "utrecht")
SIZES = (70, 110, 90)


class Data:
    """Three cohorts that differ in all they can, in a mixed order, with carriers that go with the cohort."""

    def __init__(self, seed=1):
        rng = np.random.default_rng(seed)
        self.cohort = rng.permutation(np.repeat(np.arange(3), SIZES))
        n = self.cohort.size
        self.site = rng.integers(0, 2, n)
        self.covariates = np.column_stack([rng.normal(60 + 3 * self.cohort, 10), rng.integers(0, 2, n)])
        effect = np.array([0.02, -0.03, 0.0])[self.cohort] * self.covariates[:, 0]
        time = rng.exponential(10 * np.array([1, 2, 4])[self.cohort] * np.exp(-effect / 3))
        self.entry = rng.uniform(0, 3, n)
        censoring = rng.exponential(12, n)
        # Times rounded up, for ties.
        self.exit = self.entry + np.ceil(2 * np.minimum(time, censoring)) / 2
        self.event = (time <= censoring).astype(float)
        self.cause = np.where(time <= censoring, rng.integers(1, 3, n), 0)
        scale = np.array([1.0, 3.0, 0.4])[self.cohort]
        self.value = 2 * self.cohort + effect + scale * rng.normal(size=n)
        self.case = (rng.random(n) < 1 / (1 + np.exp(1.5 - effect))).astype(float)
        self.count = rng.negative_binomial(2, 0.4, n).astype(float)
        self.stage = rng.integers(1, 4, n).astype(float)
        self.patient = np.repeat(np.arange(n), 4)
        self.months = np.tile([0.0, 3.0, 6.0, 9.0], n) + rng.uniform(0, 1, 4 * n)
        own = rng.normal(-1, 0.5, n)[self.patient] * self.months
        self.score = 40 + own + scale[self.patient] * rng.normal(size=4 * n)
        carried = rng.random((n, 6)) < np.array([0.02, 0.06, 0.15])[self.cohort][:, None]
        self.dosages = carried * rng.integers(1, 3, (n, 6))

    def design(self, own):
        return Design(("age", "sex"), self.covariates[own])


def cox(data, own, design):
    return fit_cox(data.entry[own], data.exit[own], data.event[own], design, strata=data.site[own])


def fine_gray(data, own, design):
    return fit_fine_gray(data.entry[own], data.exit[own], data.cause[own], design)


def slope(data, own, design):
    place = np.full(data.cohort.size, -1)
    place[own] = np.arange(own.size)
    inside = place[data.patient] >= 0
    return fit_slope(place[data.patient[inside]], data.months[inside], data.score[inside], design)


FITS = {
    "cox": cox,
    "fine_gray": fine_gray,
    "slope": slope,
    "linear": lambda data, own, design: fit_linear(data.value[own], design),
    "logistic": lambda data, own, design: fit_logistic(data.case[own], design),
    "poisson": lambda data, own, design: fit_poisson(data.count[own], design),
    "negative_binomial": lambda data, own, design: fit_negative_binomial(data.count[own], design),
    "proportional_odds": lambda data, own, design: fit_proportional_odds(data.stage[own], design),
}


def parts_of(data, kind):
    members = [np.flatnonzero(data.cohort == number) for number in range(3)]
    return [
        CohortFit(name, own, FITS[kind](data, own, data.design(own)))
        for name, own in zip(COHORTS, members, strict=True)
    ]


def pooled_design(data, *, levels):
    """Write the interaction columns down by hand, centred nowhere."""
    ones = [(data.cohort == number).astype(float) for number in range(3)]
    names = [f"{name} [{cohort}]" for cohort in COHORTS for name in ("age", "sex")]
    columns = [one * column for one in ones for column in data.covariates.T]
    if levels:
        names += ["cohort=turin", "cohort=utrecht"]
        columns += ones[1:]
    return Design(tuple(names), np.column_stack(columns))


def estimates(fit):
    return {one.name: (one.estimate, one.standard_error) for one in fit.coefficients}


def assert_same_tests(one, other, carriers):
    first, second = score_statistics(one, carriers), score_statistics(other, carriers)
    np.testing.assert_allclose(first.score, second.score, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(first.covariance, second.covariance, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", ["cox", "fine_gray"])
def test_hazards_are_those_of_one_model_with_strata_and_interactions(compress, kind):
    data = Data()
    everyone, stacked = np.arange(data.cohort.size), stack_fits(parts_of(data, kind))
    design = pooled_design(data, levels=False)
    if kind == "cox":
        strata = data.cohort * 2 + data.site
        pooled = fit_cox(data.entry, data.exit, data.event, design, strata=strata)
    else:
        pooled = fit_fine_gray(data.entry, data.exit, data.cause, design, strata=data.cohort)
    assert everyone.size == stacked.model.residuals.size
    for name, values in estimates(pooled).items():
        np.testing.assert_allclose(estimates(stacked)[name], values, rtol=1e-8, atol=1e-8)
    assert stacked.log_likelihood == pytest.approx(pooled.log_likelihood, rel=1e-11)
    assert stacked.details["events"] == pooled.details["events"]
    assert stacked.details["tied_fraction"] == pytest.approx(pooled.details["tied_fraction"], rel=1e-12)
    np.testing.assert_array_equal(stacked.model.events, pooled.model.events)
    np.testing.assert_allclose(stacked.model.expected_events, pooled.model.expected_events, atol=1e-10)
    assert_same_tests(stacked.model, pooled.model, compress(data.dosages))


@pytest.mark.parametrize("kind", ["logistic", "poisson"])
def test_linear_predictors_are_those_of_one_model_with_interactions(compress, kind):
    data = Data()
    everyone, stacked = np.arange(data.cohort.size), stack_fits(parts_of(data, kind))
    pooled = FITS[kind](data, everyone, pooled_design(data, levels=True))
    for name, values in estimates(pooled).items():
        if "[" in name:
            np.testing.assert_allclose(estimates(stacked)[name], values, rtol=1e-8, atol=1e-8)
    level = estimates(pooled)
    own = level["intercept"][0] + level["cohort=turin"][0]
    assert estimates(stacked)["intercept [turin]"][0] == pytest.approx(own, rel=1e-8)
    assert stacked.log_likelihood == pytest.approx(pooled.log_likelihood, rel=1e-11)
    assert_same_tests(stacked.model, pooled.model, compress(data.dosages))


def test_quantitative_traits_are_weighted_by_each_cohorts_own_variance(compress):
    data = Data()
    parts = parts_of(data, "linear")
    stacked = stack_fits(parts)
    design = pooled_design(data, levels=True)
    variance = np.array([stacked.details[f"residual_variance [{name}]"] for name in COHORTS])[data.cohort]
    matrix = sm.add_constant(design.matrix)
    pooled = sm.WLS(data.value, matrix, weights=1 / variance).fit()
    found = dict(zip(("intercept", *design.names), pooled.params, strict=True))
    for name in design.names:
        if "[" in name:
            assert estimates(stacked)[name][0] == pytest.approx(found[name], rel=1e-8)
    # Frisch, Waugh and Lovell: genotypes less what the covariates explain of them, at those weights.
    left = data.dosages - matrix @ sm.WLS(data.dosages, matrix, weights=1 / variance).fit().params
    statistics = score_statistics(stacked.model, compress(data.dosages))
    np.testing.assert_allclose(statistics.score, left.T @ (data.value / variance), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(statistics.covariance, left.T @ (left / variance[:, None]), rtol=1e-10, atol=1e-10)
    assert len(set(variance)) == 3


@pytest.mark.parametrize("kind", sorted(FITS))
def test_scores_and_covariances_are_the_sums_of_the_cohorts(compress, kind):
    data = Data()
    parts = parts_of(data, kind)
    together = score_statistics(stack_fits(parts).model, compress(data.dosages))
    alone = [score_statistics(one.fit.model, compress(data.dosages[one.samples])) for one in parts]
    np.testing.assert_allclose(together.score, sum(one.score for one in alone), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(together.covariance, sum(one.covariance for one in alone), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", ["cox", "fine_gray", "linear", "proportional_odds"])
def test_the_order_of_samples_does_not_matter(compress, kind):
    data, other = Data(), Data()
    order = np.random.default_rng(5).permutation(data.cohort.size)
    for name in ("cohort", "site", "covariates", "entry", "exit", "event", "cause", "value", "stage", "dosages"):
        setattr(other, name, getattr(data, name)[order])
    first, second = stack_fits(parts_of(data, kind)), stack_fits(parts_of(other, kind))
    np.testing.assert_allclose(second.model.residuals, first.model.residuals[order], rtol=1e-9, atol=1e-11)
    one = score_statistics(first.model, compress(data.dosages))
    two = score_statistics(second.model, compress(other.dosages))
    np.testing.assert_allclose(one.covariance, two.covariance, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("kind", ["cox", "fine_gray", "slope"])
def test_models_of_cohorts_are_stored_like_any_other(compress, kind):
    data = Data()
    model = stack_fits(parts_of(data, kind)).model
    stream = io.BytesIO()
    np.savez(stream, **to_arrays(model))
    stream.seek(0)
    with np.load(stream, allow_pickle=False) as stored:
        read = from_arrays(stored)
    carriers = compress(data.dosages)
    np.testing.assert_array_equal(
        score_statistics(read, carriers).covariance, score_statistics(model, carriers).covariance
    )


@pytest.mark.parametrize("levels", [False, True])
def test_one_design_holds_each_cohorts_covariates_among_its_samples_alone(levels):
    data = Data()
    members = [np.flatnonzero(data.cohort == number) for number in range(3)]
    parts = [(name, own, data.design(own)) for name, own in zip(COHORTS, members, strict=True)]
    made, expected = stack_designs(parts, levels=levels), pooled_design(data, levels=levels)
    assert made.names == expected.names
    np.testing.assert_array_equal(made.matrix, expected.matrix)


def test_coefficients_and_details_are_named_after_their_cohort():
    stacked = stack_fits(parts_of(Data(), "slope"))
    names = [one.name for one in stacked.coefficients]
    assert {"intercept [turin]", "age [turin]", "months [turin]", "age [turin] x months"} <= set(names)
    assert len(names) == len(set(names)) == 18
    assert {f"residual_sd [{name}]" for name in COHORTS} <= set(stacked.details)
    assert stack_fits(parts_of(Data(), "logistic")).details == {"cases": Data().case.sum()}


def test_families_that_may_span_cohorts_are_not_put_side_by_side():
    parts = parts_of(Data(), "linear")
    nobody = np.zeros(0, np.int64)
    shared = FamilySharedRisk(np.zeros(SIZES[0] + 1, np.int64), nobody, np.zeros(0))
    model = replace(parts[0].fit.model, shared_risk=shared)
    with pytest.raises(TypeError, match="FamilySharedRisk"):
        stack_fits([replace(parts[0], fit=replace(parts[0].fit, model=model)), *parts[1:]])
